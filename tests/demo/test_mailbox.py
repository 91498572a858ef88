"""The demonstration's mail server, spoken to by a real client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiosmtplib
import pytest

from relanced.demo.mailbox import Mailbox

MAIL = b"Subject: x\r\n\r\n.a line that begins with a dot\r\n..two\r\n.\r\nend\r\n"


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    mailbox = Mailbox(
        tmp_path, lambda: datetime(2026, 1, 5, tzinfo=UTC), frozenset({"dead.example"}), frozenset({"shy.example"})
    )
    yield await mailbox.open()
    await mailbox.close()


async def send(port: int, to: str) -> str:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port) as client:
        _, said = await client.sendmail("us@atelier.example", [to], MAIL)
    return said


async def test_a_message_is_kept_byte_for_byte(port: int, tmp_path: Path) -> None:
    assert await send(port, "anne@bakery.example") == "2.0.0 Ok: queued as 001"
    assert (tmp_path / "001-2026-01-05-anne@bakery.example.eml").read_bytes() == MAIL


async def test_a_dead_domain_refuses_everybody(port: int, tmp_path: Path) -> None:
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await send(port, "x@dead.example")
    (told,) = refused.value.recipients
    assert (told.code, told.message[:5]) == (550, "5.1.1")
    assert not list(tmp_path.iterdir())


async def test_a_shy_domain_takes_the_second_try(port: int) -> None:
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await send(port, "x@shy.example")
    assert refused.value.recipients[0].code == 451
    assert await send(port, "x@shy.example") == "2.0.0 Ok: queued as 001"


async def test_commands_in_one_write_are_answered_in_their_order(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"EHLO me\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<x@dead.example>\r\nDATA\r\nHM\r\nRSET\r\nQUIT\r\n")
    said = (await reader.read()).decode().splitlines()
    writer.close()
    await writer.wait_closed()
    assert [line[:3] for line in said] == ["220", "250", "250", "250", "250", "250", "550", "554", "502", "250", "221"]

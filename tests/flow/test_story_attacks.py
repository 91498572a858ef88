"""Forgers at work: calls that Twilio never made, bounces of mail that never bounced, tokens that were guessed.

None of them has an effect beyond a row that is kept and, where nobody can tell, a task.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from aiohttp import ClientSession

from relanced.console import web
from relanced.demo.twilio import Twilio
from relanced.store.tables import heard
from tests.flow.clock import Clock
from tests.flow.company import Company
from tests.flow.conftest import MONDAY, Found
from tests.flow.texting import ACCOUNT, OURS, TOKEN, hook, listening, owe, texting
from tests.ports import free_port
from tests.store.rows import every

DUE, DAY, NEXT = date(2026, 3, 2), date(2026, 3, 5), date(2026, 3, 12)
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def port() -> int:
    """Where Twilio calls."""
    return free_port()


@pytest.fixture
async def twilio() -> AsyncIterator[Twilio]:
    account = Twilio(ACCOUNT, TOKEN, Clock(MONDAY).now, takes=timedelta(minutes=1))
    yield account
    await account.close()


@pytest.fixture
async def texted(found: Found, twilio: Twilio, tmp_path: Path, port: int) -> Company:
    """A company that sent a text to C1; Twilio may call."""
    company = await texting(found, twilio, tmp_path, port)
    await company.morning(DAY)  # Twilio is asked before there is anything to tell
    await owe(company, DUE, "06 12 34 56 78")
    await company.works()
    return company


async def _untouched(company: Company) -> bool:
    """Nothing was kept, nothing followed."""
    await company.works()
    told = (await company.told(), await company.holds(), await company.tasks())
    return told == (["relance-1 sms sent"], [], []) and await every(company.house.store, heard) == []


# -- calls --------------------------------------------------------------------------------------------------------


async def _posts(url: str, fields: dict[str, str], signature: str) -> int:
    async with (
        ClientSession() as session,
        session.post(url, data=fields, headers={"X-Twilio-Signature": signature}) as answer,
    ):
        return answer.status


async def test_attack_12_forged_calls_are_refused_and_leave_nothing(texted: Company, twilio: Twilio, port: int) -> None:
    """Attacks 12 and 14. Not signed, badly, by another account, for another address, or changed since."""
    (text,) = twilio.sent
    text.status, text.error = "undelivered", 30005
    url, fields = text.callback, twilio._fields(text)
    good, other = twilio.signature(url, fields), Twilio(ACCOUNT, "another token", twilio.now)
    wrote = {**twilio._fields(twilio.receive(text.to, OURS, "Bonjour")), "Body": "STOP"}
    forged = [
        (url, fields, ""),
        (url, fields, ("A" if good[0] != "A" else "B") + good[1:]),
        (url, fields, other.signature(url, fields)),
        (url, fields, twilio.signature(hook(port), fields)),
        (url, fields, twilio.signature(url.replace("127.0.0.1", "evil.example"), fields)),
        (url[:-1] + ("0" if url[-1] != "0" else "1"), fields, good),
        (url, {**fields, "MessageSid": "SM" + "9" * 32}, good),
        (url, {**fields, "MessageStatus": "delivered"}, good),
        (url, {**fields, "AccountSid": "AC" + "1" * 32}, good),
        (hook(port), wrote, twilio.signature(hook(port), {**wrote, "Body": "Bonjour"})),
    ]
    twilio.texts.pop()
    async with listening(texted):
        assert [await _posts(*one) for one in forged] == [403] * len(forged)
    text.status, text.error = "sent", None
    assert await _untouched(texted)


async def test_attack_13_a_genuine_call_played_again_for_days_has_no_second_effect(
    texted: Company, twilio: Twilio
) -> None:
    """Attack 13. The signature has no time in it: only that it says nothing new protects us."""
    (text,) = twilio.sent
    text.status = "delivered"
    async with listening(texted):
        for _ in range(3):
            assert await twilio.call_back(text) == 204
            await texted.works()
            texted.clock.later(days=2)
    assert await texted.told() == ["relance-1 sms delivered"]
    assert [event for event in await texted.events() if event == "receipt delivered"] == ["receipt delivered"]


async def test_attack_15_bulk_is_refused_and_doubled_names_too(texted: Company, twilio: Twilio) -> None:
    """Attack 15. Also what is well signed."""
    (text,) = twilio.sent
    fields = twilio._fields(text)
    bulky = {**fields, "Body": "x" * 100_000}
    async with listening(texted), ClientSession() as session:
        assert await _posts(text.callback, bulky, twilio.signature(text.callback, bulky)) == 403
        heads = {"X-Twilio-Signature": "x", "Content-Type": FORM}
        async with session.post(text.callback, data=BytesIO(b"Body=" + b"x" * 10_000_000), headers=heads) as answer:
            assert answer.status == 413
        doubled = "&".join(f"{name}={value}" for name, value in (*fields.items(), ("MessageStatus", "failed")))
        heads["X-Twilio-Signature"] = twilio.signature(text.callback, fields)
        async with session.post(text.callback, data=doubled, headers=heads) as answer:
            assert answer.status == 403
    assert await _untouched(texted)


async def test_attack_15_who_drips_is_cut_off_and_keeps_nobody_else_waiting(
    texted: Company, twilio: Twilio, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack 15, fault 34. Sixty that drip: half of them the head, half of them the body."""
    monkeypatch.setattr(web, "SLOWEST_REQUEST", 0.8)
    monkeypatch.setattr(web, "SLOWEST_HEAD", 0.8)
    (text,) = twilio.sent
    text.status = "delivered"
    head = b"POST /hook/texts HTTP/1.1\r\nHost: x\r\n"
    starts = [head, head + f"Content-Type: {FORM}\r\nContent-Length: 5000\r\n\r\n".encode()] * 30
    async with listening(texted):
        dripping = [asyncio.create_task(_drips(port, start)) for start in starts]
        await asyncio.sleep(0.3)
        before = time.monotonic()
        assert await twilio.call_back(text) == 204
        assert time.monotonic() - before < 0.5
        assert all(await asyncio.gather(*dripping))
    await texted.works()
    assert await texted.told() == ["relance-1 sms delivered"]
    assert len(await every(texted.house.store, heard)) == 1


async def _drips(port: int, start: bytes) -> bool:
    """Byte after byte. Whether it was cut off within three seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(start)
    with suppress(OSError):
        for _ in range(30):
            writer.write(b"x")
            await writer.drain()
            with suppress(TimeoutError):
                said = await asyncio.wait_for(reader.read(2000), 0.1)
                writer.close()
                return said == b"" or b" 408 " in said
    writer.close()
    return False

"""Faults 1-6, moment by moment: wherever the daemon is killed, the mail arrives once and the letter lies there once."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.flow import paper
from tests.flow.conftest import Found
from tests.flow.program import rows
from tests.flow.relay import Relay
from tests.kill.hurried import START
from tests.kill.lives import Lives
from tests.kill.mortal import AFTER_COMMIT, ANSWER, BEFORE_COMMIT, LAST_WORD

LADDER = """
  standard:
    for: {debtor: business}
    steps: [{name: relance-1, tone: courteous, when: 3 days after due, via: [email, letter], enclose: invoices}]
"""
COMMITS = 7  # as many as one life needs, or more


@pytest.fixture
async def lives(found: Found, nursery: subprocess.Popen[str], tmp_path: Path) -> AsyncIterator[Lives]:
    """One debtor with a mail address and one without, both late; a journal mailbox; a duplicate of 100 kB."""
    (tmp_path / "pdf").mkdir()
    (tmp_path / "pdf" / "F-1.pdf").write_bytes(b"%PDF-1.7\n" + bytes(100_000))
    company = await found(
        copies=True,
        at=START,
        house=paper.ALWAYS,
        policies=LADDER,
        creditor=f"documents: {{folder: {tmp_path}/pdf}}",
        email=paper.journal_copy(tmp_path) + ", settle: 60",
    )
    due = START.date().replace(month=2, day=26)
    await company.bills(paper.invoice("F-1", due), paper.invoice("F-2", due, "C2", email="", address="2 RUE X"))
    await company.bank(START.date())
    await company.house.close()
    lives = Lives(company, nursery, {"sent": 1, "in_tray": 1})
    yield lives
    await lives.bury()


def _once(lives: Lives) -> None:
    """The mail was taken once, as it was sealed; the letter lies there once, as it was sealed; nothing is in doubt."""
    folder, relay = lives.company.folder, lives.company.relay
    assert [mail.to for mail in relay.mails] == ["c1@client.example"]
    assert len(lives.company.lying()) == 1
    sealed = dict(rows(folder, "SELECT id, sha256 FROM attempts"))
    (mail,) = relay.mails
    (wire,) = (body for body in relay.messages if mail.attempt.encode() in body)
    (sheet,) = lives.company.lying()
    assert hashlib.sha256(_unstuffed(wire)).hexdigest() == sealed[mail.attempt]
    assert hashlib.sha256(sheet.read_bytes()).hexdigest() == sealed[sheet.stem]
    assert rows(folder, "SELECT count(*) FROM lines WHERE state = 'performed'") == [(1,)]
    assert rows(folder, "SELECT count(*) FROM reminders") == [(2,)]
    assert rows(folder, "SELECT kind FROM tasks WHERE closed_at IS NULL AND kind IN ('uncertain', 'late answer')") == []


def _unstuffed(body: bytes) -> bytes:
    return body.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")


@pytest.mark.parametrize("n", range(1, COMMITS + 1))
@pytest.mark.parametrize("moment", [BEFORE_COMMIT, AFTER_COMMIT])
async def test_faults_1_2_5_killed_around_any_commit(lives: Lives, moment: str, n: int) -> None:
    await lives.begin((moment, n))
    if await lives.die():
        await lives.begin()
        await lives.end()
    else:
        assert n > 4, "planning, sealing and recording are commits of their own"
    _once(lives)


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("moment", [LAST_WORD, ANSWER])
async def test_faults_3_5_killed_before_the_dot_and_with_the_answer_in_hand(lives: Lives, moment: str, n: int) -> None:
    """Before the dot the whole body is on the wire already: it is too large to leave in one piece with its dot."""
    await lives.begin((moment, n))
    assert await lives.die()
    await lives.begin()
    await lives.end()
    _once(lives)


def _takes_it(relay: Relay) -> None:
    relay.loses = False


def _loses_it(relay: Relay) -> None:
    relay.loses = True


@pytest.mark.parametrize(
    ("verb", "then"),
    [*((v, _takes_it) for v in ("GREETING", "EHLO", "MAIL", "RCPT", "DATA")), ("DOT", _takes_it), ("DOT", _loses_it)],
)
async def test_faults_2_3_4_killed_while_the_relay_is_about_to_answer(
    lives: Lives, verb: str, then: Callable[[Relay], None]
) -> None:
    gate = lives.company.relay.hold(verb)
    await lives.begin()
    await gate.wait()
    await lives.kill()
    then(lives.company.relay)
    gate.opened.set()
    await asyncio.sleep(0.05)
    _takes_it(lives.company.relay)
    await lives.begin()
    await lives.end()
    _once(lives)


@pytest.mark.parametrize("n", range(1, COMMITS + 1))
@pytest.mark.parametrize("then", [_takes_it, _loses_it])
async def test_fault_6_killed_again_while_recovering(lives: Lives, then: Callable[[Relay], None], n: int) -> None:
    gate = lives.company.relay.hold("DOT")
    await lives.begin()
    await gate.wait()
    await lives.kill()
    then(lives.company.relay)
    gate.opened.set()
    await asyncio.sleep(0.05)
    _takes_it(lives.company.relay)
    for moment in (BEFORE_COMMIT, AFTER_COMMIT):
        await lives.begin((moment, n))
        if not await lives.die():
            break
    else:
        await lives.begin()
        await lives.end()
    _once(lives)

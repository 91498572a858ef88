"""Faults 1-6, moment by moment: wherever the daemon is killed, the mail arrives once and the letter lies there once."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.flow import paper
from tests.flow.company import Company
from tests.flow.conftest import Found
from tests.flow.program import rows, states, until
from tests.flow.relay import Relay
from tests.kill.hurried import START
from tests.kill.mortal import AFTER_COMMIT, ANSWER, BEFORE_COMMIT, LAST_WORD

Dies = tuple[str, int]
LADDER = """
  standard:
    for: {debtor: business}
    steps: [{name: relance-1, tone: courteous, when: 3 days after due, via: [email, letter], enclose: invoices}]
"""
COMMITS = 7  # as many as one life needs, or more


class Lives:
    """The lives of one company's daemon."""

    def __init__(self, company: Company, nursery: subprocess.Popen[str]) -> None:
        self.company, self.relay, self._nursery = company, company.relay, nursery
        self._began = time.time()
        self._pid = 0
        self._over: asyncio.Task[str]

    async def begin(self, dies: Dies | None = None) -> None:
        """A life, which may end by its own hand."""
        assert self._nursery.stdin
        folder = self.company.folder
        asked = {"config": f"{folder}/config.yaml", "log": f"{folder}/log", "began": self._began, "dies": dies}
        self._nursery.stdin.write(json.dumps(asked) + "\n")
        self._nursery.stdin.flush()
        self._pid = int(await self._hear())
        self._over = asyncio.create_task(self._hear())

    async def _hear(self) -> str:
        assert self._nursery.stdout
        return await asyncio.to_thread(self._nursery.stdout.readline)

    async def bury(self) -> None:
        """However the story ended, nobody lives on."""
        if not self._over.done():
            os.kill(self._pid, signal.SIGKILL)
            await self._over

    async def kill(self) -> None:
        """Without warning."""
        os.kill(self._pid, signal.SIGKILL)
        assert int(await self._over) == -signal.SIGKILL

    async def die(self) -> bool:
        """Wait for its own hand. False when it had nothing left to do and was asked to end."""
        await until(lambda: self._over.done() or self._done(), 20)
        if not self._over.done():
            os.kill(self._pid, signal.SIGTERM)
        return int(await self._over) == -signal.SIGKILL

    async def end(self) -> None:
        """Its work is done."""
        await until(self._done, 20)
        os.kill(self._pid, signal.SIGTERM)
        assert int(await self._over) == 0

    def _done(self) -> bool:
        return states(self.company.folder) == {"sent": 1, "in_tray": 1}


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
    lives = Lives(company, nursery)
    yield lives
    await lives.bury()


def _once(lives: Lives) -> None:
    """The mail was taken once, as it was sealed; the letter lies there once, as it was sealed; nothing is in doubt."""
    folder, relay = lives.company.folder, lives.relay
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
    gate = lives.relay.hold(verb)
    await lives.begin()
    await gate.wait()
    await lives.kill()
    then(lives.relay)
    gate.opened.set()
    await asyncio.sleep(0.05)
    _takes_it(lives.relay)
    await lives.begin()
    await lives.end()
    _once(lives)


@pytest.mark.parametrize("n", range(1, COMMITS + 1))
@pytest.mark.parametrize("then", [_takes_it, _loses_it])
async def test_fault_6_killed_again_while_recovering(lives: Lives, then: Callable[[Relay], None], n: int) -> None:
    gate = lives.relay.hold("DOT")
    await lives.begin()
    await gate.wait()
    await lives.kill()
    then(lives.relay)
    gate.opened.set()
    await asyncio.sleep(0.05)
    _takes_it(lives.relay)
    for moment in (BEFORE_COMMIT, AFTER_COMMIT):
        await lives.begin((moment, n))
        if not await lives.die():
            break
    else:
        await lives.begin()
        await lives.end()
    _once(lives)

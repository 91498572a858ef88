"""The scribe: a second process words long queues. It comes, fails and goes without anybody being written to twice."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from relanced.flow.send import Apart
from relanced.flow.send.apart import LONG, READY, answer
from relanced.flow.send.scribe import Round
from relanced.premises import Conditions
from relanced.rules.model import Road
from relanced.store.sending import Waiting
from tests.flow import paper
from tests.flow.company import Company
from tests.flow.conftest import Found
from tests.flow.program import Program, running, states, until

MANY = 400

pytestmark = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core: no second process words here")


async def _long_queue(found: Found) -> Company:
    today = date.today()  # noqa: DTZ011
    company = await found(at=datetime.now(UTC), house=paper.ALWAYS)
    due = today - timedelta(days=20)
    lines = [paper.invoice(f"F-{n}", due, f"C{n}", issued=due - timedelta(days=9)) for n in range(MANY)]
    await company.bills(*lines)
    await company.bank(today - timedelta(days=1))
    while await company.house.planner().turn(company.clock.now()):
        pass
    await company.house.close()
    return company


async def _scribe_of(program: Program) -> int:
    """Its number, once it listens: then it goes by its name."""
    listed = Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text("ascii")
    scribe = int(listed.split()[0])
    await until(lambda: Path(f"/proc/{scribe}/comm").read_text("ascii") == "relanced scribe\n", 20)
    return scribe


async def _all_have_theirs(company: Company) -> None:
    await until(lambda: states(company.folder) == {"sent": MANY}, 60)
    assert len({mail.to for mail in company.relay.mails}) == len(company.relay.messages) == MANY


async def test_a_long_queue_is_worded_by_a_second_process(found: Found) -> None:
    company = await _long_queue(found)
    async with running(company.folder) as program:
        await _all_have_theirs(company)
        assert [line for line in program.log if line["event"] == "a second process words the long queue"]


async def test_nobody_waits_at_a_prompt_so_both_processes_take_long_turns(found: Found) -> None:
    company = await _long_queue(found)
    async with running(company.folder) as program:
        assert {os.sched_getscheduler(pid) for pid in (program.pid, await _scribe_of(program))} == {os.SCHED_BATCH}


async def test_a_scribe_that_is_killed_leaves_the_daemon_to_word_alone(found: Found) -> None:
    company = await _long_queue(found)
    async with running(company.folder) as program:
        os.kill(await _scribe_of(program), signal.SIGKILL)
        await _all_have_theirs(company)


async def test_a_scribe_that_is_killed_in_the_middle_of_a_round_is_not_asked_again(found: Found) -> None:
    company = await _long_queue(found)
    async with running(company.folder) as program:
        scribe = await _scribe_of(program)
        os.kill(scribe, signal.SIGSTOP)
        await program.tells("a second process words the long queue", 30)
        os.kill(scribe, signal.SIGKILL)
        await _all_have_theirs(company)


class _Words:
    """Words nothing, at once."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def word(self, picked: Sequence[Waiting], conditions: Conditions, now: datetime) -> Round:
        self.asked.append(len(picked))
        return Round()


def _listens(scribe: _Words, line: socket.socket) -> None:
    """The other end, for as long as somebody asks."""
    with line, line.makefile("rwb") as talk:
        talk.write(READY)
        talk.flush()
        while asyncio.run(answer(scribe, talk)):
            pass


async def test_a_scribe_is_asked_for_nothing_first_so_that_nobody_waits_for_its_sql() -> None:
    ours, theirs = socket.socketpair()
    here, there, now = _Words(), _Words(), datetime.now(UTC)
    apart, other = Apart(here, ours), asyncio.create_task(asyncio.to_thread(_listens, there, theirs))
    await apart.wake(now)
    assert (here.asked, there.asked) == ([], [0])
    assert await apart.word([_waiting(now)] * LONG, Conditions(), now) == Round()
    assert (here.asked, there.asked) == ([], [0, LONG])
    apart.close()
    await other


def _waiting(now: datetime) -> Waiting:
    return Waiting(1, 1, "atelier", 1, 0, 0, Road.EMAIL, "compta", 1, "", "", "", "", now, None, "")


async def test_a_scribe_that_ends_before_it_listens_is_told_of_once() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    apart, now = Apart(_Words(), ours), datetime.now(UTC)
    with capture_logs() as told:
        await apart.wake(now)
        for many in (LONG, LONG, 1):
            assert await apart.word([_waiting(now)] * many, Conditions(), now) == Round()
    apart.close()
    assert [line["event"] for line in told if line["log_level"] == "error"] == [
        "the scribe has failed: this process words alone"
    ]


async def test_the_scribe_ends_with_a_daemon_that_is_killed(found: Found) -> None:
    company = await _long_queue(found)
    async with running(company.folder) as program:
        scribe = await _scribe_of(program)
        program.send(signal.SIGKILL)
        await until(lambda: not _lives(scribe), 30)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_attack_34_pickle_is_spoken_between_the_daemon_and_its_own_fork_alone() -> None:
    root = Path(__file__).resolve().parents[2]
    files = [path for folder in ("relanced", "channels") for path in sorted((root / folder).rglob("*.py"))]
    speaking = [path.name for path in files if re.search(r"\b(c?pickle|shelve|marshal)\b", path.read_text("utf-8"))]
    assert speaking == ["apart.py"]

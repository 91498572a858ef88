"""The daemon as a process: it drains, refuses to share, refuses what it cannot use, and lives through a bad reload."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import signal
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.flow import paper
from tests.flow.company import Company
from tests.flow.conftest import Found
from tests.flow.program import Program, rows, running, states, until

BUSY, BAD_CONFIG = 75, 78


async def _ready_to_send(found: Found, many: int) -> Company:
    """A company whose reminders are due now, and which nobody has open."""
    today = date.today()  # noqa: DTZ011
    company = await found(at=datetime.now(UTC), house=paper.ALWAYS)
    due = today - timedelta(days=20)
    lines = [paper.invoice(f"F-{n}", due, f"C{n}", issued=due - timedelta(days=9)) for n in range(many)]
    await company.bills(*lines)
    await company.bank(today - timedelta(days=1))
    await company.house.close()
    return company


async def test_fault_7_a_daemon_under_load_finishes_what_is_in_flight_and_ends(found: Found) -> None:
    company = await _ready_to_send(found, 300)
    async with running(company.folder) as program:
        await until(lambda: len(company.relay.messages) > 20, 20)
        gate = company.relay.hold("DOT")
        await gate.wait()
        program.send(signal.SIGTERM)
        gate.opened.set()
        assert await program.ends() == 0
    assert states(company.folder) == {
        "sent": len(company.relay.messages),
        "planned": 300 - len(company.relay.messages),
    }
    assert len({mail.to for mail in company.relay.mails}) == len(company.relay.messages) < 300


async def test_fault_9_a_daemon_that_gets_no_memory_loses_and_doubles_nothing(found: Found) -> None:
    company = await _ready_to_send(found, 300)
    async with running(company.folder) as program:
        await until(lambda: len(company.relay.messages) > 20, 20)
        pages = int(Path(f"/proc/{program.pid}/statm").read_text("ascii").split()[0])
        resource.prlimit(program.pid, resource.RLIMIT_AS, (pages * resource.getpagesize(),) * 2)
        await asyncio.sleep(1)
    taken = len(company.relay.messages)
    async with running(company.folder):
        await until(lambda: set(states(company.folder)) <= {"sent", "uncertain"}, 60)
    told = states(company.folder)
    assert len({mail.to for mail in company.relay.mails}) == len(company.relay.messages) >= taken > 20
    assert told["sent"] <= len(company.relay.messages) <= told["sent"] + told.get("uncertain", 0)


async def test_fault_16_nothing_is_sent_from_a_damaged_database(found: Found) -> None:
    company = await _ready_to_send(found, 3)
    (page,) = rows(company.folder, "SELECT rootpage FROM sqlite_master WHERE name = 'ix_messages_due'")[0]
    size = rows(company.folder, "PRAGMA page_size")[0][0]
    with (company.folder / "relanced.db").open("r+b") as database:
        database.seek((page - 1) * size)
        database.write(os.urandom(size))
    program = Program(company.folder)
    await program.start()
    assert await program.ends() == BAD_CONFIG
    assert "damaged pages" in program.words
    assert "bring back the last backup" in program.words
    assert company.relay.messages == []


async def test_fault_20_a_second_daemon_says_who_is_there_and_since_when(found: Found) -> None:
    company = await _ready_to_send(found, 1)
    async with running(company.folder):
        other = Program(company.folder)
        await other.start()
        assert await other.ends() == BUSY
        assert "in use by relanced run, pid" in other.words
        assert f"since {datetime.now(UTC):%Y-%m-%d}" in other.words
        await until(lambda: len(company.relay.messages) == 1, 30)


def _belongs_to_another(path: Path) -> None:
    """Root may write everywhere, so the program runs without that privilege on a file of somebody else."""
    if os.geteuid() == 0:
        shutil.chown(path, "nobody")
        path.chmod(0o755 if path.is_dir() else 0o644)
    else:
        path.chmod(0o555 if path.is_dir() else 0o444)


UNUSABLE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "the database": (lambda folder: folder / "relanced.db", "cannot be written by this account"),
    "the folder of the database": (lambda folder: folder, "cannot be written by this account"),
    "the state folder": (lambda folder: folder / "state", "the account that runs relanced must own it"),
    "the folder of a channel": (lambda folder: folder / "state/channels/compta", "relanced must own it"),
}


@pytest.mark.parametrize("what", list(UNUSABLE))
async def test_fault_15_what_the_account_does_not_own_is_refused_in_one_line(found: Found, what: str) -> None:
    company = await _ready_to_send(found, 1)
    where, words = UNUSABLE[what]
    _belongs_to_another(where(company.folder))
    unprivileged = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
    program = Program(company.folder, unprivileged)
    await program.start()
    assert await program.ends() == BAD_CONFIG
    assert words in program.words
    assert "Traceback" not in program.words
    assert company.relay.connections == 0


async def test_fault_50_a_faulty_configuration_changes_nothing_and_a_good_one_takes_over(found: Found) -> None:
    company = await _ready_to_send(found, 1)
    config = company.folder / "config.yaml"
    good = config.read_text("utf-8")
    async with running(company.folder) as program:
        await until(lambda: len(company.relay.messages) == 1, 30)
        config.write_text(good.replace("mode: live", "mode: NO"), "utf-8")
        program.send(signal.SIGHUP)
        await program.tells("configuration refused: the old one stays")
        check = Program(company.folder)
        await check.start("check")
        assert await check.ends() == BAD_CONFIG
        config.write_text(good.replace("connections: 4", "connections: 3"), "utf-8")
        program.send(signal.SIGHUP)
        await program.tells("ready", times=2)
        program.send(signal.SIGTERM)
        assert await program.ends() == 0
    assert len(company.relay.messages) == 1
    assert rows(company.folder, "SELECT starts FROM house") == [(2,)]

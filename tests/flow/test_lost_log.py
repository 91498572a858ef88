"""Fault 18: the log beside the database (its -wal) goes, or seems to, while nobody looks."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.flow import paper
from tests.flow.company import Company
from tests.flow.conftest import Found
from tests.flow.program import Program, rows, running, states, until

MANY = 300


@pytest.fixture
async def company(found: Found) -> Company:
    """A company whose reminders are due now, and which nobody has open."""
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


def _log(company: Company) -> Path:
    return company.folder / "relanced.db-wal"


async def _killed_under_load(company: Company) -> None:
    """After it was killed, what left last is told by the log alone. Its scribe is gone too."""
    async with running(company.folder) as program:
        await until(lambda: len(company.relay.messages) > 20, 30)
        children = Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text("ascii").split()
        with closing(sqlite3.connect(company.folder / "relanced.db")) as database:
            database.execute("PRAGMA wal_checkpoint")
        left = len(company.relay.messages)
        await until(lambda: len(company.relay.messages) > left + 40, 30)
        os.kill(program.pid, signal.SIGKILL)
        await program.ends()
        await until(lambda: not any(Path(f"/proc/{child}").exists() for child in children), 30)


async def _no_one_twice(company: Company) -> None:
    assert len({mail.to for mail in company.relay.mails}) == len(company.relay.messages)


async def test_fault_18_without_its_log_a_database_starts_on_hold_and_nobody_hears_twice(company: Company) -> None:
    await _killed_under_load(company)
    _log(company).unlink()
    left = len(company.relay.messages)
    async with running(company.folder) as program:
        (held,) = [line for line in program.log if line["event"] == "on hold"]
        assert "relanced.db-wal is gone" in held["why"]
        await until(lambda: states(company.folder), 30)
        program.send(signal.SIGTERM)
        assert await program.ends() == 0
    async with running(company.folder) as program:  # nor the next time: only a person's word ends it
        assert [line for line in program.log if line["event"] == "on hold"]
    assert len(company.relay.messages) == left
    await _no_one_twice(company)


async def test_fault_18_a_log_that_is_there_is_read_whoever_opens_the_database_first(company: Company) -> None:
    """The scribe of a daemon that was killed has not taken it away, and a command that has says so."""
    await _killed_under_load(company)
    assert _log(company).stat().st_size > 0
    for words in (("status",), ("db", "check")):
        command = Program(company.folder)
        await command.start(*words)
        assert await command.ends() == 0
    assert not _log(company).exists()
    async with running(company.folder) as program:
        await until(lambda: not {"planned", "submitting"} & states(company.folder).keys(), 60)
        assert not [line for line in program.log if line["event"] == "on hold"]
    assert rows(company.folder, "SELECT frozen FROM house") == [("",)]
    await _no_one_twice(company)


async def test_a_refused_start_takes_the_log_away_and_leaves_no_suspicion(company: Company) -> None:
    await _killed_under_load(company)
    config = company.folder / "config.yaml"
    good = config.read_text("utf-8")
    config.write_text(good.replace("mode: live", "mode: shadow"), "utf-8")
    refused = Program(company.folder)
    await refused.start()
    assert await refused.ends() == 78
    config.write_text(good, "utf-8")
    async with running(company.folder) as program:
        assert not [line for line in program.log if line["event"] == "on hold"]


async def test_a_door_that_does_not_close_keeps_nobody_from_ending_well(found: Found) -> None:
    company = await found()
    ((name, door), *_) = company.house.doors.items()
    closed: list[str] = []
    company.house.doors = {"broken": Broken(), name: door, "last": Broken(closed)}  # type: ignore[dict-item]
    with pytest.raises(OSError, match="does not close"):
        await company.house.close()
    assert closed == ["closed"]
    assert not (company.house.config.state / "at-work").exists()
    await company.open()
    assert (await company.house.store.house.row()).frozen == ""


class Broken:
    """A door whose far end is gone."""

    def __init__(self, closed: list[str] | None = None) -> None:
        self._closed = closed

    async def close(self) -> None:
        """It notes so, or does not."""
        if self._closed is None:
            raise OSError("does not close")
        self._closed.append("closed")

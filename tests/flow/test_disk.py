"""A disk without room: nothing leaves, nothing is lost, and all goes on by itself once there is room."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from datetime import date
from pathlib import Path

import pytest

from relanced.daemon import Daemon, wheels
from tests.flow import paper
from tests.flow.company import Company, Said
from tests.flow.conftest import Found
from tests.flow.program import until

DUE = date(2026, 3, 2)
DAY = date(2026, 3, 5)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", place], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("only root can mount a small disk")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wheels look for room again at once."""
    monkeypatch.setattr(wheels, "REST_WHEN_FULL", 0.1)


def _fill(disk: Path) -> None:
    """Leave no room: what the log could still take is taken from it first."""
    with closing(sqlite3.connect(disk / "relanced.db")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with (disk / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
        while True:
            ballast.write(bytes(512))


@asynccontextmanager
async def _daemon(company: Company) -> AsyncIterator[Daemon]:
    daemon = Daemon(company.house)
    living = asyncio.create_task(daemon.run())
    try:
        yield daemon
    finally:
        daemon.stop()
        assert await living == 0


async def _planned_overnight(found: Found, disk: Path, many: int) -> Company:
    company = await found(disk=disk)
    await company.bills(*(paper.invoice(f"F-{n}", DUE, f"C{n}") for n in range(many)))
    await company.morning(DAY, "07:00")
    return company


async def test_fault_12_on_a_full_disk_nothing_leaves_and_all_goes_on_alone(disk: Path, found: Found) -> None:
    company = await _planned_overnight(found, disk, 20)
    async with _daemon(company):
        await asyncio.sleep(0.2)
        _fill(disk)
        company.clock.set(DAY, "09:30")
        await asyncio.sleep(0.5)
        with pytest.raises(Said, match="no room is left"):
            await company.desk("paid", invoice="F-1")
        assert company.relay.messages == []
        assert (await company.desk("queue"))["rows"] != []
        (disk / "ballast").unlink()
        await until(lambda: len(company.relay.messages) == 20, 10)
    assert sorted(mail.to for mail in company.relay.mails) == sorted(f"c{n}@client.example" for n in range(20))
    assert await company.house.store.views.counts() == {"sent": 20}


async def test_fault_12_what_left_while_the_disk_filled_up_is_written_down_later(disk: Path, found: Found) -> None:
    company = await _planned_overnight(found, disk, 1)
    gate = company.relay.hold("DOT")
    company.clock.set(DAY, "09:30")
    async with _daemon(company):
        await gate.wait()
        _fill(disk)
        gate.opened.set()
        await asyncio.sleep(0.5)
        assert await company.told("C0") == ["relance-1 email submitting"]
        (disk / "ballast").unlink()
        async with asyncio.timeout(10):
            while await company.told("C0") != ["relance-1 email sent"]:  # noqa: ASYNC110 (a database tells nobody)
                await asyncio.sleep(0.05)
    assert len(company.relay.messages) == 1


async def test_fault_12_a_start_on_a_full_disk_ends_without_a_word_to_anybody(disk: Path, found: Found) -> None:
    company = await _planned_overnight(found, disk, 1)
    _fill(disk)
    company.clock.set(DAY, "09:30")
    assert await Daemon(company.house).run() == 1
    assert company.relay.connections == 0

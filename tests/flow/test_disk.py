"""A disk without room: nothing leaves, nothing is lost, and all goes on by itself once there is room."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from datetime import date
from pathlib import Path

import pytest

from relanced.cli.opening import opened
from relanced.cli.printing import Failed
from relanced.daemon import Daemon, wheels
from relanced.premises import room
from relanced.rules.audit import RESERVE
from tests.dovecot import PASSWORD, Dovecot
from tests.flow import answers, paper
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
    """Wheels look for room again at once, and a disk of two megabytes may be filled to its last byte."""
    monkeypatch.setattr(wheels, "REST_WHEN_FULL", 0.1)
    monkeypatch.setattr(room, "RESERVE", 0)


def _fill(disk: Path, but: int = 0) -> None:
    """Leave no room, or so many bytes: what the log could still take is taken from it first."""
    with closing(sqlite3.connect(disk / "relanced.db")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with (disk / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
        while True:
            ballast.write(bytes(512))
    os.truncate(disk / "ballast", (disk / "ballast").stat().st_size - but)


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
        await until(lambda: len(company.relay.messages) == 20, 30)
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
        async with asyncio.timeout(60):
            while await company.told("C0") != ["relance-1 email sent"]:  # noqa: ASYNC110 (a database tells nobody)
                await asyncio.sleep(0.05)
    assert len(company.relay.messages) == 1


async def test_fault_14_a_disk_that_fills_is_told_before_it_is_full(disk: Path, found: Found) -> None:
    company = await found(disk=disk, house="alerts: {mail: it@atelier-dubois.example}")
    await company.bank(DUE)
    (mail,) = await company.works()
    assert mail.subject.startswith(f"relanced: {disk}: ")
    assert "MB of 2 MB are left on its disk" in mail.text


async def test_fault_12_a_start_on_a_full_disk_ends_without_a_word_to_anybody(disk: Path, found: Found) -> None:
    company = await _planned_overnight(found, disk, 1)
    _fill(disk)
    company.clock.set(DAY, "09:30")
    assert await Daemon(company.house).run() == 1
    assert company.relay.connections == 0


async def test_fault_12_a_start_that_finds_no_room_is_no_fault_of_the_configuration(disk: Path, found: Found) -> None:
    """systemd starts it again after any status but 75 and 78: it works as soon as there is room."""
    company = await _planned_overnight(found, disk, 1)
    await company.house.close()
    _fill(disk)
    with pytest.raises(Failed, match=r"cannot be opened: .*: No space left on device: make room") as failed:
        async with opened(company.house.config, "a start"):
            pass
    assert failed.value.status == 1


async def test_fault_14_the_last_room_is_kept_for_what_comes_back(
    disk: Path, found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing new is worded long before the disk is full, people are told why, and all goes on alone."""
    monkeypatch.setattr(room, "RESERVE", 700_000)
    company = await _planned_overnight(found, disk, 20)
    async with _daemon(company):
        await asyncio.sleep(0.2)
        _fill(disk, but=600_000)
        company.clock.set(DAY, "09:30")
        await asyncio.sleep(0.5)
        assert company.relay.connections == 0
        assert "STOPPED: 0 MB are left on the disk of" in "\n".join((await company.desk("status"))["lines"])
        await company.bank(DAY)  # a payment, a reply: there is room for it
        (disk / "ballast").unlink()
        company.clock.later(seconds=20)
        await until(lambda: len(company.relay.messages) == 20, 30)


async def test_fault_14_a_disk_with_room_stops_nothing(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    company = await found()
    monkeypatch.setattr(room, "RESERVE", RESERVE)
    assert room.short_of_room(company.house.config) == ""
    monkeypatch.setattr(room, "RESERVE", 1 << 60)
    assert "are kept for what comes back" in room.short_of_room(company.house.config)


async def test_faults_12_and_13_a_reply_that_finds_no_room_stays_in_its_mailbox_as_it_came(
    found: Found, disk: Path, mailboxes: Dovecot, tmp_path: Path
) -> None:
    """No acknowledgement and no flag before it is on the disk; once there is room it holds the case like any other."""
    user, secret = "full@atelier-dubois.example", paper.secret(tmp_path, "imap", PASSWORD)
    login = f"host: 127.0.0.1, port: {mailboxes.port}, tls: none, user: {user}, password: {secret}"
    company = await found(disk=disk, email=f", imap: {{{login}, after: seen, timeout: 3}}")
    await company.bills(paper.invoice("F-1", DUE))
    (mail,) = await company.morning(DAY)
    (ear,) = company.house.watchings()
    _fill(disk)
    mailboxes.deliver(user, answers.reply(company, mail, "Nous contestons.\n" + "Voici pourquoi. " * 5000))
    await ear.turn(company.clock.now())
    assert await ear.next_moment() is not None  # it was cut, and is opened again
    assert "\\Seen" not in mailboxes.flags(user)[0]
    (disk / "ballast").unlink()
    company.clock.later(minutes=6)
    await ear.turn(company.clock.now())
    await company.works()
    await ear.close()
    assert await company.holds() == ["reply"]
    assert "\\Seen" in mailboxes.flags(user)[0]

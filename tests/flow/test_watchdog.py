"""The service manager is told that we live only while the wheels turn and the database commits."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import date
from pathlib import Path

import pytest

from relanced.daemon import Daemon, pulse
from relanced.daemon import daemon as daemon_module
from relanced.store.engine import StoreError, StoreFull
from tests.flow import paper
from tests.flow.company import Company
from tests.flow.program import until


class Manager:
    """Listens as systemd does."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)

    def heard(self) -> list[str]:
        """What was said since the last question."""
        said: list[str] = []
        with suppress(BlockingIOError):
            while True:
                said += self._socket.recv(4096).decode().split("\n")
        return said

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    path = tmp_path / "notify"
    monkeypatch.setenv("NOTIFY_SOCKET", str(path))
    monkeypatch.setenv("WATCHDOG_USEC", "600000")
    made = Manager(path)
    yield made
    made.close()


@asynccontextmanager
async def living(company: Company) -> AsyncIterator[Daemon]:
    """A daemon in this process."""
    daemon = Daemon(company.house)
    living = asyncio.create_task(daemon.run())
    await asyncio.sleep(0.3)
    yield daemon
    daemon.stop()
    await living


async def test_a_daemon_that_works_is_heard(company: Company, manager: Manager) -> None:
    async with living(company):
        await asyncio.sleep(0.7)
        said = manager.heard()
    assert said[:2] == ["READY=1", "STATUS=turning"]
    assert said.count("WATCHDOG=1") >= 2
    assert manager.heard()[-1] == "STOPPING=1"


async def test_fault_58_wheels_that_all_stand_still_are_not_fed_for(company: Company, manager: Manager) -> None:
    async with living(company) as daemon:
        for spindle in daemon.spindles:
            spindle.wheel = _Hangs()
        await asyncio.sleep(0.5)
        manager.heard()
        await asyncio.sleep(0.7)
        assert "WATCHDOG=1" not in manager.heard()


class _Hangs:
    async def turn(self, now: object) -> bool:
        await asyncio.Event().wait()
        return False

    async def next_moment(self) -> None:
        return None


@pytest.mark.parametrize(("trouble", "fed"), [(StoreError("locked"), False), (StoreFull("no room"), True)])
async def test_a_database_that_commits_nothing_is_not_fed_for_but_a_full_disk_is_waited_for(
    company: Company, manager: Manager, monkeypatch: pytest.MonkeyPatch, trouble: Exception, fed: bool
) -> None:
    async def beat() -> None:
        raise trouble

    async with living(company):
        monkeypatch.setattr(company.house.store.house, "beat", beat)
        await asyncio.sleep(0.3)
        manager.heard()
        await asyncio.sleep(0.7)
        assert ("WATCHDOG=1" in manager.heard()) is fed


async def test_fault_58_an_event_loop_that_is_blocked_says_nothing(company: Company, manager: Manager) -> None:
    import time

    async with living(company):
        manager.heard()
        time.sleep(0.7)  # noqa: ASYNC251 (that is the fault)
        assert "WATCHDOG=1" not in manager.heard()


async def test_fault_58_a_clerk_that_fails_every_time_stands_still(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no wheel and never dies of it: who looks at the wheels is told all the same."""
    monkeypatch.setattr(daemon_module, "REST", 0.05)
    monkeypatch.setattr(pulse, "CALM", 0.3)
    await company.bills(paper.invoice("F-1", date(2026, 3, 2)))
    company.clock.set(date(2026, 3, 5))
    await company.bank(date(2026, 3, 4))

    async def fails(*_: object) -> None:
        raise ValueError("a row that nobody foresaw")

    commit = company.house.store.clerk.commit
    monkeypatch.setattr(company.house.store.clerk, "commit", fails)
    async with living(company) as daemon:
        daemon.pulse.feel()
        await asyncio.sleep(1)
        since = daemon.pulse.wheels()
        assert since["clerk"].total_seconds() > 0.4 > since["plan"].total_seconds()
        assert daemon.pulse.clerk_lives()
        monkeypatch.setattr(company.house.store.clerk, "commit", commit)
        await until(lambda: daemon.pulse.wheels()["clerk"].total_seconds() < 0.1 and company.relay.messages, 30)

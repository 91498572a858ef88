"""What the service manager hears of a reload and of a stop."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from relanced.daemon import Daemon
from tests.flow.company import Company
from tests.flow.conftest import Found
from tests.flow.program import Program, running, until

OLD_STAYS = "configuration refused: the old one stays"


class Manager:
    """systemd's end of the socket."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)
        self.heard: list[str] = []

    def close(self) -> None:
        """Hear no more."""
        self._socket.close()

    def hears(self, word: str, times: int = 1) -> bool:
        """Whether a word was said so often."""
        try:
            while True:
                self.heard += self._socket.recv(4096).decode().splitlines()
        except BlockingIOError:
            return self.heard.count(word) >= times


async def test_a_reload_is_told_as_a_reload_and_only_a_stop_as_a_stop(
    found: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = await found()
    await company.house.close()
    config, manager = company.folder / "config.yaml", Manager(tmp_path / "notify")
    monkeypatch.setitem(os.environ, "NOTIFY_SOCKET", str(tmp_path / "notify"))
    async with running(company.folder) as program:
        await until(lambda: manager.hears("READY=1"), 30)
        program.send(signal.SIGHUP)
        await program.tells("configuration unchanged")
        assert not manager.hears("RELOADING=1")
        config.write_text(config.read_text("utf-8").replace("connections: 4", "connections: 3"), "utf-8")
        program.send(signal.SIGHUP)
        await until(lambda: manager.hears("READY=1", times=2), 20)
        assert not manager.hears("STOPPING=1")
        told = manager.heard
        assert told.index("RELOADING=1") + 1 == next(n for n, w in enumerate(told) if w.startswith("MONOTONIC_USEC="))
        program.send(signal.SIGTERM)
        assert await program.ends() == 0
        assert manager.hears("STOPPING=1")
    manager.close()


async def test_a_stop_during_a_reload_is_a_stop(found: Found) -> None:
    daemon = Daemon((await found()).house)
    daemon.reload()
    daemon.reload()
    assert daemon.reloading
    daemon.stop()
    assert not daemon.reloading
    daemon.reload()
    assert not daemon.reloading


# -- a configuration that reads well and cannot be put to work ------------------------------------------------------


@asynccontextmanager
async def _hangs_up_on(
    company: Company, changed: Callable[[str], str]
) -> AsyncIterator[tuple[Program, dict[str, str]]]:
    """A daemon whose file is changed; what it tells of the new configuration."""
    config = company.folder / "config.yaml"
    good = config.read_text("utf-8")
    async with running(company.folder) as program:
        config.write_text(changed(good), "utf-8")
        program.send(signal.SIGHUP)
        await program.tells(OLD_STAYS)
        yield program, next(line for line in program.log if line["event"] == OLD_STAYS)
        config.write_text(good.replace("connections: 4", "connections: 3"), "utf-8")
        times = sum(line["event"] == "ready" for line in program.log)
        program.send(signal.SIGHUP)
        await program.tells("ready", times=times + 1)  # and a good one still takes over
        program.send(signal.SIGTERM)
        assert await program.ends() == 0


def _another_store(folder: Path) -> Callable[[str], str]:
    return lambda good: good.replace("relanced.db", "fresh.db")


MOVED: dict[str, Callable[[Path], Callable[[str], str]]] = {
    "mode": lambda _folder: lambda good: good.replace("mode: live", "mode: shadow"),
    "store": _another_store,
    "state": lambda folder: lambda good: good.replace(f"{folder}/state", f"{folder}/config.yaml/state"),
}


@pytest.mark.parametrize("key", MOVED)
async def test_fault_50_a_reload_makes_no_other_house_of_this_one(found: Found, key: str) -> None:
    company = await found()
    await company.house.close()
    async with _hangs_up_on(company, MOVED[key](company.folder)) as (program, told):
        assert told["faults"] == f"{key}: changed, which a reload cannot do: restart relanced"
        assert not [line for line in program.log if line["event"] == "stopped"]  # nothing was interrupted
    assert not (company.folder / "fresh.db").exists()


async def test_fault_50_an_address_that_is_taken_leaves_the_old_configuration_at_work(found: Found) -> None:
    company = await found()
    await company.house.close()
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        taken = f"desk.sock, listen: 127.0.0.1:{port}}}"
        async with _hangs_up_on(company, lambda good: good.replace("desk.sock}", taken)) as (program, told):
            assert told["faults"].startswith(f"desk.listen: 127.0.0.1:{port}: ")
            await program.tells("ready", times=2)


async def test_fault_50_a_state_folder_that_cannot_be_used_leaves_the_old_configuration_at_work(found: Found) -> None:
    company = await found()
    await company.house.close()
    channels = company.folder / "state/channels"
    (channels / "more").write_text("no folder")
    more = "channels:\n  more: {kind: letter, out: folder, folder: more}\n"
    async with _hangs_up_on(company, lambda good: good.replace("channels:\n", more, 1)) as (program, told):
        assert str(channels / "more") in told["faults"]
        await program.tells("ready", times=2)


async def test_a_command_that_has_the_database_for_a_moment_ends_no_daemon(found: Found) -> None:
    """Between two lives of a house its socket is shut, and a command opens the database itself."""
    company = await found()
    await company.house.close()
    config = company.folder / "config.yaml"
    async with running(company.folder) as program:
        config.write_text(config.read_text("utf-8").replace("connections: 4", "connections: 3"), "utf-8")
        with (company.folder / "relanced.db.lock").open("a") as lock:
            taken = asyncio.create_task(asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX))
            await asyncio.sleep(0.1)
            program.send(signal.SIGHUP)
            await taken
            await program.tells("opened again in a moment")
        await program.tells("ready", times=2)
        program.send(signal.SIGTERM)
        assert await program.ends() == 0

"""What the service manager hears of a reload and of a stop."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from relanced.daemon import Daemon
from tests.flow.conftest import Found
from tests.flow.program import running, until


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
        await until(lambda: manager.hears("READY=1"), 10)
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

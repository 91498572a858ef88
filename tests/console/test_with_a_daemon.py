"""The port of a real daemon: it listens where it is told, says so when it cannot, and outlives a reload."""

from __future__ import annotations

import json
import signal
import socket
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.atelier import Atelier, found_atelier
from tests.cli.test_with_a_daemon import Running
from tests.ports import free_port


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[tuple[Atelier, int]]:
    """A company whose daemon listens on a free port."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="rl") as short:
        atelier = found_atelier(tmp_path, Path(short) / "desk.sock")
        text = atelier.config.read_text("utf-8")
        said = f'desk.sock, listen: "127.0.0.1:{port}"}}'
        atelier.write("config.yaml", text.replace("desk.sock}", said))
        yield atelier, port


def _health(port: int) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
        said: dict[str, Any] = json.load(answer)
        return said


def test_a_daemon_tells_how_it_is_also_after_a_reload(listening: tuple[Atelier, int]) -> None:
    atelier, port = listening
    running = Running(atelier)
    try:
        said = _health(port)
        assert (said["ok"], said["troubles"]) == (True, [])
        assert {"plan", "send compta", "audit", "alerts"} <= set(said["wheels"])
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            page = answer.read().decode()
        assert "relanced_up 1.0" in page
        assert 'relanced_events_total{channel="",event="ready",level="info"} 1.0' in page
        text = atelier.config.read_text("utf-8")
        atelier.write("config.yaml", text.replace("Atelier Dubois SARL", "Atelier Dubois et fils SARL"))
        running.process.send_signal(signal.SIGHUP)
        running.until(lambda: len(running.said("ready")) == 2)
        assert _health(port)["ok"]
        assert running.stop() == 0
    finally:
        running.process.kill()
        running.process.wait()


def test_a_port_that_is_taken_is_told_in_one_line(listening: tuple[Atelier, int]) -> None:
    atelier, port = listening
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        ended = atelier.relanced("run")
    assert ended.status == 1
    assert f"desk.listen: 127.0.0.1:{port}" in ended.err
    assert "name another port" in ended.err
    assert "Traceback" not in ended.err


def test_a_check_on_line_tells_what_the_auditor_finds(listening: tuple[Atelier, int]) -> None:
    atelier, _ = listening
    running = Running(atelier)
    try:
        atelier.relanced("open", "atelier")
        told = atelier.relanced("check", "--online")
    finally:
        running.process.kill()
        running.process.wait()
    assert "FAULT atelier: bank data were never imported: nobody is reminded; relanced import" in told.out
    assert told.status == 1


def test_a_port_open_to_the_network_is_noted_by_a_check(listening: tuple[Atelier, int]) -> None:
    atelier, port = listening
    atelier.write("config.yaml", atelier.config.read_text("utf-8").replace("127.0.0.1:" + str(port), f"0.0.0.0:{port}"))
    told = atelier.relanced("check")
    assert f"note  desk.listen: 0.0.0.0:{port} is open to the network" in told.out

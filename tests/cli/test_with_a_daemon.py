"""With a daemon running, commands are thin clients of its socket."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.cli.atelier import INVOICES, Atelier


class Running:
    """A real daemon in its own process."""

    def __init__(self, atelier: Atelier) -> None:
        self.atelier = atelier
        self.log = atelier.folder / f"daemon-{time.monotonic_ns()}.log"
        self.socket = Path(yaml.safe_load(atelier.config.read_text())["desk"]["socket"])
        with self.log.open("a") as out:
            self.process = subprocess.Popen(atelier.command("run"), stderr=out, stdout=out)
        self.until(lambda: self.said("ready"))

    def said(self, event: str) -> list[dict[str, object]]:
        lines = [line for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [told for line in lines if (told := json.loads(line)).get("event") == event]

    def until(self, true: Callable[[], object], seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, self.log.read_text()
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.02)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=40)


@pytest.fixture
def daemon(atelier: Atelier) -> Iterator[Running]:
    running = Running(atelier)
    yield running
    if running.process.poll() is None:
        running.stop()


def post(path: Path, body: bytes) -> dict[str, object]:
    """A raw request, as any program may send one."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(path))
        head = f"POST /desk HTTP/1.1\r\nHost: desk\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        line.sendall(head.encode() + body)
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    told: dict[str, object] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return told


def test_commands_go_through_the_socket_and_the_journal_names_the_person(daemon: Running) -> None:
    """The kernel tells who asks; `people.NAME.user` maps the account to a person."""
    atelier = daemon.atelier
    assert "invoices: 2 new" in atelier.relanced("import", atelier.write("factures.csv", INVOICES)).out
    assert daemon.said("asked")
    shown = atelier.relanced("show", "C1").out
    assert "claire" in shown if os.getuid() == 0 else shown
    assert "atelier is open" in atelier.relanced("open", "atelier").out
    daemon.until(lambda: "bank data were never imported" in atelier.relanced("queue").out)


def test_a_repeated_request_gets_the_first_answer(daemon: Running) -> None:
    stop = json.dumps({"verb": "stop", "words": {"reason": "once"}, "request_id": "r-1"}).encode()
    first = post(daemon.socket, stop)
    daemon.atelier.relanced("start")
    assert post(daemon.socket, stop) == first
    assert "messages may leave" in daemon.atelier.relanced("status").out


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"not json", "not JSON"),
        (b'{"verb": "launch"}', "there is no verb launch"),
        (b'{"verb": "pause", "words": {"case": "nobody"}}', "goes by 'nobody'"),
        (b'{"verb": "import", "files": {"a.csv": "***"}}', "base64"),
        (b'{"verb": "park", "words": {"message": "forty"}}', "not a number"),
    ],
)
def test_a_request_that_makes_no_sense_is_one_line(daemon: Running, body: bytes, words: str) -> None:
    assert words in str(post(daemon.socket, body)["error"])


def test_fault_20_a_second_daemon_refuses_and_says_who_and_since_when(daemon: Running) -> None:
    second = daemon.atelier.relanced("run")
    assert second.status == 75
    assert f"relanced run, pid {daemon.process.pid}, since 20" in second.err


def test_fault_50_a_bad_configuration_on_reload_keeps_the_old_one(daemon: Running) -> None:
    good = daemon.atelier.config.read_text()
    daemon.atelier.write("config.yaml", good.replace("Europe/Paris", "Europe/Rennes"))
    daemon.process.send_signal(signal.SIGHUP)
    daemon.until(lambda: daemon.said("configuration refused: the old one stays"))
    assert "time zone" in str(daemon.said("configuration refused: the old one stays")[0]["faults"])
    assert daemon.process.poll() is None
    assert daemon.atelier.relanced("check").status == 78


def test_a_sound_configuration_is_put_to_use_by_a_reload(daemon: Running) -> None:
    changed = daemon.atelier.config.read_text().replace("Atelier Dubois SARL", "Atelier Dubois et fils SARL")
    daemon.atelier.write("config.yaml", changed)
    daemon.process.send_signal(signal.SIGHUP)
    daemon.until(lambda: len(daemon.said("ready")) == 2)
    assert "messages may leave" in daemon.atelier.relanced("status").out


def test_a_reload_sees_an_edited_wording(daemon: Running) -> None:
    """The words of a message are part of what a permit was given for (design, §4)."""
    mine = daemon.atelier.folder / "mine" / "fr" / "relance-1"
    mine.mkdir(parents=True)
    text = daemon.atelier.config.read_text() + "templates: [mine]\n"
    daemon.atelier.write("config.yaml", text)
    daemon.process.send_signal(signal.SIGHUP)
    daemon.until(lambda: len(daemon.said("ready")) == 2)
    (mine / "mail.j2").write_text("Objet : Rappel\n\nMadame, Monsieur, voici un rappel.\n", encoding="utf-8")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.until(lambda: len(daemon.said("ready")) == 3)
    daemon.process.send_signal(signal.SIGHUP)
    daemon.until(lambda: daemon.said("configuration unchanged"))
    assert "messages may leave" in daemon.atelier.relanced("status").out


def test_sigterm_ends_with_status_0_and_leaves_no_socket(daemon: Running) -> None:
    assert daemon.stop() == 0
    assert not daemon.socket.exists()
    assert daemon.said("stopped")


def test_a_killed_daemon_leaves_nothing_in_the_way(daemon: Running) -> None:
    daemon.process.kill()
    daemon.process.wait()
    assert daemon.atelier.relanced("status").status == 0
    again = Running(daemon.atelier)
    assert again.stop() == 0


def test_the_socket_is_for_the_owner_alone_without_a_group(daemon: Running) -> None:
    assert daemon.socket.stat().st_mode & 0o777 == 0o600

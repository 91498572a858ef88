"""The journal's fields, proved against a real systemd-journald in a namespace of its own."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from relanced import log

JOURNALD = Path("/lib/systemd/systemd-journald")
Read = Callable[[], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def namespace() -> Iterator[str]:
    """A journal that nobody else writes to, gone at the end."""
    if os.geteuid() != 0 or not JOURNALD.exists() or not Path("/etc/machine-id").exists():
        pytest.skip("only root may run a systemd-journald of its own")
    name = f"relanced{os.getpid()}"
    process = subprocess.Popen([JOURNALD, name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 10
        while not _address(name).exists() and time.monotonic() < end and process.poll() is None:
            time.sleep(0.02)
        if process.poll() is not None:
            pytest.skip("systemd-journald does not run here")
        yield name
    finally:
        process.terminate()
        process.wait(timeout=10)
        for folder in ("/var/log/journal", "/run/log/journal", "/run/systemd"):
            for left in Path(folder).glob(f"*.{name}"):
                shutil.rmtree(left)


def _address(name: str) -> Path:
    return Path(f"/run/systemd/journal.{name}/socket")


@pytest.fixture
def read(namespace: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Read]:
    """What the journal holds of us; the log of this process goes there."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    handler = log.JournalHandler
    monkeypatch.setattr(log, "JournalHandler", lambda: handler(str(_address(namespace))))
    log.set_up("journal")
    yield lambda: _entries(namespace)
    for mine in root.handlers:
        mine.close()
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def _entries(namespace: str) -> list[dict[str, Any]]:
    """Once the journal has taken everything in."""
    said: list[dict[str, Any]] = []
    end = time.monotonic() + 5
    while not said and time.monotonic() < end:
        asked = ["journalctl", f"--namespace={namespace}", "-t", "relanced", "-o", "json", "--all"]
        told = subprocess.run(asked, capture_output=True, text=True, check=True)
        said = [json.loads(line) for line in told.stdout.splitlines()]
        time.sleep(0.05)
    return said


def test_every_fact_of_a_line_is_a_field(read: Read) -> None:
    structlog.get_logger("relanced.send").warning(
        "message refused", message=7, case=3, channel="compta", words="550 jean.dupont@client.example"
    )
    (entry,) = [e for e in read() if e.get("RELANCED_MESSAGE") == "7"]
    assert {k: v for k, v in entry.items() if k.startswith("RELANCED_")} == {
        "RELANCED_MESSAGE": "7",
        "RELANCED_CASE": "3",
        "RELANCED_CHANNEL": "compta",
        "RELANCED_WORDS": "550 j***@c***.example",
    }
    assert (entry["PRIORITY"], entry["LOGGER"], entry["SYSLOG_IDENTIFIER"]) == ("4", "relanced.send", "relanced")
    assert entry["MESSAGE"].startswith("event='message refused'")
    assert "dupont" not in json.dumps(entry)


def test_a_fault_of_many_lines_is_one_entry(read: Read) -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError:
        structlog.get_logger("relanced.daemon").exception("wheel failed", wheel="plan")
    (entry,) = [e for e in read() if e.get("RELANCED_WHEEL") == "plan"]
    assert entry["PRIORITY"] == "3"
    assert "ValueError" in entry["MESSAGE"]


def test_an_entry_too_long_for_a_datagram_arrives_whole(read: Read) -> None:
    structlog.get_logger("relanced.send").info("long", case=99, words="é" * 300_000)
    (entry,) = [e for e in read() if e.get("RELANCED_CASE") == "99"]
    assert entry["RELANCED_WORDS"] == "é" * 300_000


def test_the_journal_is_spoken_to_only_where_our_stream_leads_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "stream").open("w") as stream:
        there = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{there.st_dev}:{there.st_ino}")
        assert log._is_the_journal(stream)
        monkeypatch.setenv("JOURNAL_STREAM", f"{there.st_dev}:{there.st_ino + 1}")
        assert not log._is_the_journal(stream)

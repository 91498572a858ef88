"""The child that reads: it may be hung, starved or killed, and the house goes on. Fault 47."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from relanced.reading import Child, Kind, read
from tests.reading.bombs import HEAD, filled

LETTER = HEAD + b"\nPaye hier."


@pytest.fixture
def child() -> Iterator[Child]:
    reader = Child()
    yield reader
    reader.close()


def pid_of(child: Child) -> int:
    """The process that reads."""
    assert child.pid is not None
    return child.pid


def test_the_child_reads_what_the_house_would_read(child: Child) -> None:
    for path in sorted((Path(__file__).parent / "corpus").rglob("*.eml")):
        assert child.read(path.read_bytes()) == read(path.read_bytes())


def test_one_child_reads_many_messages(child: Child) -> None:
    child.read(LETTER)
    first = pid_of(child)
    assert all(child.read(LETTER).text == "Paye hier." for _ in range(50))
    assert pid_of(child) == first


def test_a_message_that_takes_too_long_is_given_up_after_two_children() -> None:
    child = Child(seconds=0.01)
    started = time.monotonic()
    verdict = child.read(filled(HEAD + b"\n", b"x\n-- \n", 8_000_000))
    assert (verdict.kind, verdict.reason) == (Kind.UNREADABLE, "not read within 0.01 s")
    assert time.monotonic() - started < 30
    assert child.pid is None


def test_a_child_that_hangs_is_killed_and_replaced_and_the_message_is_read() -> None:
    child = Child(seconds=1)
    child.read(LETTER)
    hung = pid_of(child)
    os.kill(hung, signal.SIGSTOP)
    assert child.read(LETTER) == read(LETTER)
    with pytest.raises(ProcessLookupError):
        os.kill(hung, 0)
    child.close()


def test_a_child_that_was_killed_in_between_is_replaced_and_the_message_is_read(child: Child) -> None:
    child.read(LETTER)
    os.kill(pid_of(child), signal.SIGKILL)
    assert child.read(LETTER).text == "Paye hier."


def test_a_child_without_memory_says_so_or_falls_and_the_next_message_is_read() -> None:
    child = Child(memory=64 * 1024 * 1024)
    verdict = child.read(filled(HEAD + b"\n", b"x\n", 24_000_000))
    assert verdict.kind is Kind.UNREADABLE
    assert "MemoryError" in verdict.reason or "fell" in verdict.reason
    assert child.read(LETTER).text == "Paye hier."
    child.close()


def test_the_child_is_bounded_and_knows_no_secret(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "hunter2")
    child.read(LETTER)
    process = Path("/proc") / str(pid_of(child))
    assert b"hunter2" not in process.joinpath("environ").read_bytes()
    limits = dict(line.split("  ", 1) for line in process.joinpath("limits").read_text().splitlines()[1:])
    assert limits["Max address space"].split()[0] == str(256 * 1024 * 1024)
    assert limits["Max file size"].split()[0] == limits["Max core file size"].split()[0] == "0"
    assert limits["Max cpu time"].split()[0] != "unlimited"


def test_many_threads_share_a_child(child: Child) -> None:
    letters = [HEAD + b"\nmot %d" % n for n in range(40)]
    with ThreadPoolExecutor(8) as threads:
        assert [v.text for v in threads.map(child.read, letters)] == [f"mot {n}" for n in range(40)]


def test_a_closed_child_is_gone_and_another_starts(child: Child) -> None:
    child.read(LETTER)
    gone = pid_of(child)
    child.close()
    with pytest.raises(ProcessLookupError):
        os.kill(gone, 0)
    assert child.pid is None
    assert child.read(LETTER).text == "Paye hier."


def test_a_child_that_cannot_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(OSError, match="the child that reads mail does not start"):
        Child().read(LETTER)

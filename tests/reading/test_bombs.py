"""Messages made to burst a reader, given to the real child: it answers each within its time and its memory.

Fault 47. Attack 11: header bombs. Attack 8: a page's scripts and pictures are neither run nor fetched.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from relanced.reading import Child, Kind
from tests.reading.bombs import BOMBS, HEAD, filled
from tests.reading.measure import MEBIBYTE, SECONDS, most_memory, spent


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    reader = Child(seconds=30)  # a machine under load is slow; what is measured is the child's own time
    reader.read(HEAD)
    yield reader
    reader.close()


@pytest.mark.parametrize("name", BOMBS)
def test_fault_47_a_bomb_is_read_and_the_child_lives(child: Child, name: str) -> None:
    raw, before = BOMBS[name](), spent(child)
    verdict = child.read(raw)
    assert 0 <= spent(child) - before < SECONDS
    assert "fell" not in verdict.reason and "not read within" not in verdict.reason, verdict
    assert child.read(HEAD + b"\nencore").text == "encore"
    assert 10 * MEBIBYTE < most_memory(child) < 256 * MEBIBYTE


@pytest.mark.parametrize("run", [b"@\n", b"x\n-- \n", b"a ete "])
def test_a_message_eight_times_as_long_takes_no_more_than_its_share(child: Child, run: bytes) -> None:
    """Beyond what is read of a text, only copying grows."""
    took = []
    for size in (500_000, 4_000_000):
        raw = filled(HEAD + b"\n", run, size)
        started = time.perf_counter()
        assert child.read(raw).kind is Kind.PERSON
        took.append(time.perf_counter() - started)
    assert took[1] < 8 * took[0] + 1


def test_what_is_too_large_is_not_even_sent(child: Child) -> None:
    verdict = child.read(HEAD + b"\n" + b"x" * 26 * 1024 * 1024)
    assert (verdict.kind, verdict.reason) == (Kind.UNREADABLE, "more than 25 MiB")

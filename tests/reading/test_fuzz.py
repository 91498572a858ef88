"""The fuzz target: the real child reads mutants of the corpus until the time is over. Fault 46, fault 47.

`RELANCED_FUZZ=600 make test ARGS=tests/reading/test_fuzz.py` goes on for ten minutes; a failure names its seed, and
`RELANCED_SEED=…` begins there.
"""

from __future__ import annotations

import os
import random
import time

from relanced.reading import Child, Kind, read
from tests.reading.measure import MEBIBYTE, SECONDS, most_memory, spent
from tests.reading.test_any_bytes import SAMPLES, mutant

BUDGET = float(os.environ.get("RELANCED_FUZZ", "4"))
FIRST = int(os.environ.get("RELANCED_SEED", random.randrange(10**9)))


def test_the_child_reads_whatever_comes_in_time_and_in_memory() -> None:
    """Nothing makes it fall, take five seconds, or hold 256 MiB; and it is one child all the while."""
    child, slowest, seed = Child(seconds=30), 0.0, FIRST
    child.read(SAMPLES[0])
    first, end = child.pid, time.monotonic() + BUDGET
    while time.monotonic() < end:
        raw, before = mutant(random.Random(seed)), spent(child)
        verdict = child.read(raw)
        slowest = max(slowest, spent(child) - before)
        assert verdict.kind is not Kind.UNREADABLE or verdict == read(raw), f"RELANCED_SEED={seed}: {verdict.reason}"
        assert "cannot be read" not in verdict.reason, f"RELANCED_SEED={seed}: {verdict.reason}"
        seed += 1
    assert seed - FIRST > 10 * BUDGET
    assert (child.pid, slowest < SECONDS) == (first, True), (FIRST, seed, slowest)
    assert most_memory(child) < 256 * MEBIBYTE
    child.close()


def test_the_whole_corpus_is_read_in_time_and_in_memory() -> None:
    child = Child(seconds=30)
    child.read(SAMPLES[0])
    for raw in SAMPLES:
        before = spent(child)
        child.read(raw)
        assert spent(child) - before < SECONDS
        assert most_memory(child) < 256 * MEBIBYTE
    child.close()

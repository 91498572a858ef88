"""Any bytes at all, and the corpus with its bytes changed, cut and mixed: a verdict comes out, and it can be told.

Fault 46. Attack 2: what cannot be written in JSON or UTF-8 does not come out.
"""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relanced.reading import Kind, Verdict, read

SAMPLES = [path.read_bytes() for path in sorted((Path(__file__).parent / "corpus").rglob("*.eml"))]
SMALL = [raw for raw in SAMPLES if len(raw) < 20_000]
TORN = [
    b"\n",
    b"\r\n",
    b"\0",
    b"\xff",
    b"=?",
    b"?=",
    b">",
    b"--",
    b":",
    b"<",
    b"@",
    b"\n\n",
    b"\n--b1\n",
    b"\xed\xa0\x80",
    b"\\ud800",
]


def check(raw: bytes) -> None:
    started = time.perf_counter()
    verdict = read(raw)
    assert time.perf_counter() - started < 5
    assert "cannot be read" not in verdict.reason, (verdict.reason, raw)
    json.dumps(verdict.as_json(), ensure_ascii=False).encode()
    assert Verdict.from_json(json.loads(json.dumps(verdict.as_json()))) == verdict
    if any(one.address_dead for one in verdict.recipients):
        assert verdict.kind is Kind.BOUNCE


@settings(max_examples=150)
@given(st.binary(max_size=3000))
def test_any_bytes(raw: bytes) -> None:
    check(raw)
    check(b"From: a@b.example\n" + raw)
    check(b"From: a@b.example\nContent-Type: text/html\n\n" + raw)


@settings(max_examples=150)
@given(st.sampled_from(SMALL), st.data())
def test_a_header_of_any_bytes_in_a_real_message(raw: bytes, data: st.DataObject) -> None:
    names = (b"Subject", b"From", b"Content-Type", b"Content-Transfer-Encoding", b"Date", b"References", b"Return-Path")
    name, value = data.draw(st.sampled_from(names)), data.draw(st.binary(max_size=300))
    check(name + b": " + value.replace(b"\n", b"\n ") + b"\n" + raw)


@pytest.mark.parametrize("seed", range(12))
def test_mutants_of_real_messages(seed: int) -> None:
    """A failure names its seed."""
    chance = random.Random(seed)
    for _ in range(60):
        check(mutant(chance))


def mutant(chance: random.Random) -> bytes:
    """A message of the corpus after a few accidents."""
    raw = bytearray(chance.choice(SMALL))
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(raw) + 1)
        accident = chance.randrange(5)
        if accident == 0:
            raw[at:at] = chance.choice(TORN) * chance.randint(1, 3)
        elif accident == 1:
            del raw[at : at + chance.randint(1, 200)]
        elif accident == 2 and at < len(raw):
            raw[at] = chance.randrange(256)
        elif accident == 3:
            other = chance.choice(SMALL)
            start = chance.randrange(len(other) + 1)
            raw[at:at] = other[start : start + chance.randint(1, 500)]
        else:
            raw = raw[:at]
    return bytes(raw)

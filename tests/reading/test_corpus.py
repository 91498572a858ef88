"""Messages as mail servers and mail programs write them, and what each of them means: the table is `verdicts.toml`.

Faults 46, 48 and 49. Attack 18: what a sender writes of their own authenticity is read nowhere. Attack 21.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from relanced.reading import Kind, Recipient, Verdict, read

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
TABLE: dict[str, dict[str, Any]] = tomllib.loads((HERE / "verdicts.toml").read_text("utf-8"))
REFERENCE, ATTEMPT = "7K2QD-M4X9T", "9d3f0b7c21a84e56b0c4d7e1"
MAIL_ID = "<7k2qd-m4x9t.5f1c0a9be37d4c21a8b60e4d@atelier-dubois.example>"
PLAIN = ("absent_until", "enclosures", "forwarded_from", "intent", "receipt", "text")


def test_every_message_is_in_the_table() -> None:
    assert sorted(TABLE) == sorted(str(path.relative_to(CORPUS)) for path in CORPUS.rglob("*.eml"))


@pytest.mark.parametrize("name", TABLE)
def test_a_message_means(name: str) -> None:
    verdict, expected = read((CORPUS / name).read_bytes()), TABLE[name]
    assert verdict.kind == expected["kind"], verdict.reason
    assert ours(verdict) == expected.get("ours", "")
    assert [told(r) for r in verdict.recipients] == expected.get("recipients", [])
    assert verdict.reason.startswith(expected.get("reason", ""))
    for field in PLAIN:
        if verdict.kind is Kind.PERSON or field not in ("text", "enclosures"):
            assert (getattr(verdict, field) or "") == tuplewise(expected.get(field, "")), field


def ours(verdict: Verdict) -> str:
    """Which marks of ours were found: Reference, Message-ID, Attempt."""
    found = {"R": verdict.reference == REFERENCE, "M": MAIL_ID in verdict.references, "A": verdict.attempt == ATTEMPT}
    return "".join(mark for mark, is_so in found.items() if is_so)


def told(one: Recipient) -> str:
    lasts = "permanent" if one.permanent else "passing"
    return f"{one.address} {one.status or '-'} {lasts}{' dead' * one.address_dead}"


def tuplewise(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@pytest.mark.parametrize("name", TABLE)
def test_a_verdict_survives_the_line_to_the_house(name: str) -> None:
    verdict = read((CORPUS / name).read_bytes())
    assert Verdict.from_json(verdict.as_json()) == verdict


@pytest.mark.parametrize("name", [name for name, e in TABLE.items() if e["kind"] == "person"])
def test_a_person_is_a_person_whatever_suppresses_automatic_answers(name: str) -> None:
    """Exchange writes X-Auto-Response-Suppress into the mail of people too."""
    raw = b"X-Auto-Response-Suppress: All\n" + (CORPUS / name).read_bytes()
    assert read(raw).kind is Kind.PERSON


@pytest.mark.parametrize("name", [name for name, e in TABLE.items() if e["kind"] in ("bounce", "auto_reply")])
def test_a_machines_mail_that_a_colleague_attaches_is_the_colleagues(name: str) -> None:
    """Attack 19: a bounce that somebody encloses strikes no address."""
    head = (
        b"From: Paul <paul@atelier-dubois.example>\nSubject: tiens\nContent-Type: multipart/mixed; boundary=of-paul\n"
    )
    body = b"\n--of-paul\n\nRegarde.\n--of-paul\nContent-Type: message/rfc822\n\n%s\n--of-paul--\n"
    verdict = read(head + body % (CORPUS / name).read_bytes())
    assert (verdict.kind, verdict.recipients) == (Kind.PERSON, ())
    assert verdict.text.startswith("Regarde.")

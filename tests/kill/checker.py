"""Reads the relay's memory, the spool and the database, and says what does not agree (in the manner of Jepsen)."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.kill.relay import Taken

MESSAGES = """
SELECT m.id, m.road, m.state, m.reference, m.mail_id, m.reason, a.id AS attempt, a.sealed_at, a.sha256
FROM messages m LEFT JOIN attempts a ON a.message_id = m.id ORDER BY m.id
"""


def rows(database: Path, query: str) -> list[dict[str, Any]]:
    """What the database says, without disturbing it."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query)]


def states(database: Path) -> Counter[str]:
    """How many messages stand where."""
    return Counter(r["state"] for r in rows(database, "SELECT state FROM messages"))


def disagreements(database: Path, spool: Path, taken: list[Taken]) -> list[str]:
    """Everything lost, doubled, or said and not so. Empty when the world is in order."""
    told = rows(database, MESSAGES)
    return [*_mails(told, taken), *_letters(told, spool), *_order(told, taken), *_bytes(told, spool, taken)]


def _mails(told: list[dict[str, Any]], taken: list[Taken]) -> list[str]:
    """A message the relay has is sent, one it has not is not; none is there twice."""
    got = Counter(t.message_id for t in taken if t.attempt and not t.attempt.startswith("canary"))
    mails = {r["mail_id"]: r for r in told if r["road"] == "email"}
    wrong = [f"lost: {r['reference']} is {r['state']} ({r['reason']})" for r in mails.values() if r["state"] != "sent"]
    wrong += [f"said sent, and nobody has it: {i}" for i, r in mails.items() if r["state"] == "sent" and not got[i]]
    return wrong + [f"{n} times: {i}" for i, n in got.items() if n > 1 and i in mails]


def _letters(told: list[dict[str, Any]], spool: Path) -> list[str]:
    """Every letter lies in the spool once, whole, with its note."""
    notes = [json.loads(note.read_text("utf-8")) for note in spool.glob("*.json")]
    lying = Counter(note["reference"] for note in notes if (spool / f"{note['attempt']}.pdf").exists())
    letters = {r["reference"]: r for r in told if r["road"] == "letter"}
    wrong = [f"lost: {i} is {r['state']} ({r['reason']})" for i, r in letters.items() if r["state"] != "in_tray"]
    wrong += [f"said in the tray, and it is not: {i}" for i in letters if not lying[i]]
    wrong += [f"no PDF: {p}" for p in spool.glob("*.pdf") if not p.read_bytes().startswith(b"%PDF-")]
    return wrong + [f"{n} sheets: {i}" for i, n in lying.items() if n > 1]


def _order(told: list[dict[str, Any]], taken: list[Taken]) -> list[str]:
    """Nothing was on the wire before its seal was committed."""
    sealed = {r["attempt"]: datetime.fromisoformat(r["sealed_at"]).replace(tzinfo=UTC) for r in told if r["attempt"]}
    unsealed = [t.attempt for t in taken if t.attempt not in sealed and not t.attempt.startswith("canary")]
    early = [t.attempt for t in taken if t.attempt in sealed and t.at < sealed[t.attempt]]
    return [f"never sealed: {a}" for a in unsealed if a] + [f"taken before it was sealed: {a}" for a in early]


def _bytes(told: list[dict[str, Any]], spool: Path, taken: list[Taken]) -> list[str]:
    """What left is what was sealed."""
    sealed = {r["attempt"]: r["sha256"] for r in told if r["attempt"]}
    there = {t.attempt: t.sha256 for t in taken}
    there |= {pdf.stem: hashlib.sha256(pdf.read_bytes()).hexdigest() for pdf in spool.glob("*.pdf")}
    return [f"other bytes than were sealed: {a}" for a, digest in there.items() if sealed.get(a, digest) != digest]

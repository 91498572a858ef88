"""Reads everybody's books and the database, and says what does not agree (in the manner of Jepsen)."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from msgspec import Struct

from relanced.store.opening import Store
from relanced.store.soundness import unsound

MESSAGES = """
SELECT m.id, m.channel, m.road, m.state, m.reference, m.reason, a.id AS attempt, a.sealed_at, a.sha256
FROM messages m LEFT JOIN attempts a ON a.message_id = m.id ORDER BY m.id
"""
LIES_HERE = ("letter", "phone")  # roads on which a person still has to act

Row = dict[str, Any]


class Had(Struct, frozen=True):
    """One thing that somebody outside has: of which attempt, or which reference; its bytes; since when, if known."""

    whose: str
    sha256: str
    at: datetime | None = None

    @classmethod
    def of(cls, whose: str, content: bytes, at: datetime | None = None) -> Self:
        """By its bytes."""
        return cls(whose, hashlib.sha256(content).hexdigest(), at)


def rows(database: Path, query: str) -> list[Row]:
    """What the database says, without disturbing it."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query)]


def states(database: Path) -> Counter[str]:
    """How many messages stand where."""
    return Counter(r["state"] for r in rows(database, "SELECT state FROM messages"))


def disagreements(database: Path, books: Mapping[str, Sequence[Had]]) -> list[str]:
    """Everything lost, doubled, or said and not so, of every channel. Empty when the world is in order."""
    told: dict[str, list[Row]] = defaultdict(list)
    for row in rows(database, MESSAGES):
        told[row["channel"]].append(row)
    wrong = [f"nobody looked into {channel}" for channel in told.keys() - books.keys()]
    for channel, book in books.items():
        found = [*_each_once(told[channel], book), *_as_sealed(told[channel], book)]
        wrong += [f"{channel}: {one}" for one in found]
    return wrong


def _each_once(told: Sequence[Row], book: Iterable[Had]) -> Iterator[str]:
    """A message they have is said to have left, one they have not is not; nobody has one twice."""
    whose = {row[name]: row["reference"] for row in told for name in ("attempt", "reference")}
    got = Counter(whose.get(had.whose, "") for had in book)
    for reference, row in {row["reference"]: row for row in told}.items():
        left = row["state"] in (("in_tray",) if row["road"] in LIES_HERE else ("sent", "delivered"))
        if not left:
            yield f"lost: {reference} is {row['state']} ({row['reason']})"
        if left and not got[reference]:
            yield f"said {row['state']}, and nobody has it: {reference}"
        if got[reference] > 1:
            yield f"{got[reference]} times: {reference}"


def _as_sealed(told: Sequence[Row], book: Iterable[Had]) -> Iterator[str]:
    """What they have is what was sealed, and was not there before its seal was committed."""
    seals: dict[str, list[Row]] = defaultdict(list)
    for row in told:
        if row["attempt"]:
            seals[row["attempt"]].append(row)
            seals[row["reference"]].append(row)
    for had in book:
        mine = seals[had.whose]
        if not mine:
            yield f"never sealed: {had.whose}"
        elif all(row["sha256"] != had.sha256 for row in mine):
            yield f"other bytes than were sealed: {had.whose}"
        elif had.at and all(had.at < _moment(row["sealed_at"]) for row in mine):
            yield f"taken before it was sealed: {had.whose}"


def _moment(said: str) -> datetime:
    return datetime.fromisoformat(said).replace(tzinfo=UTC)


async def broken_chains(database: Path) -> list[str]:
    """What is wrong with the pages and the journal."""
    store = Store(f"sqlite:///{database}")
    try:
        return await unsound(store.engine)
    finally:
        await store.close()

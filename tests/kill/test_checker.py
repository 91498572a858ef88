"""The checker of the kills sees whatever is lost, doubled, early or altered; else its silence would prove nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.kill.checker import Had, disagreements

SEALED = datetime(2026, 3, 5, 9, tzinfo=UTC)
SENT, LAID = Had.of("a1", b"mail", SEALED + timedelta(seconds=1)), Had.of("a2", b"letter")
BOOKS = {"compta": [SENT], "office": [LAID]}
MESSAGES = [(1, "compta", "email", "sent", "R-1", ""), (2, "office", "letter", "in_tray", "R-2", "")]
ATTEMPTS = [(SENT, 1), (LAID, 2)]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A mail that was sent, and a letter that lies in its tray."""
    file = tmp_path / "relanced.db"
    with closing(sqlite3.connect(file)) as made, made:
        made.execute("CREATE TABLE messages (id, channel, road, state, reference, reason)")
        made.execute("CREATE TABLE attempts (id, message_id, sealed_at, sha256)")
        made.executemany("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?)", MESSAGES)
        sealed = SEALED.replace(tzinfo=None).isoformat(" ")
        rows = [(had.whose, message, sealed, had.sha256) for had, message in ATTEMPTS]
        made.executemany("INSERT INTO attempts VALUES (?, ?, ?, ?)", rows)
    return file


def test_a_world_in_order_is_told_in_silence(database: Path) -> None:
    assert disagreements(database, BOOKS) == []
    by_reference = [Had("R-1", SENT.sha256, SENT.at)]
    assert disagreements(database, BOOKS | {"compta": by_reference}) == []


@pytest.mark.parametrize(
    ("books", "told"),
    [
        ({"compta": []}, "compta: said sent, and nobody has it: R-1"),
        ({"office": []}, "office: said in_tray, and nobody has it: R-2"),
        ({"compta": [SENT, SENT]}, "compta: 2 times: R-1"),
        ({"compta": [SENT, Had("R-1", SENT.sha256)]}, "compta: 2 times: R-1"),
        ({"compta": [SENT, Had.of("a9", b"mail")]}, "compta: never sealed: a9"),
        ({"compta": [SENT, LAID]}, "compta: never sealed: a2"),
        ({"compta": [Had.of("a1", b"another")]}, "compta: other bytes than were sealed: a1"),
        (
            {"compta": [Had.of("a1", b"mail", SEALED - timedelta(microseconds=1))]},
            "compta: taken before it was sealed: a1",
        ),
    ],
)
def test_what_somebody_has_and_what_is_said_must_agree(database: Path, books: dict[str, list[Had]], told: str) -> None:
    assert disagreements(database, BOOKS | books) == [told]


def test_a_channel_into_which_nobody_looked_is_told(database: Path) -> None:
    assert disagreements(database, {"compta": [SENT]}) == ["nobody looked into office"]


@pytest.mark.parametrize("state", ["planned", "uncertain", "failed", "in_tray"])
def test_a_message_that_did_not_leave_is_lost(database: Path, state: str) -> None:
    with closing(sqlite3.connect(database)) as made, made:
        made.execute("UPDATE messages SET state = ?, reason = 'no' WHERE id = 1", (state,))
    assert disagreements(database, BOOKS | {"compta": []}) == [f"compta: lost: R-1 is {state} (no)"]

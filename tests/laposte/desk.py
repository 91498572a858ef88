"""The words of these tests: a tray that asks the post, and what was kept of what it said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from relanced.channel import Awaited, Heard, Receipt, Surroundings
from relanced_letter import LetterSettings
from relanced_letter.folder import FollowedFolderDoor
from tests.laposte.post import KEY, NUMBER, LaPoste

MADE = datetime(2026, 4, 1, 8, 0, tzinfo=UTC)
POSTED = datetime(2026, 4, 2, 15, 0, tzinfo=UTC)


def settings(folder: Path, **more: object) -> LetterSettings:
    """A tray of registered letters."""
    tracking = {"key": KEY, "timeout": 2.0, **more}
    said = {"out": "folder", "folder": folder, "registered": True, "tracking": tracking}
    return LetterSettings.model_validate(said)


def awaited(number: str = NUMBER, attempt: str = "a1", sent: datetime | None = POSTED) -> Awaited:
    """A letter that was posted with that number."""
    return Awaited(attempt, number, "CLIENT C1", MADE, number, sent)


@dataclass
class Kept:
    """What the house stored, each thing once, in the order in which it came."""

    rows: dict[str, Heard] = field(default_factory=dict)
    calls: int = 0

    async def __call__(self, heard: Heard) -> None:
        self.calls += 1
        self.rows.setdefault(heard.key, heard)


@dataclass
class Desk:
    """A tray, the post it asks, and a clock by hand."""

    post: LaPoste
    folder: Path
    more: dict[str, object]
    at: datetime = POSTED
    kept: Kept = field(default_factory=Kept)

    def __post_init__(self) -> None:
        self.reopen()

    def reopen(self) -> None:
        """The door of another process, which remembers nothing."""
        surroundings = Surroundings("tray", self.folder / "state", lambda: self.at)
        door = FollowedFolderDoor(settings(self.folder / "tray", **{"url": self.post.url, **self.more}), surroundings)
        self.door: FollowedFolderDoor = door

    async def ask(self, *letters: Awaited, later: timedelta = timedelta(hours=3)) -> list[Receipt]:
        """The next round of questions; what all that was kept so far means."""
        self.at += later
        await self.door.ask(letters or [awaited()], POSTED, self.kept)
        return self.said()

    def said(self) -> list[Receipt]:
        """What all that was kept means, in the order in which it came."""
        return [one for heard in self.kept.rows.values() for one in self.door.read(heard)]


@asynccontextmanager
async def desk(folder: Path, **more: object) -> AsyncIterator[Desk]:
    """A tray with a post office to ask."""
    (folder / "tray").mkdir(exist_ok=True)
    post = LaPoste()
    async with post.open():
        yield Desk(post, folder, more)

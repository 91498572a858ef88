"""What a provider of short texts does for the door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol

from msgspec import Struct

from relanced.channel import (
    Answer,
    Awaited,
    Go,
    Heard,
    Keep,
    Parcel,
    Receipt,
    Reply,
    Request,
    Scope,
    Sent,
    Unavailable,
    Unknown,
)
from relanced_sms.wire import Trouble

SKEW = timedelta(minutes=5)  # the most by which their clock and ours may differ


class Sighting(Struct, frozen=True):
    """What a provider lists: the text itself, or whether anything that was handed over later."""

    sent: Sent | None
    later: bool = False


class Account(Protocol):
    """One account with one provider."""

    async def close(self) -> None:
        """Let go of sessions."""

    async def send(self, parcel: Parcel, go: Go) -> Answer:
        """Hand a text over, once."""

    async def look(self, parcel: Parcel, since: datetime, after: datetime) -> Sighting:
        """Look for a text handed over at or after `since`; later is what came after `after`. Raises OSError."""

    async def ask(self, awaited: Sequence[Awaited], since: datetime, keep: Keep) -> None:
        """Keep what became of texts, and what people wrote back since then. Raises OSError."""

    async def probe(self) -> list[str]:
        """What is wrong with the account, one line for each. Raises OSError."""

    def read(self, heard: Heard) -> tuple[Receipt | Reply, ...]:
        """What it means. Raises ValueError."""

    def genuine(self, request: Request) -> bool:
        """Whether the provider signed this request."""

    def heard(self, request: Request) -> Heard:
        """What a genuine request brings. Raises ValueError."""


def one_line(words: str, most: int = 300) -> str:
    """What a provider said, fit for a log and a journal."""
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())[:most]


STOPPED = Unavailable(Scope.MESSAGE, "stopped at the last moment: nothing left")


def unanswered(trouble: Trouble) -> Unavailable | Unknown:
    """No answer: the door is closed when nothing left; else nobody knows."""
    words = str(trouble)
    return Unknown(f"{words}: it may have been taken") if trouble.left else Unavailable(Scope.CHANNEL, words)


def throttled(headers: Mapping[str, str], now: datetime, longest: timedelta = timedelta(hours=1)) -> Unavailable:
    """Too many requests (429): not taken; Retry-After in seconds or as a date says until when (RFC 9110 §10.2.3)."""
    said = {name.lower(): value for name, value in headers.items()}.get("retry-after", "")
    wait = _wait(said.strip(), now)
    return Unavailable(Scope.CHANNEL, "too many requests (429)", now + min(wait, longest) if wait else None)


def _wait(said: str, now: datetime) -> timedelta | None:
    if said.isascii() and said.isdigit() and len(said) < 9:
        return timedelta(seconds=int(said))
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return None
    return max(until.replace(tzinfo=until.tzinfo or UTC) - now, timedelta(0))

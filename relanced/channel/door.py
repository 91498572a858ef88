"""The protocols of a door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, runtime_checkable

from pydantic import BaseModel

from relanced.channel.answers import Absent, Answer, Found, Unknown
from relanced.channel.drafts import Draft, Form
from relanced.channel.parcel import Parcel

Go = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the house tells a channel when it opens it.

    `state` is a private writable folder of this channel; `now` reads the house's clock.
    """

    name: str
    state: Path
    now: Callable[[], datetime]


@runtime_checkable
class Channel(Protocol):
    """A configured door. Built as ``cls(settings, surroundings)``; opened lazily, closed once."""

    form: Form
    Settings: type[BaseModel]

    # Optional: ``local_evidence = True`` says that `find` and `withdraw` look at something that only the machine that
    # submitted can see (a folder). Of several machines on one database, only that one is then asked.

    @property
    def can_prove_absence(self) -> bool:
        """Whether `find` can answer `Absent`."""

    @property
    def connections(self) -> int:
        """How many parcels may usefully be submitted at the same time."""

    @property
    def settle(self) -> timedelta:
        """How long after the submission an uncertain parcel is first looked for."""

    def compose(self, draft: Draft) -> Parcel:
        """Fix the bytes. Pure. Raises `Unfit`."""

    async def submit(self, parcel: Parcel, go: Go) -> Answer:
        """Hand the parcel over. Awaits `go()` right before the byte that cannot be taken back; on False nothing leaves
        and the answer is `Unavailable(Scope.MESSAGE)`."""

    async def find(self, parcel: Parcel, since: datetime) -> Found | Absent | Unknown:
        """Tell what became of a parcel submitted at or after `since` whose answer was never heard."""

    async def close(self) -> None:
        """Let go of connections."""


def has_local_evidence(door: object) -> bool:
    """Whether only the machine that submitted a parcel can tell what became of it."""
    return bool(getattr(door, "local_evidence", False))


@runtime_checkable
class Withdraws(Protocol):
    """Optional: a door whose parcels lie in a tray for a while, until a person or a printer acts."""

    async def withdraw(self, parcel: Parcel) -> bool:
        """Pull back what still lies in a tray. True: it is pulled back, now or by an earlier call, and nobody can act
        on it any more. False: it is not, or no longer, in the tray; somebody may have acted. Raises OSError when the
        tray cannot be reached: nothing is known then."""

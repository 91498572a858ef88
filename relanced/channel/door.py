"""The protocols of a door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Protocol, runtime_checkable

from msgspec import Struct
from pydantic import BaseModel

from relanced.channel.answers import Absent, Answer, Found, Unknown
from relanced.channel.drafts import Draft, Form
from relanced.channel.parcel import Parcel

Go = Callable[[], Awaitable[bool]]
Say = Callable[[str], None]  # shows a line to the person at the terminal
Typed = Callable[[], Awaitable[str]]  # the next line that person types


class Surroundings(Struct, frozen=True):
    """What the house tells a channel when it opens it.

    `state` is a private writable folder of this channel; `now` reads the house's clock. `senders` are the addresses
    that write through it, where the house knows them: what a probe looks at.
    """

    name: str
    state: Path
    now: Callable[[], datetime]
    senders: tuple[str, ...] = ()


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


class Daily(Struct, frozen=True):
    """What the settings of a letter channel may say as ``daily``: its new letters also leave together, once on a
    working day at `at` (house time), as one mail to the address `to`, through the e-mail channel `by`."""

    to: str
    by: str
    at: time


class Hook(Struct, frozen=True):
    """What the settings of a channel may say as ``hook``: its provider calls us. `key`: where the operator wrote so;
    `url`: the address that was written there, empty where the provider alone knows it."""

    key: str
    url: str = ""


def comes_out_printed(door: object) -> bool:
    """Whether its letters come out of it as paper (optional ``prints = True``): nobody has to print them again."""
    return bool(getattr(door, "prints", False))


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


@runtime_checkable
class Probes(Protocol):
    """Optional: a door that can be tried without anything leaving."""

    async def probe(self) -> list[str]:
        """Go as far as one can without sending, and look at what has to be right around it. Returns what is wrong, one
        line for each, with what to do; empty when all is well. Never raises for what a person can mend."""


class NoEntry(Exception):
    """The provider lets nobody in. The message says why and what to do; it holds no secret."""


@runtime_checkable
class LogsIn(Protocol):
    """Optional: a door that a person has to let into a provider's house once, before it can work by itself."""

    async def login(self, say: Say, typed: Typed) -> str:
        """Lead the person through it. Returns one line about what was obtained. Raises NoEntry."""

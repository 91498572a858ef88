"""What a door answers, at once or when it is asked later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Refusal(StrEnum):
    """Why a message was refused for good."""

    ADDRESS = "address"  # nobody lives there: the next contact or road is tried
    OPTED_OUT = "opted_out"  # the person said stop on this road
    CONTENT = "content"  # our message is at fault: a person looks at it, there is no fallback


class Scope(StrEnum):
    """What is not available."""

    MESSAGE = "message"  # only this one, for now (a full mailbox, greylisting)
    CHANNEL = "channel"  # the door itself (network, credentials, our address blocked): no try is counted


@dataclass(frozen=True, slots=True)
class Sent:
    """Taken by the relay or API: its identifier and its own words, kept as proof."""

    id: str
    words: str


@dataclass(frozen=True, slots=True)
class Tray:
    """A person or a printer still has to act: the name of the job."""

    job: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused for good, in their words."""

    why: Refusal
    words: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Nothing left the house, or it was refused for now: not before this moment, if the door knows one."""

    scope: Scope
    words: str
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A byte that cannot be taken back may have left and nobody answered; `find` may tell later."""

    words: str


Answer = Sent | Tray | Refused | Unavailable | Unknown


@dataclass(frozen=True, slots=True)
class Found:
    """The parcel arrived: the answer the door would have given."""

    answer: Sent | Tray


@dataclass(frozen=True, slots=True)
class Absent:
    """The parcel provably never arrived."""

    words: str

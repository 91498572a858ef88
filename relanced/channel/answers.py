"""What a door answers, at once or when it is asked later."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Refusal(StrEnum):
    """Why a message was refused for good."""

    ADDRESS = "address"  # nobody lives there: the next contact or road is tried
    OPTED_OUT = "opted_out"  # the person said stop on this road
    CONTENT = "content"  # our message is at fault: a person looks at it, there is no fallback


class Scope(StrEnum):
    """What is not available."""

    MESSAGE = "message"  # only this one, for now (a full mailbox, greylisting)
    CHANNEL = "channel"  # the door itself (network, credentials, our address blocked): no try is counted


class Sent(Struct, frozen=True):
    """Taken by the relay or API: its identifier and its own words, kept as proof."""

    id: str
    words: str


class Tray(Struct, frozen=True):
    """A person or a printer still has to act: the name of the job."""

    job: str
    words: str = ""


class Refused(Struct, frozen=True):
    """Refused for good, in their words."""

    why: Refusal
    words: str


class Unavailable(Struct, frozen=True):
    """Nothing left the house, or it was refused for now: not before this moment, if the door knows one."""

    scope: Scope
    words: str
    not_before: datetime | None = None


class Unknown(Struct, frozen=True):
    """A byte that cannot be taken back may have left and nobody answered; `find` may tell later."""

    words: str


Answer = Sent | Tray | Refused | Unavailable | Unknown


class Found(Struct, frozen=True):
    """The parcel arrived: the answer the door would have given."""

    answer: Sent | Tray


class Absent(Struct, frozen=True):
    """The parcel provably never arrived."""

    words: str

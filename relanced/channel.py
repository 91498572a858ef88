"""The door: what crosses between the house and a channel. Strings, bytes and dates only; imports nothing of ours.

The house words a message and hands a `Draft` to `compose`, which returns the exact bytes as a `Parcel`. The parcel is
stored and committed; only then does the house call `submit`. A channel never decides: it carries, and tells the truth
about what happened. Third parties register a class under the entry-point group ``relanced.channels``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol, runtime_checkable

from pydantic import BaseModel


class Form(StrEnum):
    """What a channel carries."""

    MAIL = "mail"  # an RFC 5322 message: text, HTML, attachments
    TEXT = "text"  # a short text in segments
    PAPER = "paper"  # a finished PDF and the lines of an address
    CALL = "call"  # a script and facts for a person who phones


# -- what the house hands over ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes along: its name as the debtor sees it, its media type, its bytes."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class MailDraft:
    """One e-mail to one person. `sent_on` is the aware moment written in the Date header."""

    attempt: str
    reference: str
    deadline: datetime
    sent_on: datetime
    sender: str  # "Claire Dubois <compta@atelier.example>"
    to: str  # one bare address
    to_name: str
    subject: str
    text: str
    html: str
    message_id: str  # "<…@domain>", the same on every try
    references: tuple[str, ...] = ()  # Message-IDs of the thread, oldest first
    automatic: bool = True  # Auto-Submitted: auto-generated, or a person's own word
    enclosures: tuple[Enclosure, ...] = ()


@dataclass(frozen=True, slots=True)
class TextDraft:
    """One short text to one telephone number in E.164 form."""

    attempt: str
    reference: str
    deadline: datetime
    to: str
    text: str


@dataclass(frozen=True, slots=True)
class PaperDraft:
    """One finished letter. `sidecar` holds the facts that a printer, a mail house or the tray needs to know."""

    attempt: str
    reference: str
    deadline: datetime
    to: tuple[str, ...]  # address lines, NF Z10-011
    title: str
    pdf: bytes
    pages: int
    sidecar: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallDraft:
    """One telephone call that a person is asked to make."""

    attempt: str
    reference: str
    deadline: datetime
    to: str
    script: str
    sidecar: Mapping[str, str] = field(default_factory=dict)


Draft = MailDraft | TextDraft | PaperDraft | CallDraft


class Unfit(Exception):
    """The draft cannot be carried as it is. The message says what to change; nothing has left the house."""


# -- the exact bytes ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Blob:
    """A run of bytes that many parcels share (an encoded invoice PDF): stored once, by digest."""

    content: bytes
    digest: str  # SHA-256, hex

    @classmethod
    def of(cls, content: bytes) -> Blob:
        """Name the bytes by their SHA-256."""
        return cls(content, hashlib.sha256(content).hexdigest())


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sealed: the bytes piece by piece, where they go, and until when they may leave.

    `envelope` is what the door needs beside the bytes (an envelope sender, a file name); it is stored with the attempt,
    so that a parcel rebuilt after a crash is equal to the one that was submitted.
    """

    attempt: str
    address: str
    deadline: datetime
    pieces: tuple[bytes | Blob, ...]
    envelope: Mapping[str, str] = field(default_factory=dict)

    @property
    def wire(self) -> bytes:
        """All the bytes, in order."""
        return b"".join(p.content if isinstance(p, Blob) else p for p in self.pieces)

    @property
    def sha256(self) -> str:
        """The SHA-256 (hex) over the whole wire."""
        whole = hashlib.sha256()
        for piece in self.pieces:
            whole.update(piece.content if isinstance(piece, Blob) else piece)
        return whole.hexdigest()


# -- what a door answers ------------------------------------------------------------------------------------------


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

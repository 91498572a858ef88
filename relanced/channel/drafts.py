"""What the house hands over to be carried: finished words and pages, strings, bytes and dates only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field


class Form(StrEnum):
    """What a channel carries."""

    MAIL = "mail"  # an RFC 5322 message: text, HTML, attachments
    TEXT = "text"  # a short text in segments
    PAPER = "paper"  # a finished PDF and the lines of an address
    CALL = "call"  # a script and facts for a person who phones


class Enclosure(Struct, frozen=True):
    """A file that goes along: its name as the debtor sees it, its media type, its bytes."""

    name: str
    media_type: str
    content: bytes


class MailDraft(Struct, frozen=True):
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


class TextDraft(Struct, frozen=True):
    """One short text to one telephone number in E.164 form."""

    attempt: str
    reference: str
    deadline: datetime
    to: str
    text: str


class PaperDraft(Struct, frozen=True):
    """One finished letter. `sidecar` holds the facts that a printer, a mail house or the tray needs to know."""

    attempt: str
    reference: str
    deadline: datetime
    to: tuple[str, ...]  # address lines, NF Z10-011
    title: str
    pdf: bytes
    pages: int
    sidecar: Mapping[str, str] = field(default_factory=dict)


class CallDraft(Struct, frozen=True):
    """One telephone call that a person is asked to make. The bytes of its parcel are a `CallSheet`, which the house
    shows to that person."""

    attempt: str
    reference: str
    deadline: datetime
    to: str
    script: str
    sidecar: Mapping[str, str] = field(default_factory=dict)


Draft = MailDraft | TextDraft | PaperDraft | CallDraft


class Unfit(Exception):
    """The draft cannot be carried as it is. The message says what to change; nothing has left the house."""


class TooHeavy(Unfit):
    """Unfit, for what goes along with it weighs more than the door carries at once: `limit` bytes."""

    def __init__(self, words: str, limit: int) -> None:
        super().__init__(words)
        self.limit = limit

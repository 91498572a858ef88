"""What a raw message turned out to be: plain values, that can be written as JSON and read back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct, to_builtins


class Kind(StrEnum):
    """Who speaks, and about what."""

    BOUNCE = "bounce"  # a message of ours did not arrive
    DELAYED = "delayed"  # it has not arrived yet; they go on trying
    DELIVERED = "delivered"  # it lies in a mailbox
    AUTO_REPLY = "auto_reply"  # a machine answers for a person: away, gone, received and numbered
    CHALLENGE = "challenge"  # a machine wants a person to prove being one before it lets our message in
    COMPLAINT = "complaint"  # the recipient called our message spam
    READ_RECEIPT = "read_receipt"  # a mail program tells that it was opened, or thrown away unopened
    AUTOMATIC = "automatic"  # any other machine: our own copy, a list, a notice
    PERSON = "person"  # a human being wrote this, or nothing proves the contrary
    UNREADABLE = "unreadable"  # no e-mail, or more than can be read in safety: a person looks at it


class Intent(StrEnum):
    """What a person seems to say. A suggestion for whoever answers, never a fact."""

    PAID = "paid"  # it has been paid
    PROMISES = "promises"  # it will be paid
    DISPUTES = "disputes"  # the invoice is contested, or a part of it
    ASKS_FOR_TIME = "asks_for_time"  # a later date or instalments are asked for
    INVOICE_NOT_RECEIVED = "invoice_not_received"  # the invoice never came, a copy is wanted
    WRONG_PERSON = "wrong_person"  # somebody else must be written to
    INSOLVENT = "insolvent"  # a court watches over the debtor's money
    THANKS_ONLY = "thanks_only"  # polite words and nothing else
    DATA_REQUEST = "data_request"  # a right over personal data is used: one month to answer (GDPR, article 12)
    STOP = "stop"  # the whole text is a STOP


class Recipient(Struct, frozen=True):
    """One address a machine speaks of. `status` is the enhanced code of RFC 3463, empty if it was not told.

    `permanent`: trying again is useless. `address_dead`: no such user or host; it alone strikes an address.
    """

    address: str
    status: str = ""
    permanent: bool = False
    address_dead: bool = False
    said: str = ""  # the machine's own words


class Verdict(Struct, frozen=True):
    """What a message means, and the words it rests on (`reason`).

    `text`: the person's own words. `reference`: the one we print, `references`: Message-IDs it answers or reports on,
    nearest first. `attempt`: the id of an attempt, from an envelope. `absent_until`: the last day of an absence.
    `receipt`: what a read receipt says (displayed, deleted). `forwarded_from`: who wrote what is passed on.
    """

    kind: Kind
    recipients: tuple[Recipient, ...] = ()
    reference: str = ""
    text: str = ""
    intent: Intent | None = None
    reason: str = ""
    references: tuple[str, ...] = ()
    attempt: str = ""
    message_id: str = ""
    sender: str = ""
    subject: str = ""
    sent_on: datetime | None = None
    absent_until: date | None = None
    receipt: str = ""
    forwarded_from: str = ""
    enclosures: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Values that the json module can write."""
        told: dict[str, Any] = to_builtins(self)
        return told

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Verdict:
        """Back from `as_json`. Raises KeyError, TypeError or ValueError for anything else."""
        made: dict[str, Any] = {name: tuple(said[name]) for name in ("references", "enclosures")}
        made["recipients"] = tuple(Recipient(**r) for r in said["recipients"])
        made["kind"], made["intent"] = Kind(said["kind"]), Intent(said["intent"]) if said["intent"] else None
        made["sent_on"] = datetime.fromisoformat(said["sent_on"]) if said["sent_on"] else None
        made["absent_until"] = date.fromisoformat(said["absent_until"]) if said["absent_until"] else None
        return cls(**{**said, **made})

"""What people say: why nothing is paid, what is promised, what the desk writes besides reminders. In cents."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from msgspec import Struct


class Cause(StrEnum):
    """Why a debtor does not pay, as a person understands it."""

    OVERSIGHT = "oversight"  # the invoice was forgotten, or never arrived
    DISPUTE = "dispute"  # the debt or a part of it is contested
    CASH = "cash"  # the money is not there at the moment
    PROCESS = "process"  # an order number, a validation, a payment run is awaited
    BAD_FAITH = "bad-faith"  # they could pay, and will not
    INSOLVENT = "insolvent"  # they cannot pay any more


class WordKind(StrEnum):
    """What the desk writes to a debtor besides reminders."""

    REPLY = "reply"  # a person's own words, in the thread
    PROMISE = "promise"  # confirms a promise
    INSTALMENTS = "instalments"  # confirms an agreement on instalments
    UPCOMING = "upcoming"  # announces an instalment
    MISSED = "missed"  # an instalment has not come
    OFFER = "offer"  # so much off for whoever pays the rest in time
    THANKS = "thanks"  # their message was read, and needs no other answer


class DeskWord(Struct, frozen=True):
    """One thing the desk says. `promise` is the promise or instalment, `agreement` the agreement it is about, `offer`
    the offer; `answers` the Message-IDs a reply answers."""

    kind: WordKind
    subject: str = ""
    body: str = ""
    promise: int | None = None
    agreement: int | None = None
    answers: tuple[str, ...] = ()
    offer: int | None = None


class PromiseState(StrEnum):
    """What became of a debtor's word."""

    OPEN = "open"  # its time is not over, or the bank data do not tell yet
    KEPT = "kept"  # all of it was paid
    PARTLY = "partly"  # some of it was paid in time
    BROKEN = "broken"  # nothing was paid in time
    REPLACED = "replaced"  # a later word took its place, or a person set it aside


class Promise(Struct, frozen=True):
    """A debtor's word: so much, on a day. `until` is its last day of grace.

    `terms` are the terms it is about, each with what it owed when the word was given: what has gone off them since was
    paid on it. `upto` is what must have gone off for it to be kept. An instalment is the `n`-th promise of an
    agreement: its `upto` counts those before it. `means` names a payment mode; `said_by` is whoever gave the word.
    """

    id: int
    on: date
    until: date
    cents: int
    upto: int
    terms: tuple[tuple[int, int], ...]
    state: PromiseState = PromiseState.OPEN
    judged_on: date | None = None
    agreement: int | None = None
    n: int = 0
    said_on: date | None = None
    means: str = "transfer"
    said_by: str = ""


class OfferState(StrEnum):
    """What became of the creditor's offer."""

    OPEN = "open"  # its time is not over, or the bank data do not tell yet
    TAKEN = "taken"  # paid in time: the rest is waived
    LAPSED = "lapsed"  # not paid in time, or the payment came back: everything is owed
    REPLACED = "replaced"  # another offer took its place
    WITHDRAWN = "withdrawn"  # a person took it back


class Offer(Struct, frozen=True):
    """The creditor's word: who pays `cents` until the day `until` owes nothing more, and `waived` is let go.

    `terms` are the terms it is about, each with what it owed when the offer was made. `last` is the last day on which a
    payment ordered in time may show.
    """

    id: int
    until: date
    last: date
    cents: int
    waived: int
    terms: tuple[tuple[int, int], ...]
    state: OfferState = OfferState.OPEN
    judged_on: date | None = None
    said_on: date | None = None

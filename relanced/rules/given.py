"""What people say: why nothing is paid, what is promised, what the desk writes besides reminders. In cents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


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


@dataclass(frozen=True, slots=True)
class DeskWord:
    """One thing the desk says. `promise` is the promise or instalment, `agreement` the agreement it is about; `answers`
    the Message-IDs a reply answers."""

    kind: WordKind
    subject: str = ""
    body: str = ""
    promise: int | None = None
    agreement: int | None = None
    answers: tuple[str, ...] = ()


class PromiseState(StrEnum):
    """What became of a debtor's word."""

    OPEN = "open"  # its time is not over, or the bank data do not tell yet
    KEPT = "kept"  # all of it was paid
    PARTLY = "partly"  # some of it was paid in time
    BROKEN = "broken"  # nothing was paid in time
    REPLACED = "replaced"  # a later word took its place, or a person set it aside


@dataclass(frozen=True, slots=True)
class Promise:
    """A debtor's word: so much, on a day. `until` is its last day of grace.

    `terms` are the terms it is about, each with what it owed when the word was given: what has gone off them since was
    paid on it. `upto` is what must have gone off for it to be kept. An instalment is the `n`-th promise of an
    agreement: its `upto` counts those before it.
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

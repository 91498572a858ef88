"""What the planner makes of a case, as values: what begins, what is withdrawn, what is passed over."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct

from relanced.rules.decide import Named, PassOver
from relanced.rules.model import Road
from relanced.rules.offers import Ruled
from relanced.rules.promises import Judged
from relanced.store.saying import NewWord
from relanced.store.tasks import Task


class NewMessage(Struct, frozen=True):
    """A message to be planned, or parked until a person acts."""

    slot: int
    turn: int
    road: Road
    channel: str
    address_id: int | None
    place: str
    contact: str
    reference: str
    mail_id: str
    due_at: datetime
    parked: str = ""
    deferred: str = ""  # why it does not leave at once
    lapse_at: datetime | None = None
    asked_digest: str = ""


class NewReminder(Struct, frozen=True):
    """One step to be performed. A hand-over has no message: it is performed at once, or waits for approval."""

    step: str
    lines: tuple[Named, ...]
    messages: tuple[NewMessage, ...]
    reason: str
    hand_over: bool = False
    hand_over_now: bool = False


class Plan(Struct, frozen=True):
    """What the planner makes of one case, valid for exactly this version of it."""

    case_id: int
    version: int
    look_at: datetime | None
    state: str = "open"
    policy_digest: str | None = None
    policy_body: str = ""
    passes: tuple[PassOver, ...] = ()
    cancel: tuple[tuple[int, str], ...] = ()  # messages that wait in vain, and why
    withdraw: int | None = None  # the live reminder that is no longer decided
    withdraw_why: str = ""
    reline: tuple[Named, ...] = ()  # the live reminder keeps its step, its lines change
    begin: NewReminder | None = None
    more: tuple[tuple[int, NewMessage], ...] = ()  # next turns and `also` messages of existing reminders
    stranded: tuple[int, ...] = ()  # terms for which no road is left
    lapsed: tuple[int, ...] = ()  # terms whose hand-over waited too long for a person
    says: tuple[NewWord, ...] = ()  # what the desk says around instalments
    paid_up: tuple[int, ...] = ()  # agreements of which nothing is owed any more, though too late
    judged: tuple[Judged, ...] = ()  # what became of promises: it changes the case, which is looked at again
    ruled: tuple[Ruled, ...] = ()  # what became of offers, likewise
    tasks: tuple[Task, ...] = ()
    once: tuple[Task, ...] = ()  # asked of a person once, even if closed since
    done_tasks: tuple[str, ...] = ()
    seen_live: int | None = None  # the live reminder and the newest message it was planned upon
    seen_message: int = 0
    seen_look: datetime | None = None  # somebody who asks for another look meanwhile gets it


class Pace(Struct, frozen=True):
    """How many reminders a creditor may still start today; what is over waits until `tomorrow`."""

    creditor: str
    per_day: int
    today: date
    tomorrow: datetime

"""May this message leave now? A literal list of small questions, each with a reason; the strongest answer wins.

The same list serves planning, sending, `forecast` and `why`. `cancel` beats `park` beats `defer` beats `allow`; among
defers the latest counts, among allows the earliest end. An allow is worth until its end, never past local midnight.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from enum import IntEnum
from functools import lru_cache

from msgspec import Struct

from relanced.rules.calendar import ContactRules, add_bank_days, fresh, fresh_from, opening
from relanced.rules.decide import Decision, Named
from relanced.rules.limits import first_allowed
from relanced.rules.model import CaseFacts, HoldKind, Road
from relanced.rules.offers import about, nothing_formal, running
from relanced.rules.owed import askable
from relanced.rules.policy import Step, Tone
from relanced.rules.promises import awaited
from relanced.rules.stand import chased
from relanced.rules.turns import usable

_DAY = timedelta(days=1)
DEAF_AGAIN = timedelta(minutes=15)  # when a message is asked about again that nobody would hear an answer to


class Strength(IntEnum):
    """What a question may answer, weakest first."""

    ALLOW = 0  # nothing against it
    DEFER = 1  # not now, but later by itself
    PARK = 2  # a person must act first
    CANCEL = 3  # it must not leave any more


class Verdict(Struct, frozen=True):
    """One answer. `until`: the end of an allow, or the moment a defer may be asked again."""

    strength: Strength
    gate: str
    words: str = ""
    until: datetime | None = None


@lru_cache(maxsize=1024)  # the same few answers for every message of a morning
def _allow(gate: str, until: datetime | None = None) -> Verdict:
    return Verdict(Strength.ALLOW, gate, until=until)


class Surface(Struct, frozen=True):
    """What surrounds the case: the creditor, the house and the door, as they are now.

    `at_most` is the age in bank days that the bank data may have. `deaf` says why our ears are closed, empty when open;
    `heard_until`: until when they count as open if nothing more is heard.
    """

    rules: ContactRules
    creditor_postcode: str = ""
    creditor_closed: tuple[tuple[date, date], ...] = ()
    covers: date | None = None
    at_most: int = 3
    deaf: str = ""
    heard_until: datetime | None = None
    iban_doubt: str = ""
    opened: bool = True
    stopped: str = ""
    channel_closed: str = ""
    channel_until: datetime | None = None
    consent: frozenset[Road] = frozenset()
    rates_missing: tuple[str, ...] = ()


class Moment(Struct, frozen=True):
    """One message at one moment. `follows` is true for an `also` message and for a later turn after the step counted:
    these ask whether the lines are still owed and not held, not whether the step is still decided."""

    facts: CaseFacts
    step: Step
    lines: tuple[Named, ...]
    decision: Decision
    surface: Surface
    road: Road
    address_id: int | None
    now: datetime
    follows: bool = False
    approved: bool = True

    @property
    def today(self) -> date:
        """The local day."""
        return self.now.date()


Question = Callable[[Moment], Verdict]


def house_open(m: Moment) -> Verdict:
    """Sending is not stopped, and the creditor has been opened."""
    if m.surface.stopped:
        return Verdict(Strength.DEFER, "stopped", m.surface.stopped, m.now + timedelta(minutes=5))
    if not m.surface.opened:
        return Verdict(Strength.CANCEL, "not opened", "the creditor is not opened yet: relanced open")
    return _allow("house open")


def still_owed(m: Moment) -> Verdict:
    """Every line is still owed, credits deducted, and still asked for: neither excluded, closed nor handed over."""
    owed = askable(m.facts)
    wanted = {t.id for t in chased(m.facts)}
    gone = [n for n in m.lines if n.term_id not in wanted]
    if gone:
        words = f"{len(gone)} of {len(m.lines)} lines are no longer owed or no longer asked for"
        return Verdict(Strength.CANCEL, "still owed", words)
    if any(owed[n.term_id] != n.cents for n in m.lines):
        return Verdict(Strength.CANCEL, "still owed", "an amount has changed since it was worded")
    return _allow("still owed")


def still_decided(m: Moment) -> Verdict:
    """The step is still the one that is due, for the same steps of the same terms."""
    if m.follows:
        return _allow("still decided")
    if m.decision.step is None or m.decision.step.name != m.step.name:
        return Verdict(Strength.CANCEL, "still decided", m.decision.reason)
    if {(n.term_id, n.step) for n in m.decision.lines} != {(n.term_id, n.step) for n in m.lines}:
        return Verdict(Strength.CANCEL, "still decided", "the terms to be named have changed")
    return _allow("still decided")


def not_held(m: Moment) -> Verdict:
    """Nobody holds these terms; the end of an allow is not known from holds, they bump the case instead."""
    named = {n.term_id for n in m.lines}
    for hold in m.facts.holds:
        if hold.kind is HoldKind.ABSENT and m.step.tone is not Tone.COURTEOUS:
            continue
        active = hold.cents is None and (hold.until is None or hold.until > m.now)
        if active and (hold.term_id is None or hold.term_id in named):
            return Verdict(Strength.CANCEL, "not held", f"on hold ({hold.kind.value}: {hold.reason})")
    return _allow("not held")


def nothing_awaited(m: Moment) -> Verdict:
    """Of these terms no promise, and no offer whose day is over, waits for the bank data to tell what became of it; and
    nothing formal is said of them while an offer runs."""
    named = {n.term_id for n in m.lines}
    formal = about(running(m.facts.offers, m.today), named) if m.step.tone is Tone.FORMAL else ()
    why = [*(words for _, words in awaited(m.facts, named, m.today)), *map(nothing_formal, formal)]
    if why:
        return Verdict(Strength.DEFER, "awaited", why[0], _morning(m.today + _DAY, m.now))
    return _allow("awaited")


def facts_fresh(m: Moment) -> Verdict:
    """A line is named after its due date only when the bank data cover the day a punctual transfer would show."""
    named, today = {n.term_id for n in m.lines}, m.today
    late = [t.due_on for t in m.facts.terms if t.id in named and t.due_on < today]
    if not late:
        return _allow("fresh")
    newest, covers, at_most = max(late), m.surface.covers, m.surface.at_most
    if covers is not None and fresh(newest, covers, today, at_most):
        return _allow("fresh", _morning(add_bank_days(min(covers, today), at_most + 1), m.now))
    known = f"cover until {covers}" if covers else "were never imported"
    wanted = max(fresh_from(newest), add_bank_days(today + _DAY, -at_most - 1))
    words = f"bank data {known}; needed until {wanted}: relanced import"
    return Verdict(Strength.DEFER, "fresh", words, _morning(today + _DAY, m.now))


def ears_open(m: Moment) -> Verdict:
    """Somebody reads what comes back."""
    if m.surface.deaf:
        return Verdict(Strength.DEFER, "ears open", m.surface.deaf, m.now + DEAF_AGAIN)
    return _allow("ears open", m.surface.heard_until)


NO_ADDRESS = "the address is gone, dead or not agreed to"


def address_usable(m: Moment) -> Verdict:
    """The address is alive, known and agreed to where that is asked."""
    address = next((a for a in m.facts.addresses if a.id == m.address_id), None)
    if address is None or not usable(m.road, address, m.surface.consent):
        return Verdict(Strength.CANCEL, "address usable", NO_ADDRESS)
    return _allow("address usable")


def iban_unchanged(m: Moment) -> Verdict:
    """The bank details we print are the ones the debtor knows, or two people confirmed the new ones."""
    if m.surface.iban_doubt:
        return Verdict(Strength.PARK, "iban unchanged", m.surface.iban_doubt)
    return _allow("iban unchanged")


def calendar_open(m: Moment) -> Verdict:
    """Hours, weekdays, holidays and the closing periods of both sides."""
    postcodes = [p for p in (m.surface.creditor_postcode, m.facts.debtor.postcode) if p]
    closed = (*m.surface.creditor_closed, *m.facts.debtor.closed)
    hours = opening(m.now, m.surface.rules, postcodes, closed)
    if hours.open:
        return _allow("calendar", hours.until)
    return Verdict(
        Strength.DEFER, "calendar", f"outside the hours of contact until {hours.next:%Y-%m-%d %H:%M}", hours.next
    )


def caps_free(m: Moment) -> Verdict:
    """Not more reminders for this debtor, nor for this address over all debtors, than the rules allow."""
    if m.follows:
        return _allow("caps")
    where = next((a.where for a in m.facts.addresses if a.id == m.address_id), "")
    mine = [day for key, day in m.facts.address_days if key == where]
    caps = m.surface.rules.caps
    free = max(first_allowed(m.facts.touched_on, m.today, caps), first_allowed(mine, m.today, caps))
    if free > m.today:
        return Verdict(Strength.DEFER, "caps", f"enough contacts: free again on {free}", _morning(free, m.now))
    return _allow("caps")


def channel_open(m: Moment) -> Verdict:
    """The door is not closed by its breaker."""
    if m.surface.channel_closed:
        until = m.surface.channel_until or m.now + timedelta(minutes=15)
        return Verdict(
            Strength.DEFER, "channel open", m.surface.channel_closed, max(until, m.now + timedelta(seconds=1))
        )
    return _allow("channel open")


def rates_known(m: Moment) -> Verdict:
    """A notice never claims provisional amounts (C. com. L441-10 II: the rate of the semester must be known)."""
    if m.step.deadline is not None and m.surface.rates_missing:
        words = f"no official rate for {', '.join(m.surface.rates_missing)}: set rates: in the configuration"
        return Verdict(Strength.PARK, "rates known", words)
    return _allow("rates known")


def approved(m: Moment) -> Verdict:
    """A person has approved exactly this, where the step asks for it."""
    if m.approved:
        return _allow("approved")
    return Verdict(Strength.PARK, "approval", f"{m.step.name} waits for approval")


GATE: tuple[Question, ...] = (
    house_open,
    still_owed,
    still_decided,
    not_held,
    nothing_awaited,
    facts_fresh,
    ears_open,
    address_usable,
    iban_unchanged,
    calendar_open,
    caps_free,
    channel_open,
    rates_known,
    approved,
)


def not_stopped(m: Moment) -> Verdict:
    """Sending is not stopped; a word of the desk does not wait for the creditor to be opened."""
    if m.surface.stopped:
        return Verdict(Strength.DEFER, "stopped", m.surface.stopped, m.now + timedelta(minutes=5))
    return _allow("not stopped")


# A person's reply leaves at any hour; what the desk writes by itself keeps to the hours of contact.
REPLY_GATE: tuple[Question, ...] = (not_stopped, ears_open, address_usable, iban_unchanged, channel_open)
DESK_GATE: tuple[Question, ...] = (*REPLY_GATE, calendar_open)


def ask(moment: Moment, questions: tuple[Question, ...] = GATE) -> Verdict:
    """The strongest verdict. An allow carries the permit's end: the earliest of all, at the latest local midnight."""
    verdicts = [question(moment) for question in questions]
    against = [v for v in verdicts if v.strength is not Strength.ALLOW]
    if against:
        return max(against, key=lambda v: (v.strength, v.until.timestamp() if v.until else 0.0))
    ends = [v.until for v in verdicts if v.until] + [_morning(moment.today + _DAY, moment.now)]
    return Verdict(Strength.ALLOW, "all", until=min(ends))


def all_verdicts(moment: Moment, questions: tuple[Question, ...] = GATE) -> list[Verdict]:
    """Every answer, in the order of the list: what `why` shows."""
    return [question(moment) for question in questions]


def _morning(day: date, now: datetime) -> datetime:
    """The start of a local day."""
    return datetime.combine(day, time.min, tzinfo=now.tzinfo)

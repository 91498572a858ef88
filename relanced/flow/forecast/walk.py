"""One case walked ahead day by day under the real rules, if nobody paid and the bank data stayed fresh."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import count

from msgspec import Struct
from msgspec.structs import replace

from relanced.counter import amount
from relanced.premises import Conditions, Premises
from relanced.rules.calendar import opens_on
from relanced.rules.decide import Decision
from relanced.rules.gate import Strength, ask
from relanced.rules.model import CaseFacts, Line, LineState, Reminder, Road
from relanced.rules.policy import Policy, Step
from relanced.rules.turns import next_message, slots
from relanced.store.facts import Loaded

_DAY = timedelta(days=1)


class Foreseen(Struct, frozen=True):
    """One message that would leave on that day, or a hand-over; without a road too where none is left to the debtor.
    `slot` above 0 is a copy."""

    day: date
    case: Loaded
    decision: Decision
    road: Road | None
    note: str = ""
    slot: int = 0

    @property
    def step(self) -> str:
        """The name of its step."""
        return self.decision.step.name if self.decision.step else ""

    @property
    def way(self) -> str:
        """Its road, as people read it."""
        if self.road:
            return self.road.value
        return "hand-over" if self.decision.step and self.decision.step.hand_over else "none"

    @property
    def terms(self) -> frozenset[int]:
        """The terms it names."""
        return frozenset(n.term_id for n in self.decision.lines)

    def row(self) -> dict[str, object]:
        """As a row of the table."""
        known = {t.id: t for t in self.case.facts.terms}
        named = [known[n.term_id] for n in self.decision.lines]
        return {
            "day": self.day,
            "creditor": self.case.facts.creditor,
            "debtor": self.case.facts.debtor.key,
            "name": self.case.facts.debtor.name,
            "step": self.step,
            "road": self.way,
            "invoices": ", ".join(t.invoice for t in named),
            "amount": amount(self.decision.cents, named[0].currency if named else "EUR"),
            "note": self.note,
        }


def walk(
    premises: Premises, case: Loaded, policy: Policy, start: datetime, days: int, conditions: Conditions
) -> Iterator[Foreseen]:
    """What would leave for the case within so many days from the local moment `start`. The premises know its policy."""
    facts, ids = replace(case.facts, reminders=_past(case.facts)), count(-1, -1)
    day, end = start.date(), start.date() + timedelta(days=days)
    while day < end:
        now = _noon(premises, case, day, start)
        standing = replace(case.creditor, covers=day, opened_on=case.creditor.opened_on or start.date())
        at = replace(case, facts=facts, creditor=standing)
        decision = premises.decide(at, policy, now)
        one = _foresee(premises, at, decision, now, conditions)
        if one is not None:
            yield one
            yield from _copies(premises, at, one)
        facts = _performed(facts, one, decision, day, next(ids))
        day = _next(decision, day, end)


def _next(decision: Decision, day: date, end: date) -> date:
    """The next day worth a look: while nothing is due, the one that the decision names."""
    if decision.step is not None:
        return day + _DAY
    again = decision.look_again
    return max(day + _DAY, again.date()) if again else end


def _past(facts: CaseFacts) -> tuple[Reminder, ...]:
    return tuple(r for r in facts.reminders if not r.live)


def _noon(premises: Premises, case: Loaded, day: date, start: datetime) -> datetime:
    """A moment of that day inside the hours of contact, where the day has any."""
    rules = premises.config.contact_rules_of(case.facts.creditor)
    opening = rules.hours[0].start if rules.hours and opens_on(day, rules, (), ()) else time(10)
    return datetime.combine(day, opening, tzinfo=start.tzinfo)


def _foresee(
    premises: Premises, case: Loaded, decision: Decision, now: datetime, conditions: Conditions
) -> Foreseen | None:
    step = decision.step
    if step is None:
        return None
    waits = "waits for approval" if step.approval else ""
    if step.hand_over:
        return Foreseen(now.date(), case, decision, None, waits)
    turn = next_message(step, 0, (), case.facts.addresses, premises.consent)
    if turn is None:
        return Foreseen(now.date(), case, decision, None, "no usable address")
    verdict = ask(premises.moment(case, step, decision.lines, decision, turn.road, turn.address.id, now, conditions))
    if verdict.strength in (Strength.DEFER, Strength.CANCEL):
        return None
    note = verdict.words if verdict.strength is Strength.PARK else waits
    return Foreseen(now.date(), case, decision, turn.road, note)


def _copies(premises: Premises, case: Loaded, first: Foreseen) -> Iterator[Foreseen]:
    """What would follow the first message as a copy (`also`)."""
    step: Step | None = first.decision.step
    if step is None or first.road is None:
        return
    for slot in range(1, len(slots(step))):
        turn = next_message(step, slot, (), case.facts.addresses, premises.consent)
        if turn is not None:
            yield replace(first, road=turn.road, slot=slot, note=f"copy, once the {first.way} has left")


def _performed(facts: CaseFacts, done: Foreseen | None, decided: Decision, day: date, id_: int) -> CaseFacts:
    """The case as it would be the next day, the step performed at once."""
    passed = [Line(p.term_id, p.step, LineState.PASSED_OVER, day, facts.round, p.reason.value) for p in decided.passes]
    facts = replace(facts, lines=(*facts.lines, *passed))
    step = done.decision.step if done else None
    if done is None or step is None:
        return facts
    clock = day + timedelta(days=3) if step.deadline is not None else None
    lines = [
        Line(n.term_id, n.step, LineState.PERFORMED, day, facts.round, reminder_id=id_, clock_from=clock, cents=n.cents)
        for n in done.decision.lines
    ]
    reminder = Reminder(id_, step.name, facts.round, day, day, False, tuple(n.term_id for n in done.decision.lines))
    return replace(
        facts,
        lines=(*facts.lines, *lines),
        reminders=(*facts.reminders, reminder),
        touched_on=(*facts.touched_on, day),
    )

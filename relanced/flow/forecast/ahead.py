"""What would leave if nobody paid and the bank data stayed fresh: the real rules, walked day by day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import count

from relanced.counter import Asked, Desk, Told, amount, table
from relanced.premises import Conditions
from relanced.rules.calendar import opens_on
from relanced.rules.decide import Decision
from relanced.rules.gate import Strength, ask
from relanced.rules.model import CaseFacts, Line, LineState, Reminder, Road
from relanced.rules.policy import Policy
from relanced.rules.turns import next_message
from relanced.store.facts import Loaded

COLUMNS = ("day", "creditor", "debtor", "name", "step", "road", "invoices", "amount", "note")
LONGEST = 92


@dataclass(frozen=True, slots=True)
class _Foreseen:
    day: date
    case: Loaded
    decision: Decision
    road: Road | None
    note: str

    def row(self) -> dict[str, object]:
        """As a row of the table."""
        known = {t.id: t for t in self.case.facts.terms}
        named = [known[n.term_id] for n in self.decision.lines]
        return {
            "day": self.day,
            "creditor": self.case.facts.creditor,
            "debtor": self.case.facts.debtor.key,
            "name": self.case.facts.debtor.name,
            "step": self.decision.step.name if self.decision.step else "",
            "road": self.road.value if self.road else "hand-over",
            "invoices": ", ".join(t.invoice for t in named),
            "amount": amount(self.decision.cents, named[0].currency if named else "EUR"),
            "note": self.note,
        }


async def forecast(desk: Desk, asked: Asked) -> Told:
    """What would leave, day by day. It assumes that nobody pays and that bank data are imported every day."""
    days = min(asked.number("days", 14), LONGEST)
    ids = await desk.store.views.case_ids(asked.maybe("creditor"))
    loaded = await desk.store.planning.load(list(ids), desk.now.date())
    conditions = replace(await desk.premises.conditions(desk.store), stopped="", closed={})
    seen: list[_Foreseen] = []
    for case in loaded:
        seen += await _walk(desk, case, days, conditions)
    seen.sort(key=lambda f: (f.day, f.case.facts.creditor, f.case.facts.debtor.name))
    note = f"the next {days} days, if nobody pays and bank data stay fresh"
    return table(COLUMNS, [f.row() for f in seen], note, none="nothing would leave")


async def _walk(desk: Desk, case: Loaded, days: int, conditions: Conditions) -> list[_Foreseen]:
    if desk.premises.creditor(case.facts.creditor) is None:
        return []
    await desk.premises.known(desk.store, [case])
    policy = desk.premises.policy(case)
    if policy is None:
        return []
    seen, facts, ids = [], replace(case.facts, reminders=_past(case.facts)), count(-1, -1)
    for ahead in range(days):
        now = _noon(desk, case, desk.now.date() + timedelta(days=ahead))
        standing = replace(case.creditor, covers=now.date(), opened_on=case.creditor.opened_on or desk.now.date())
        at = replace(case, facts=facts, creditor=standing)
        one = _foresee(desk, at, policy, now, conditions)
        if one is not None:
            seen.append(one)
        facts = _performed(facts, one.decision if one else None, desk.premises.decide(at, policy, now), now, next(ids))
    return seen


def _past(facts: CaseFacts) -> tuple[Reminder, ...]:
    return tuple(r for r in facts.reminders if not r.live)


def _noon(desk: Desk, case: Loaded, day: date) -> datetime:
    """A moment of that day inside the hours of contact, where the day has any."""
    rules = desk.premises.config.contact_rules_of(case.facts.creditor)
    start = rules.hours[0].start if rules.hours and opens_on(day, rules, (), ()) else time(10)
    return datetime.combine(day, start, tzinfo=desk.now.tzinfo)


def _foresee(desk: Desk, case: Loaded, policy: Policy, now: datetime, conditions: Conditions) -> _Foreseen | None:
    decision = desk.premises.decide(case, policy, now)
    step = decision.step
    if step is None:
        return None
    if step.hand_over:
        return _Foreseen(now.date(), case, decision, None, "waits for approval" if step.approval else "")
    turn = next_message(step, 0, (), case.facts.addresses, desk.premises.consent)
    if turn is None:
        return _Foreseen(now.date(), case, decision, None, "no usable address")
    verdict = ask(
        desk.premises.moment(case, step, decision.lines, decision, turn.road, turn.address.id, now, conditions)
    )
    if verdict.strength in (Strength.DEFER, Strength.CANCEL):
        return None
    note = verdict.words if verdict.strength is Strength.PARK else "waits for approval" if step.approval else ""
    return _Foreseen(now.date(), case, decision, turn.road, note)


def _performed(facts: CaseFacts, done: Decision | None, decided: Decision, now: datetime, id_: int) -> CaseFacts:
    """The case as it would be the next day, the step performed at once."""
    day = now.date()
    passed = [Line(p.term_id, p.step, LineState.PASSED_OVER, day, facts.round, p.reason.value) for p in decided.passes]
    facts = replace(facts, lines=(*facts.lines, *passed))
    if done is None or done.step is None:
        return facts
    clock = day + timedelta(days=3) if done.step.deadline is not None else None
    lines = [
        Line(n.term_id, n.step, LineState.PERFORMED, day, facts.round, reminder_id=id_, clock_from=clock, cents=n.cents)
        for n in done.lines
    ]
    reminder = Reminder(id_, done.step.name, facts.round, day, day, False, tuple(n.term_id for n in done.lines))
    return replace(
        facts,
        lines=(*facts.lines, *lines),
        reminders=(*facts.reminders, reminder),
        touched_on=(*facts.touched_on, day),
    )

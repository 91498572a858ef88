"""One debtor's life, day after day: what `decide` and the gate would do while invoices and payments arrive.

Everything that happens is fixed beforehand in a `World`; `live` walks it and tells what was sent and what was known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from msgspec.structs import replace

from relanced.rules.calendar import ContactRules, add_bank_days
from relanced.rules.decide import Decision, Named, decide
from relanced.rules.gate import Moment, Strength, Surface, Verdict, ask
from relanced.rules.habits import habits
from relanced.rules.model import CaseFacts, Hold, HoldKind, Line, LineState, Money, Reminder, Term
from relanced.rules.policy import Policy, Step
from relanced.rules.turns import next_message
from tests.rules.build import DESK, DURAND, HOUSE, MAIL, MOBILE, PARIS

ADDRESSES = (MAIL, HOUSE, MOBILE, DESK)
PRESENTED_AFTER = timedelta(days=3)


@dataclass(frozen=True)
class Silence:
    """A span of days, both ends included: a hold on a term (or on all), or days on which nothing runs."""

    first: date
    last: date
    term_id: int | None = None

    def covers(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True)
class World:
    """What will happen. Bank data are imported every `every` days and reach back `lag` bank days."""

    policy: Policy
    terms: tuple[Term, ...]
    start: date
    days: int
    money: tuple[Money, ...] = ()
    down: tuple[Silence, ...] = ()
    holds: tuple[Silence, ...] = ()
    closed: tuple[tuple[date, date], ...] = ()
    rules: ContactRules = field(default_factory=ContactRules)
    every: int = 1
    lag: int = 1
    all_seeing: bool = False  # bank data that always cover everything

    def covers(self, today: date) -> date:
        """The last day the bank data account for."""
        if self.all_seeing:
            return date.max
        imported = today - timedelta(days=(today - self.start).days % self.every)
        return add_bank_days(imported, -self.lag)


@dataclass(frozen=True)
class Sent:
    """One reminder that left, and what was known at that moment."""

    on: datetime
    step: Step
    lines: tuple[Named, ...]
    facts: CaseFacts
    covers: date


@dataclass
class Life:
    """What came of a world."""

    world: World
    sent: list[Sent] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    reminders: list[Reminder] = field(default_factory=list)
    handed_over: dict[int, date] = field(default_factory=dict)
    decisions: list[tuple[datetime, CaseFacts, Decision]] = field(default_factory=list)
    asked: list[Moment] = field(default_factory=list)

    def days(self) -> Iterator[date]:
        """The days on which something runs."""
        every = (self.world.start + timedelta(days=n) for n in range(self.world.days))
        return (day for day in every if not any(gap.covers(day) for gap in self.world.down))


@lru_cache(maxsize=256)
def live(world: World, lazily: bool = False) -> Life:
    """Walk the world at ten in the morning of every day; lazily: only when a fact is new or a moment has come."""
    life = Life(world)
    seen: CaseFacts | None = None
    wake: datetime | None = None
    for day in life.days():
        now = datetime.combine(day, time(10), tzinfo=PARIS)
        facts = _facts(life, day)
        if lazily and facts == seen and (wake is None or wake > now):
            continue
        decision, verdict = _morning(life, facts, now)
        seen = None if decision.passes or (verdict and verdict.strength is Strength.ALLOW) else facts
        wake = min((m for m in (decision.look_again, verdict and verdict.until) if m), default=None)
    return life


def _facts(life: Life, today: date) -> CaseFacts:
    world = life.world
    covers = min(world.covers(today), today)
    gone = life.handed_over
    known = (t for t in world.terms if t.issued_on <= today)
    terms = tuple(replace(t, handed_over_on=gone[t.id]) if t.id in gone else t for t in known)
    money = tuple(m for m in world.money if m.booked_on <= covers)
    days = tuple(r.performed_on for r in life.reminders if r.performed_on and (today - r.performed_on).days < 31)
    return CaseFacts(
        id=1,
        version=1,
        creditor="atelier-dubois",
        debtor=DURAND,
        terms=terms,
        money=money,
        addresses=ADDRESSES,
        lines=tuple(_as_known(line, today) for line in life.lines),
        holds=tuple(_hold(i, h) for i, h in enumerate(world.holds) if h.covers(today)),
        reminders=tuple(life.reminders),
        habits=habits(terms, money),
        touched_on=days,
        address_days=tuple((MAIL.where, day) for day in days),
    )


def _as_known(line: Line, today: date) -> Line:
    """A registered letter is presented some days after it was posted, and not known to be before."""
    if line.clock_from is None or line.clock_from <= today:
        return line
    return replace(line, clock_from=None)


def _hold(id: int, silence: Silence) -> Hold:
    began = datetime.combine(silence.first, time(), tzinfo=PARIS)
    ends = datetime.combine(silence.last + timedelta(days=1), time(), tzinfo=PARIS)
    return Hold(id, HoldKind.PAUSE, "asked for quiet", began, silence.term_id, ends)


def _morning(life: Life, facts: CaseFacts, now: datetime) -> tuple[Decision, Verdict | None]:
    covers = life.world.covers(now.date())
    decision = decide(facts, life.world.policy, now, covers)
    life.decisions.append((now, facts, decision))
    for over in decision.passes:
        life.lines.append(Line(over.term_id, over.step, LineState.PASSED_OVER, now.date(), reason=over.reason))
    if decision.step is None:
        return decision, None
    verdict = _ask(life, facts, decision, decision.step, now)
    if verdict.strength is Strength.ALLOW:
        _perform(life, facts, decision, decision.step, now)
    return decision, verdict


def _ask(life: Life, facts: CaseFacts, decision: Decision, step: Step, now: datetime) -> Verdict:
    """A hand-over sends nothing, so nobody is asked whether it may leave."""
    if step.hand_over:
        return Verdict(Strength.ALLOW, "hand-over")
    world = life.world
    turn = next_message(step, 0, (), facts.addresses, frozenset())
    assert turn is not None
    surface = Surface(world.rules, "35000", world.closed, world.covers(now.date()))
    moment = Moment(facts, step, decision.lines, decision, surface, turn.road, turn.address.id, now)
    life.asked.append(moment)
    return ask(moment)


def _perform(life: Life, facts: CaseFacts, decision: Decision, step: Step, now: datetime) -> None:
    today, id = now.date(), len(life.reminders) + 1
    clock = today + PRESENTED_AFTER if step.deadline is not None else None
    for n in decision.lines:
        life.lines.append(
            Line(n.term_id, n.step, LineState.PERFORMED, today, reminder_id=id, clock_from=clock, kind=n.kind)
        )
    life.handed_over |= {n.term_id: today for n in decision.lines if step.hand_over}
    if not step.hand_over:
        life.reminders.append(Reminder(id, step.name, 0, today, today, live=False))
    life.sent.append(Sent(now, step, decision.lines, facts, life.world.covers(today)))

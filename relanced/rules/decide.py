"""Which step is due for a case, for which terms, and why: `decide(facts, policy, now) -> Decision`. Pure.

A position belongs to a term, a reminder to a case. Due means *since*: a step is due at the later of its own date and
the previous step plus the gap between them, so that an outage of ten days is followed by one message, not by three.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from relanced.rules.calendar import fresh_from
from relanced.rules.model import CaseFacts, Line, LineKind, LineState, PaymentMode, Road, Term
from relanced.rules.owed import balances, overdue
from relanced.rules.policy import Only, Policy, Step, Tone


class PassReason(StrEnum):
    """Why a step of a term will not be taken."""

    GO_LIVE = "go-live"  # the term was already late when the creditor was opened on a later step
    NOT_MEANT = "not meant"  # `only` names other debtors
    NO_ROAD = "no road"  # no configured door behind any of its roads
    TOO_LATE = "too late"  # past its `max_lateness`, or the due date came before the courtesy note
    NOTICE_PASSED_OVER = "notice passed over"  # it follows a notice that was never given
    LAPSED = "lapsed"  # it waited on a person past its `within`
    PERSON = "person"  # a person said so
    HISTORY = "history"  # done by the former tool


@dataclass(frozen=True, slots=True)
class Named:
    """A term named in a reminder: on which of its steps, why, and what it owes in cents."""

    term_id: int
    step: str
    kind: LineKind
    cents: int


@dataclass(frozen=True, slots=True)
class PassOver:
    """A step that is skipped for a term, once and for good."""

    term_id: int
    step: str
    reason: PassReason


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done for a case now. Without a step: nothing, and `reason` says why.

    `look_again` is the next moment at which time alone may change the answer; None: only a new fact can.
    `ended` are the terms that have climbed the whole ladder and still owe.
    """

    step: Step | None
    reason: str
    lines: tuple[Named, ...] = ()
    passes: tuple[PassOver, ...] = ()
    look_again: datetime | None = None
    ended: tuple[int, ...] = ()

    @property
    def cents(self) -> int:
        """The sum of the lines."""
        return sum(line.cents for line in self.lines)


@dataclass(frozen=True, slots=True)
class Stand:
    """Where one term stands: its next step and the day it is due. Without a step the ladder has ended."""

    term: Term
    owed: int
    step: Step | None
    due: date | None
    passes: tuple[PassOver, ...] = ()


@dataclass(slots=True)
class _Waits:
    """Moments and reasons collected on the way."""

    days: list[date] = field(default_factory=list)
    moments: list[datetime] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


def decide(facts: CaseFacts, policy: Policy, now: datetime, covers: date | None = None) -> Decision:
    """The step that is due, or none. `covers` is the last day the creditor's bank data account for."""
    today = now.date()
    owed = balances(facts)
    waits = _Waits()
    chased = [t for t in facts.terms if _chased(facts, t, owed)]
    if not chased:
        return Decision(None, _nothing(facts, owed))
    free = _not_held(facts, chased, now, waits)
    stands = [stand(facts, policy, t, owed[t.id], today) for t in free]
    passes = tuple(p for s in stands for p in s.passes)
    ended = tuple(s.term.id for s in stands if s.step is None)
    due = [s for s in stands if s.step and s.due and s.due <= today]
    waits.days += [s.due for s in stands if s.step and s.due and s.due > today]
    step, lines = _choose(facts, policy, stands, due, owed, today, covers, waits)
    return Decision(step, _reason(step, lines, stands, waits, today), lines, passes, _look_again(waits, now), ended)


def _chased(facts: CaseFacts, term: Term, owed: dict[int, int]) -> bool:
    if facts.debtor.excluded or term.excluded or term.handed_over_on or term.closed_on or owed[term.id] <= 0:
        return False
    return term.payment_mode is not PaymentMode.DIRECT_DEBIT or _rejected(facts, term)


def _rejected(facts: CaseFacts, term: Term) -> bool:
    """A direct debit is ours to collect: it is only chased once the bank sent it back."""
    return any(m.cents < 0 and m.invoice_id == term.invoice_id for m in facts.money)


def _nothing(facts: CaseFacts, owed: dict[int, int]) -> str:
    if facts.debtor.excluded:
        return "the debtor is excluded"
    if any(owed.values()):
        return "what is owed is excluded, closed, handed over or collected by direct debit"
    return "nothing is owed"


def _not_held(facts: CaseFacts, terms: list[Term], now: datetime, waits: _Waits) -> list[Term]:
    held: set[int] = set()
    for hold in facts.holds:
        if hold.until is not None and hold.until <= now:
            continue
        held |= {t.id for t in terms} if hold.term_id is None else {hold.term_id}
        waits.words.append(f"on hold ({hold.kind.value}: {hold.reason})")
        if hold.until is not None:
            waits.moments.append(hold.until)
    return [t for t in terms if t.id not in held]


def stand(facts: CaseFacts, policy: Policy, term: Term, owed: int, today: date) -> Stand:
    """Where the term stands today, with the steps passed over on the way."""
    done = {
        line.step: line
        for line in facts.lines
        if line.term_id == term.id
        and line.round == facts.round
        and line.state in (LineState.PERFORMED, LineState.PASSED_OVER)
    }
    passes: list[PassOver] = []
    skipped: set[str] = {name for name, line in done.items() if line.state is LineState.PASSED_OVER}
    for step in policy.steps[_next_index(policy, done) :]:
        due = _due_on(policy, step, term, done)
        why = _passed_over(facts, policy, step, term, owed, due, today, skipped)
        if why is None:
            return Stand(term, owed, step, due, tuple(passes))
        skipped.add(step.name)
        passes.append(PassOver(term.id, step.name, why))
    return Stand(term, owed, None, None, tuple(passes))


def _next_index(policy: Policy, done: dict[str, Line]) -> int:
    known = [i for i, step in enumerate(policy.steps) if step.name in done]
    return max(known) + 1 if known else 0


def _due_on(policy: Policy, step: Step, term: Term, done: dict[str, Line]) -> date | None:
    """The first day of the step, or None while nobody can know it (a notice not yet presented)."""
    if step.when.deadline_of:
        notice = done.get(step.when.deadline_of)
        if notice is None or notice.clock_from is None:
            return None
        return notice.clock_from + timedelta(days=(policy.step(notice.step).deadline or 0) + 1)
    own = term.due_on + timedelta(days=step.when.days)
    previous = [s for s in policy.steps if s.name in done and done[s.name].state is LineState.PERFORMED]
    if not previous:
        return own
    last = previous[-1]
    gap = max(1, step.when.days - last.when.days)
    return max(own, done[last.name].on + timedelta(days=gap))


def _passed_over(
    facts: CaseFacts,
    policy: Policy,
    step: Step,
    term: Term,
    owed: int,
    due: date | None,
    today: date,
    skipped: set[str],
) -> PassReason | None:
    if step.when.deadline_of and step.when.deadline_of in skipped:
        return PassReason.NOTICE_PASSED_OVER
    if _before_go_live(facts, policy, step, term):
        return PassReason.GO_LIVE
    if due is None or due > today:
        return None
    if step.before_due and today > term.due_on:
        return PassReason.TOO_LATE
    if step.max_lateness is not None and today > due + timedelta(days=step.max_lateness):
        return PassReason.TOO_LATE
    if not step.via and not step.hand_over:
        return PassReason.NO_ROAD
    if step.only and not _meant(facts, policy, step, owed):
        return PassReason.NOT_MEANT
    return None


def _before_go_live(facts: CaseFacts, policy: Policy, step: Step, term: Term) -> bool:
    start = facts.go_live
    if start is None or not start.from_step or term.due_on >= start.on:
        return False
    names = [s.name for s in policy.steps]
    return start.from_step in names and policy.index(step.name) < policy.index(start.from_step)


def _meant(facts: CaseFacts, policy: Policy, step: Step, owed: int) -> bool:
    return (
        (Only.LARGE in step.only and owed >= policy.large)
        or (Only.NEW in step.only and facts.habits.paid_invoices == 0)
        or (Only.USUALLY_LATE in step.only and facts.habits.mean_lateness > 5)
    )


def _choose(
    facts: CaseFacts,
    policy: Policy,
    stands: list[Stand],
    due: list[Stand],
    owed: dict[int, int],
    today: date,
    covers: date | None,
    waits: _Waits,
) -> tuple[Step | None, tuple[Named, ...]]:
    """The highest step that is due and may be taken; a step that must wait lets lower ones go on."""
    late = overdue(facts.terms, owed, today)
    steps = {s.step.name: s.step for s in due if s.step}
    for step in sorted(steps.values(), key=lambda s: (s.tone, policy.index(s.name)), reverse=True):
        lines = _lines(policy, step, stands, due, today, covers)
        free_on = _at_most(facts, step, today)
        amount = late + sum(n.cents for n in lines if step.before_due)
        if amount < policy.min_amount:
            waits.words.append(f"less than {policy.min_amount / 100:.2f} is overdue")
        elif sum(n.cents for n in lines) < step.min_amount:
            waits.words.append(f"{step.name} waits: its lines are below {step.min_amount / 100:.2f}")
        elif free_on > today:
            waits.words.append(f"{step.name} waits: at most {step.at_most} is reached until {free_on}")
            waits.days.append(free_on)
        else:
            return step, lines
    return None, ()


def _lines(
    policy: Policy, step: Step, stands: list[Stand], due: list[Stand], today: date, covers: date | None
) -> tuple[Named, ...]:
    main = [s for s in due if s.step is step]
    currency = max({s.term.currency for s in main}, key=lambda c: sum(s.owed for s in main if s.term.currency == c))
    lines = [Named(s.term.id, step.name, LineKind.MAIN, s.owed) for s in main if s.term.currency == currency]
    for other in stands:
        if other in main or other.step is None or other.term.currency != currency:
            continue
        if _gathered(policy, step, other, today, covers):
            lines.append(Named(other.term.id, step.name, LineKind.GATHERED, other.owed))
        elif other in due and _absorbed(policy, step, other, today):
            lines.append(Named(other.term.id, other.step.name, LineKind.ABSORBED, other.owed))
    order = {s.term.id: (s.term.due_on, s.term.invoice, s.term.n) for s in stands}
    return tuple(sorted(lines, key=lambda n: order[n.term_id]))


def _gathered(policy: Policy, step: Step, other: Stand, today: date, covers: date | None) -> bool:
    """Good payers must not be pestered: the same courteous step of a neighbour, a few days early."""
    if step.tone is not Tone.COURTEOUS or other.step is not step or other.due is None:
        return False
    if other.due > today + timedelta(days=policy.gather):
        return False
    if step.before_due:
        return True
    return other.term.due_on < today and covers is not None and covers >= fresh_from(other.term.due_on)


def _absorbed(policy: Policy, step: Step, other: Stand, today: date) -> bool:
    if other.step is None or not step.absorbs or other.step.before_due or other.term.due_on >= today:
        return False
    lower = policy.index(other.step.name) < policy.index(step.name)
    return lower and other.step.tone <= step.tone and not other.step.hand_over


def _at_most(facts: CaseFacts, step: Step, today: date) -> date:
    """The first day on which the step may be performed again for this case."""
    if step.at_most is None:
        return today
    days = sorted(r.performed_on for r in facts.reminders if r.step == step.name and r.performed_on)
    recent = [d for d in days if d > today - timedelta(days=step.at_most.days)]
    if len(recent) < step.at_most.times:
        return today
    return recent[-step.at_most.times] + timedelta(days=step.at_most.days)


def _reason(step: Step | None, lines: tuple[Named, ...], stands: list[Stand], waits: _Waits, today: date) -> str:
    if step is not None:
        since = min((s.due for s in stands if s.step is step and s.due), default=today)
        terms = "term" if len(lines) == 1 else "terms"
        return f"{step.name} is due since {since} for {len(lines)} {terms}"
    if waits.words:
        return "; ".join(dict.fromkeys(waits.words))
    ahead = sorted((s.due, s.step.name, s.term.invoice) for s in stands if s.step and s.due)
    if ahead:
        day, name, invoice = ahead[0]
        return f"next: {name} for {invoice} on {day}"
    if any(s.step for s in stands):
        return "waits for the first presentation of the notice"
    return "every step of the ladder is done"


def _look_again(waits: _Waits, now: datetime) -> datetime | None:
    starts = [datetime.combine(day, time.min, tzinfo=now.tzinfo) for day in waits.days]
    return min((m for m in starts + waits.moments if m > now), default=None)


def roads_of(step: Step) -> Iterable[Road]:
    """Every road the step may take, in order."""
    return (*step.via, *step.also)

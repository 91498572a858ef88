"""Which step is due for a case, for which terms, and why: `decide(facts, policy, now) -> Decision`. Pure.

A position belongs to a term, a reminder to a case. Due means *since*, so that an outage of ten days is followed by one
message, not by three.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from msgspec import Struct, field

from relanced.rules.limits import first_allowed
from relanced.rules.model import CaseFacts, HoldKind, Term
from relanced.rules.naming import Named, Scene, currencies, gathers_from, name_terms
from relanced.rules.offers import about, nothing_formal, running
from relanced.rules.owed import askable, let_go, overdue
from relanced.rules.policy import Policy, Step, Tone
from relanced.rules.promises import awaited
from relanced.rules.stand import PassOver, PassReason, Stand, chased, stand, stands

__all__ = ["Decision", "Named", "PassOver", "PassReason", "Stand", "decide", "stand"]

_DAY = timedelta(days=1)


class Decision(Struct, frozen=True):
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


class _Waits(Struct):
    """Moments and reasons collected on the way."""

    days: set[date] = field(default_factory=set)
    moments: set[datetime] = field(default_factory=set)
    words: list[str] = field(default_factory=list)


def decide(
    facts: CaseFacts, policy: Policy, now: datetime, covers: date | None = None, leaving: int | None = None
) -> Decision:
    """The step that is due, or none. `covers` is the last day the creditor's bank data account for; `leaving` is a
    reminder that counts as if it had left today."""
    today, owed, waits = now.date(), askable(facts), _Waits()
    asked = chased(facts)
    if not asked:
        return Decision(None, _nothing(facts, owed.values()))
    free = _not_held(facts, asked, now, waits)
    known = stands(facts, policy, free, owed, today, leaving)
    there = _not_offered(facts, _not_away(facts, known, now, waits), today, waits)
    scene = Scene(facts, policy, tuple(there), today, covers, leaving)
    step, lines = _choose(scene, _Amounts(asked, owed), waits)
    return Decision(
        step,
        _reason(scene, step, lines, waits),
        lines,
        tuple(p for s in scene.stands for p in s.passes),
        _look_again(scene, waits, now),
        tuple(s.term.id for s in scene.stands if s.step is None),
    )


def _nothing(facts: CaseFacts, owed: Iterable[int]) -> str:
    if facts.debtor.excluded:
        return "the debtor is excluded"
    if any(owed):
        return "what is owed is excluded, closed, handed over or collected by direct debit"
    return "what is left is waived: an offer was paid in time" if let_go(facts) else "nothing is owed"


def _not_held(facts: CaseFacts, terms: Sequence[Term], now: datetime, waits: _Waits) -> list[Term]:
    held: set[int] = set()
    for hold in sorted(facts.holds, key=lambda h: h.id):
        stopped = {t.id for t in terms if hold.term_id in (None, t.id)}
        over = hold.until is not None and hold.until <= now
        if not stopped or hold.cents is not None or over or hold.kind is HoldKind.ABSENT:
            continue
        held |= stopped
        waits.words.append(f"on hold ({hold.kind.value}: {hold.reason})")
        if hold.until is not None:
            waits.moments.add(hold.until)
    for mine, why in awaited(facts, [t.id for t in terms], now.date()):
        held |= mine
        waits.words.append(why)
    return [t for t in terms if t.id not in held]


def _not_away(facts: CaseFacts, known: list[Stand], now: datetime, waits: _Waits) -> list[Stand]:
    """Nothing courteous is written while nobody is there to read it."""
    absent = [h for h in facts.holds if h.kind is HoldKind.ABSENT and (h.until is None or h.until > now)]
    waiting = [s for s in known if s.step and s.step.tone is Tone.COURTEOUS] if absent else []
    for hold in absent if waiting else ():
        waits.words.append(f"on hold ({hold.kind.value}: {hold.reason})")
        if hold.until is not None:
            waits.moments.add(hold.until)
    return [s for s in known if s not in waiting] if waiting else known


def _not_offered(facts: CaseFacts, known: list[Stand], today: date, waits: _Waits) -> list[Stand]:
    """Nothing formal leaves while an offer runs."""
    if not facts.offers:
        return known
    formal = {s.term.id for s in known if s.step and (s.step.tone is Tone.FORMAL or s.step.hand_over)}
    held: set[int] = set()
    for offer in about(running(facts.offers, today), formal) if formal else ():
        held |= formal & {term_id for term_id, _ in offer.terms}
        waits.words.append(nothing_formal(offer))
        waits.days.add(offer.until + _DAY)
    return [s for s in known if s.term.id not in held] if held else known


class _Amounts(Struct, frozen=True):
    """What the case is asked for, held terms included: the least a policy chases is measured on it."""

    terms: Sequence[Term]
    owed: Mapping[int, int]

    def overdue(self, currency: str, today: date) -> int:
        return overdue((t for t in self.terms if t.currency == currency), self.owed, today)


def _choose(scene: Scene, amounts: _Amounts, waits: _Waits) -> tuple[Step | None, tuple[Named, ...]]:
    """The highest step that is due and may be taken; a step that must wait lets lower ones go on."""
    due = scene.due()
    steps = {s.step.name: s.step for s in due if s.step}
    for step in sorted(steps.values(), key=lambda s: (s.tone, scene.policy.index(s.name)), reverse=True):
        for currency in currencies(s for s in due if s.step is step):
            lines = name_terms(scene, step, currency)
            if not _waits_for_money(scene, step, lines, amounts, waits) and not _had_enough(scene, step, waits):
                return step, lines
    return None, ()


def _waits_for_money(scene: Scene, step: Step, lines: Sequence[Named], amounts: _Amounts, waits: _Waits) -> bool:
    """Whether too little is at stake; a term that falls due, or comes near enough to be gathered, may change it."""
    total = sum(n.cents for n in lines)
    currency = next(t.currency for t in amounts.terms if t.id == lines[0].term_id)
    late = amounts.overdue(currency, scene.today) + (total if step.before_due else 0)
    if late < scene.policy.min_amount:
        waits.words.append(f"less than {scene.policy.min_amount / 100:.2f} is overdue")
    elif total < step.min_amount:
        waits.words.append(f"{step.name} waits: its lines are below {step.min_amount / 100:.2f}")
    else:
        return False
    waits.days |= {t.due_on + _DAY for t in amounts.terms}
    waits.days |= {day for s in scene.stands if (day := gathers_from(scene.policy, step, s))}
    return True


def _had_enough(scene: Scene, step: Step, waits: _Waits) -> bool:
    """Whether the step was performed as often as `at_most` allows for one case."""
    if step.at_most is None:
        return False
    mine = [r for r in scene.facts.reminders if r.step == step.name]
    days = [day for r in mine if (day := scene.today if r.id == scene.leaving else r.performed_on)]
    free_on = first_allowed(days, scene.today, [step.at_most])
    if free_on <= scene.today:
        return False
    most = f"at most {step.at_most.times} per {step.at_most.days} days"
    waits.words.append(f"{step.name} waits: {most}, again on {free_on}")
    waits.days.add(free_on)
    return True


def _reason(scene: Scene, step: Step | None, lines: Sequence[Named], waits: _Waits) -> str:
    if step is not None:
        since = min(s.due for s in scene.due() if s.step is step and s.due)
        terms = "term" if len(lines) == 1 else "terms"
        return f"{step.name} is due since {since} for {len(lines)} {terms}"
    if waits.words:
        return "; ".join(dict.fromkeys(waits.words))
    ahead = sorted((s.due, s.step.name, s.term.invoice) for s in scene.stands if s.step and s.due)
    if ahead:
        day, name, invoice = ahead[0]
        return f"next: {name} for {invoice} on {day}"
    if any(s.step for s in scene.stands):
        return "waits for the first presentation of the notice"
    return "every step of the ladder is done"


def _look_again(scene: Scene, waits: _Waits, now: datetime) -> datetime | None:
    """The next due day, the day after the last one on which a step may be taken, or the end of a wait."""
    days = waits.days | {s.due for s in scene.stands if s.due} | {s.last + _DAY for s in scene.stands if s.last}
    ahead = [day for day in days if day > scene.today]
    starts = [datetime.combine(min(ahead), time.min, tzinfo=now.tzinfo)] if ahead else []
    return min([*starts, *(m for m in waits.moments if m > now)], default=None)

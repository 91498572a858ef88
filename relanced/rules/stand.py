"""Where each term stands on the ladder: its next step, since when it is due, and what was passed over on the way.

A step is due at the later of its own date and the previous step plus the gap between them. Each step of each term is,
once a round, either performed or passed over with a reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct, field

from relanced.rules.given import PromiseState
from relanced.rules.model import CaseFacts, Line, LineState, PaymentMode, Term
from relanced.rules.owed import askable, oldest_first, once
from relanced.rules.policy import Only, Policy, Step

_BROKEN = (PromiseState.PARTLY, PromiseState.BROKEN)
USUALLY_LATE = 5  # days of mean lateness from which a debtor counts as usually late


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
    ADOPTED = "adopted"  # the case moved to another policy, and had come as far under the former one


class PassOver(Struct, frozen=True):
    """A step that is skipped for a term, once and for good."""

    term_id: int
    step: str
    reason: PassReason


class Stand(Struct, frozen=True):
    """Where one term stands: its next step, the day it is due and the last day on which it may be taken, if any.

    Without a step the ladder has ended; without a due day nobody can know it yet (a notice not presented).
    """

    term: Term
    owed: int
    step: Step | None
    due: date | None
    passes: tuple[PassOver, ...] = ()
    last: date | None = None


@once
def chased(facts: CaseFacts) -> tuple[Term, ...]:
    """The terms we ask for, oldest first: owed, and neither excluded, closed, handed over nor still ours to collect."""
    if facts.debtor.excluded:
        return ()
    owed, returned = askable(facts), {m.invoice_id for m in facts.money if m.cents < 0}
    return tuple(oldest_first(t for t in facts.terms if owed[t.id] > 0 and _asked_for(t, returned)))


def _asked_for(term: Term, returned: set[int | None]) -> bool:
    """A direct debit is ours to collect: it is only chased once the bank sent it back."""
    if term.excluded or term.handed_over_on or term.closed_on:
        return False
    return term.payment_mode is not PaymentMode.DIRECT_DEBIT or term.invoice_id in returned


def stands(
    facts: CaseFacts,
    policy: Policy,
    terms: Iterable[Term],
    owed: Mapping[int, int],
    today: date,
    leaving: int | None = None,
) -> list[Stand]:
    """Where these terms stand today, in their order, with the steps passed over on the way. `leaving`: a reminder that
    counts as if it had left."""
    past: dict[int, _Past] = defaultdict(_Past)
    for line in facts.lines:
        if line.round == facts.round:
            past[line.term_id].tell(line, leaving, today)
    return [_Climb(facts, policy, t, owed[t.id], today, past[t.id]).stand() for t in terms]


def stand(facts: CaseFacts, policy: Policy, term: Term, owed: int, today: date) -> Stand:
    """Where one term stands today."""
    return stands(facts, policy, [term], {term.id: owed}, today)[0]


class _Past(Struct, frozen=True):
    """What became of the steps of one term in this round: when each was performed, what was passed over, and from when
    the clock of a notice runs."""

    taken: dict[str, date] = field(default_factory=dict)
    skipped: set[str] = field(default_factory=set)
    clocks: dict[str, date] = field(default_factory=dict)

    def tell(self, line: Line, leaving: int | None, today: date) -> None:
        """One more line."""
        leaves = line.state is LineState.PLANNED and line.reminder_id is not None and line.reminder_id == leaving
        if line.state is LineState.PASSED_OVER:
            self.skipped.add(line.step)
        elif leaves or line.state is LineState.PERFORMED:
            self.taken[line.step] = today if leaves else line.on
            if line.clock_from:
                self.clocks[line.step] = line.clock_from


class _Climb(Struct, frozen=True):
    """One term on its ladder."""

    facts: CaseFacts
    policy: Policy
    term: Term
    owed: int
    today: date
    past: _Past

    def stand(self) -> Stand:
        passes: list[PassOver] = []
        skipped = set(self.past.skipped)
        for step in self.policy.steps[self._next() :]:
            due = self._due_on(step)
            last = self._last_day(step, due)
            why = self._passed_over(step, due, last, skipped)
            if why is None:
                return Stand(self.term, self.owed, step, due, tuple(passes), last)
            skipped.add(step.name)
            passes.append(PassOver(self.term.id, step.name, why))
        return Stand(self.term, self.owed, None, None, tuple(passes))

    def _next(self) -> int:
        """The place on the ladder after the last step that was taken or passed over."""
        done, place = self.past.taken.keys() | self.past.skipped, 0
        for i, step in enumerate(self.policy.steps, 1):
            if step.name in done:
                place = i
        return place

    def _due_on(self, step: Step) -> date | None:
        """The first day of the step, or None while nobody can know it (a notice not yet presented).

        Whoever broke a promise is one step further at once.
        """
        after = self._rested(step)
        if not step.when.deadline_of:
            due = max(self.term.due_on + timedelta(days=step.when.days), after)
            broken = None if step.before_due else self._word_broken()
            return due if broken is None else min(due, max(broken, self.term.due_on + timedelta(days=1)))
        clock = self.past.clocks.get(step.when.deadline_of)
        if clock is None:
            return None
        allowed = self.policy.step(step.when.deadline_of).deadline or 0
        return max(clock + timedelta(days=allowed + 1), after)

    def _rested(self, step: Step) -> date:
        """The first day on which the step is far enough from the last one; from one of a former ladder as far as from
        the step before it on this one."""
        steps, taken = self.policy.steps, self.past.taken
        if not taken:
            return date.min
        known = [s for s in steps if s.name in taken]
        days = [taken[known[-1].name] + _gap(known[-1], step)] if known else []
        if len(known) < len(taken):
            before, names = steps[max(0, self.policy.index(step.name) - 1)], {s.name for s in steps}
            days += [day + _gap(before, step) for name, day in taken.items() if name not in names]
        return max(days)

    def _word_broken(self) -> date | None:
        """The day on which a promise about this term was found broken, if no step was taken since."""
        if not self.facts.promises:
            return None
        mine = [p for p in self.facts.promises if p.state in _BROKEN and p.agreement is None]
        last = max([p.judged_on for p in mine if p.judged_on and self.term.id in dict(p.terms)], default=None)
        return last if last is not None and all(day < last for day in self.past.taken.values()) else None

    def _passed_over(self, step: Step, due: date | None, last: date | None, skipped: set[str]) -> PassReason | None:
        if step.when.deadline_of in skipped:
            return PassReason.NOTICE_PASSED_OVER
        if self._before_go_live(step):
            return PassReason.GO_LIVE
        if due is None or due > self.today:
            return None
        if last is not None and self.today > last:
            return PassReason.TOO_LATE
        if not step.via and not step.hand_over:
            return PassReason.NO_ROAD
        return None if meant(self.facts, self.policy, step, self.owed) else PassReason.NOT_MEANT

    def _before_go_live(self, step: Step) -> bool:
        """Opening a creditor on a step concerns the terms late on that day, until a person restarts them."""
        start = self.facts.go_live
        if start is None or not start.from_step or self.facts.round > 0 or self.term.due_on >= start.on:
            return False
        names = [s.name for s in self.policy.steps]
        return start.from_step in names[names.index(step.name) + 1 :]

    def _last_day(self, step: Step, due: date | None) -> date | None:
        days = [self.term.due_on] if step.before_due else []
        if step.max_lateness is not None and due is not None:
            days.append(due + timedelta(days=step.max_lateness))
        return min(days, default=None)


def _gap(before: Step, after: Step) -> timedelta:
    """The days the policy leaves between two steps; at least one, also around the deadline of a notice."""
    dated = not before.when.deadline_of and not after.when.deadline_of
    return timedelta(days=max(1, after.when.days - before.when.days) if dated else 1)


def meant(facts: CaseFacts, policy: Policy, step: Step, owed: int) -> bool:
    """Whether the step is meant for this debtor and a line of that amount: any of the words of `only`, or none said."""
    return not step.only or (
        (Only.LARGE in step.only and owed >= policy.large)
        or (Only.NEW in step.only and facts.habits.paid_invoices == 0)
        or (Only.USUALLY_LATE in step.only and facts.habits.mean_lateness > USUALLY_LATE)
    )

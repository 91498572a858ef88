"""Moving a case to another policy: where its terms stand on the new ladder. Pure.

A step stays performed by its name. Where names differ a term keeps its place: what lies on the new ladder no higher
than the step it has reached on the old one is passed over, so that nobody is asked anew what was asked under another
name; and the next step waits for its gap from the last contact, whatever that was called (`stand`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from msgspec.structs import replace

from relanced.rules.model import CaseFacts, Line, LineState
from relanced.rules.owed import balances
from relanced.rules.policy import Policy, Step
from relanced.rules.stand import PassOver, PassReason

_DONE = (LineState.PERFORMED, LineState.PASSED_OVER)


def passed_by_place(facts: CaseFacts, old: Policy, new: Policy) -> tuple[PassOver, ...]:
    """The steps of the new ladder that the terms still owed leave behind because of the place they have reached."""
    done: dict[int, set[str]] = defaultdict(set)
    under_way: set[tuple[int, str]] = set()
    for line in (n for n in facts.lines if n.round == facts.round):
        if line.state in _DONE:
            done[line.term_id].add(line.step)
        else:
            under_way.add((line.term_id, line.step))
    owed = balances(facts)
    wanted = [t.id for t in facts.terms if owed[t.id] > 0 and done[t.id]]
    behind = (p for t in wanted for p in _behind(t, done[t], old, new))
    return tuple(p for p in behind if (p.term_id, p.step) not in under_way)


def passed(facts: CaseFacts, passes: Iterable[PassOver], today: date) -> CaseFacts:
    """The case as it would be once these were passed over."""
    lines = [Line(p.term_id, p.step, LineState.PASSED_OVER, today, facts.round, p.reason.value) for p in passes]
    return replace(facts, lines=(*facts.lines, *lines))


def _behind(term_id: int, done: set[str], old: Policy, new: Policy) -> list[PassOver]:
    reached = [step for step in old.steps if step.name in done]
    if not reached:
        return []
    first = max((i + 1 for i, step in enumerate(new.steps) if step.name in done), default=0)
    low = [step for step in new.steps[first:] if _no_higher(step, reached[-1])]
    return [PassOver(term_id, step.name, PassReason.ADOPTED) for step in low]


def _no_higher(step: Step, reached: Step) -> bool:
    """Whether a step asks no more than the one reached: neither later nor in a harder tone."""
    if step.when.deadline_of or reached.when.deadline_of:
        return bool(reached.when.deadline_of)
    return step.when.days <= reached.when.days and step.tone <= reached.tone


def notice_lost(facts: CaseFacts, old: Policy, new: Policy) -> str:
    """The step of a notice given for a term still owed that the new ladder does not know: what was to follow once its
    deadline has passed would never come. Empty when there is none."""
    owed, known = balances(facts), {step.name for step in new.steps}
    notices = {step.name for step in old.steps if step.deadline is not None} - known
    given = [
        line.step
        for line in facts.lines
        if line.step in notices and line.state is LineState.PERFORMED and line.round == facts.round
        if owed.get(line.term_id, 0) > 0
    ]
    return next(iter(given), "")

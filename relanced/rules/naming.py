"""Which terms one reminder names, and why each: those that stand on its step, and those it gathers or absorbs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from msgspec import Struct

from relanced.rules.calendar import fresh_from
from relanced.rules.model import CaseFacts, LineKind, LineState, Reminder, Term
from relanced.rules.owed import askable
from relanced.rules.policy import Policy, Step, Tone
from relanced.rules.stand import Stand, meant


class Named(Struct, frozen=True):
    """A term named in a reminder: on which of its steps, why, and what it owes in cents."""

    term_id: int
    step: str
    kind: LineKind
    cents: int


def lines_of(facts: CaseFacts, reminder: Reminder) -> tuple[Named, ...]:
    """The lines of a reminder: as planned while it is on its way, what is still owed of them once it was performed;
    none once all that it names is paid."""
    mine = [line for line in facts.lines if line.reminder_id == reminder.id]
    if reminder.performed_on is None:
        return tuple(Named(i.term_id, i.step, i.kind, i.cents) for i in mine if i.state is LineState.PLANNED)
    owed = askable(facts)
    left = tuple(Named(i.term_id, i.step, i.kind, owed[i.term_id]) for i in mine if owed[i.term_id] > 0)
    return left if any(n.kind is not LineKind.ABSORBED for n in left) else ()


class Scene(Struct, frozen=True):
    """What choosing looks at: stands, oldest term first, the last day the creditor's bank data cover, and the reminder
    that counts as if it had left, if any."""

    facts: CaseFacts
    policy: Policy
    stands: tuple[Stand, ...]
    today: date
    covers: date | None
    leaving: int | None = None

    def due(self) -> list[Stand]:
        """The stands whose step is due."""
        return [s for s in self.stands if is_due(s, self.today)]


def is_due(stand: Stand, today: date) -> bool:
    """Due means since that day."""
    return stand.step is not None and stand.due is not None and stand.due <= today


def name_terms(scene: Scene, step: Step, currency: str) -> tuple[Named, ...]:
    """The lines of a reminder in that step and currency, oldest due date first.

    Terms whose payment the bank data could not show yet are left for later when others can go; when no term that stands
    on the step is covered they all stay, and the gate waits for the import.
    """
    spoken = (s for s in scene.stands if s.term.currency == currency)
    lines = [(s, kind) for s in spoken if (kind := _kind(scene, step, s)) is not None]
    known = [(s, kind) for s, kind in lines if _covered(scene, s.term)]
    if any(kind is LineKind.MAIN for _, kind in known):
        lines = known
    return tuple(Named(s.term.id, s.step.name, kind, s.owed) for s, kind in lines if s.step)


def _kind(scene: Scene, step: Step, stand: Stand) -> LineKind | None:
    due = is_due(stand, scene.today)
    if stand.step is step:
        return LineKind.MAIN if due else LineKind.GATHERED if _gathered(scene, step, stand) else None
    return LineKind.ABSORBED if due and _absorbed(scene, step, stand) else None


def gathers_from(policy: Policy, step: Step, other: Stand) -> date | None:
    """The first day on which the step could gather a term that stands on it; None when it gathers nothing."""
    if step.tone is not Tone.COURTEOUS or other.step is not step or other.due is None:
        return None
    soon = other.due - timedelta(days=policy.gather)
    return soon if step.before_due else max(soon, other.term.due_on + timedelta(days=1))


def _gathered(scene: Scene, step: Step, other: Stand) -> bool:
    """Good payers must not be pestered: the same courteous step of a neighbour, a few days early."""
    since = gathers_from(scene.policy, step, other)
    if since is None or since > scene.today or not meant(scene.facts, scene.policy, step, other.owed):
        return False
    return _covered(scene, other.term)


def _absorbed(scene: Scene, step: Step, other: Stand) -> bool:
    if other.step is None or not step.absorbs or other.step.before_due or other.term.due_on >= scene.today:
        return False
    lower = scene.policy.index(other.step.name) < scene.policy.index(step.name)
    return lower and other.step.tone <= step.tone


def _covered(scene: Scene, term: Term) -> bool:
    """Whether a transfer ordered on the due day would be seen by now."""
    return term.due_on >= scene.today or (scene.covers is not None and scene.covers >= fresh_from(term.due_on))


def currencies(stands: Iterable[Stand]) -> list[str]:
    """Their currencies, that of the first one first: a reminder speaks of one currency."""
    return list(dict.fromkeys(s.term.currency for s in stands))

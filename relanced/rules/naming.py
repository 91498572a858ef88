"""Which terms one reminder names, and why each: those that stand on its step, and those it gathers or absorbs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from relanced.rules.calendar import fresh_from
from relanced.rules.model import CaseFacts, LineKind, Term
from relanced.rules.policy import Policy, Step, Tone
from relanced.rules.stand import Stand, meant


@dataclass(frozen=True, slots=True)
class Named:
    """A term named in a reminder: on which of its steps, why, and what it owes in cents."""

    term_id: int
    step: str
    kind: LineKind
    cents: int


@dataclass(frozen=True, slots=True)
class Scene:
    """What choosing looks at. `covers` is the last day the creditor's bank data account for."""

    facts: CaseFacts
    policy: Policy
    stands: tuple[Stand, ...]
    today: date
    covers: date | None

    def due(self) -> list[Stand]:
        """The stands whose step is due, in no particular order."""
        return [s for s in self.stands if is_due(s, self.today)]


def is_due(stand: Stand, today: date) -> bool:
    """Due means since that day."""
    return stand.step is not None and stand.due is not None and stand.due <= today


def name_terms(scene: Scene, step: Step, currency: str) -> tuple[Named, ...]:
    """The lines of a reminder in that step and currency, oldest due date first.

    Terms whose payment the bank data could not show yet are left for later when others can go; when no term that stands
    on the step is covered they all stay, and the gate waits for the import.
    """
    stands = sorted((s for s in scene.stands if s.term.currency == currency), key=_age)
    lines = [(s, kind) for s in stands if (kind := _kind(scene, step, s)) is not None]
    known = [(s, kind) for s, kind in lines if _covered(scene, s.term)]
    if any(kind is LineKind.MAIN for _, kind in known):
        lines = known
    return tuple(Named(s.term.id, s.step.name, kind, s.owed) for s, kind in lines if s.step)


def _age(stand: Stand) -> tuple[date, str, int, int]:
    return stand.term.due_on, stand.term.invoice, stand.term.n, stand.term.id


def _kind(scene: Scene, step: Step, stand: Stand) -> LineKind | None:
    due = is_due(stand, scene.today)
    if stand.step is step:
        return LineKind.MAIN if due else LineKind.GATHERED if _gathered(scene, step, stand) else None
    return LineKind.ABSORBED if due and _absorbed(scene, step, stand) else None


def _gathered(scene: Scene, step: Step, other: Stand) -> bool:
    """Good payers must not be pestered: the same courteous step of a neighbour, a few days early."""
    if step.tone is not Tone.COURTEOUS or other.due is None:
        return False
    if other.due > scene.today + timedelta(days=scene.policy.gather):
        return False
    if not meant(scene.facts, scene.policy, step, other.owed):
        return False
    return step.before_due or (other.term.due_on < scene.today and _covered(scene, other.term))


def _absorbed(scene: Scene, step: Step, other: Stand) -> bool:
    if other.step is None or not step.absorbs or other.step.before_due or other.term.due_on >= scene.today:
        return False
    lower = scene.policy.index(other.step.name) < scene.policy.index(step.name)
    return lower and other.step.tone <= step.tone and not other.step.hand_over


def _covered(scene: Scene, term: Term) -> bool:
    """Whether a transfer ordered on the due day would be seen by now."""
    return term.due_on >= scene.today or (scene.covers is not None and scene.covers >= fresh_from(term.due_on))


def currencies(stands: Iterable[Stand]) -> list[str]:
    """Their currencies, the one of the oldest term first: a reminder speaks of one currency."""
    return list(dict.fromkeys(s.term.currency for s in sorted(stands, key=_age)))

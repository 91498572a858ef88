"""What is decided for a case, and a message at the gate: planned one day, asked again when things have happened."""

from __future__ import annotations

from datetime import date, datetime

from relanced.rules.calendar import ContactRules
from relanced.rules.decide import Decision, decide
from relanced.rules.gate import Moment, Strength, Surface, Verdict, all_verdicts
from relanced.rules.model import CaseFacts, Road
from relanced.rules.policy import Policy
from tests.rules.build import BUSINESS, EMAIL, EVERYTHING, MAIL, at, case, day

ALLOW, DEFER, PARK, CANCEL = Strength.ALLOW, Strength.DEFER, Strength.PARK, Strength.CANCEL
RULES = ContactRules()
TEN = 10  # a Friday, 20 March 2026: relance-1 is due
FRIDAY = at(TEN)
OPEN = Surface(RULES, creditor_postcode="35000", covers=day(TEN - 1))


def decided(facts: CaseFacts, on: int, ladder: Policy = BUSINESS, covers: date | None = EVERYTHING) -> Decision:
    """At ten in the morning of that day; the bank data cover everything unless said."""
    return decide(facts, ladder, at(on), covers)


def step_on(facts: CaseFacts, on: int, ladder: Policy = BUSINESS) -> str | None:
    decision = decided(facts, on, ladder)
    return decision.step.name if decision.step else None


def ids(decision: Decision) -> list[int]:
    return [n.term_id for n in decision.lines]


def moment(
    facts: CaseFacts | None = None,
    now: datetime = FRIDAY,
    surface: Surface = OPEN,
    later: CaseFacts | None = None,
    road: Road = EMAIL,
    address: int | None = MAIL.id,
    ladder: Policy = BUSINESS,
    plan: int = TEN,
    follows: bool = False,
    approved: bool = True,
) -> Moment:
    """What was decided for `facts` on the day `plan`, asked again at `now` when they have become `later`."""
    planned = facts or case()
    decision = decide(planned, ladder, at(plan), day(plan - 1))
    assert decision.step is not None
    now_known = later or planned
    again = decide(now_known, ladder, now, surface.covers)
    return Moment(now_known, decision.step, decision.lines, again, surface, road, address, now, follows, approved)


def answer(asked: Moment, gate: str) -> Verdict:
    (one,) = (v for v in all_verdicts(asked) if v.gate == gate)
    return one


def answers(asked: Moment) -> dict[str, Strength]:
    """What is not a plain yes."""
    return {v.gate: v.strength for v in all_verdicts(asked) if v.strength is not ALLOW}

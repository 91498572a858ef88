"""A message at the gate: what was planned, what has happened since, and what is asked about it now."""

from __future__ import annotations

from datetime import datetime

from relanced.rules.calendar import ContactRules
from relanced.rules.decide import decide
from relanced.rules.gate import Moment, Strength, Surface, Verdict, all_verdicts
from relanced.rules.model import CaseFacts, Road
from relanced.rules.policy import Policy
from tests.rules.build import BUSINESS, EMAIL, MAIL, at, case, day

ALLOW, DEFER, PARK, CANCEL = Strength.ALLOW, Strength.DEFER, Strength.PARK, Strength.CANCEL
RULES = ContactRules()
TEN = 10  # a Friday, 20 March 2026: relance-1 is due
FRIDAY = at(TEN)
OPEN = Surface(RULES, creditor_postcode="35000", covers=day(TEN - 1))


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

"""Where the terms of a case stand once it has moved to another policy."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from relanced.rules.adopt import notice_lost, passed_by_place
from relanced.rules.model import CaseFacts, Debtor, Line, LineState, Road, Segment, Term
from relanced.rules.policy import Policy, Step, Tone, When
from relanced.rules.stand import PassReason, stand

DUE = date(2026, 3, 2)
COURTEOUS, FIRM, FORMAL = Tone.COURTEOUS, Tone.FIRM, Tone.FORMAL


def ladder(*steps: tuple[str, Tone, int], deadline: int | None = None) -> Policy:
    """A policy of these steps: name, tone, days after the due date; a formal one sets the deadline."""
    made = tuple(
        Step(name, tone, When(days), via=(Road.EMAIL,), deadline=deadline if tone is FORMAL else None)
        for name, tone, days in steps
    )
    return Policy("p", frozenset(Segment), made)


OLD = ladder(("a", COURTEOUS, 3), ("b", FIRM, 10), ("c", FIRM, 20))


def case(*done: tuple[str, LineState, int], open_: int = 100_00) -> CaseFacts:
    """A case with one term; its steps with what became of them, so many days after the due date."""
    term = Term(
        1, "F-1", 1, DUE - timedelta(days=30), DUE, 100_00, stated_open=open_, stated_on=DUE, invoice_cents=100_00
    )
    lines = tuple(Line(1, name, state, DUE + timedelta(days=days)) for name, state, days in done)
    return CaseFacts(1, 1, "dubois", Debtor("C1", "C1"), terms=(term,), lines=lines)


DONE, OVER, PLANNED = LineState.PERFORMED, LineState.PASSED_OVER, LineState.PLANNED


@pytest.mark.parametrize(
    ("what", "done", "new", "passed"),
    [
        ("nothing done yet", [], [("x", COURTEOUS, 3)], []),
        ("the same names", [("a", DONE, 3)], [("a", COURTEOUS, 5), ("b", FIRM, 12)], []),
        ("all renamed", [("a", DONE, 3)], [("x", COURTEOUS, 3), ("y", FIRM, 10)], ["x"]),
        ("renamed, and earlier", [("a", DONE, 3)], [("x", COURTEOUS, 1), ("y", FIRM, 10)], ["x"]),
        ("renamed, and later: it is another step", [("a", DONE, 3)], [("x", COURTEOUS, 5), ("y", FIRM, 10)], []),
        ("as early, but harder", [("a", DONE, 3)], [("x", FIRM, 3)], []),
        ("passed over counts as reached", [("a", OVER, 3)], [("x", COURTEOUS, 3), ("y", FIRM, 10)], ["x"]),
        ("two behind", [("b", DONE, 10)], [("x", COURTEOUS, 3), ("y", FIRM, 9), ("z", FIRM, 15)], ["x", "y"]),
        ("one more in between, below what is known", [("b", DONE, 10)], [("x", COURTEOUS, 3), ("b", FIRM, 10)], []),
        ("what is under way is left to the planner", [("a", DONE, 3), ("b", PLANNED, 10)], [("b", COURTEOUS, 2)], []),
    ],
)
def test_a_term_keeps_its_place(
    what: str, done: list[tuple[str, LineState, int]], new: list[tuple[str, Tone, int]], passed: list[str]
) -> None:
    found = passed_by_place(case(*done), OLD, ladder(*new))
    assert [p.step for p in found] == passed, what
    assert {p.reason for p in found} <= {PassReason.ADOPTED}


def test_what_is_paid_needs_no_place() -> None:
    assert passed_by_place(case(("a", DONE, 3), open_=0), OLD, ladder(("x", COURTEOUS, 3))) == ()


def test_after_a_notice_every_dated_step_lies_behind() -> None:
    handed = Step("hand", FORMAL, When(deadline_of="n"), hand_over=True)
    old = Policy("p", frozenset(Segment), (*ladder(("n", FORMAL, 30), deadline=15).steps, handed))
    new = ladder(("x", FIRM, 40), ("y", FORMAL, 60))
    assert [p.step for p in passed_by_place(case(("hand", OVER, 50)), old, new)] == ["x", "y"]


@pytest.mark.parametrize(
    ("step", "lost"),
    [(("n", FORMAL, 30), ""), (("other", FORMAL, 30), "n")],
)
def test_a_notice_that_was_given_must_be_known_to_the_new_ladder(step: tuple[str, Tone, int], lost: str) -> None:
    old = ladder(("n", FORMAL, 30), deadline=15)
    given = case(("n", DONE, 30))
    assert notice_lost(given, old, ladder(step, deadline=15)) == lost
    assert notice_lost(case(("n", DONE, 30), open_=0), old, ladder(step, deadline=15)) == ""


def test_the_gap_is_kept_from_a_step_of_a_former_ladder() -> None:
    new = ladder(("x", COURTEOUS, 3), ("y", FIRM, 10))
    facts = case(("a", DONE, 40), ("x", OVER, 41))
    at = stand(facts, new, facts.terms[0], 100_00, DUE + timedelta(days=41))
    assert (at.step and at.step.name, at.due) == ("y", DUE + timedelta(days=47))

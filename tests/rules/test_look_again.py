"""What stands still, and when a case is looked at again."""

from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from relanced.rules.decide import decide
from relanced.rules.model import CaseFacts, HoldKind, Line, LineState, Reminder
from relanced.rules.policy import AtMost, Step, When
from tests.rules.build import (
    BUSINESS,
    COURTEOUS,
    EMAIL,
    EVERYTHING,
    PARIS,
    at,
    case,
    climbed,
    day,
    hold,
    paid,
    passed,
    performed,
    policy,
    reminder,
    term,
)
from tests.rules.moments import decided, ids, step_on

NOTICE = "mise-en-demeure"


# -- holds --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", HoldKind)
def test_a_held_case_stands_still(kind: HoldKind) -> None:
    decision = decided(case(holds=[hold(kind=kind)]), 60)
    assert (decision.step, decision.passes, decision.look_again) == (None, (), None)
    assert decision.reason.startswith(f"on hold ({kind.value}")


def test_a_hold_with_an_end_is_looked_at_again_then() -> None:
    facts = case(holds=[hold(until=at(20, 17))])
    assert decided(facts, 10).look_again == at(20, 17)
    assert decide(facts, BUSINESS, at(20, 16, 59)).step is None
    assert decide(facts, BUSINESS, at(20, 17)).step == BUSINESS.step("relance-1")


def test_the_end_of_a_hold_may_come_in_any_time_zone() -> None:
    until = datetime(2026, 3, 30, 15, 0, tzinfo=UTC)
    assert decided(case(holds=[hold(until=until)]), 10).look_again == datetime(2026, 3, 30, 17, 0, tzinfo=PARIS)


def test_a_held_term_stands_still_and_the_others_go_on() -> None:
    decision = decided(case(term(1), term(2), holds=[hold(term=1)]), 10)
    assert ids(decision) == [2]


def test_a_hold_on_what_is_paid_says_nothing() -> None:
    facts = case(term(1), term(2, due=60), money=[paid(2_000_00)], holds=[hold(term=1, until=at(20))])
    assert decided(facts, 10).reason == f"next: courtoisie for FA-2 on {at(55).date()}"
    assert decided(facts, 10).look_again == at(55, 0)


def test_after_a_hold_the_ladder_goes_on_where_it_was_one_step_at_a_time() -> None:
    facts = case(lines=climbed("relance-2"), holds=[hold(until=at(50))])
    assert step_on(facts, 51) == "relance-2"


# -- once a reminder has left ----------------------------------------------------------------------------------------


def test_a_reminder_that_leaves_counts_as_if_it_had_left_today() -> None:
    planned = Line(1, "relance-1", LineState.PLANNED, day(3), reminder_id=1)
    now = case(lines=[planned], reminders=[Reminder(1, "relance-1", 0, day(3), term_ids=(1,))])
    then = case(lines=[performed("relance-1", 4)], reminders=[reminder("relance-1", 4)])
    told = decide(now, BUSINESS, at(4), EVERYTHING, leaving=1)
    assert told == decide(then, BUSINESS, at(4), EVERYTHING)
    assert told.look_again == at(11, 0)


def test_a_reminder_that_leaves_is_one_of_those_that_at_most_counts() -> None:
    once = policy(Step("once", COURTEOUS, When(1), (EMAIL,), at_most=AtMost(1, 10)))
    planned = Line(1, "once", LineState.PLANNED, day(3), reminder_id=7)
    facts = case(term(1), term(2), lines=[planned], reminders=[Reminder(7, "once", 0, day(3), term_ids=(1,))])
    assert ids(decide(facts, once, at(3), EVERYTHING, leaving=8)) == [1, 2]
    assert decide(facts, once, at(3), EVERYTHING, leaving=7).look_again == at(13, 0)


# -- when to look again -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "on", "again"),
    [
        (case(), -30, -5),
        (case(), -5, 1),  # the note is decided; after the due date it would be too late
        (case(), 1, 3),
        (case(lines=climbed("relance-2")), 4, 10),
        (case(lines=[*climbed(NOTICE), performed(NOTICE, 30)]), 31, None),  # waits for a fact: the presentation
        (case(lines=[*climbed(NOTICE), performed(NOTICE, 30, presented=33)]), 34, 49),
        (case(term(1), term(2, due=9)), 3, 4),
        (case(term(1, cents=5_00), term(2, due=20, cents=50_00), lines=[passed("courtoisie", term=2)]), 12, 21),
    ],
)
def test_the_case_is_looked_at_again_when_time_alone_may_change_the_answer(
    facts: CaseFacts, on: int, again: int | None
) -> None:
    assert decided(facts, on).look_again == (None if again is None else at(again, 0))


def test_at_midnight_it_looks_ahead_not_at_the_same_moment_again() -> None:
    assert decide(case(), BUSINESS, at(-5, 0)).look_again == at(1, 0)


UNGATHERED = replace(BUSINESS, gather=0)
NOTES = policy(Step("note", COURTEOUS, When(-5), (EMAIL,), min_amount=50_00), gather=7)


def test_too_little_is_looked_at_again_when_another_term_is_overdue() -> None:
    facts = case(term(1, cents=5_00), term(2, due=20, cents=50_00), lines=[passed("courtoisie", term=2)])
    assert decided(facts, 12, UNGATHERED).look_again == at(21, 0)
    assert [step_on(facts, n, UNGATHERED) for n in (20, 21)] == [None, "relance-1"]


def test_too_little_is_looked_at_again_when_another_term_can_be_gathered() -> None:
    facts = case(term(1, cents=40_00), term(2, due=10, cents=40_00))
    assert decided(facts, -5, NOTES).look_again == at(-2, 0)
    assert [step_on(facts, n, NOTES) for n in (-3, -2)] == [None, "note"]


def test_fault_26_a_day_begins_at_local_midnight_on_both_sides_of_the_change_of_hour() -> None:
    """Fault 26: 29 March 2026 and 25 October 2026 have 23 and 25 hours; a step is due once, at 00:00."""
    for due, again in ((16, date(2026, 3, 29)), (226, date(2026, 10, 25))):
        facts = case(term(due=due), lines=[passed("courtoisie")])
        decision = decided(facts, due + 1)
        assert decision.look_again == datetime(again.year, again.month, again.day, tzinfo=PARIS)
        assert decision.look_again.utcoffset() == datetime(again.year, again.month, again.day, tzinfo=PARIS).utcoffset()

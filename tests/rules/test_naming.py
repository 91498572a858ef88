"""Which terms a reminder names, in which tone, and why each."""

from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from relanced.rules.decide import Decision
from relanced.rules.model import CaseFacts, Habits, Line, LineKind
from relanced.rules.policy import Step, When
from tests.rules.build import (
    BUSINESS,
    COURTEOUS,
    EMAIL,
    FIRM,
    FORMAL,
    case,
    climbed,
    day,
    paid,
    passed,
    performed,
    policy,
    term,
)
from tests.rules.moments import decided

MAIN, GATHERED, ABSORBED = LineKind.MAIN, LineKind.GATHERED, LineKind.ABSORBED
NOTICE = "mise-en-demeure"


def named(decision: Decision) -> tuple[str | None, dict[int, LineKind]]:
    return decision.step.name if decision.step else None, {n.term_id: n.kind for n in decision.lines}


def two(first: Iterable[Line] = (), second: Iterable[Line] = (), due: int = 0, cents: int = 2_000_00) -> CaseFacts:
    """Term 1 of day 0 and term 2 of day `due`, each with its past."""
    return case(term(1), term(2, due=due, cents=cents), lines=[*first, *(replace(x, term_id=2) for x in second)])


# -- tone ---------------------------------------------------------------------------------------------------------

TWICE = climbed("relance-2")  # stands on relance-2
GIVEN = [*climbed(NOTICE), performed(NOTICE, 30, presented=31)]

TONES: dict[str, tuple[CaseFacts, int, str, dict[int, LineKind]]] = {
    "terms on the same step go together": (two(TWICE, TWICE), 10, "relance-2", {1: MAIN, 2: MAIN}),
    "the highest step goes, the lower one is listed apart": (two(TWICE), 10, "relance-2", {1: MAIN, 2: ABSORBED}),
    "when steps share a day the highest tone goes first": (
        two(climbed(NOTICE), TWICE, due=20),
        30,
        NOTICE,
        {1: MAIN},
    ),
    "a notice names only what climbed there": (two(climbed(NOTICE), climbed("relance-ferme")), 40, NOTICE, {1: MAIN}),
    "two terms that climbed there share a notice": (
        two(climbed(NOTICE), climbed(NOTICE)),
        40,
        NOTICE,
        {1: MAIN, 2: MAIN},
    ),
    "a call absorbs nothing": (two(climbed("appel"), TWICE), 14, "appel", {1: MAIN}),
    "a firm letter absorbs a call": (
        two(climbed("relance-ferme"), climbed("appel")),
        21,
        "relance-ferme",
        {1: MAIN, 2: ABSORBED},
    ),
    "a hand-over absorbs nothing": (two(GIVEN, TWICE), 60, "transmission", {1: MAIN}),
    "a step not due yet is not absorbed": (two(TWICE, [performed("relance-1", 9)]), 10, "relance-2", {1: MAIN}),
    "what falls due today is not named": (two(TWICE, due=10), 10, "relance-2", {1: MAIN}),
    "what falls due in three days is not named": (two(TWICE, due=13), 10, "relance-2", {1: MAIN}),
    "nor in a first reminder": (two(due=6), 3, "relance-1", {1: MAIN}),
    "nor does a courtesy note name what is late": (two(TWICE, due=14), 9, "courtoisie", {2: MAIN}),
}


@pytest.mark.parametrize(("facts", "on", "step", "lines"), TONES.values(), ids=TONES.keys())
def test_a_reminder_performs_the_highest_step_for_the_terms_that_stand_on_it(
    facts: CaseFacts, on: int, step: str, lines: dict[int, LineKind]
) -> None:
    assert named(decided(facts, on)) == (step, lines)


ON_THE_DAY = policy(Step("today", COURTEOUS, When(0), (EMAIL,)), Step("late", FIRM, When(5), (EMAIL,)))
TWO_LETTERS = policy(
    Step("first", FIRM, When(5), (EMAIL,)), Step("second", FIRM, When(9), (EMAIL,), min_amount=5_000_00)
)
SHARP_FIRST = policy(
    Step("notice", FORMAL, When(5), (EMAIL,), min_amount=5_000_00), Step("firm", FIRM, When(9), (EMAIL,))
)


def test_what_falls_due_today_may_be_named_on_its_own_but_not_among_the_late() -> None:
    assert named(decided(two(due=5), 5, ON_THE_DAY)) == ("today", {1: MAIN, 2: MAIN})
    assert named(decided(two([performed("today", 0)], due=5), 5, ON_THE_DAY)) == ("late", {1: MAIN})


def test_a_term_whose_higher_step_waits_is_not_named_in_a_lower_one() -> None:
    assert named(decided(two([performed("first", 5)]), 20, TWO_LETTERS)) == ("first", {2: MAIN})


def test_a_formal_step_is_never_absorbed() -> None:
    assert named(decided(two([performed("notice", 5)]), 20, SHARP_FIRST)) == ("firm", {1: MAIN})


def test_an_absorbed_line_performs_its_own_lower_step() -> None:
    assert [(n.term_id, n.step) for n in decided(two(TWICE), 10).lines] == [(1, "relance-2"), (2, "relance-1")]


def test_a_line_names_what_is_left_the_oldest_due_date_first() -> None:
    facts = case(term(1), term(2, due=-1), money=[paid(500_00)], lines=[*TWICE, *climbed("relance-2", 2)])
    decision = decided(facts, 10)
    assert [(n.term_id, n.cents) for n in decision.lines] == [(2, 2_000_00), (1, 1_500_00)]
    assert decision.cents == 3_500_00


# -- gathering ----------------------------------------------------------------------------------------------------

PUNCTUAL = Habits(6, 0.0)  # below 1 000 EUR the courtesy note is not meant for him


@pytest.mark.parametrize(
    ("due", "cents", "lines"),
    [
        (7, 2_000_00, {1: MAIN, 2: GATHERED}),  # its note is due in seven days: it comes along
        (8, 2_000_00, {1: MAIN}),
        (7, 999_00, {1: MAIN}),  # the note is not meant for a small amount of a punctual payer
        (0, 999_00, {1: MAIN}),
    ],
)
def test_a_courtesy_note_gathers_what_is_due_soon_after_and_meant(
    due: int, cents: int, lines: dict[int, LineKind]
) -> None:
    facts = case(term(1), term(2, due=due, cents=cents), habits=PUNCTUAL)
    assert named(decided(facts, -5)) == ("courtoisie", lines)


@pytest.mark.parametrize(
    ("due", "covers", "lines"),
    [
        (1, 2, {1: MAIN, 2: GATHERED}),  # due on Wednesday, the bank data cover Thursday, today is Friday
        (1, 1, {1: MAIN}),  # a transfer of Wednesday may still be on its way
        (1, None, {1: MAIN}),
        (3, 3, {1: MAIN}),  # due today
        (4, 3, {1: MAIN}),
    ],
)
def test_after_the_due_date_a_reminder_gathers_only_what_is_past_due_and_covered(
    due: int, covers: int | None, lines: dict[int, LineKind]
) -> None:
    known = None if covers is None else day(covers)
    assert named(decided(two(due=due), 3, covers=known)) == ("relance-1", lines)


@pytest.mark.parametrize(("noted", "lines"), [(2, {1: MAIN, 2: GATHERED}), (3, {1: MAIN})])
def test_gathering_looks_no_further_than_its_days(noted: int, lines: dict[int, LineKind]) -> None:
    """The note of term 2 left on that day: its first reminder is due eight days later, today is the third."""
    assert named(decided(two([], [performed("courtoisie", noted)], due=1), 3)) == ("relance-1", lines)


def test_a_line_gathered_early_is_due_for_its_next_step_at_its_own_date() -> None:
    facts = case(lines=[performed("relance-1", 1)])
    assert [named(decided(facts, n))[0] for n in (9, 10)] == [None, "relance-2"]


def test_a_firm_reminder_gathers_nothing() -> None:
    assert named(decided(two(TWICE, TWICE, due=2), 10)) == ("relance-2", {1: MAIN})


def test_nothing_is_gathered_without_the_word() -> None:
    assert named(decided(two(due=1), 3, replace(BUSINESS, gather=0))) == ("relance-1", {1: MAIN})


# -- bank data ----------------------------------------------------------------------------------------------------

NEXT_DAY = policy(
    Step("one", COURTEOUS, When(1), (EMAIL,)), Step("two", FIRM, When(10), (EMAIL,)), name="a first word the day after"
)


@pytest.mark.parametrize(
    ("facts", "on", "covers", "lines"),
    [
        (two(due=1), 2, 2, {1: MAIN, 2: MAIN}),
        (two(due=1), 2, 1, {1: MAIN}),  # the second may have been paid: it waits, the first goes
        (two(due=1), 2, 0, {1: MAIN, 2: MAIN}),  # neither is known: both wait at the gate for the import
        (two(due=1), 2, None, {1: MAIN, 2: MAIN}),
        (two([performed("one", 1)], due=9), 10, 10, {1: MAIN, 2: ABSORBED}),
        (two([performed("one", 1)], due=9), 10, 9, {1: MAIN}),  # new invoices every day never hold up a firm reminder
    ],
)
def test_what_the_bank_data_cannot_show_yet_does_not_stop_the_rest(
    facts: CaseFacts, on: int, covers: int | None, lines: dict[int, LineKind]
) -> None:
    known = None if covers is None else day(covers)
    assert named(decided(facts, on, NEXT_DAY, known))[1] == lines


# -- currencies ---------------------------------------------------------------------------------------------------


def test_a_reminder_speaks_the_currency_of_its_oldest_term() -> None:
    dollars = (term(1, due=-2, currency="USD", cents=20_00), term(3, due=0, currency="USD", cents=30_00))
    facts = case(*dollars, term(2, due=-1))
    assert named(decided(facts, 10)) == ("relance-1", {1: MAIN, 3: MAIN})


def test_a_currency_below_the_least_amount_does_not_stop_the_other() -> None:
    facts = case(term(1, due=-3, currency="USD", cents=10_00), term(2))
    assert named(decided(facts, 10)) == ("relance-1", {2: MAIN})


def test_amounts_of_two_currencies_are_not_added() -> None:
    facts = case(term(1, currency="USD", cents=10_00), term(2, cents=10_00))
    assert decided(facts, 10).step is None


def test_a_step_passed_over_for_one_term_is_taken_for_another() -> None:
    assert named(decided(two([*TWICE, passed("relance-2")], TWICE), 13)) == ("relance-2", {2: MAIN})

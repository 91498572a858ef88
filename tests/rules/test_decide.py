"""Which step is due for a case, for which terms, and why."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest

from relanced.rules.calendar import fresh_from
from relanced.rules.decide import Decision, decide
from relanced.rules.model import (
    Address,
    CaseFacts,
    Habits,
    Hold,
    HoldKind,
    Line,
    LineKind,
    Money,
    PaymentMode,
    Reminder,
    Term,
)
from relanced.rules.policy import AtMost, Only, Policy, Step, When
from tests.rules.build import (
    BUSINESS,
    CONSUMER,
    COURTEOUS,
    DURAND,
    EMAIL,
    EVERYTHING,
    FIRM,
    FORMAL,
    LETTER,
    PHONE,
    PUBLIC,
    REGISTERED,
    at,
    case,
    climbed,
    credit,
    day,
    hold,
    paid,
    passed,
    performed,
    policy,
    reminder,
    term,
)

MAIN, GATHERED, ABSORBED = LineKind.MAIN, LineKind.GATHERED, LineKind.ABSORBED
PUNCTUAL = Habits(6, 0.0)  # nobody the courtesy note is meant for, below 1 000 EUR
NOTICE = "mise-en-demeure"


def decided(facts: CaseFacts, on: int, ladder: Policy = BUSINESS, covers: date | None = EVERYTHING) -> Decision:
    return decide(facts, ladder, at(on), covers)


def named(decision: Decision) -> tuple[str | None, dict[int, LineKind]]:
    return decision.step and decision.step.name, {n.term_id: n.kind for n in decision.lines}


# -- since, never exactly on --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "lines", "step"),
    [
        (-6, [], None),
        (-5, [], "courtoisie"),
        (0, [], "courtoisie"),
        (1, [], None),
        (3, [], "relance-1"),
        (13, [], "relance-1"),  # ten days down: one message, and it is the first that is due
        (4, [performed("relance-1", 3)], None),
        (10, [performed("relance-1", 3)], "relance-2"),
        (14, climbed("appel"), "appel"),
        (29, climbed(NOTICE), None),
        (30, climbed(NOTICE), NOTICE),
        (90, [*climbed(NOTICE), performed(NOTICE, 30)], None),
        (49, [*climbed(NOTICE), performed(NOTICE, 30, presented=33)], "transmission"),
    ],
)
def test_a_step_is_due_since_its_day(on: int, lines: list[Line], step: str | None) -> None:
    assert named(decided(case(lines=lines), on))[0] == step


@pytest.mark.parametrize("ladder", [BUSINESS, CONSUMER, PUBLIC], ids=lambda p: p.name)
def test_fault_27_after_ten_days_down_one_message_and_then_the_gap(ladder: Policy) -> None:
    """Fault 27: the steps missed meanwhile follow one by one, each after its gap, never together."""
    first, second = (s for s in ladder.steps if s.when.days > 0 and s.tone < FORMAL and s.via[0] is EMAIL)
    back = second.when.days + 10
    late = case(lines=[performed(first.name, first.when.days)])
    assert named(decided(late, back, ladder))[0] == second.name
    after = case(lines=[performed(first.name, first.when.days), performed(second.name, back)])
    gap = ladder.step("appel").when.days - second.when.days
    assert [named(decided(after, back + n, ladder))[0] for n in range(gap + 1)] == [None] * gap + ["appel"]


# -- nothing is asked of somebody who owes nothing ----------------------------------------------------------------

LATE = climbed("relance-2")
RESTS: dict[str, tuple[CaseFacts, str]] = {
    "the principal is paid": (case(money=[paid(2_000_00)], lines=LATE), "nothing is owed"),
    "a credit note covers it": (case(money=[credit(2_000_00)], lines=LATE), "nothing is owed"),
    "payment and credit together": (case(money=[paid(1_500_00), credit(500_00, id=2)]), "nothing is owed"),
    "loose money covers it": (case(money=[paid(2_000_00, invoice=None)]), "nothing is owed"),
    "a person said paid": (case(term(settled=8)), "nothing is owed"),
    "the books say settled": (case(term(stated=(8, 0))), "nothing is owed"),
    "the debtor is excluded": (case(debtor=replace(DURAND, excluded=True)), "the debtor is excluded"),
    "the invoice is excluded": (case(term(excluded=True)), "what is owed is excluded, closed, handed over or"),
    "the case was closed": (case(term(closed=9)), "what is owed is excluded, closed, handed over or"),
    "it was handed over": (case(term(handed_over=9)), "what is owed is excluded, closed, handed over or"),
    "a direct debit is ours to collect": (case(term(mode=PaymentMode.DIRECT_DEBIT)), "collected by direct debit"),
}


@pytest.mark.parametrize(("facts", "why"), RESTS.values(), ids=RESTS.keys())
def test_what_is_not_asked_for_is_left_alone(facts: CaseFacts, why: str) -> None:
    decision = decided(facts, 60)
    assert (decision.step, decision.lines, decision.passes, decision.look_again) == (None, (), (), None)
    assert why in decision.reason


def test_a_rejected_direct_debit_is_chased_like_any_other() -> None:
    debit = term(mode=PaymentMode.DIRECT_DEBIT)
    rejected = case(debit, money=[paid(2_000_00, on=0), paid(-2_000_00, on=2, id=2)])
    assert named(decided(rejected, 10)) == ("relance-1", {1: MAIN})


def test_fault_56_a_reversal_takes_the_ladder_up_where_it_was() -> None:
    """Fault 56: what the bank takes back is owed again."""
    facts = case(money=[paid(2_000_00, on=5), paid(-2_000_00, on=12, id=2)], lines=LATE)
    decision = decided(facts, 13)
    assert (named(decision), decision.cents) == (("relance-2", {1: MAIN}), 2_000_00)


def test_a_line_names_what_is_left_and_the_decision_their_sum() -> None:
    facts = case(term(1), term(2, due=-1), money=[paid(500_00)], lines=[*LATE, *climbed("relance-2", 2)])
    decision = decided(facts, 10)
    assert [(n.term_id, n.cents) for n in decision.lines] == [(2, 2_000_00), (1, 1_500_00)]  # oldest due date first
    assert decision.cents == 3_500_00


# -- tone: one reminder per case ----------------------------------------------------------------------------------


def two(first: Iterable[Line] = (), second: Iterable[Line] = (), due: int = 0, cents: int = 2_000_00) -> CaseFacts:
    """One term of day 0 with its past, another of day `due` with its own (written as of term 1)."""
    return case(term(1), term(2, due=due, cents=cents), lines=[*first, *(replace(x, term_id=2) for x in second)])


TONES: dict[str, tuple[CaseFacts, int, str, dict[int, LineKind]]] = {
    "terms on the same step go together": (two(LATE, LATE), 10, "relance-2", {1: MAIN, 2: MAIN}),
    "the highest step goes, the lower one is listed apart": (
        two(LATE, [], due=-6),
        10,
        "relance-2",
        {1: MAIN, 2: ABSORBED},
    ),
    "when steps share a day the highest tone goes first": (
        two(climbed(NOTICE), LATE, due=20),
        30,
        NOTICE,
        {1: MAIN},
    ),
    "a notice names only what climbed there": (two(climbed(NOTICE), climbed("relance-ferme")), 40, NOTICE, {1: MAIN}),
    "a call absorbs nothing": (two(climbed("appel"), LATE), 14, "appel", {1: MAIN}),
    "a call can be absorbed": (two(climbed("relance-ferme"), climbed("appel")), 21, "relance-ferme", {1: MAIN, 2: ABSORBED}),
    "a hand-over absorbs nothing": (
        two([*climbed(NOTICE), performed(NOTICE, 30, presented=31)], LATE),
        60,
        "transmission",
        {1: MAIN},
    ),
    "what is not due yet is not absorbed": (two(LATE, [performed("relance-1", 9)]), 10, "relance-2", {1: MAIN}),
    "what falls due today is not yet overdue": (two(LATE, [], due=10), 10, "relance-2", {1: MAIN}),
    "nor is what falls due next week": (two([passed("courtoisie")], [], due=6), 3, "relance-1", {1: MAIN}),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "on", "step", "lines"), TONES.values(), ids=TONES.keys())
def test_a_reminder_performs_the_highest_step_that_is_due(
    facts: CaseFacts, on: int, step: str, lines: dict[int, LineKind]
) -> None:
    assert named(decided(facts, on)) == (step, lines)


def test_an_absorbed_line_performs_its_own_lower_step() -> None:
    assert [(n.term_id, n.step) for n in decided(two(LATE, []), 10).lines] == [(1, "relance-2"), (2, "relance-1")]


def test_a_reminder_speaks_one_currency_the_oldest_first() -> None:
    facts = case(term(1, due=0, currency="USD", cents=20_00), term(2, due=-1), term(3, due=-2, currency="USD", cents=30_00))
    assert named(decided(facts, 10)) == ("relance-1", {1: MAIN, 3: MAIN})


def test_a_currency_below_the_least_amount_does_not_stop_the_other() -> None:
    facts = case(term(1, due=-3, currency="USD", cents=10_00), term(2))
    assert named(decided(facts, 10)) == ("relance-1", {2: MAIN})


# -- gathering: good payers must not be pestered ------------------------------------------------------------------


def neighbours(due: int, ladder: Policy = BUSINESS, habits: Habits = PUNCTUAL, cents: int = 2_000_00) -> CaseFacts:
    return case(term(1), term(2, due=due, cents=cents), lines=[passed("courtoisie")], habits=habits)


@pytest.mark.parametrize(
    ("facts", "on", "covers", "lines"),
    [
        (neighbours(7, cents=99_00), 10, 9, {1: MAIN, 2: GATHERED}),  # due today: in three days the same step
        (neighbours(5, cents=99_00), 7, 7, {1: MAIN, 2: GATHERED}),
        (neighbours(5, cents=99_00), 7, 5, {1: MAIN}),  # the bank data do not cover it yet
        (neighbours(7, cents=99_00), 7, 7, {1: MAIN}),  # not past due
        (neighbours(9, cents=99_00), 7, 7, {1: MAIN}),  # not due at all
    ],
)
def test_after_the_due_date_only_what_is_past_due_and_covered_is_gathered(
    facts: CaseFacts, on: int, covers: int, lines: dict[int, LineKind]
) -> None:
    lines = lines if fresh_from(facts.terms[1].due_on) <= day(covers) else {1: MAIN}
    assert named(decided(facts, on, covers=day(covers))) == ("relance-1", lines)

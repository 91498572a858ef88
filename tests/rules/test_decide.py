"""Which step is due for a case, and why."""

from collections.abc import Iterable
from itertools import permutations

import pytest
from msgspec.structs import replace

from relanced.rules.model import CaseFacts, HoldKind, Line, PaymentMode, Reminder
from relanced.rules.policy import AtMost, Policy, Step, When
from tests.rules.build import (
    BUSINESS,
    CONSUMER,
    COURTEOUS,
    DURAND,
    EMAIL,
    FIRM,
    FORMAL,
    LETTER,
    PUBLIC,
    at,
    case,
    climbed,
    credit,
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
        (48, [*climbed(NOTICE), performed(NOTICE, 30, presented=33)], None),
        (49, [*climbed(NOTICE), performed(NOTICE, 30, presented=33)], "transmission"),
    ],
)
def test_a_step_is_due_since_its_day(on: int, lines: list[Line], step: str | None) -> None:
    assert step_on(case(lines=lines), on) == step


@pytest.mark.parametrize("ladder", [BUSINESS, CONSUMER, PUBLIC], ids=lambda p: p.name)
def test_fault_27_after_ten_days_down_one_message_and_then_the_gap(ladder: Policy) -> None:
    """Fault 27: the steps missed meanwhile follow one by one, each after its gap, never together."""
    first, second, call = (ladder.step(name) for name in ("relance-1", "relance-2", "appel"))
    back = second.when.days + 10
    missed = [performed(first.name, first.when.days)]
    assert step_on(case(lines=missed), back, ladder) == "relance-2"
    after = case(lines=[*missed, performed("relance-2", back)])
    gap = call.when.days - second.when.days
    assert [step_on(after, back + n, ladder) for n in range(gap + 1)] == [None] * gap + ["appel"]


# -- nothing is asked of somebody who owes nothing ----------------------------------------------------------------

TWICE = climbed("relance-2")
RESTS: dict[str, tuple[CaseFacts, str]] = {
    "the principal is paid": (case(money=[paid(2_000_00)], lines=TWICE), "nothing is owed"),
    "a credit note covers it": (case(money=[credit(2_000_00)], lines=TWICE), "nothing is owed"),
    "payment and credit together": (case(money=[paid(1_500_00), credit(500_00, id=2)]), "nothing is owed"),
    "loose money covers it": (case(money=[paid(2_000_00, invoice=None)]), "nothing is owed"),
    "a person said paid": (case(term(settled=8)), "nothing is owed"),
    "the books say settled": (case(term(stated=(8, 0))), "nothing is owed"),
    "the debtor is excluded": (case(debtor=replace(DURAND, excluded=True)), "the debtor is excluded"),
    "the invoice is excluded": (case(term(excluded=True)), "what is owed is excluded"),
    "the case was closed": (case(term(closed=9)), "closed"),
    "it was handed over": (case(term(handed_over=9)), "handed over"),
    "a direct debit is ours to collect": (case(term(mode=PaymentMode.DIRECT_DEBIT)), "direct debit"),
}


@pytest.mark.parametrize(("facts", "why"), RESTS.values(), ids=RESTS.keys())
def test_what_is_not_asked_for_is_left_alone(facts: CaseFacts, why: str) -> None:
    decision = decided(facts, 60)
    assert (decision.step, decision.lines, decision.passes, decision.look_again) == (None, (), (), None)
    assert why in decision.reason


def test_the_rest_of_the_case_goes_on() -> None:
    facts = case(term(1, excluded=True), term(2, handed_over=9), term(3), term(4), money=[paid(2_000_00, 4)])
    assert ids(decided(facts, 10)) == [3]


def test_a_rejected_direct_debit_is_chased_like_any_other() -> None:
    debit = term(mode=PaymentMode.DIRECT_DEBIT)
    rejected = case(debit, money=[paid(2_000_00, on=0), paid(-2_000_00, on=2, id=2)])
    assert step_on(rejected, 10) == "relance-1"


def test_fault_56_a_reversal_takes_the_ladder_up_where_it_was() -> None:
    """Fault 56: what the bank takes back is owed again."""
    facts = case(money=[paid(2_000_00, on=5), paid(-2_000_00, on=12, id=2)], lines=TWICE)
    assert (step_on(facts, 13), decided(facts, 13).cents) == ("relance-2", 2_000_00)


# -- the least amounts --------------------------------------------------------------------------------------------

PENNIES = (term(1, cents=10_00), term(2, due=5, cents=5_00))
UNNOTED = [passed("courtoisie", term=2)]


@pytest.mark.parametrize(
    ("facts", "on", "step"),
    [
        (case(term(cents=14_99)), 10, None),
        (case(term(cents=15_00)), 10, "relance-1"),
        (case(*PENNIES, lines=UNNOTED), 5, None),  # the other falls due today
        (case(*PENNIES, lines=UNNOTED), 6, "relance-1"),  # now both are overdue
        (case(term(1, cents=10_00), term(2, cents=5_00), holds=[hold(term=2)]), 10, "relance-1"),  # held, still owed
        (case(term(1, cents=10_00), term(2, cents=5_00, excluded=True)), 10, None),  # excluded: not asked for
        (case(term(cents=14_99)), -5, None),  # a courtesy note counts what it names
        (case(term(cents=15_00)), -5, "courtoisie"),
    ],
)
def test_a_policy_leaves_small_cases_alone(facts: CaseFacts, on: int, step: str | None) -> None:
    assert step_on(facts, on) == step


def test_a_step_below_its_least_amount_waits_and_is_not_passed_over() -> None:
    small = case(term(cents=149_99), lines=climbed(NOTICE))
    waiting = decided(small, 60)
    assert (waiting.step, waiting.passes, waiting.ended) == (None, (), ())
    assert "mise-en-demeure waits: its lines are below 150.00" in waiting.reason
    assert step_on(case(term(cents=150_00), lines=climbed(NOTICE)), 60) == NOTICE


def test_the_lines_of_a_step_count_together() -> None:
    lines = [*climbed(NOTICE), *climbed(NOTICE, 2)]
    assert ids(decided(case(term(1, cents=75_00), term(2, cents=75_00), lines=lines), 60)) == [1, 2]


def test_other_terms_go_on_while_a_step_waits() -> None:
    facts = case(term(1, cents=100_00), term(2, due=20), lines=climbed(NOTICE))
    assert (step_on(facts, 30), ids(decided(facts, 30))) == ("relance-1", [2])


# -- at most ------------------------------------------------------------------------------------------------------

ONCE = policy(
    Step("one", COURTEOUS, When(3), (EMAIL,)),
    Step("two", FIRM, When(10), (LETTER,), at_most=AtMost(2, 30)),
)


@pytest.mark.parametrize(
    ("past", "on", "step"),
    [
        ([], 40, "two"),
        ([reminder("two", 15)], 40, "two"),
        ([reminder("two", 15), reminder("two", 20, 2)], 40, None),
        ([reminder("two", 20, 2), reminder("two", 15)], 44, None),
        ([reminder("two", 15), reminder("two", 20, 2)], 45, "two"),  # thirty days after the first of the two
        ([reminder("one", 15), reminder("one", 20, 2)], 40, "two"),  # another step
    ],
)
def test_a_step_is_performed_at_most_so_often_for_one_case(past: list[Reminder], on: int, step: str | None) -> None:
    assert step_on(case(lines=[performed("one", 3)], reminders=past), on, ONCE) == step


def test_a_step_reached_too_often_waits_and_lets_lower_ones_go() -> None:
    past = [reminder("two", 35), reminder("two", 36, 2)]
    facts = case(term(1), term(2, due=30), lines=[performed("one", 3)], reminders=past)
    decision = decided(facts, 40, ONCE)
    assert (decision.step and decision.step.name, ids(decision)) == ("one", [2])
    alone = decided(case(lines=[performed("one", 3)], reminders=past), 40, ONCE)
    assert (alone.passes, alone.look_again) == ((), at(65, 0))
    assert "two waits: at most 2 per 30 days" in alone.reason


# -- the end of the ladder, and words -----------------------------------------------------------------------------


@pytest.mark.parametrize("last", [performed("transmission", 50), passed("transmission", 50)])
def test_a_ladder_climbed_with_principal_owed_is_told(last: Line) -> None:
    facts = case(term(1), term(2, due=300), lines=[*climbed("transmission"), last])
    assert decided(facts, 60).ended == (1,)
    assert decided(case(lines=[*climbed("transmission"), last]), 60).reason == "every step of the ladder is done"


@pytest.mark.parametrize(
    ("facts", "on", "words"),
    [
        (case(), 10, "relance-1 is due since 2026-03-13 for 1 term"),
        (case(term(1), term(2)), 10, "relance-1 is due since 2026-03-13 for 2 terms"),
        (case(), -30, "next: courtoisie for FA-1 on 2026-03-05"),
        (case(term(cents=5_00)), 10, "less than 15.00 is overdue"),
        (case(lines=[*climbed(NOTICE), performed(NOTICE, 30)]), 40, "waits for the first presentation of the notice"),
    ],
)
def test_every_decision_carries_its_reason(facts: CaseFacts, on: int, words: str) -> None:
    assert decided(facts, on).reason == words


def test_when_the_lowest_of_two_steps_has_the_higher_tone_it_goes_first() -> None:
    ladder = policy(Step("sharp", FORMAL, When(3), (LETTER,), deadline=8), Step("mild", FIRM, When(10), (EMAIL,)))
    assert step_on(case(term(1), term(2), lines=[performed("sharp", 3, 2)]), 13, ladder) == "sharp"


def test_the_order_of_facts_never_matters() -> None:
    terms = (term(1), term(2, due=-8), term(3, due=-8, cents=40_00), term(4, due=4, currency="USD"))
    lines = [*climbed("relance-2", 2), *climbed("relance-2", 3)]
    money = [paid(10_00, 3), paid(20_00, None, id=2), credit(5_00, 2, id=3)]

    def orders(items: Iterable[object]) -> list[list[object]]:
        return [list(p) for p in list(permutations(items))[:24]]

    said = {
        decided(replace(case(), terms=tuple(ts), lines=tuple(ls), money=tuple(ms)), 6)
        for ts in orders(terms)
        for ls in orders(lines)
        for ms in orders(money)[:4]
    }
    assert len(said) == 1


# -- nobody is there ----------------------------------------------------------------------------------------------


def test_fault_49_while_nobody_is_there_courteous_steps_wait_and_firm_ones_do_not() -> None:
    """Fault 49: one term waits, the other goes on; the case is looked at when somebody is back."""
    away = hold(at(20, 0), kind=HoldKind.ABSENT)
    courteous = decided(case(term(1), holds=[away]), 10)
    assert (courteous.step, courteous.look_again) == (None, at(20, 0))
    assert courteous.reason.startswith("on hold (absent: ")
    both = case(term(1), term(2), lines=climbed("relance-2", term=2), holds=[away])
    firm = decided(both, 12)
    assert (firm.step.name if firm.step else None, ids(firm)) == ("relance-2", [2])
    assert step_on(case(term(1), holds=[away]), 20) == "relance-1"

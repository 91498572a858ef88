"""What each term still owes, in cents."""

from collections.abc import Iterable, Mapping
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from relanced.rules.model import Money, Term
from relanced.rules.owed import balances, outstanding, overdue
from tests.rules.build import case, credit, day, paid, term

Facts = tuple[list[Term], list[Money], dict[int, int]]


def owing(terms: Iterable[Term], money: Iterable[Money]) -> Mapping[int, int]:
    return balances(case(*terms, money=money))


# -- one invoice --------------------------------------------------------------------------------------------------

ONE = term(1, cents=100)
STATED = term(1, cents=100, stated=(5, 60))  # the books of day 5 say that 60 of 100 are open

ONE_INVOICE: dict[str, tuple[Term, list[Money], int]] = {
    "nothing was paid": (ONE, [], 100),
    "a part was paid": (ONE, [paid(30)], 70),
    "all was paid": (ONE, [paid(100)], 0),
    "more was paid than was owed": (ONE, [paid(130)], 0),
    "a credit note counts like a payment": (ONE, [credit(40), paid(60, id=2)], 0),
    "money that names no invoice pays it too": (ONE, [paid(25, invoice=None)], 75),
    "money for an invoice of another case pays the oldest": (ONE, [paid(25, invoice=99)], 75),
    "a rejected payment owes again": (ONE, [paid(100), paid(-100, on=4, id=2)], 100),
    "a rejected part of it owes again": (ONE, [paid(100), paid(-30, on=4, id=2)], 30),
    "a reversal booked before its payment": (ONE, [paid(-100, on=1), paid(100, on=2, id=2)], 100),
    "a reversal alone never raises the debt above the invoice": (ONE, [paid(-100)], 100),
    "paid, rejected, paid again": (ONE, [paid(100), paid(-100, on=4, id=2), paid(100, on=9, id=3)], 0),
    "paid twice, one taken back": (ONE, [paid(100), paid(100, on=2, id=2), paid(-100, on=3, id=3)], 0),
    "money of another currency pays nothing": (ONE, [paid(100, currency="USD")], 100),
    "loose money of another currency pays nothing": (ONE, [paid(100, invoice=None, currency="USD")], 100),
    "what the books say counts": (STATED, [], 60),
    "a payment the books knew counts once": (STATED, [paid(40, on=3)], 60),
    "a payment on the day of the books was in them": (STATED, [paid(40, on=5)], 60),
    "a payment after the books": (STATED, [paid(40, on=6)], 20),
    "a credit after the books": (STATED, [credit(60, on=6)], 0),
    "loose money the books knew": (STATED, [paid(40, invoice=None, on=5)], 60),
    "loose money after the books": (STATED, [paid(40, invoice=None, on=6)], 20),
    "a payment the books knew is rejected after them": (STATED, [paid(40, on=3), paid(-40, on=7, id=2)], 100),
    "the books say settled": (term(1, cents=100, stated=(5, 0)), [], 0),
    "the books say settled, then the bank takes it back": (
        term(1, cents=100, stated=(5, 0)),
        [paid(-100, on=8)],
        100,
    ),
    "the books say more than the invoice": (term(1, cents=100, stated=(5, 120)), [], 120),
    "the books say that we owe them": (term(1, cents=100, stated=(5, -20)), [], 0),
    "a person said that it is paid": (term(1, cents=100, settled=3), [], 0),
    "a person said so, and the bank takes something back": (term(1, cents=100, settled=3), [paid(-50)], 0),
}


@pytest.mark.parametrize(("owed", "money", "cents"), ONE_INVOICE.values(), ids=ONE_INVOICE.keys())
def test_what_one_invoice_owes(owed: Term, money: list[Money], cents: int) -> None:
    assert owing([owed], money) == {1: cents}


# -- several terms ------------------------------------------------------------------------------------------------

THIRDS = [term(10 + n, due=30 * n, cents=100, invoice=7, n=n, of=3) for n in (1, 2, 3)]
STATED_THIRDS = [term(10 + n, due=30 * n, cents=100, invoice=7, n=n, of=3, stated=(5, 150)) for n in (1, 2, 3)]
OLD, NEW = term(1, due=0, cents=100), term(2, due=30, cents=100)

SEVERAL: dict[str, Facts] = {
    "a payment goes to the oldest term of its invoice": (THIRDS, [paid(120, 7)], {11: 0, 12: 80, 13: 100}),
    "a total stated for three terms leaves the oldest paid": (STATED_THIRDS, [], {11: 0, 12: 50, 13: 100}),
    "a stated total and a later payment": (STATED_THIRDS, [paid(60, 7, on=9)], {11: 0, 12: 0, 13: 90}),
    "a reversal opens the last term that was paid": (
        THIRDS,
        [paid(250, 7), paid(-100, 7, on=4, id=2)],
        {11: 0, 12: 50, 13: 100},
    ),
    "a payment that names an invoice pays that one": ([OLD, NEW], [paid(100, 2)], {1: 100, 2: 0}),
    "what was paid too much goes to the oldest": ([OLD, NEW], [paid(130, 2)], {1: 70, 2: 0}),
    "a credit larger than its invoice goes to the oldest": ([OLD, NEW], [credit(150, 2)], {1: 50, 2: 0}),
    "what is taken back of an overpayment was never spare": (
        [OLD, NEW],
        [paid(130, 2), paid(-30, 2, on=4, id=2)],
        {1: 100, 2: 0},
    ),
    "loose money pays the oldest, then the next": ([NEW, OLD], [paid(120, None)], {1: 0, 2: 80}),
    "the bank line of what a person settled pays nothing else": (
        [term(1, cents=100, settled=3), NEW],
        [paid(100, None, on=5)],
        {1: 0, 2: 100},
    ),
    "nor when it came before the person spoke": (
        [term(1, cents=100, settled=3), NEW],
        [paid(100, None, on=1)],
        {1: 0, 2: 100},
    ),
    "nor when a credit note had paid the rest": (
        [term(1, cents=100, settled=3), NEW],
        [credit(40), paid(80, None, on=5, id=2)],
        {1: 0, 2: 80},
    ),
    "what is left of it pays the next": (
        [term(1, cents=100, settled=3), NEW],
        [paid(160, None, on=5)],
        {1: 0, 2: 40},
    ),
    "only once": (
        [term(1, cents=100, settled=3), NEW],
        [paid(100, None, on=5), paid(100, None, on=6, id=2)],
        {1: 0, 2: 0},
    ),
    "taken back, it was the money of neither": (
        [term(1, cents=100, settled=3), NEW],
        [paid(100, None, on=5), paid(-100, None, on=6, id=2), paid(100, None, on=7, id=3)],
        {1: 0, 2: 100},
    ),
    "loose money of another time passes over what a person settled": (
        [term(1, cents=100, settled=1), NEW],
        [paid(60, None, on=30)],
        {1: 0, 2: 40},
    ),
    "loose money passes over the invoice whose books knew it": (
        [term(1, cents=100, stated=(5, 60)), NEW],
        [paid(40, None, on=5)],
        {1: 60, 2: 60},
    ),
    "loose money passes over another currency": (
        [term(1, cents=100, currency="USD"), NEW],
        [paid(40, None)],
        {1: 100, 2: 60},
    ),
    "loose money taken back reopens what it had paid, not what was paid by name": (
        [OLD, NEW],
        [paid(100, 1), paid(100, None, on=2, id=2), paid(-100, None, on=3, id=3)],
        {1: 0, 2: 100},
    ),
    "of loose money the latest is taken back first": (
        [OLD, NEW],
        [paid(100, None), paid(50, None, on=2, id=2), paid(-50, None, on=3, id=3)],
        {1: 0, 2: 100},
    ),
    "a reversal nobody can attribute reopens the oldest paid term": (
        [OLD, NEW],
        [paid(100, 1), paid(-40, None, on=3, id=2)],
        {1: 40, 2: 100},
    ),
    "a reversal beyond everything paid asks no more than the invoices": (
        [OLD, NEW],
        [paid(100, 1), paid(-500, None, on=3, id=2)],
        {1: 100, 2: 100},
    ),
}


@pytest.mark.parametrize(("terms", "money", "left"), SEVERAL.values(), ids=SEVERAL.keys())
def test_what_several_terms_owe(terms: list[Term], money: list[Money], left: dict[int, int]) -> None:
    assert owing(terms, money) == left


def test_a_case_with_other_money_owes_something_else() -> None:
    facts = case(ONE)
    assert balances(facts) == {1: 100}
    assert balances(replace(facts, money=(paid(30),))) == {1: 70}


def test_overdue_is_what_is_past_its_due_date() -> None:
    terms = [term(1, due=0, cents=100), term(2, due=5, cents=10), term(3, due=6, cents=1)]
    assert overdue(terms, outstanding(terms, []), day(6)) == 110


# -- whatever happens ---------------------------------------------------------------------------------------------

some_money = st.lists(
    st.builds(
        paid,
        st.integers(-150, 250).filter(bool),
        st.sampled_from([1, 2, 7, None]),
        st.integers(-10, 20),
        credit=st.booleans(),
        currency=st.sampled_from(["EUR", "EUR", "USD"]),
    ),
    max_size=8,
).map(lambda items: [Money(i, m.booked_on, m.cents, m.currency, m.invoice_id, m.credit) for i, m in enumerate(items)])
some_terms = st.sampled_from([[OLD, NEW], [OLD, *THIRDS], [STATED, *THIRDS], [*STATED_THIRDS, NEW], [OLD]])


@settings(max_examples=300)
@given(some_terms, some_money, st.randoms(use_true_random=False))
def test_the_order_of_terms_and_money_never_matters(terms: list[Term], money: list[Money], random: Random) -> None:
    shuffled, mixed = list(terms), list(money)
    random.shuffle(shuffled)
    random.shuffle(mixed)
    assert outstanding(shuffled, mixed) == outstanding(terms, money)


@settings(max_examples=300)
@given(some_terms, some_money)
def test_a_term_never_owes_less_than_nothing_nor_more_than_itself(terms: list[Term], money: list[Money]) -> None:
    left = outstanding(terms, money)
    assert all(0 <= left[t.id] <= t.cents for t in terms)


@settings(max_examples=300)
@given(st.sampled_from([[OLD, NEW], [OLD, *THIRDS]]), some_money)
def test_no_cent_is_lost_and_none_counts_twice(terms: list[Term], money: list[Money]) -> None:
    """Without statements and reversals, the debt is the invoices minus what came in, and never below zero."""
    came = [m for m in money if m.cents > 0 and (m.currency == "EUR")]
    total = sum(t.cents for t in terms)
    assert sum(outstanding(terms, came).values()) == max(total - sum(m.cents for m in came), 0)

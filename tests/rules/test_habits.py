"""How a debtor pays, read from his invoices and his money."""

import pytest

from relanced.rules.habits import habits
from relanced.rules.model import Habits, Money, Term
from tests.rules.build import credit, paid, term

ONE = term(1, cents=100)
MONTHLY = [term(i, due=30 * i, cents=100) for i in range(1, 16)]

Facts = tuple[list[Term], list[Money], Habits]

TABLE: dict[str, Facts] = {
    "a new debtor": ([], [], Habits(0, 0.0)),
    "nothing is paid yet": ([ONE], [], Habits(0, 0.0)),
    "a part is not the whole": ([ONE], [paid(99)], Habits(0, 0.0)),
    "on the due day": ([ONE], [paid(100, on=0)], Habits(1, 0.0)),
    "early is not late": ([ONE], [paid(100, on=-9)], Habits(1, 0.0)),
    "eight days late": ([ONE], [paid(100, on=8)], Habits(1, 8.0)),
    "early and late do not make punctual": (
        [ONE, term(2, cents=100)],
        [paid(100, 1, on=-10), paid(100, 2, on=10, id=2)],
        Habits(2, 5.0),
    ),
    "in parts: the last one counts": ([ONE], [paid(60, on=1), paid(40, on=12, id=2)], Habits(1, 12.0)),
    "paid twice: the first one counts": ([ONE], [paid(100, on=1), paid(100, on=40, id=2)], Habits(1, 1.0)),
    "rejected and paid again: the last one counts": (
        [ONE],
        [paid(100, on=0), paid(-100, on=3, id=2), paid(100, on=20, id=3)],
        Habits(1, 20.0),
    ),
    "several terms: from the last due date": (
        [term(1, due=0, cents=50, invoice=7, n=1, of=2), term(2, due=30, cents=50, invoice=7, n=2, of=2)],
        [paid(50, 7, on=1), paid(50, 7, on=34, id=2)],
        Habits(1, 4.0),
    ),
    "money that names no invoice pays too": ([ONE], [paid(100, None, on=6)], Habits(1, 6.0)),
    "half by name, half without": ([ONE], [paid(50, 1, on=2), paid(50, None, on=7, id=2)], Habits(1, 7.0)),
    "a credit note is not a payment": ([ONE], [credit(100, on=20)], Habits(0, 0.0)),
    "nor is a loose one": ([ONE], [credit(100, None, on=20)], Habits(0, 0.0)),
    "a credit for the rest, after a payment": ([ONE], [paid(90, on=2), credit(10, on=5, id=2)], Habits(1, 5.0)),
    "a person said paid": ([term(1, cents=100, settled=9)], [], Habits(1, 9.0)),
    "the books say settled": ([term(1, cents=100, stated=(11, 0))], [], Habits(1, 11.0)),
    "the books say settled, the bank says since when": (
        [term(1, cents=100, stated=(11, 0))],
        [paid(100, on=3)],
        Habits(1, 3.0),
    ),
    "only the last twelve make the mean": (
        MONTHLY,
        [paid(100, i, on=30 * i + (25 if i <= 3 else 6), id=i) for i in range(1, 16)],
        Habits(15, 6.0),
    ),
}


@pytest.mark.parametrize(("terms", "money", "expected"), TABLE.values(), ids=TABLE.keys())
def test_how_a_debtor_pays(terms: list[Term], money: list[Money], expected: Habits) -> None:
    assert habits(terms, money) == expected


def test_the_order_of_facts_does_not_matter() -> None:
    money = [paid(100, i, on=30 * i + i, id=i) for i in range(1, 16)]
    assert habits(MONTHLY[::-1], money[::-1]) == habits(MONTHLY, money)

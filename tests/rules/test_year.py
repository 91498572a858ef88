"""A year with a debtor: who pays on the day, who pays late, who never pays; and ten days without the daemon."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relanced.rules.calendar import add_bank_days, bank_day_on_or_after
from relanced.rules.model import LineState, Money, Term
from relanced.rules.policy import Policy, Tone
from tests.rules.build import BUSINESS, CONSUMER, PUBLIC
from tests.rules.simulator import Life, Sent, Silence, World, live

START = date(2026, 1, 5)
LADDERS = pytest.mark.parametrize("ladder", [BUSINESS, CONSUMER, PUBLIC], ids=lambda p: p.name)


def on(n: int) -> date:
    return START + timedelta(days=n)


def invoice(id: int, due: int, cents: int) -> Term:
    return Term(id, f"FA-{id}", id, on(due - 30), on(due), cents, invoice_cents=cents)


def paid_after(term: Term, days: int) -> Money:
    """A transfer ordered so many days after the due date: the bank books it one bank day after it takes the order."""
    ordered = term.due_on + timedelta(days=days)
    return Money(term.id, add_bank_days(bank_day_on_or_after(ordered), 1), term.cents, invoice_id=term.id)


def late(life: Life) -> list[Sent]:
    """The reminders of what was past due."""
    return [s for s in life.sent if not s.step.before_due]


def most_in(days: Iterable[date], span: int) -> int:
    """How many of them fall into any so many days in a row."""
    listed = list(days)
    return max((sum(0 <= (d - first).days < span for d in listed) for first in listed), default=0)


# -- who pays on the day ------------------------------------------------------------------------------------------

dues = st.lists(st.integers(0, 364), min_size=1, max_size=30)
amounts = st.sampled_from([40_00, 400_00, 3_000_00])


@LADDERS
@settings(max_examples=6)
@given(due=dues, cents=amounts, every=st.integers(1, 4), lag=st.integers(0, 3))
def test_who_always_pays_on_the_due_day_hears_at_most_twice_a_month_and_never_late(
    ladder: Policy, due: list[int], cents: int, every: int, lag: int
) -> None:
    """Every message counts, copies too. Imports come every few days and know what the bank booked days before."""
    owed = tuple(invoice(i, day, cents) for i, day in enumerate(due, 1))
    money = tuple(paid_after(t, 0) for t in owed)
    life = live(World(ladder, owed, START, 372, money, every=every, lag=lag))
    assert late(life) == []
    assert most_in((s.on.date() for s in life.sent for _ in (s.step.via[:1] + s.step.also)), 31) <= 2


@LADDERS
def test_an_invoice_every_other_day_paid_on_its_day(ladder: Policy) -> None:
    owed = tuple(invoice(i + 1, i, 400_00) for i in range(0, 364, 2))
    life = live(World(ladder, owed, START, 370, tuple(paid_after(t, 0) for t in owed)))
    assert late(life) == []
    assert most_in((s.on.date() for s in life.sent), 31) <= 2


def test_who_pays_early_hears_even_less() -> None:
    owed = tuple(invoice(i, 14 * i, 3_000_00) for i in range(1, 27))
    life = live(World(BUSINESS, owed, START, 372, tuple(paid_after(t, -12) for t in owed)))
    assert [s.step.name for s in life.sent] == []


# -- who pays late, and who never pays ----------------------------------------------------------------------------


def test_who_pays_two_weeks_late_is_asked_twice_for_each_invoice() -> None:
    owed = (invoice(1, 0, 3_000_00), invoice(2, 100, 3_000_00), invoice(3, 200, 3_000_00))
    life = live(World(BUSINESS, owed, START, 300, tuple(paid_after(t, 12) for t in owed)))
    asked = Counter(s.step.name for s in late(life))
    assert asked == {"relance-1": 3, "relance-2": 3}


@LADDERS
@settings(max_examples=6)
@given(due=st.lists(st.integers(-200, 60), min_size=1, max_size=4), start=st.integers(0, 365))
def test_who_never_pays_climbs_the_whole_ladder_to_the_hand_over(ladder: Policy, due: list[int], start: int) -> None:
    """Every step of every term is performed or passed over exactly once, and in the end somebody else collects."""
    owed = tuple(invoice(i, day + start, 3_000_00) for i, day in enumerate(due, 1))
    life = live(World(ladder, owed, on(start), 330))
    assert Counter((line.term_id, line.step) for line in life.lines) == {
        (t.id, s.name): 1 for t in owed for s in ladder.steps
    }
    assert life.handed_over.keys() == {t.id for t in owed}
    skipped = {line.step for line in life.lines if line.state is LineState.PASSED_OVER}
    assert skipped <= {s.name for s in ladder.steps if s.before_due}


# -- ten days without the daemon ----------------------------------------------------------------------------------


@LADDERS
@settings(max_examples=15)
@given(first=st.integers(0, 80), days=st.integers(10, 40))
def test_fault_27_after_an_outage_of_ten_days_one_message_and_then_the_gap(
    ladder: Policy, first: int, days: int
) -> None:
    """Fault 27: what was missed is not made up for in a burst."""
    down = (Silence(on(first), on(first + days - 1)),)
    life = live(World(ladder, (invoice(1, 0, 3_000_00),), on(-10), 140, down=down))
    back = on(first + days)
    after = [s for s in life.sent if s.on.date() >= back and s.step.tone < Tone.FORMAL]
    for one, next_one in pairwise(after):
        assert (next_one.on - one.on).days >= next_one.step.when.days - one.step.when.days
    week = [s for s in life.sent if 0 <= (s.on.date() - back).days < 4]
    assert len(week) <= 1


def test_ten_days_down_over_two_steps_sends_one_the_first_morning() -> None:
    down = (Silence(on(2), on(14)),)
    life = live(World(BUSINESS, (invoice(1, 0, 3_000_00),), on(-10), 60, down=down))
    assert [(s.step.name, (s.on.date() - START).days) for s in life.sent][:4] == [
        ("courtoisie", -5),
        ("relance-1", 15),
        ("relance-2", 22),
        ("appel", 28),
    ]

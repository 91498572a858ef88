"""A sum cut into dated parts."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relanced.rules.instalments import MOST, announced_on, by_count, by_list


def test_equal_parts_a_month_apart_the_last_one_takes_what_does_not_divide() -> None:
    parts = by_count(1_000_00, 3, date(2026, 1, 31))
    assert [(p.n, p.on, p.cents, p.upto) for p in parts] == [
        (1, date(2026, 1, 31), 333_33, 333_33),
        (2, date(2026, 2, 28), 333_33, 666_66),
        (3, date(2026, 3, 31), 333_34, 1_000_00),
    ]


@given(total=st.integers(1, 10**12), count=st.integers(2, MOST), first=st.dates(date(2020, 1, 1), date(2090, 1, 1)))
def test_the_parts_always_add_up_and_follow_one_another(total: int, count: int, first: date) -> None:
    if total < count:
        with pytest.raises(ValueError, match="less to pay than instalments"):
            by_count(total, count, first)
        return
    parts = by_count(total, count, first)
    assert sum(p.cents for p in parts) == parts[-1].upto == total
    assert min(p.cents for p in parts) > 0
    days = [p.on for p in parts]
    assert days == sorted(set(days))


def test_a_list_is_taken_as_it_is() -> None:
    parts = by_list(100_00, [(date(2026, 3, 31), 40_00), (date(2026, 5, 15), 60_00)])
    assert [p.upto for p in parts] == [40_00, 100_00]


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ([(date(2026, 3, 31), 40_00), (date(2026, 5, 15), 50_00)], "add up to 90.00, what they are for to 100.00"),
        ([(date(2026, 5, 15), 40_00), (date(2026, 3, 31), 60_00)], "follow one another"),
        ([(date(2026, 3, 31), 40_00), (date(2026, 3, 31), 60_00)], "follow one another"),
        ([(date(2026, 3, 31), 100_00), (date(2026, 5, 15), 0)], "at least 0.01"),
        ([(date(2026, 3, 31), 100_00)], "2 to 36"),
    ],
)
def test_a_list_that_makes_no_sense_is_refused(parts: list[tuple[date, int]], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        by_list(100_00, parts)


@pytest.mark.parametrize("count", [0, 1, 37])
def test_instalments_are_some_but_not_too_many(count: int) -> None:
    with pytest.raises(ValueError, match="2 to 36"):
        by_count(100_00, count, date(2026, 3, 31))


def test_an_instalment_is_announced_three_working_days_before() -> None:
    assert announced_on(date(2026, 3, 31)) == date(2026, 3, 26)
    assert announced_on(date(2026, 4, 7)) == date(2026, 4, 1)  # Easter Monday is no working day

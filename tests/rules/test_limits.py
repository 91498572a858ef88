"""Caps per person over rolling days, and rates per channel over seconds."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import combinations_with_replacement

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relanced.rules.limits import SPANS, Cap, Rate, first_allowed, take
from relanced.rules.policy import AtMost

START = date(2026, 1, 1)
USUAL = (Cap(1, 1), Cap(2, 7), Cap(4, 31))
repeatable = settings(max_examples=150)


def on(offset: int) -> date:
    return START + timedelta(days=offset)


# -- contacts per person ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("used", "today", "expected"),
    [
        ([], 0, 0),
        ([0], 0, 1),  # one a day
        ([0], 1, 1),
        ([0, 1], 2, 7),  # two in seven days: the first falls out on the eighth
        ([0, 1], 7, 7),
        ([0, 1, 7], 8, 8),
        ([0, 1, 7, 8], 9, 31),  # four in thirty-one days
        ([8, 7, 1, 0], 9, 31),  # in any order
        ([3], 1, 1),  # a contact dated tomorrow or later counts too, but one more still fits
        ([2, 3], 1, 9),
    ],
)
def test_the_next_contact_waits_for_every_window(used: list[int], today: int, expected: int) -> None:
    assert first_allowed([on(u) for u in used], on(today), USUAL) == on(expected)


def test_without_caps_today_is_always_allowed() -> None:
    assert first_allowed([START] * 9, START, ()) == START


def test_the_limit_of_a_step_is_read_the_same_way() -> None:
    assert first_allowed([on(0)], on(3), [AtMost(1, 30)]) == on(30)


def test_the_words_of_the_yaml_are_rolling_days() -> None:
    assert SPANS == {"day": 1, "week": 7, "month": 31}


@pytest.mark.parametrize(("times", "days"), [(0, 7), (1, 0)])
def test_a_cap_that_allows_nothing_is_refused(times: int, days: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        Cap(times, days)
    with pytest.raises(ValueError, match="no contact"):
        first_allowed([START], START, [AtMost(0, 7)])


caps = st.lists(st.builds(Cap, st.integers(1, 5), st.integers(1, 40)), min_size=1, max_size=3)


def most_in_a_row(used: Sequence[date], days: int) -> int:
    return max((sum(0 <= (b - a).days < days for b in used) for a in used), default=0)


@settings(repeatable, max_examples=30)
@given(caps)
def test_a_greedy_year_never_exceeds_a_window(limits: list[Cap]) -> None:
    used: list[date] = []
    day = START
    while (day := first_allowed(used, day, limits)) < on(365):
        used.append(day)
    assert used
    assert all(most_in_a_row(used, cap.days) <= cap.times for cap in limits)


@repeatable
@given(caps, st.lists(st.integers(-60, 0), max_size=12))
def test_the_day_found_is_the_first_that_fits(limits: list[Cap], offsets: list[int]) -> None:
    used = [on(offset) for offset in offsets]

    def fits(day: date) -> bool:
        return all(sum((day - u).days < cap.days for u in used) < cap.times for cap in limits)

    expected = next(on(i) for i in range(200) if fits(on(i)))
    assert first_allowed(used, START, limits) == expected


@repeatable
@given(caps, st.lists(st.integers(-60, 60), max_size=12))
def test_fault_25_a_clock_set_back_never_grants_an_extra_contact(limits: list[Cap], offsets: list[int]) -> None:
    used = [on(offset) for offset in offsets]
    day = first_allowed(used, START, limits)
    for cap in limits:
        near = [u for u in used if abs((u - day).days) < cap.days]
        assert most_in_a_row([*near, day], cap.days) <= cap.times


# -- parcels per second -------------------------------------------------------------------------------------------


def test_after_a_rest_a_whole_burst_then_one_at_a_time() -> None:
    rate = Rate(20, 60)
    first = take((0.0,), [rate], 1_000_000.0, 50)
    assert first.granted == 20
    assert first.again_at == pytest.approx(1_000_003.0)
    assert take(first.tats, [rate], 1_000_002.9, 50).granted == 0
    second = take(first.tats, [rate], 1_000_003.0, 50)
    assert second.granted == 1
    assert second.again_at == pytest.approx(1_000_006.0)


def test_of_several_rates_the_tightest_decides_and_all_are_charged_alike() -> None:
    rates = [Rate(20, 60), Rate(30, 3600)]
    first = take((0.0, 0.0), rates, 1000.0, 20)
    second = take(first.tats, rates, 1060.0, 20)
    assert (first.granted, second.granted) == (20, 10)
    assert second.again_at == pytest.approx(1000.0 + 120.0)


def test_wanting_nothing_takes_nothing() -> None:
    rate = Rate(2, 10)
    assert take(take((0.0,), [rate], 50.0, 0).tats, [rate], 50.0, 9).granted == 2


def test_without_rates_everything_is_granted() -> None:
    assert take((), (), 5.0, 7).granted == 7


def test_a_state_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"shorter|longer"):
        take((0.0,), [Rate(1, 1), Rate(2, 2)], 1.0, 1)


@pytest.mark.parametrize(("n", "seconds"), [(0, 60), (5, 0)])
def test_a_rate_without_number_or_span_is_refused(n: int, seconds: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        Rate(n, seconds)


rates_drawn = st.lists(
    st.builds(Rate, st.integers(1, 30), st.sampled_from([1.0, 60.0, 3600.0])), min_size=1, max_size=3
)
NOW = 1_795_000_000.0


def assert_bound(history: Sequence[tuple[float, int]], rates: Sequence[Rate]) -> None:
    """No span of L seconds holds more than n + L / interval grants."""
    for (i, (begin, _)), (j, (end, _)) in combinations_with_replacement(enumerate(history), 2):
        granted = sum(n for _, n in history[i : j + 1])
        assert all(granted <= rate.n + (end - begin) / rate.interval + 0.01 for rate in rates)


@repeatable
@given(rates_drawn, st.lists(st.tuples(st.floats(0, 120), st.integers(0, 40)), max_size=25))
def test_no_span_sees_more_than_a_burst_and_the_steady_pace(rates: list[Rate], asks: list[tuple[float, int]]) -> None:
    now, tats, history = NOW, (0.0,) * len(rates), []
    for wait, wanted in asks:
        now += wait
        taken = take(tats, rates, now, wanted)
        tats = taken.tats
        history.append((now, taken.granted))
        assert 0 <= taken.granted <= wanted
    assert_bound(history, rates)


@repeatable
@given(
    rates_drawn,
    st.lists(
        st.tuples(st.floats(0, 120), st.sampled_from([0.0, 0.0, 5.0, 3600.0, 1e8]), st.integers(0, 40)), max_size=25
    ),
)
def test_fault_25_a_clock_set_back_grants_nothing_extra(
    rates: list[Rate], asks: list[tuple[float, float, int]]
) -> None:
    real, wall, tats, history = 0.0, NOW, (0.0,) * len(rates), []
    for wait, back, wanted in asks:
        real, wall = real + wait, wall + wait - back
        taken = take(tats, rates, wall, wanted)
        tats = taken.tats
        history.append((real, taken.granted))
    assert_bound(history, rates)


@repeatable
@given(rates_drawn, st.integers(1, 100))
def test_one_more_is_granted_at_the_moment_told_and_not_before(rates: list[Rate], wanted: int) -> None:
    taken = take((0.0,) * len(rates), rates, NOW, wanted)
    assert take(taken.tats, rates, taken.again_at, 1).granted == 1
    if taken.granted < wanted:
        assert take(taken.tats, rates, taken.again_at - 0.001, 1).granted == 0


def test_fault_24_a_clock_that_was_years_ahead_does_not_close_the_channel_for_years() -> None:
    rate = Rate(10, 60)
    ahead = take((0.0,), [rate], NOW + 4 * 365 * 86400, 10)
    back = take(ahead.tats, [rate], NOW, 10)
    assert back.granted == 0
    assert back.again_at == pytest.approx(NOW + 6)
    assert take(back.tats, [rate], NOW + 60, 10).granted == 10

"""Days and hours: every holiday of 2026, bank days, freshness, and contact windows through both changes of hour."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relanced.rules.calendar import (
    ContactRules,
    Hours,
    add_bank_days,
    add_working_days,
    bank_day_on_or_after,
    bank_days_between,
    fresh,
    fresh_from,
    is_bank_day,
    is_holiday,
    opening,
    opens_on,
)
from relanced.rules.holidays import TARGET

PARIS = ZoneInfo("Europe/Paris")
repeatable = settings(max_examples=150)


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def at(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=PARIS, fold=fold)


def hours(*spans: str) -> tuple[Hours, ...]:
    return tuple(Hours(*(time.fromisoformat(end) for end in span.split("-"))) for span in spans)


def always(*spans: str) -> ContactRules:
    return ContactRules(hours=hours(*spans), weekdays=frozenset(range(7)), holidays=False)


# -- holidays -----------------------------------------------------------------------------------------------------

NATIONAL = "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25"
LOCAL = {
    "": "",
    "35000": "",
    "57000": "04-03 12-26",  # Moselle
    "67000": "04-03 12-26",  # Bas-Rhin
    "68100": "04-03 12-26",  # Haut-Rhin
    "97110": "03-12 04-03 05-27 07-21",  # Guadeloupe
    "97133": "10-09",  # Saint-Barthélemy
    "97150": "05-28 07-21",  # Saint-Martin
    "97200": "05-22 07-21",  # Martinique
    "97300": "06-10",  # Guyane
    "97400": "12-20",  # La Réunion
    "97500": "",  # Saint-Pierre-et-Miquelon
    "97600": "04-27",  # Mayotte
    "98600": "04-28 06-29 07-29",  # Wallis-et-Futuna
    "98713": "03-05 04-03 11-20",  # Polynésie française
    "98800": "09-24",  # Nouvelle-Calédonie
}


@pytest.mark.parametrize("postcode", LOCAL)
def test_every_holiday_of_2026_is_known_and_no_other(postcode: str) -> None:
    year = [day("01-01") + timedelta(days=i) for i in range(365)]
    expected = {day(text) for text in f"{NATIONAL} {LOCAL[postcode]}".split()}
    assert {d for d in year if is_holiday(d, postcode)} == expected


_AS_THE_LIBRARY_NAMES_THEM = {
    "": None,
    "57000": "57",
    "67000": "6AE",
    "97110": "971",
    "97133": "BL",
    "97150": "MF",
    "97200": "972",
    "97300": "973",
    "97400": "974",
    "97500": "PM",
    "97600": "976",
    "98600": "WF",
    "98713": "PF",
    "98800": "NC",
}


@pytest.mark.parametrize(("postcode", "part"), _AS_THE_LIBRARY_NAMES_THEM.items())
def test_a_library_of_the_whole_world_knows_the_same_holidays(postcode: str, part: str | None) -> None:
    theirs = set(holidays.country_holidays("FR", subdiv=part, years=range(2025, 2100)))
    days = [date(2025, 1, 1) + timedelta(days=i) for i in range((date(2100, 1, 1) - date(2025, 1, 1)).days)]
    assert {d for d in days if is_holiday(d, postcode)} == theirs


def test_a_library_of_the_whole_world_knows_the_same_closings_of_target() -> None:
    for year in range(2025, 2100):
        assert TARGET.of(year) == set(holidays.financial_holidays("ECB", years=year))


@pytest.mark.parametrize(
    ("postcode", "local"), [("67 000", True), ("F-67000", True), ("6700", False), ("670001", False), ("Bern", False)]
)
def test_what_is_no_postcode_has_the_national_holidays(postcode: str, local: bool) -> None:
    assert is_holiday(day("12-26"), postcode) is local
    assert is_holiday(day("12-25"), postcode)


@pytest.mark.parametrize(
    ("start", "n", "postcode", "end"),
    [
        ("11-20", 0, "", "11-20"),  # a Friday
        ("11-20", 1, "", "11-23"),
        ("04-30", 5, "", "05-11"),  # 1 and 8 May
        ("12-24", 1, "", "12-28"),
        ("11-23", -1, "", "11-20"),
        ("04-02", 1, "", "04-03"),  # Good Friday is worked in Rennes
        ("04-02", 1, "67000", "04-07"),  # not in Strasbourg
    ],
)
def test_working_days_skip_weekends_and_local_holidays(start: str, n: int, postcode: str, end: str) -> None:
    assert add_working_days(day(start), n, postcode) == day(end)


# -- bank days ----------------------------------------------------------------------------------------------------


def test_a_bank_day_needs_target_and_a_french_bank() -> None:
    year = [day("01-01") + timedelta(days=i) for i in range(365)]
    closed = {d for d in year if d.weekday() < 5 and not is_bank_day(d)}
    assert closed == {d for d in map(day, [*NATIONAL.split(), "04-03"]) if d.weekday() < 5}


@repeatable
@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.integers(0, 30))
def test_adding_and_counting_bank_days_agree_in_both_directions(start: date, n: int) -> None:
    end = add_bank_days(start, n)
    assert bank_days_between(start, end) == n
    assert n == 0 or is_bank_day(end)
    assert add_bank_days(end, -n) <= start
    assert add_bank_days(end, -n) == start or not is_bank_day(start)


# -- freshness ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due_on", "expected"),
    [
        ("11-16", "11-17"),  # Monday: ordered that day, booked the next
        ("11-20", "11-23"),  # Friday: Monday
        ("11-21", "11-24"),  # Saturday: taken on Monday, booked on Tuesday
        ("04-02", "04-07"),  # before Easter
        ("12-31", "2027-01-04"),
    ],
)
def test_the_data_must_show_a_transfer_ordered_on_the_due_day(due_on: str, expected: str) -> None:
    assert fresh_from(day(due_on)) == (date.fromisoformat(expected) if len(expected) > 5 else day(expected))


@pytest.mark.parametrize(
    ("due_on", "covers", "today", "is_fresh"),
    [
        ("11-20", None, "11-20", True),  # up to the due date nothing need be known
        ("11-20", None, "11-25", False),
        ("11-20", "11-20", "11-23", False),  # a transfer of the due day is not visible yet
        ("11-20", "11-22", "11-23", False),
        ("11-20", "11-23", "11-23", True),
        ("11-20", "11-23", "11-26", True),  # three bank days old
        ("11-20", "11-23", "11-27", False),  # four
        ("11-10", "11-20", "11-25", True),  # the weekend does not age
        ("11-20", "11-30", "11-21", False),  # data cannot cover the future
    ],
)
def test_a_term_is_named_only_on_fresh_bank_data(due_on: str, covers: str | None, today: str, is_fresh: bool) -> None:
    assert fresh(day(due_on), day(covers) if covers else None, day(today), 3) is is_fresh


@repeatable
@given(st.dates(date(2024, 1, 1), date(2030, 12, 31)), st.integers(0, 20), st.integers(0, 20), st.integers(0, 5))
def test_who_pays_on_the_due_day_is_never_named_before_the_bank_can_tell(
    due_on: date, covered: int, later: int, at_most: int
) -> None:
    booked = add_bank_days(bank_day_on_or_after(due_on), 1)
    covers = due_on + timedelta(days=covered)
    today = due_on + timedelta(days=1 + later)
    assert not fresh(due_on, covers, today, at_most) or min(covers, today) >= booked


# -- contact windows ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "until", "then"),
    [
        ("11-20T08:59:59", None, "11-20T09:00"),
        ("11-20T09:00", "11-20T12:00", "11-20T09:00"),
        ("11-20T11:59:59", "11-20T12:00", "11-20T11:59:59"),
        ("11-20T12:00", None, "11-20T14:00"),
        ("11-20T17:30", "11-20T18:00", "11-20T17:30"),
        ("11-20T18:00", None, "11-23T09:00"),  # Friday evening
        ("11-22T10:00", None, "11-23T09:00"),  # Sunday
        ("11-11T10:00", None, "11-12T09:00"),  # Armistice
        ("12-24T23:00", None, "12-28T09:00"),
    ],
)
def test_the_house_speaks_in_office_hours_only(now: str, until: str | None, then: str) -> None:
    found = opening(at(now), ContactRules(), ["35000"])
    assert (found.open, found.until, found.next) == (until is not None, at(until) if until else None, at(then))


def test_a_holiday_of_either_side_keeps_both_quiet() -> None:
    assert not opening(at("11-11T10:00"), ContactRules()).open
    assert opening(at("04-03T10:00"), ContactRules(), ["35000"]).open
    assert opening(at("04-03T10:00"), ContactRules(), ["35000", "67000"]).next == at("04-07T09:00")


def test_closing_periods_include_both_ends() -> None:
    august = [(day("08-03"), day("08-21"))]
    found = [opening(at(f"{d}T10:00"), ContactRules(), closed=august) for d in ("07-31", "08-03", "08-21", "08-24")]
    assert [f.open for f in found] == [True, False, False, True]
    assert found[1].next == found[2].next == at("08-24T09:00")


def test_hours_may_end_at_midnight_and_come_in_any_order() -> None:
    assert opening(at("11-20T23:59:59"), always("00:00-00:00")).until == at("11-21T00:00")
    assert opening(at("11-20T08:00"), always("14:00-18:00", "09:00-12:00")).next == at("11-20T09:00")


@pytest.mark.parametrize("span", ["12:00-09:00", "09:00-09:00"])
def test_empty_hours_are_refused(span: str) -> None:
    with pytest.raises(ValueError, match="end after they start"):
        hours(span)


@pytest.mark.parametrize("rules", [ContactRules(weekdays=frozenset()), ContactRules(hours=())])
def test_rules_that_never_open_and_moments_without_a_zone_are_refused(rules: ContactRules) -> None:
    with pytest.raises(ValueError, match="never open"):
        opening(at("11-20T10:00"), rules)
    with pytest.raises(ValueError, match="time zone"):
        opening(at("11-20T10:00").replace(tzinfo=None), ContactRules())


@pytest.mark.parametrize(
    ("now", "rules", "next_utc", "until_utc"),
    [
        # 29 March: the clock goes from 02:00 to 03:00 at 01:00 UTC, 02:30 does not exist
        ("03-29T00:30", always("02:30-04:00"), "03-29T01:30", "03-29T02:00"),
        ("03-29T00:30", always("01:00-02:30"), "03-29T00:00", "03-29T00:30"),
        ("03-29T00:30", always("02:15-02:45"), "03-30T00:15", "03-30T00:45"),
        # 25 October: it goes from 03:00 back to 02:00 at 01:00 UTC, 02:30 comes twice
        ("10-25T00:30", always("02:30-04:00"), "10-25T01:30", "10-25T03:00"),
        ("10-25T00:30", always("01:00-02:30"), "10-24T23:00", "10-25T00:30"),
        ("10-25T00:30", always("02:15-02:45"), "10-26T01:15", "10-26T01:45"),
        # office hours are the same on the wall on both sides
        ("03-27T19:00", ContactRules(), "03-30T07:00", "03-30T10:00"),
        ("10-23T19:00", ContactRules(), "10-26T08:00", "10-26T11:00"),
    ],
)
def test_fault_26_hours_that_the_change_of_hour_skips_or_repeats(
    now: str, rules: ContactRules, next_utc: str, until_utc: str
) -> None:
    first = opening(at(now), rules).next
    then = opening(first, rules)
    assert then.until is not None
    assert first.astimezone(UTC) == at(next_utc).replace(tzinfo=UTC)
    assert then.until.astimezone(UTC) == at(until_utc).replace(tzinfo=UTC)


def test_fault_26_the_second_reading_of_a_repeated_hour_is_told_from_the_first() -> None:
    rules = always("01:00-02:30")
    assert [opening(at("10-25T02:15", fold), rules).open for fold in (0, 1)] == [True, False]


@pytest.mark.parametrize(
    ("start", "end"), [(date(2028, 2, 28), date(2028, 2, 29)), (date(2026, 7, 31), date(2026, 8, 3))]
)
def test_fault_26_a_leap_day_and_the_end_of_a_month_are_days_like_others(start: date, end: date) -> None:
    assert add_working_days(start, 1) == end
    assert opens_on(end, ContactRules())


FIRST = at("01-01T00:00").replace(tzinfo=None)
moments = st.datetimes(FIRST, FIRST + timedelta(days=1500), timezones=st.just(PARIS), allow_imaginary=False)
times = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
spans = st.tuples(times, times).filter(lambda pair: pair[0] < pair[1] or pair[1] == time(0)).map(lambda p: Hours(*p))
rule_sets = st.builds(
    ContactRules,
    hours=st.lists(spans, min_size=1, max_size=3).map(tuple),
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    holidays=st.booleans(),
)
postcodes = st.lists(st.sampled_from(list(LOCAL)), max_size=2)


@st.composite
def closings(draw: st.DrawFn) -> list[tuple[date, date]]:
    starts = draw(st.lists(st.dates(date(2025, 1, 1), date(2029, 12, 31)), max_size=3))
    return [(start, start + timedelta(days=draw(st.integers(0, 60)))) for start in starts]


@repeatable
@given(moments, rule_sets, postcodes, closings())
def test_the_next_moment_is_open_and_nothing_before_it_is(
    now: datetime, rules: ContactRules, codes: list[str], closed: list[tuple[date, date]]
) -> None:
    found = opening(now, rules, codes, closed)
    assert opening(found.next, rules, codes, closed).open
    between = now + (found.next - now) / 2
    assert found.open or between >= found.next or not opening(between, rules, codes, closed).open


@repeatable
@given(moments, rule_sets, postcodes, closings())
def test_an_open_moment_is_inside_the_hours_of_an_open_day(
    now: datetime, rules: ContactRules, codes: list[str], closed: list[tuple[date, date]]
) -> None:
    found = opening(opening(now, rules, codes, closed).next, rules, codes, closed)
    here, until = found.next, found.until
    assert until is not None
    assert here.weekday() in rules.weekdays
    assert not any(first <= here.date() <= last for first, last in closed)
    assert not (rules.holidays and any(is_holiday(here.date(), code) for code in codes))
    assert any(h.start <= here.time() and (here.time() < h.end or h.end == time(0)) for h in rules.hours)
    assert here.astimezone(UTC) < until.astimezone(UTC)
    assert (until - timedelta(microseconds=1)).date() == here.date()

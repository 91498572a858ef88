"""What a date may look like. Month first is never guessed."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relanced.flow.intake.days import day
from relanced.flow.intake.faults import Unreadable

FIRST_OF_MARCH = date(2026, 3, 1)


@pytest.mark.parametrize(
    "cell",
    [
        "01/03/2026",
        "1/3/2026",
        "01-03-26",
        "01.03.2026",
        "01 03 2026",
        "2026-03-01",
        "2026/03/01",
        "2026.3.1",
        "20260301",
        "2026-03-01 00:00:00",
        "2026-03-01T14:30:00.000",
        "01/03/2026 14:30",
        "1 mars 2026",
        "1er mars 2026",
        "01-mars-26",
        "1 Mar 2026",
        "1st March 2026",
        "1 March, 2026",
    ],
)
def test_days_are_read_day_first_or_year_first_or_by_name(cell: str) -> None:
    assert day(cell) == FIRST_OF_MARCH


@pytest.mark.parametrize(
    ("cell", "month"),
    [("1 févr. 2026", 2), ("1 AOÛT 2026", 8), ("1 juil. 2026", 7), ("1 Dec 2026", 12), ("1 septembre 2026", 9)],
)
def test_months_go_by_their_french_and_english_names_and_beginnings(cell: str, month: int) -> None:
    assert day(cell) == date(2026, month, 1)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("03/25/2026", "dates that begin with the month"),
        ("31/02/2026", "not a date that exists"),
        ("2026-13-01", "not a date that exists"),
        ("32/01/2026", "not a date that exists"),
        ("00/01/2026", "not a date that exists"),
        ("31122026", "not a date that exists"),
        ("1 jui 2026", "names no month"),
        ("1 brumaire 2026", "names no month"),
        ("01/03-2026", "write 31/12/2026"),
        ("2026-03-01T00:00:00Z", "write 31/12/2026"),
        ("demain", "write 31/12/2026"),
        ("46082", "write 31/12/2026"),  # a serial number only means a day in a workbook
        ("٠١/٠٣/٢٠٢٦", "write 31/12/2026"),
        ("01/03/1999", "not between 2000 and 2100"),
        ("01/03/2101", "not between 2000 and 2100"),
    ],
)
def test_what_is_no_day_is_refused(cell: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        day(cell)


def test_a_pattern_of_the_mapping_is_the_only_one_that_counts() -> None:
    assert day("03/01/2026", "%m/%d/%Y") == FIRST_OF_MARCH
    assert day("260301", "%y%m%d") == FIRST_OF_MARCH
    with pytest.raises(Unreadable, match="as the mapping says it"):
        day("25/03/2026", "%m/%d/%Y")


@pytest.mark.parametrize(("epoch", "serial"), [(date(1899, 12, 30), "46082"), (date(1904, 1, 1), "44620.75")])
def test_serial_days_count_from_the_epoch_of_their_workbook(epoch: date, serial: str) -> None:
    assert day(Decimal(serial), epoch=epoch) == FIRST_OF_MARCH
    with pytest.raises(Unreadable):
        day(Decimal("12"), epoch=epoch)


def test_a_workbook_may_write_a_compact_day_as_a_number() -> None:
    assert day(Decimal(20260301), epoch=date(1899, 12, 30)) == FIRST_OF_MARCH


def test_a_day_of_a_workbook_is_held_to_the_same_years() -> None:
    assert day(FIRST_OF_MARCH) == FIRST_OF_MARCH
    with pytest.raises(Unreadable):
        day(date(1926, 3, 1))


@given(st.dates(date(2000, 1, 1), date(2100, 12, 31)), st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y", "%Y%m%d"]))
def test_every_day_written_is_read_again(when: date, pattern: str) -> None:
    assert day(when.strftime(pattern)) == day(when.strftime(pattern), pattern) == when

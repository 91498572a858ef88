"""What an amount may look like, and what is refused rather than guessed."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relanced.flow.intake.amounts import cents, decimal_mark, written
from relanced.flow.intake.faults import Unreadable


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1234,5", 123450),
        ("1234.5", 123450),
        ("1 234,50", 123450),
        ("1\u00a0234,50", 123450),
        ("1\u202f234\u202f567,50 €", 123456750),
        ("1.234,50", 123450),
        ("1,234.50", 123450),
        ("1'234.50", 123450),
        ("1.234.567", 123456700),
        ("12", 1200),
        (",50", 50),
        ("0,120", 12),
        ("12,5000", 1250),
        ("-12,00", -1200),
        ("12,00-", -1200),
        ("- 12,00 €", -1200),
        ("−12,00", -1200),
        ("(12,00)", -1200),
        ("(1 234,50 €)", -123450),
        ("+12,00", 1200),
        ("€ 12.00", 1200),
        ("12,00 EUR", 1200),
        ("-0,00", 0),
    ],
)
def test_an_amount_is_read_to_the_cent(cell: str, expected: int) -> None:
    assert cents(cell) == expected


FIGURES = ["12,3,4", "1 23,50", "12 34,50", "1,23.4", "1.234.56", "0.123,45", "12,", "1..2", "1,00" + " " * 40 + "0"]
SIGNS = ["--1", "(-1)", "-1-", "-", "€", "12,00 USD"]
OTHERS = ["", "douze", "1e5", "0x10", "=1+1", "٣,٥٠", "NaN", "inf"]


@pytest.mark.parametrize("cell", [*FIGURES, *SIGNS, *OTHERS])
def test_what_is_no_amount_is_refused(cell: str) -> None:
    with pytest.raises(Unreadable, match="not an amount"):
        cents(cell)


@pytest.mark.parametrize("cell", ["12,345678", "0,125", "1 234,567", "1234,567", "1.234,567"])
def test_more_than_two_decimals_are_refused(cell: str) -> None:
    with pytest.raises(Unreadable, match="more than two decimals"):
        cents(cell)


@pytest.mark.parametrize(
    ("cell", "decimal", "expected"), [("1,234", ".", 123400), ("1.234", ",", 123400), ("12,345", ".", 1234500)]
)
def test_three_digits_behind_one_mark_mean_thousands_only_in_a_file_of_the_other_mark(
    cell: str, decimal: str, expected: int
) -> None:
    assert cents(cell, decimal) == expected
    with pytest.raises(Unreadable, match="may have three decimals or thousands"):
        cents(cell)
    with pytest.raises(Unreadable, match="more than two decimals"):
        cents(cell, cell[-4])


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        (["1,234", "12,50"], ","),
        (["1,234", "12.50"], "."),
        (["1.234,50"], ","),
        (["1,234,567"], "."),
        (["(12,00) €", "7"], ","),
        (["1,234", "12"], ""),
        (["12,50", "12.50"], ""),  # a file that writes both says nothing of "1,234"
        (["", "Total", "1 234"], ""),
    ],
)
def test_the_amounts_of_a_file_betray_its_decimal_mark(cells: list[str], mark: str) -> None:
    assert decimal_mark(cells) == mark


@pytest.mark.parametrize(
    ("number", "expected"),
    [("1234.5", 123450), ("0.30000000000000004", 30), ("-12", -1200), ("1234567.89", 123456789), ("1E+2", 10000)],
)
def test_a_number_of_a_workbook_is_exact_but_for_the_dust_of_floats(number: str, expected: int) -> None:
    assert cents(Decimal(number)) == expected


@pytest.mark.parametrize("number", ["1.234", "0.005", "-3.3333333333"])
def test_a_number_of_a_workbook_with_more_than_two_decimals_is_refused(number: str) -> None:
    with pytest.raises(Unreadable, match="more than two decimals"):
        cents(Decimal(number))


@pytest.mark.parametrize("cell", ["1 000 000 000 000,00", Decimal("1E+300"), "9" * 40])
def test_sums_beyond_any_invoice_are_refused(cell: str | Decimal) -> None:
    with pytest.raises(Unreadable, match="too large"):
        cents(cell)


def test_a_day_is_no_amount() -> None:
    with pytest.raises(Unreadable, match="is a date"):
        cents(date(2026, 3, 1))


def test_a_currency_is_taken_off_where_it_is_the_line_s_own() -> None:
    assert cents("12,00 USD", currency="USD") == cents("$12.00", currency="USD") == 1200
    assert cents("12,00 chf", currency="CHF") == 1200


@given(st.integers(-(10**12), 10**12))
def test_what_we_write_we_read(amount: int) -> None:
    assert cents(written(amount), ",") == amount
    assert cents(f"{Decimal(amount) / 100:.2f}", ".") == amount
    assert cents(f"{Decimal(amount) / 100:,.2f}", ".") == amount

"""Amounts as people and programs write them, in integer cents. What could mean two sums is refused, never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from msgspec import Struct

from relanced.flow.intake.faults import Unreadable
from relanced.flow.intake.grid import Cell

_LARGEST = 10**13  # cents
_LONGEST = 40  # characters
_DUST = Decimal("0.000001")  # what a sum of floats leaves behind
_CENT = Decimal("0.01")
_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£"}
_BLANKS = str.maketrans(dict.fromkeys("\u00a0\u202f\u2009\u2007", " ") | {"’": "'", "−": "-", "–": "-"})
_PLAIN = re.compile(r"([0-9]*)(?:([.,])([0-9]+))?")
_GROUPED = re.compile(r"([0-9]{1,3}(?:([ '.,])[0-9]{3})(?:\2[0-9]{3})*)(?:(?!\2)([.,])([0-9]+))?")


class _Figure(Struct, frozen=True):
    """Digits before and after the decimal mark. `mark` is "" where none is written; `doubt` is the mark of "1,234"."""

    whole: str
    mark: str = ""
    part: str = ""
    doubt: str = ""
    groups: str = ""


def cents(cell: Cell, decimal: str = "", currency: str = "EUR") -> int:
    """An amount in cents: `1 234,50 €`, `1.234,50`, `1,234.50`, `(12,00)`, `12,00-`.

    `decimal` is the file's mark and decides what "1,234" means; without it that is refused. Raises `Unreadable`.
    """
    if isinstance(cell, Decimal):
        return _bounded(_of_number(cell))
    if isinstance(cell, date):
        raise Unreadable("is a date, not an amount")
    body, sign = _unsigned(cell, currency)
    figure = _figure(body) if len(cell) <= _LONGEST else None
    if figure is None:
        raise Unreadable("is not an amount (write 1 234,50)")
    return _bounded(sign * _of_figure(figure, decimal))


def written(amount: int) -> str:
    """Cents as a French reader writes them: `1 234,50`."""
    return f"{'-' if amount < 0 else ''}{abs(amount) // 100:,}".replace(",", " ") + f",{abs(amount) % 100:02d}"


def decimal_mark(cells: Iterable[Cell]) -> str:
    """The decimal mark that these amounts betray: `,` or `.`, or nothing where they say nothing or both."""
    marks: set[str] = set()
    for cell in cells:
        if isinstance(cell, str) and len(cell) <= _LONGEST and (figure := _figure(_unsigned(cell, "")[0])):
            marks |= _betrayed(figure)
    return marks.pop() if len(marks) == 1 else ""


def _betrayed(figure: _Figure) -> set[str]:
    if figure.mark:
        return {figure.mark}
    return {"." if figure.groups == "," else ","} if figure.groups in (".", ",") and not figure.doubt else set()


def _of_number(number: Decimal) -> int:
    if abs(number) > _LARGEST:
        raise Unreadable("is too large for an amount")
    rounded = number.quantize(_CENT)
    if abs(rounded - number) > _DUST:
        raise Unreadable("has more than two decimals")
    return int(rounded * 100)


def _unsigned(text: str, currency: str) -> tuple[str, int]:
    """The figures and their sign: a minus in front or behind, or round brackets; never two of them."""
    body = _without_currency(text.upper().translate(_BLANKS).strip(), currency)
    sign = 1
    if body.startswith("(") and body.endswith(")"):
        return _without_currency(body[1:-1].strip(), currency), -1
    if body.startswith(("-", "+")):
        body, sign = body[1:], -1 if body[0] == "-" else 1
    elif body.endswith("-"):
        body, sign = body[:-1], -1
    return _without_currency(body.strip(), currency), sign


def _without_currency(body: str, currency: str) -> str:
    """Without the code or sign of the currency; where it is not known, without any."""
    for mark in (currency, _SIGNS.get(currency, currency)) if currency else (*_SIGNS, *_SIGNS.values()):
        body = body.removeprefix(mark).removesuffix(mark).strip()
    return body


def _figure(body: str) -> _Figure | None:
    if found := _GROUPED.fullmatch(body):
        return _grouped(found[1], found[2], found[3] or "", found[4] or "")
    if (found := _PLAIN.fullmatch(body)) and body:
        return _Figure(found[1], found[2] or "", found[3] or "")
    return None


def _grouped(whole: str, between: str, mark: str, part: str) -> _Figure | None:
    digits = re.sub(r"[^0-9]", "", whole)
    may_be_decimal = between in (".", ",")
    once = may_be_decimal and not mark and len(digits) <= 6
    if may_be_decimal and digits.startswith("0"):  # "0,125": no thousands begin with a zero
        return _Figure(digits[:-3], between, digits[-3:]) if once else None
    return _Figure(digits, mark, part, between if once else "", between)


def _of_figure(figure: _Figure, decimal: str) -> int:
    if figure.doubt and not decimal:
        raise Unreadable('may have three decimals or thousands: say decimal: "," or decimal: "." in the mapping')
    if figure.part.rstrip("0")[2:] or (figure.doubt and figure.doubt == decimal):
        raise Unreadable("has more than two decimals")
    return int(figure.whole or "0") * 100 + int(figure.part[:2].ljust(2, "0"))


def _bounded(amount: int) -> int:
    if abs(amount) > _LARGEST:
        raise Unreadable("is too large for an amount")
    return amount

"""Dates as French files write them: day first or year first, names of months; month first is never guessed."""

from __future__ import annotations

import re
import time
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from relanced.flow.intake.cells import level
from relanced.flow.intake.faults import Unreadable
from relanced.flow.intake.grid import Cell

_CLOCK = r"(?:[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?)?"
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})" + _CLOCK)
_DAY_FIRST = re.compile(r"([0-9]{1,2})([-/. ])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})" + _CLOCK)
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_NAMED = re.compile(r"([0-9]{1,2})(?:er|st|nd|rd|th)?[ -]([a-z]{3,9})\.?,?[ -]([0-9]{4}|[0-9]{2})")
_MONTHS = (
    ("janvier", "january"),
    ("fevrier", "february"),
    ("mars", "march"),
    ("avril", "april"),
    ("mai", "may"),
    ("juin", "june"),
    ("juillet", "july"),
    ("aout", "august"),
    ("septembre", "september"),
    ("octobre", "october"),
    ("novembre", "november"),
    ("decembre", "december"),
)
_EARLIEST, _LATEST = 2000, 2100
_SERIALS = range(35_000, 75_000)


def day(cell: Cell, pattern: str | None = None, epoch: date | None = None) -> date:
    """A day between 2000 and 2100. `pattern` is the mapping's, as strftime writes it; `epoch` is day 0 of a workbook's
    serial dates. Raises `Unreadable`."""
    if isinstance(cell, Decimal):
        if epoch and int(cell) in _SERIALS:
            return _plausible(epoch + timedelta(days=int(cell)))
        return _written(f"{cell:f}", pattern)
    return _plausible(cell) if isinstance(cell, date) else _written(cell, pattern)


@lru_cache(maxsize=8192)
def _written(text: str, pattern: str | None) -> date:
    short = text[:40]
    try:
        return _plausible(date(*time.strptime(short, pattern)[:3]) if pattern else _found_out(short))
    except Unreadable:
        raise
    except ValueError:
        as_said = f"as the mapping says it ({pattern})" if pattern else "that exists"
        raise Unreadable(f"is not a date {as_said}") from None


def _found_out(text: str) -> date:
    if found := _YEAR_FIRST.fullmatch(text):
        return date(int(found[1]), int(found[3]), int(found[4]))
    if found := _DAY_FIRST.fullmatch(text):
        if int(found[3]) > 12 >= int(found[1]):
            raise Unreadable("has no such month: dates that begin with the month need date: in the mapping")
        return date(_year(found[4]), int(found[3]), int(found[1]))
    if found := _COMPACT.fullmatch(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := _NAMED.fullmatch(level(text)):
        return date(_year(found[3]), _month(found[2]), int(found[1]))
    raise Unreadable("is not a date (write 31/12/2026 or 2026-12-31)")


def _year(digits: str) -> int:
    return int(digits) + (2000 if len(digits) == 2 else 0)


def _month(word: str) -> int:
    """The month that a name or its beginning stands for. Raises `Unreadable` for none or two."""
    found = [n for n, names in enumerate(_MONTHS, start=1) if any(name.startswith(word) for name in names)]
    if len(found) != 1:
        raise Unreadable(f'names no month ("{word}")')
    return found[0]


def _plausible(found: date) -> date:
    if not _EARLIEST <= found.year <= _LATEST:
        raise Unreadable(f"is not between {_EARLIEST} and {_LATEST}")
    return found

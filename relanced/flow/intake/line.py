"""One row of a file, asked field by field. What cannot be read is told with its line, and None comes back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import TypeVar

from msgspec import Struct

from relanced.flow.intake import amounts, days
from relanced.flow.intake.faults import Faults, Unreadable, printable
from relanced.flow.intake.grid import NOT_COMPUTED, Cell, Row

T = TypeVar("T")

_FORCED_TEXT = re.compile(r'="([^"]*)"')  # how spreadsheets are made to keep leading zeros
_GUARDED = re.compile(r"'[=+\-@]")  # how exports keep a spreadsheet from seeing a formula
_ERRORS = frozenset(("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#NOM?", "#VALEUR!", "#N/D"))


class Style(Struct, frozen=True):
    """How a file writes its amounts and dates."""

    decimal: str = ""
    dates: str | None = None
    epoch: date | None = None


class Line:
    """One row below the heading line."""

    __slots__ = ("_cells", "_faults", "_place", "_style", "faulty", "number")

    def __init__(self, row: Row, place: Mapping[str, int], style: Style, faults: Faults) -> None:
        self.number = row.line
        self.faulty = False
        self._cells, self._place, self._style, self._faults = row.cells, place, style, faults

    def has(self, field: str) -> bool:
        """Whether the file has a column for this field."""
        return field in self._place

    def cell(self, field: str) -> Cell:
        """What is written there; empty where nothing is, or where the file has no such column."""
        at = self._place.get(field)
        if at is None or at >= len(self._cells):
            return ""
        cell = self._cells[at]
        return _unwrapped(cell) if isinstance(cell, str) and cell.startswith(("=", "'")) else cell

    def read(self, field: str, reader: Callable[[Cell], T]) -> T | None:
        """The value of a field, None where nothing readable is written."""
        cell = self.cell(field)
        if cell == "":
            return None
        try:
            _refuse_errors(cell)
            return reader(cell)
        except Unreadable as unlike:
            self.fault(field, f'"{printable(str(cell))}" {unlike}')
            return None

    def need(self, field: str, reader: Callable[[Cell], T]) -> T | None:
        """The same; nothing written is a fault."""
        if self.cell(field) == "":
            self.fault(field, "is missing")
        return self.read(field, reader)

    def cents(self, field: str, currency: str | None) -> int | None:
        """An amount in cents."""
        return self.read(field, lambda cell: amounts.cents(cell, self._style.decimal, currency or "EUR"))

    def day(self, field: str) -> date | None:
        """A day."""
        return self.read(field, self._day)

    def need_day(self, field: str) -> date | None:
        """A day; nothing written is a fault."""
        return self.need(field, self._day)

    def _day(self, cell: Cell) -> date:
        return days.day(cell, self._style.dates, self._style.epoch)

    def fault(self, field: str, words: str) -> None:
        """Tell what is wrong in this line."""
        self.faulty = True
        self._faults.add(words, self.number, field)


def _unwrapped(cell: str) -> str:
    if forced := _FORCED_TEXT.fullmatch(cell):
        return forced[1].strip()
    return cell[1:] if _GUARDED.match(cell) else cell


def _refuse_errors(cell: Cell) -> None:
    if cell == NOT_COMPUTED:
        raise Unreadable("was never computed: open the workbook in a spreadsheet and save it")
    if cell in _ERRORS:
        raise Unreadable("is an error of the spreadsheet")

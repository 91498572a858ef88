"""Rows of cells with their line numbers: what a CSV and a workbook have in common."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from msgspec import Struct

Cell = str | Decimal | date
"""A trimmed text, or the number or day that a workbook knows for sure. Empty text: nothing is written."""

NOT_COMPUTED = "#FORMULA"
"""Stands for a formula whose result the workbook does not hold: no blank, and no value either."""

MOST_ROWS = 1_000_000
MOST_COLUMNS = 256


class Row(Struct, frozen=True):
    """One row. `line` is where it begins in the file, from 1."""

    line: int
    cells: tuple[Cell, ...]


class Table(Struct, frozen=True):
    """A file as rows. `body` can be walked as often as wanted; without a heading line `heading` has no cells.

    `epoch` is day 0 of a workbook's serial dates; a text has none.
    """

    heading: Row
    body: Iterable[Row]
    epoch: date | None = None

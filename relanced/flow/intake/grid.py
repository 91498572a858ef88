"""Rows of cells with their line numbers: what a CSV and a workbook have in common."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

Cell = str | Decimal | date
"""A trimmed text, or the number or day that a workbook knows for sure. Empty text: nothing is written."""

NOT_COMPUTED = "#FORMULA"
"""Stands for a formula whose result the workbook does not hold: no blank, and no value either."""

MOST_ROWS = 1_000_000
MOST_COLUMNS = 256


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `line` is where it begins in the file, from 1."""

    line: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A file as rows. `body` can be walked as often as wanted; without a heading line `heading` has no cells.

    `epoch` is day 0 of a workbook's serial dates; a text has none.
    """

    heading: Row
    body: Iterable[Row]
    epoch: date | None = None

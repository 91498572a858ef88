"""Bytes in, rows out: a workbook or a delimited text, its delimiter and its heading line found out."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice

from relanced.flow.intake.charset import decode
from relanced.flow.intake.faults import Faults
from relanced.flow.intake.grid import MOST_ROWS, Row, Table
from relanced.flow.intake.headings import KNOWN, normal
from relanced.flow.intake.mapping import FileMapping

MOST_BYTES = 50 * 2**20

_DELIMITERS = (";", "\t", ",")
_ABOVE_THE_TABLE = 10  # an export may say its title and date on the first lines
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
_HINT = re.compile(r"sep=([;,|\t])(?:\r\n?|\n)", re.IGNORECASE)
_STRANGERS = (
    (b"\xd0\xcf\x11\xe0", "is an old .xls workbook, or one with a password: save it as .xlsx or as CSV"),
    (b"%PDF", "is a PDF: export a CSV or an XLSX"),
    (b"\x1f\x8b", "is compressed: unpack it first"),
    (b"<", "is HTML or XML: save it as .xlsx or as CSV"),
    (b"{", "is JSON: export a CSV or an XLSX"),
)


def open_table(content: bytes, layout: FileMapping, faults: Faults, *, top: bool = False) -> Table:
    """The rows of a file; of a workbook only the `top` where that is enough. The heading line is, among the first
    lines, the one that holds most of the headings we know.

    Raises `IntakeFault` where it is no table, or too large a one (50 MB, 1,000,000 rows).
    """
    if len(content) > MOST_BYTES:
        faults.stop(f"is larger than {MOST_BYTES // 2**20} MB: split it")
    for start, remedy in _STRANGERS:
        if content.startswith(start):
            faults.stop(remedy)
    known = KNOWN | {normal(c) for c in layout.columns.values() if isinstance(c, str)}
    if content.startswith(b"PK\x03\x04"):
        from relanced.flow.intake.workbook import read_workbook  # openpyxl: a quarter of a second

        rows, epoch = read_workbook(content, layout.sheet, _ABOVE_THE_TABLE if top else None, faults)
        heading = _heading([rows[: _searched(layout)]], layout, known)
        return Table(heading, _Below(rows, heading.line), epoch)
    return _text_table(decode(content, layout.encoding, faults), layout, known, faults)


def _text_table(text: str, layout: FileMapping, known: Collection[str], faults: Faults) -> Table:
    hint = _HINT.match(text)
    above = 1 if hint else 0
    said = (layout.delimiter or (hint.group(1) if hint else "")).replace("tab", "\t")
    tops = {sign: _top(text, sign, above, _searched(layout)) for sign in (said or _DELIMITERS)}
    heading = _heading(tops.values(), layout, known)
    sign = next((s for s, top in tops.items() if heading in top), said or ";")
    if not layout.header:
        sign, heading = _widest(tops, layout), Row(above, ())
    return Table(heading, _Below(_Records(text, sign, faults), heading.line))


def _searched(layout: FileMapping) -> int:
    """How many rows may be the heading line: where positions are given, the first one is."""
    return 1 if any(isinstance(column, int) for column in layout.columns.values()) else _ABOVE_THE_TABLE


def _top(text: str, sign: str, above: int, most: int) -> list[Row]:
    """The first rows, up to where it is no record; who reads on is told of that."""
    rows: list[Row] = []
    with suppress(_NoRecord):
        rows.extend(islice((row for row in _records(text, sign) if row.line > above), most))
    return rows


def _heading(tops: Iterable[Sequence[Row]], layout: FileMapping, known: Collection[str]) -> Row:
    """The row that holds most known headings, the first of equals; without a heading line an empty one."""
    if not layout.header:
        return Row(0, ())
    rows = [row for top in tops for row in top]
    return max(rows, key=lambda row: _score(row, known), default=Row(0, ()))


def _score(row: Row, known: Collection[str]) -> tuple[int, int]:
    return sum(normal(str(cell)) in known for cell in row.cells), -row.line


def _widest(tops: dict[str, list[Row]], layout: FileMapping) -> str:
    """Without a heading line: the first delimiter that gives as many cells as the positions ask for."""
    asked = max((c for c in layout.columns.values() if isinstance(c, int)), default=1)
    return next((sign for sign, top in tops.items() if top and len(top[0].cells) >= asked), next(iter(tops)))


class _Below:
    """The rows below a line."""

    def __init__(self, rows: Iterable[Row], line: int) -> None:
        self._rows, self._line = rows, line

    def __iter__(self) -> Iterator[Row]:
        return (row for row in self._rows if row.line > self._line)


class _Records:
    """The records of a delimited text. What is no record is a fault that ends the reading."""

    def __init__(self, text: str, sign: str, faults: Faults) -> None:
        self._text, self._sign, self._faults = text, sign, faults

    def __iter__(self) -> Iterator[Row]:
        try:
            for count, row in enumerate(_records(self._text, self._sign)):
                if count >= MOST_ROWS:
                    self._faults.stop(f"has more than {MOST_ROWS:,} rows: split it", row.line)
                yield row
        except _NoRecord as broken:
            self._faults.stop(f"from here on a quoted cell is not closed or a cell is too long ({broken})", broken.line)


class _NoRecord(Exception):
    """What begins on `line` is no record."""

    def __init__(self, line: int, why: csv.Error) -> None:
        super().__init__(str(why))
        self.line = line


def _records(text: str, sign: str) -> Iterator[Row]:
    """The records that hold anything, with the line each begins on. Quoted cells may run over several lines.

    Raises `_NoRecord`.
    """
    reader = csv.reader((line.group() for line in _LINE.finditer(text)), delimiter=sign, strict=True)
    begins = 1
    try:
        for record in reader:
            cells = tuple(cell.strip() for cell in record)
            if any(cells):
                yield Row(begins, cells)
            begins = reader.line_num + 1
    except csv.Error as broken:
        raise _NoRecord(begins, broken) from None

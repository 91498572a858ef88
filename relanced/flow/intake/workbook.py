"""An XLSX workbook in, rows of typed cells out. Bombs, entities and uncomputed formulas are refused."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from itertools import islice
from typing import Any

import openpyxl

from relanced.flow.intake.faults import Faults, IntakeFault
from relanced.flow.intake.grid import MOST_COLUMNS, MOST_ROWS, NOT_COMPUTED, Cell, Row

_MOST_UNPACKED = 128 * 2**20  # bytes
_MOST_PART = 32 * 2**20  # whatever openpyxl reads at once: the shared texts, the styles
_MOST_PARTS = 2_000
_LAST_LINE = 2**20  # of any sheet
_ENTITIES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_FOREIGN_XML = re.compile(rb"\xff\xfe|\xfe\xff|<\0|\0<|<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-8[\"'])", re.IGNORECASE)
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_STEP = 2**20
_OVERLAP = 16

_Values = tuple[object, ...]
_NOTHING: _Values = (None,) * MOST_COLUMNS  # a sheet may pretend to a million such rows


def read_workbook(content: bytes, sheet: str | None, most: int | None, faults: Faults) -> tuple[list[Row], date]:
    """The rows of one sheet that hold anything, at `most` so many, and day 0 of its serial dates.

    Raises `IntakeFault`.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells of styles and extensions it leaves out
            formulas = _inspect(content, faults)
            return _read(content, sheet, most, formulas, faults)
    except IntakeFault:
        raise
    except Exception as broken:  # openpyxl raises whatever a malformed part happens to cause
        faults.stop(f"cannot be read as XLSX ({type(broken).__name__}): save it again from a spreadsheet, or as CSV")


def _inspect(content: bytes, faults: Faults) -> bool:
    """Whether any formula stands in the workbook. A part that unpacks too far, or declares entities, ends the reading.

    The sizes can be trusted: zipfile never unpacks more of a part than its directory declares.
    """
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts = archive.infolist()
        if "[Content_Types].xml" not in archive.namelist():
            faults.stop("is no XLSX workbook: save it as .xlsx or as CSV")
        others = [part.file_size for part in parts if not part.filename.startswith("xl/worksheets/")]
        whole = sum(part.file_size for part in parts)
        if whole > _MOST_UNPACKED or sum(others) > _MOST_PART or len(parts) > _MOST_PARTS:
            faults.stop("unpacks to more than a list of invoices ever needs: save the one sheet alone, or as CSV")
        formulas = [_inspect_part(archive, part, faults) for part in parts]
        return any(formulas)


def _inspect_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, faults: Faults) -> bool:
    formulas, kept = False, b""
    with archive.open(part) as unpacked:
        while chunk := unpacked.read(_STEP):
            seen = kept + chunk
            if _ENTITIES.search(seen) or (not kept and _FOREIGN_XML.match(seen.lstrip(b"\xef\xbb\xbf \t\r\n"))):
                faults.stop("holds XML that no spreadsheet writes (entities, or another encoding than UTF-8)")
            formulas = formulas or bool(_FORMULA.search(seen))
            kept = seen[-_OVERLAP:]
    return formulas


def _read(
    content: bytes, sheet: str | None, most: int | None, formulas: bool, faults: Faults
) -> tuple[list[Row], date]:
    with ExitStack() as books:
        book = books.enter_context(closing(_open(content, computed=True)))
        chosen = _sheet(book, sheet, faults)
        values = chosen.iter_rows(max_col=MOST_COLUMNS, values_only=True)
        if formulas:
            source = books.enter_context(closing(_open(content, computed=False)))
            values = _computed(chosen, _sheet(source, chosen.title, faults))
        return list(islice(_numbered(values, faults), most)), book.epoch.date()


def _computed(results: Any, source: Any) -> Iterator[_Values]:
    """The values of a sheet with formulas, told apart from those that no program has ever computed."""
    pairs = zip(results.iter_rows(max_col=MOST_COLUMNS), source.iter_rows(max_col=MOST_COLUMNS), strict=False)
    for row, written in pairs:
        yield tuple(
            NOT_COMPUTED if plain.data_type == "f" and cell.value is None and cell.data_type != "str" else cell.value
            for cell, plain in zip(row, written, strict=True)
        )


def _numbered(rows: Iterable[_Values], faults: Faults) -> Iterator[Row]:
    taken = 0
    for line, values in enumerate(rows, start=1):
        cells = () if values == _NOTHING else _cells(values)
        taken += bool(cells)
        if taken > MOST_ROWS or line > _LAST_LINE:
            faults.stop(f"has more than {MOST_ROWS:,} rows: split it", line)
        if cells:
            yield Row(line, cells)


def _open(content: bytes, *, computed: bool) -> Any:
    return openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=computed, keep_links=False)


def _sheet(book: Any, name: str | None, faults: Faults) -> Any:
    """The sheet of that name, or the first visible one. The size that a sheet claims for itself is not believed."""
    sheets = [s for s in book.worksheets if (s.title == name if name else s.sheet_state == "visible")]
    if not sheets:
        there = ", ".join(s.title for s in book.worksheets)
        faults.stop(f'has no sheet "{name}" (there are: {there})' if name else "has no visible sheet")
    sheets[0].reset_dimensions()
    return sheets[0]


def _cells(values: _Values) -> tuple[Cell, ...]:
    width = next((i for i in range(len(values), 0, -1) if values[i - 1] is not None), 0)
    cells = [_cell(value) for value in values[:width]]
    while cells and cells[-1] == "":
        del cells[-1]
    return tuple(cells)


def _cell(value: object) -> Cell:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = Decimal(repr(value))
        return number if number.is_finite() else str(value)
    return str(value).strip()

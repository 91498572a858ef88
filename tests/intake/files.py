"""Files as a credit manager has them: texts in an encoding, workbooks made of rows."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import openpyxl
from msgspec import Struct, field

from relanced.flow.intake import FileMapping, IntakeFault, Layout, read_file
from relanced.rules.rows import Batch

TODAY = date(2026, 11, 21)
INVOICES = "Code client;N° facture;Date facture;Échéance;Montant\n"


class Said(Struct, frozen=True):
    """What an operator said of the files of a creditor."""

    layouts: Mapping[str, FileMapping] = field(default_factory=dict)

    def of(self, kind: str) -> FileMapping | None:
        return self.layouts.get(kind)


def read(
    content: str | bytes,
    kind: str | None = None,
    *,
    said: Layout | None = None,
    covers: date | None = None,
    name: str = "file.csv",
) -> Batch:
    """The rows of a file, written in UTF-8 where it comes as a text. `said` maps the kind."""
    mapping = Said({kind: said}) if said and kind else None
    return read_file(
        name, content.encode() if isinstance(content, str) else content, kind, mapping, covers, today=TODAY
    )


def faults(
    content: str | bytes, kind: str | None = None, *, said: Layout | None = None, covers: date | None = None
) -> list[str]:
    """What is wrong with a file, one line each; nothing where it was read."""
    try:
        read(content, kind, said=said, covers=covers)
    except IntakeFault as refused:
        return str(refused).splitlines()
    return []


def workbook(rows: Iterable[Sequence[Any]], title: str = "Feuil1", **more: Iterable[Sequence[Any]]) -> bytes:
    """An XLSX file; `more` are further sheets."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, lines in {title: rows, **more}.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """The same archive with one of its parts replaced or added."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.namelist():
            if item != name:
                new.writestr(item, old.read(item))
        new.writestr(name, part)
    return made.getvalue()

"""A person's day as a workbook: one sheet per kind, typed cells that sort and sum; no cell is ever a formula."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from relanced.words.agenda import Agenda, AgendaWords, Entry
from relanced.words.typography import clean, telephone

SHEETS = {
    "calls": "Appels",
    "replies": "Réponses",
    "approvals": "Accords",
    "held": "Retenus",
    "promises": "Promesses",
    "letters": "Lettres",
    "tasks": "À examiner",
    "leaving": "Départs du jour",
}
HEADS = (
    "Dossier",
    "Débiteur",
    "Montant",
    "Devise",
    "Objet",
    "Voie",
    "Contact",
    "Adresse",
    "Référence",
    "Depuis",
    "Échéance",
)
WIDTHS = (10, 34, 14, 8, 40, 12, 24, 30, 14, 12, 12)
_ROADS = {"email": "courriel", "sms": "SMS", "letter": "lettre", "registered": "recommandé", "phone": "téléphone"}
_NUMBERS = ("phone", "sms")
_AMOUNT, _DAY = "#,##0.00", "DD/MM/YYYY"  # as Excel shows them where it speaks French: 1 234,50 and 01/03/2026


def workbook(agenda: Agenda, words: AgendaWords) -> bytes:
    """The bytes of an .xlsx."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for kind, title in SHEETS.items():
        entries: Sequence[Entry] = getattr(agenda, kind)
        if entries:
            _fill(book.create_sheet(title), entries, words)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(sheet: Worksheet, entries: Sequence[Entry], words: AgendaWords) -> None:
    for column, (head, width) in enumerate(zip(HEADS, WIDTHS, strict=True), 1):
        sheet.cell(1, column, head).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(column)].width = width
    for row, entry in enumerate(entries, 2):
        for column, value in enumerate(_cells(entry, words), 1):
            _write(sheet.cell(row, column), value)  # type: ignore[arg-type]
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions


def _cells(entry: Entry, words: AgendaWords) -> Iterator[Any]:
    yield entry.case or None
    yield entry.debtor
    yield Decimal(entry.cents) / 100 if entry.cents else None
    yield entry.currency if entry.cents else ""
    yield words.task(entry) if entry.kind else words.step(entry)
    yield _ROADS.get(entry.road, "")
    yield entry.contact
    yield telephone(entry.place) if entry.road in _NUMBERS else entry.place.replace("\n", ", ")
    yield entry.reference
    yield entry.since
    yield entry.until


def _write(cell: Cell, value: Any) -> None:
    """Text stays text, whatever it begins with (a debtor may be named =HYPERLINK…)."""
    if isinstance(value, str):
        if value:
            cell.value, cell.data_type = clean(value), "s"
            cell.quotePrefix = value[0] in "=+-@"
        return
    cell.value = value
    if isinstance(value, date):
        cell.number_format = _DAY
    elif isinstance(value, Decimal):
        cell.number_format = _AMOUNT

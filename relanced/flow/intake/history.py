"""The past out of lines: how far a former tool had climbed with each debtor or invoice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from relanced.flow.intake import cells
from relanced.flow.intake.line import Line
from relanced.rules.rows import HistoryRow

_TELLS = ("step", "last_contact", "hold_until", "comment")


def history(lines: Iterable[Line], today: date) -> tuple[HistoryRow, ...]:
    """The past that these lines tell. `today` bounds the days of contacts."""
    return tuple(row for line in lines if (row := _row(line, today)))


def _row(line: Line, today: date) -> HistoryRow | None:
    debtor, invoice = line.need("debtor", cells.text), line.read("invoice", cells.text)
    step, comment = line.read("step", cells.text), line.read("comment", cells.note)
    last_contact, hold_until = line.day("last_contact"), line.day("hold_until")
    if last_contact and last_contact > today:
        line.fault("last_contact", f"{last_contact:%d/%m/%Y} is after today")
    if all(line.cell(field) == "" for field in _TELLS):
        line.fault("", "says neither step, last contact, hold nor comment")
    if debtor is None:
        return None
    return HistoryRow(line.number, debtor, invoice, step, last_contact, hold_until, comment)

"""The past out of lines: how far a former tool had climbed with each debtor or invoice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from relanced.flow.intake import cells
from relanced.flow.intake.faults import printable
from relanced.flow.intake.line import Line
from relanced.rules.rows import HistoryRow

_TELLS = ("step", "last_contact", "hold_until", "comment")


def history(lines: Iterable[Line], today: date, steps: Mapping[str, bool] | None) -> tuple[HistoryRow, ...]:
    """The past that these lines tell. `today` bounds the days of contacts; `steps` are the steps of the creditor's
    policies, and whether they come before the due date (None: any name is taken)."""
    return tuple(row for line in lines if (row := _row(line, today, steps)))


def _row(line: Line, today: date, steps: Mapping[str, bool] | None) -> HistoryRow | None:
    debtor, invoice = line.need("debtor", cells.text), line.read("invoice", cells.text)
    step, comment = line.read("step", cells.text), line.read("comment", cells.note)
    if step and steps is not None and step not in steps:  # kept, it would stop nothing: the step would be sent again
        line.fault("step", f'"{printable(step)}" is no step of a policy (there are: {", ".join(steps)})')
    last_contact, hold_until = line.day("last_contact"), line.day("hold_until")
    if last_contact and last_contact > today:
        line.fault("last_contact", f"{last_contact:%d/%m/%Y} is after today")
    if all(line.cell(field) == "" for field in _TELLS):
        line.fault("", "says neither step, last contact, hold nor comment")
    if debtor is None:
        return None
    ahead = bool(steps and steps.get(step or ""))
    return HistoryRow(line.number, debtor, invoice, step, last_contact, hold_until, comment, ahead)

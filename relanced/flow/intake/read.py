"""A file in, a `Batch` out: the whole way of an import, from bytes to checked rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Map
from datetime import date
from typing import Any

from relanced.flow.intake import cells
from relanced.flow.intake.amounts import decimal_mark
from relanced.flow.intake.faults import Faults, IntakeFault, printable
from relanced.flow.intake.grid import Cell, Row, Table
from relanced.flow.intake.headings import KINDS, Columns, find_columns, tell_kinds
from relanced.flow.intake.history import history
from relanced.flow.intake.invoices import Invoices
from relanced.flow.intake.line import Line, Style
from relanced.flow.intake.mapping import FileMapping, Layout, Mapping, layout_of
from relanced.flow.intake.money import credit_notes, payments
from relanced.flow.intake.people import People
from relanced.flow.intake.table import open_table
from relanced.rules.rows import Batch, PaymentRow

_AMOUNTS = ("amount", "total", "open", "invoice_open", "debit")
_COVERING = ("payments", "snapshot", "invoices")


def read_file(
    name: str,
    content: bytes,
    kind: str | None,
    mapping: Mapping | None,
    covers: date | None,
    today: date,
    steps: Map[str, bool] | None = None,
) -> Batch:
    """The rows of a CSV or XLSX file.

    `kind` is one of `KINDS`, None to tell it from the headings; `mapping` says how the creditor's files are written;
    `covers` is the last day that the payments or the open amounts account for, by default the latest booking date;
    `steps` are those that a history may name, and whether they come before the due date (None: any).
    Raises `IntakeFault` with every bad line and its number.
    """
    faults = Faults(printable(name, 120))
    kind = kind or _told(content, mapping, faults)
    if kind not in KINDS:
        faults.stop(f'there is no kind "{printable(kind)}" (there are: {", ".join(KINDS)})')
    layout = layout_of(kind, mapping)
    table = open_table(content, layout, faults)
    columns = find_columns(kind, table.heading, layout.columns, faults)
    _check(kind, columns, layout, covers, today, faults)
    rows = _rows(kind, _lines(table, columns, layout, faults), today, faults, steps)
    faults.check()
    digest = hashlib.sha256(kind.encode() + b"\0" + content).hexdigest()
    covered = _covered(kind, covers, rows.get("payments", ()), faults)
    return Batch(kind, faults.file, digest, **rows, covers=covered, ignored=columns.ignored)


def _told(content: bytes, mapping: Mapping | None, faults: Faults) -> str:
    """The kind that the headings tell of: read as each mapping says, or as the file itself says."""
    mapped = {kind: layout for kind in KINDS if mapping and (layout := mapping.of(kind))}
    kinds = [kind for kind in _kinds(content, Layout(), mapping) if kind not in mapped]
    for kind, layout in mapped.items():
        kinds += [kind] if layout.header and kind in _kinds(content, layout, mapping) else []
    if not kinds:
        open_table(content, Layout(), faults, top=True)  # says it better, where it is no table at all
    if len(kinds) != 1:
        may_be = f"may hold {' or '.join(kinds)}" if kinds else "does not tell by its headings what it holds"
        faults.stop(f"{may_be}: say it with --kind ({', '.join(KINDS)})")
    return kinds[0]


def _kinds(content: bytes, layout: FileMapping, mapping: Mapping | None) -> Sequence[str]:
    try:
        heading = open_table(content, layout, Faults(""), top=True).heading
    except IntakeFault:
        return ()
    return tell_kinds(heading, lambda kind: layout_of(kind, mapping).columns)


def _check(kind: str, columns: Columns, layout: FileMapping, covers: date | None, today: date, faults: Faults) -> None:
    """What can be wrong before any line is read. Raises `IntakeFault`."""
    if {"debit", "debtor"} <= columns.place.keys() and "debit" not in layout.columns:
        faults.add(
            "beside a column of debtors this may be a ledger, where a debit is an invoice: export the payments alone,"
            " or name the column in the mapping if it holds rejected payments",
            field="debit",
        )
    if kind == "snapshot" and covers is None:
        faults.add("a snapshot needs --covers DATE, the last day whose payments its open amounts account for")
    if covers and covers > today:
        faults.add(f"--covers {covers} is after today, {today}")
    faults.check()


def _lines(table: Table, columns: Columns, layout: FileMapping, faults: Faults) -> Iterator[Line]:
    places = [columns.place[field] for field in _AMOUNTS if field in columns.place]
    style = Style(layout.decimal or decimal_mark(_at(places, table.body)), layout.date, table.epoch)
    width = len(table.heading.cells)
    for row in table.body:
        if width and any(cell != "" for cell in row.cells[width:]):
            faults.add(f"has {len(row.cells)} cells, the heading line {width}: a delimiter in a cell?", row.line)
        yield Line(row, columns.place, style, faults)


def _at(places: Iterable[int], rows: Iterable[Row]) -> Iterator[Cell]:
    return (row.cells[place] for row in rows for place in places if place < len(row.cells))


def _covered(kind: str, covers: date | None, paid: Sequence[PaymentRow], faults: Faults) -> date | None:
    """The last day the file accounts for: never the day of the import."""
    if kind not in _COVERING:
        return None
    if kind == "payments" and covers is None and not paid:
        faults.stop("has no payments: say with --covers DATE up to which day the bank has told everything")
    return covers or max((payment.booked_on for payment in paid), default=None)


def _rows(
    kind: str, lines: Iterable[Line], today: date, faults: Faults, steps: Map[str, bool] | None
) -> dict[str, Any]:
    """The fields of a `Batch` that this kind of file fills."""
    match kind:
        case "debtors":
            return _debtors(lines)
        case "contacts":
            return _contacts(lines)
        case "credits":
            return {"credits": credit_notes(lines)}
        case "payments":
            return {"payments": payments(lines, today)}
        case "history":
            return {"history": history(lines, today, steps)}
        case _:
            return _invoices(lines, faults)


def _debtors(lines: Iterable[Line]) -> dict[str, Any]:
    people = People("excluded")
    for line in lines:
        if key := line.need("debtor", cells.text):
            people.add(line, key)
    return {"debtors": people.debtors, "contacts": people.contacts}


def _contacts(lines: Iterable[Line]) -> dict[str, Any]:
    people = People()
    for line in lines:
        if (key := line.need("debtor", cells.text)) and not people.reach(line, key) and not line.faulty:
            line.fault("", "holds no address that can be used (email, phone, mobile or sms)")
    return {"contacts": people.contacts}


def _invoices(lines: Iterable[Line], faults: Faults) -> dict[str, Any]:
    people, invoices = People(), Invoices(faults)
    for line in lines:
        key = line.need("debtor", cells.text)
        invoices.add(line, key)
        if key:
            people.add(line, key)
    found, credits_ = invoices.rows()
    return {"debtors": people.debtors, "contacts": people.contacts, "invoices": found, "credits": credits_}

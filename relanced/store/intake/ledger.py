"""The books of one creditor while an import is being written: what is known, what changes, what contradicts."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import JSON, Boolean, Column, DefaultClause, Integer, Table, bindparam, insert, update

from relanced.rules.model import Road
from relanced.store.intake.kept import heard, told
from relanced.store.journal import Entry
from relanced.store.tables import cases
from relanced.store.tasks import Task

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

Known = dict[str, Any]  # a row as it is, or as it will be; without `id` it has not been written yet


class Booked(Struct, frozen=True):
    """The money of one day that names one invoice of a case, or none."""

    day: date
    cents: int
    invoice_id: int | None


class Ledger:
    """Knows the rows an import is about, gathers those that differ, and remembers which cases were touched."""

    def __init__(self, connection: AsyncConnection, creditor: str, now: datetime, today: date, by: str) -> None:
        self.connection, self.creditor, self.now, self.today, self.by = connection, creditor, now, today, by
        self.debtors: dict[str, Known] = {}
        self.addresses: dict[tuple[int, str, str], Known] = {}  # by `address_key`
        self.invoices: dict[str, Known] = {}
        self.terms: dict[int, list[Known]] = defaultdict(list)  # by invoice, oldest due date first
        self.money: dict[str, Known] = {}
        self.booked: dict[int, list[Booked]] = {}  # by case, in the order of their days
        self.news: dict[int, list[Booked]] = defaultdict(list)  # by invoice: money that did not name it before
        self.added: Counter[str] = Counter()
        self.changed: Counter[str] = Counter()
        self.same: Counter[str] = Counter()
        self.faults: list[tuple[int, str]] = []
        self.touched: set[int] = set()
        self.entries: list[Entry] = []
        self.tasks: list[Task] = []
        self.done_tasks: list[str] = []
        self.kept: list[str] = []
        self.unmatched = 0
        self._fresh: dict[Table, list[Known]] = defaultdict(list)
        self._dirty: dict[Table, dict[int, Known]] = defaultdict(dict)

    def add(self, kind: str, table: Table, values: Mapping[str, Any]) -> Known:
        """A row nobody knew."""
        fresh = {**_blank(table), **values}
        self._fresh[table].append(fresh)
        self.added[kind] += 1
        return fresh

    def change(self, kind: str, table: Table, known: Known, said: Mapping[str, Any]) -> bool:
        """A row that is known. False when nothing new was said of it, but what a person keeps."""
        said = self._followed(kind, table, known, said)
        new = {name: value for name, value in said.items() if known[name] != value}
        if not new:
            self.same[kind] += 1
            return False
        self.changed[kind] += 1
        if "id" in known:
            self._note(kind, table, known, new)
        known |= new
        return True

    def _followed(self, kind: str, table: Table, known: Known, said: Mapping[str, Any]) -> Mapping[str, Any]:
        """What is left of it besides the fields that a person set: these are told, and noted for the day they are
        given back."""
        kept = known.get("kept")
        if not kept:
            return said
        noted = heard(kept, said)
        if noted != kept:
            self.put(table, known, {"kept": noted})
        self.kept += told(kind, known, said)
        return {name: value for name, value in said.items() if name not in kept}

    def put(self, table: Table, known: Known, said: Known) -> None:
        """Write what is no fact of any case."""
        self._dirty[table].setdefault(known["id"], {}).update(said)
        known |= said

    def _note(self, kind: str, table: Table, known: Known, new: Known) -> None:
        self._dirty[table].setdefault(known["id"], {}).update(new)
        case_id = known["id"] if table is cases else known["case_id"]
        if case_id is not None:
            self.touched.add(case_id)
            about = {name: [known[name], value] for name, value in new.items()}
            named = known.get("number") or known.get("key") or known["id"]
            self.entries.append(Entry(case_id, f"{kind} changed", {kind: named, **about}, self.by))

    async def flush(self, table: Table) -> list[Known]:
        """Write what was gathered for a table. Returns the new rows, which have their numbers now."""
        fresh, dirty = self._fresh.pop(table, []), self._dirty.pop(table, {})
        if fresh:
            numbered = insert(table).returning(table.c.id, sort_by_parameter_order=True)
            made = await self.connection.execute(numbered, fresh)
            for row, number in zip(fresh, made.scalars(), strict=True):
                row["id"] = number
                self.touched |= {row["id"] if table is cases else row["case_id"]} - {None}
        by_columns: dict[tuple[str, ...], list[Known]] = defaultdict(list)
        for number, new in dirty.items():
            by_columns[tuple(sorted(new))].append({"which": number, **{f"new_{k}": v for k, v in new.items()}})
        for columns, rows in by_columns.items():
            values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in columns}
            await self.connection.execute(update(table).where(table.c.id == bindparam("which")).values(**values), rows)
        return fresh


def address_key(case_id: int, road: str, place: str) -> tuple[int, str, str]:
    """Under which a ledger knows an address: nobody has two mailboxes that differ in capitals."""
    return case_id, road, place.lower() if road == Road.EMAIL else place


def _blank(table: Table) -> Known:
    """A row of which nothing was said."""
    return {column.name: _default(column) for column in table.c if column.name != "id"}


def _default(column: Column[Any]) -> Any:
    if not isinstance(column.server_default, DefaultClause):
        return None
    said = str(column.server_default.arg)
    if isinstance(column.type, Boolean):
        return said == "true"
    if isinstance(column.type, JSON):
        return json.loads(said)
    return int(said) if isinstance(column.type, Integer) else said

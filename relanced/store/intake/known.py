"""What is known of the things a file names: locked first, then read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import Column, ColumnElement, func, select

from relanced.rules.rows import Batch
from relanced.store.intake.ledger import Booked, Known, Ledger, address_key
from relanced.store.lock import chunks, lock_cases, lock_creditor
from relanced.store.tables import addresses, cases, invoices, money, terms

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class Names(Struct, frozen=True):
    """Debtors, invoices and sums of money that a file speaks of."""

    debtors: frozenset[str]
    invoices: frozenset[str]
    money: frozenset[str]


def names(batch: Batch) -> Names:
    """Everything that is named, once."""
    debtors = {row.key for row in batch.debtors} | {c.debtor for c in batch.contacts}
    debtors |= {i.debtor for i in batch.invoices} | {c.debtor for c in batch.credits}
    debtors |= {p.debtor for p in batch.payments if p.debtor} | {h.debtor for h in batch.history}
    numbers = {i.number for i in batch.invoices} | {c.invoice for c in batch.credits if c.invoice}
    numbers |= {p.invoice for p in batch.payments if p.invoice} | {h.invoice for h in batch.history if h.invoice}
    sums = {p.key for p in batch.payments} | {credit_key(c.number) for c in batch.credits}
    return Names(frozenset(debtors), frozenset(numbers), frozenset(sums))


def credit_key(number: str) -> str:
    """The key of a credit note among the sums of money."""
    return f"credit:{number}"


async def open_books(
    connection: AsyncConnection, creditor: str, batch: Batch, now: datetime, today: date, by: str
) -> Ledger:
    """Lock the cases the file is about, and read them. One import of a creditor at a time."""
    ledger = Ledger(connection, creditor, now, today, by)
    named = names(batch)
    ids = await _locked(connection, creditor, named, batch)
    ledger.debtors = {r["debtor_key"]: r for r in await _rows(connection, cases.c.id, ids)}
    for r in await _rows(connection, addresses.c.case_id, ids):
        ledger.addresses[address_key(r["case_id"], r["road"], r["place"])] = r
    mine = invoices.c.creditor == creditor
    ledger.invoices = {r["number"]: r for r in await _rows(connection, invoices.c.number, named.invoices, mine)}
    for r in await _rows(connection, terms.c.invoice_id, {i["id"] for i in ledger.invoices.values()}):
        ledger.terms[r["invoice_id"]].append(r)
    ledger.booked = await _booked(connection, ids)
    ours = money.c.creditor == creditor
    ledger.money = {r["key"]: r for r in await _rows(connection, money.c.key, named.money, ours)}
    return ledger


async def _locked(connection: AsyncConnection, creditor: str, named: Names, batch: Batch) -> set[int]:
    """The cases of everything that is named; of a snapshot also those of everything it leaves out."""
    await lock_creditor(connection, creditor)
    ids: set[int] = set()
    for owner, column, wanted in (
        (cases.c.id, cases.c.debtor_key, named.debtors),
        (invoices.c.case_id, invoices.c.number, named.invoices),
        (money.c.case_id, money.c.key, named.money),
    ):
        for some in chunks(sorted(wanted)):
            query = select(owner).where(column.table.c.creditor == creditor, column.in_(some), owner.is_not(None))
            ids |= set((await connection.execute(query)).scalars())
    if batch.snapshot:
        ids |= set((await connection.execute(select(invoices.c.case_id).where(still_stated(creditor)))).scalars())
    await lock_cases(connection, ids | await _looked_at(connection, creditor, batch))
    return ids


async def _looked_at(connection: AsyncConnection, creditor: str, batch: Batch) -> set[int]:
    """The cases the planner will look at because the books know more days now: locked with the others, in order."""
    if batch.covers is None or connection.dialect.name == "sqlite":
        return set()
    query = select(cases.c.id).where(cases.c.creditor == creditor, cases.c.state == "open")
    return set((await connection.execute(query)).scalars())


def still_stated(creditor: str) -> ColumnElement[bool]:
    """The invoices of a creditor that the books have not called paid."""
    return (invoices.c.creditor == creditor) & (func.coalesce(invoices.c.stated_open, 1) != 0)


async def _booked(connection: AsyncConnection, ids: set[int]) -> dict[int, list[Booked]]:
    booked: dict[int, list[Booked]] = {}
    each = (money.c.case_id, money.c.booked_on, money.c.invoice_id)
    for some in chunks(sorted(ids)):
        query = select(*each, func.sum(money.c.cents).label("cents")).where(money.c.case_id.in_(some))
        for r in await connection.execute(query.group_by(*each).order_by(money.c.booked_on)):
            booked.setdefault(r.case_id, []).append(Booked(r.booked_on, int(r.cents), r.invoice_id))
    return booked


async def _rows(
    connection: AsyncConnection, column: Column[Any], wanted: Iterable[Any], *more: ColumnElement[bool]
) -> list[Known]:
    found: list[Known] = []
    for some in chunks(sorted(wanted)):
        query = select(column.table).where(column.in_(some), *more).order_by(column.table.c.id)
        found += [dict(row._mapping) for row in await connection.execute(query)]
    return found

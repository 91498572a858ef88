"""The books of one creditor while an import is being written: what is known, what changes, what contradicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from relanced.rules.model import Road
from relanced.rules.rows import Batch, ContactRow, DebtorRow, InvoiceRow
from relanced.store.journal import Entry
from relanced.store.tables import addresses, cases, invoices, lines, terms
from relanced.store.tasks import Task


class Ledger:
    """Knows the creditor's cases and invoices, writes rows that differ, and remembers which cases were touched."""

    def __init__(self, connection: AsyncConnection, creditor: str, now: datetime, today: date, by: str) -> None:
        self.connection, self.creditor, self.now, self.today, self.by = connection, creditor, now, today, by
        self.added: Counter[str] = Counter()
        self.changed: Counter[str] = Counter()
        self.same: Counter[str] = Counter()
        self.faults: list[tuple[int, str]] = []
        self.touched: set[int] = set()
        self.entries: list[Entry] = []
        self.tasks: list[Task] = []
        self.unmatched = 0
        self.debtors: dict[str, Any] = {}
        self.invoices: dict[str, Any] = {}
        self.terms: dict[int, list[Any]] = {}

    @classmethod
    async def open(cls, connection: AsyncConnection, creditor: str, now: datetime, today: date, by: str) -> Ledger:
        """Read what is known of the creditor."""
        ledger = cls(connection, creditor, now, today, by)
        for row in (await connection.execute(select(cases).where(cases.c.creditor == creditor))).all():
            ledger.debtors[row.debtor_key] = row
        for row in (await connection.execute(select(invoices).where(invoices.c.creditor == creditor))).all():
            ledger.invoices[row.number] = row
        mine = select(terms).join(invoices, invoices.c.id == terms.c.invoice_id).where(invoices.c.creditor == creditor)
        for row in (await connection.execute(mine.order_by(terms.c.n))).all():
            ledger.terms.setdefault(row.invoice_id, []).append(row)
        return ledger

    # -- debtors and their addresses ------------------------------------------------------------------------------

    async def write_debtors(self, batch: Batch) -> None:
        """Add and change debtors; one named only by an invoice is added under its key."""
        for row in batch.debtors:
            await self._debtor(row)
        for invoice in batch.invoices:
            if invoice.debtor not in self.debtors:
                await self._debtor(DebtorRow(invoice.line, invoice.debtor, name=invoice.debtor))

    async def _debtor(self, row: DebtorRow) -> None:
        values = {
            "name": row.name,
            "segment": row.segment.value if row.segment else None,
            "siren": row.siren,
            "address": list(row.address) if row.address is not None else None,
            "postcode": _postcode(row.address) if row.address is not None else None,
            "language": row.language,
            "tags": list(row.tags) if row.tags is not None else None,
            "excluded": row.excluded,
            "policy_wanted": row.policy,
            "owner": row.owner,
        }
        said = {k: v for k, v in values.items() if v is not None}
        known = self.debtors.get(row.key)
        if known is None:
            fresh = {"name": row.key, "address": [], "tags": [], "closed": [], **said}
            self.debtors[row.key] = await self._add("debtors", cases, {**fresh, **self._key(row.key)})
            self.entries.append(Entry(self.debtors[row.key].id, "debtor met", {"key": row.key}, self.by))
        else:
            self.debtors[row.key] = await self._change("debtors", cases, known, said, known.id)
        await self._postal_address(row)

    def _key(self, key: str) -> dict[str, Any]:
        return {"creditor": self.creditor, "debtor_key": key, "look_at": self.now}

    async def _postal_address(self, row: DebtorRow) -> None:
        """The postal address is a road like another: letters and registered letters go there."""
        if row.address and len(row.address) >= 2:
            name = row.name or self.debtors[row.key].name
            await self._address(self.debtors[row.key].id, Road.LETTER, "\n".join(row.address), name, 0, "none")
            await self._retire_letters(self.debtors[row.key].id, "\n".join(row.address))

    async def _retire_letters(self, case_id: int, kept: str) -> None:
        """The debtor has moved: the former postal address is not written to any more."""
        old = (addresses.c.case_id == case_id) & (addresses.c.road == "letter") & (addresses.c.place != kept)
        alive = old & addresses.c.dead_since.is_(None)
        moved = await self.connection.execute(update(addresses).where(alive).values(dead_since=self.today))
        if moved.rowcount:
            self.touched.add(case_id)

    async def write_contacts(self, rows: Iterable[ContactRow]) -> None:
        """Add and change the ways to reach a debtor."""
        for row in rows:
            debtor = self.debtors.get(row.debtor)
            if debtor is None:
                self.faults.append((row.line, f"contact: debtor {row.debtor!r} is unknown: import debtors first"))
            else:
                await self._address(debtor.id, row.road, row.where, row.name, row.rank, row.consent.value)

    async def _address(self, case_id: int, road: Road, place: str, name: str, rank: int, consent: str) -> None:
        which = (addresses.c.case_id == case_id) & (addresses.c.road == road.value) & (addresses.c.place == place)
        known = (await self.connection.execute(select(addresses).where(which))).first()
        said: dict[str, Any] = {"name": name, "rank": rank}
        if consent != "none":
            said["consent"] = consent
        if known is None:
            key = {"case_id": case_id, "road": road.value, "place": place}
            await self._add("contacts", addresses, {**key, **said}, case_id)
        elif not (known.consent == "withdrawn" and consent == "given"):  # only a person gives a refusal back
            await self._change("contacts", addresses, known, said, case_id)

    # -- invoices -------------------------------------------------------------------------------------------------

    async def write_invoices(self, rows: Iterable[InvoiceRow], stated_on: date) -> None:
        """Add and change invoices; an open amount is what the books said at the end of `stated_on`."""
        for row in rows:
            debtor = self.debtors[row.debtor]
            known = self.invoices.get(row.number)
            if known is not None and known.case_id != debtor.id:
                self.faults.append((row.line, f"invoice {row.number} belongs to another debtor already"))
                continue
            values = self._invoice_values(row, known, stated_on)
            if known is None:
                key = {"case_id": debtor.id, "creditor": self.creditor, "number": row.number}
                known = await self._add("invoices", invoices, {**key, **values}, debtor.id)
            else:
                known = await self._change("invoices", invoices, known, values, debtor.id)
            self.invoices[row.number] = known
            await self._terms(row, known)

    def _invoice_values(self, row: InvoiceRow, known: Any, stated_on: date) -> dict[str, Any]:
        values: dict[str, Any] = {"issued_on": row.issued_on, "cents": row.cents, "currency": row.currency}
        said = {
            "order_number": row.order_number,
            "payment_mode": row.payment_mode.value if row.payment_mode else None,
            "payer": row.payer,
            "payee_iban": row.payee_iban,
            "excluded": row.excluded,
        }
        values |= {k: v for k, v in said.items() if v is not None}
        older = known is not None and known.stated_on is not None and known.stated_on > stated_on
        if row.open_cents is not None and not older:
            same = known is not None and known.stated_open == row.open_cents
            values |= {"stated_open": row.open_cents}
            values |= {} if same and known.stated_on == stated_on else {"stated_on": stated_on}
        return values

    async def _terms(self, row: InvoiceRow, invoice: Any) -> None:
        known = {t.n: t for t in self.terms.get(invoice.id, [])}
        if len(known) > len(row.terms) and await self._climbed(invoice.id):
            self.faults.append((row.line, f"invoice {row.number} had {len(known)} due dates, some already reminded of"))
            return
        kept = []
        for n, part in enumerate(row.terms, start=1):
            values = {"due_on": part.due_on, "cents": part.cents}
            if n in known:
                kept.append(await self._change("terms", terms, known[n], values, invoice.case_id))
            else:
                key = {"case_id": invoice.case_id, "invoice_id": invoice.id, "n": n}
                kept.append(await self._add("terms", terms, {**key, **values}, invoice.case_id))
        for n in set(known) - set(range(1, len(row.terms) + 1)):
            kept.append(await self._change("terms", terms, known[n], {"cents": 0}, invoice.case_id))
        self.terms[invoice.id] = kept

    async def _climbed(self, invoice_id: int) -> bool:
        query = select(lines.c.id).join(terms, terms.c.id == lines.c.term_id).where(terms.c.invoice_id == invoice_id)
        return (await self.connection.execute(query.limit(1))).first() is not None

    # -- rows -----------------------------------------------------------------------------------------------------

    async def _add(self, kind: str, table: Table, values: Mapping[str, Any], case_id: int | None = None) -> Any:
        row = (await self.connection.execute(insert(table).values(**values).returning(table))).one()
        self.added[kind] += 1
        self.touched.add(case_id if case_id is not None else row.id)
        return row

    async def _change(self, kind: str, table: Table, known: Any, said: Mapping[str, Any], case_id: int) -> Any:
        new = {k: v for k, v in said.items() if getattr(known, k) != v}
        if not new:
            self.same[kind] += 1
            return known
        await self.connection.execute(update(table).where(table.c.id == known.id).values(**new))
        self.changed[kind] += 1
        self.touched.add(case_id)
        about = {kind: getattr(known, "number", known.id), **{k: [getattr(known, k), v] for k, v in new.items()}}
        self.entries.append(Entry(case_id, f"{kind} changed", about, self.by))
        return (await self.connection.execute(select(table).where(table.c.id == known.id))).one()


def _postcode(address: tuple[str, ...]) -> str:
    """The five digits that open the last line, or the one before it when the country stands last."""
    for line in reversed(address[-2:]):
        if line[:5].isdigit() and len(line) > 5:
            return line[:5]
    return ""

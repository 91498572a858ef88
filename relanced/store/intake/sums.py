"""Payments and credit notes of an import. A key names a payment for ever: the same one twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import insert, select, update

from relanced.rules.rows import CreditRow, PaymentRow
from relanced.store.intake.ledger import Ledger
from relanced.store.journal import Entry
from relanced.store.tables import money
from relanced.store.tasks import Task


async def write_credits(ledger: Ledger, rows: Iterable[CreditRow]) -> None:
    """Credit notes: each counts once, by its number."""
    for row in rows:
        invoice = _invoice(ledger, row.line, row.invoice)
        debtor = ledger.debtors.get(row.debtor)
        if debtor is None:
            ledger.faults.append((row.line, f"credit note {row.number}: debtor {row.debtor!r} is unknown"))
            continue
        values = {"booked_on": row.issued_on, "cents": row.cents, "currency": row.currency, "credit": True}
        await _write(ledger, "credits", f"credit:{row.number}", debtor.id, invoice, values, row.number)


async def write_payments(ledger: Ledger, rows: Iterable[PaymentRow]) -> None:
    """Payments; one that nobody can attribute waits to be matched and is never dropped."""
    for row in rows:
        known = ledger.invoices.get(row.invoice or "")
        debtor = ledger.debtors.get(row.debtor or "")
        case_id = known.case_id if known is not None else debtor.id if debtor is not None else None
        values = {"booked_on": row.booked_on, "cents": row.cents, "currency": row.currency, "credit": False}
        written = await _write(ledger, "payments", row.key, case_id, known, values, row.label)
        if case_id is None and written:
            ledger.unmatched += 1
            words = f"payment of {row.cents / 100:.2f} on {row.booked_on} ({row.label or 'no label'}) names no debtor"
            ledger.tasks.append(Task("unmatched", f"unmatched:{ledger.creditor}:{row.key}", words, ledger.creditor))


def _invoice(ledger: Ledger, line: int, number: str | None) -> Any:
    if number is None:
        return None
    if number not in ledger.invoices:
        ledger.faults.append((line, f"invoice {number} is unknown: import invoices first"))
    return ledger.invoices.get(number)


async def _write(
    ledger: Ledger, kind: str, key: str, case_id: int | None, invoice: Any, values: dict[str, Any], label: str
) -> bool:
    which = (money.c.creditor == ledger.creditor) & (money.c.key == key)
    known = (await ledger.connection.execute(select(money).where(which))).first()
    said = {**values, "label": label, "invoice_id": invoice.id if invoice is not None else None, "case_id": case_id}
    if known is None:
        await ledger.connection.execute(insert(money).values(creditor=ledger.creditor, key=key, **said))
        ledger.added[kind] += 1
    else:
        new = {k: v for k, v in said.items() if v is not None and getattr(known, k) != v}
        if not new:
            ledger.same[kind] += 1
            return False
        await ledger.connection.execute(update(money).where(which).values(**new))
        ledger.changed[kind] += 1
    if case_id is not None:
        ledger.touched.add(case_id)
        about = {"key": key, "cents": values["cents"], "booked_on": values["booked_on"]}
        ledger.entries.append(Entry(case_id, f"{kind} booked", about, ledger.by))
    return True

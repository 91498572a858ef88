"""Payments and credit notes of an import. A key names a payment for ever: the same one twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from relanced.rules.rows import CreditRow, PaymentRow
from relanced.store.intake.known import credit_key
from relanced.store.intake.ledger import Known, Ledger
from relanced.store.journal import Entry
from relanced.store.tables import money
from relanced.store.tasks import Task


async def write_credits(ledger: Ledger, rows: Iterable[CreditRow]) -> None:
    """Credit notes: each counts once, by its number."""
    for row in rows:
        invoice = ledger.invoices.get(row.invoice or "")
        debtor = ledger.debtors.get(row.debtor)
        if debtor is None:
            ledger.faults.append((row.line, f"credit note {row.number}: debtor {row.debtor!r} is unknown"))
        elif row.invoice and invoice is None:
            ledger.faults.append((row.line, f"invoice {row.invoice} is unknown: import invoices first"))
        else:
            said = {"case_id": debtor["id"], "credit": True, "label": row.number}
            _book(ledger, "credits", credit_key(row.number), {**said, **_sum(row.issued_on, row, invoice)})
    await _write(ledger, "credits")


async def write_payments(ledger: Ledger, rows: Iterable[PaymentRow]) -> None:
    """Payments; one that nobody can attribute waits to be matched and is never dropped."""
    for row in rows:
        invoice = ledger.invoices.get(row.invoice or "")
        debtor = ledger.debtors.get(row.debtor or "")
        case_id = invoice["case_id"] if invoice else debtor["id"] if debtor else None
        said = {"case_id": case_id, "credit": False, "label": row.label}
        _book(ledger, "payments", row.key, {**said, **_sum(row.booked_on, row, invoice)})
        if case_id is None and "id" not in ledger.money[row.key]:
            _ask(ledger, row)
    await _write(ledger, "payments")


def _sum(day: date, row: CreditRow | PaymentRow, invoice: Known | None) -> Known:
    named = {"invoice_id": invoice["id"] if invoice else None}
    return {"booked_on": day, "cents": row.cents, "currency": row.currency, **named}


def _book(ledger: Ledger, kind: str, key: str, said: Known) -> None:
    known = ledger.money.get(key)
    if known is None:
        ledger.money[key] = ledger.add(kind, money, {"creditor": ledger.creditor, "key": key, **said})
        return
    told = {name: value for name, value in said.items() if value is not None}
    before, after = known["case_id"], told.get("case_id", known["case_id"])
    if before != after:
        told.setdefault("invoice_id", None)  # it was somebody else's, or nobody's: so was the invoice
        ledger.touched |= {before, after} - {None}
        ledger.done_tasks.append(_question(ledger, key))
    ledger.change(kind, money, known, told)


def _ask(ledger: Ledger, row: PaymentRow) -> None:
    ledger.unmatched += 1
    words = f"payment of {row.cents / 100:.2f} on {row.booked_on} ({row.label or 'no label'}) names no debtor"
    ledger.tasks.append(Task("unmatched", _question(ledger, row.key), words, ledger.creditor))


def _question(ledger: Ledger, key: str) -> str:
    return f"unmatched:{ledger.creditor}:{key}"


async def _write(ledger: Ledger, kind: str) -> None:
    for booked in await ledger.flush(money):
        if booked["case_id"] is not None:
            about = {name: booked[name] for name in ("key", "cents", "booked_on")}
            ledger.entries.append(Entry(booked["case_id"], f"{kind} booked", about, ledger.by))

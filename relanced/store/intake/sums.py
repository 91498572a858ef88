"""Payments and credit notes of an import. A key names a payment for ever: the same one twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from relanced.rules.rows import CreditRow, PaymentRow
from relanced.store.intake.known import credit_key
from relanced.store.intake.ledger import Booked, Known, Ledger
from relanced.store.journal import Entry
from relanced.store.tables import invoices, money
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
    _notice(ledger, known, said)
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


def _notice(ledger: Ledger, known: Known | None, said: Known) -> None:
    """Remember money that names an invoice and did not before."""
    if said["invoice_id"] and (known is None or known["invoice_id"] != said["invoice_id"]):
        ledger.news[said["invoice_id"]].append(Booked(said["booked_on"], said["cents"], said["invoice_id"]))


async def _restate(ledger: Ledger) -> None:
    """Books that say more is open than this money leaves do not know of it yet, whatever day they speak of.

    Their amount is dated back before it, so that it is deducted: an earlier day only deducts a payment once more.
    """
    for invoice in [i for i in ledger.invoices.values() if i["id"] in ledger.news]:
        day = _unknown(invoice, ledger.booked.get(invoice["case_id"], ()), ledger.news.pop(invoice["id"]))
        if day:
            ledger.change("invoices", invoices, invoice, {"stated_on": day - timedelta(days=1)})
    await ledger.flush(invoices)


def _unknown(invoice: Known, known: Sequence[Booked], new: Sequence[Booked]) -> date | None:
    """The first day of money that what the books have taken off the invoice cannot hold."""
    if invoice["stated_on"] is None:
        return None
    held = [b for b in known if b.invoice_id == invoice["id"] and b.day <= invoice["stated_on"]]
    room = max(invoice["cents"] - invoice["stated_open"] - sum(b.cents for b in held), 0)
    for booked in sorted((b for b in new if b.day <= invoice["stated_on"]), key=lambda b: b.day):
        room -= booked.cents
        if room < 0:
            return booked.day
    return None


def _ask(ledger: Ledger, row: PaymentRow) -> None:
    ledger.unmatched += 1
    words = f"payment of {row.cents / 100:.2f} on {row.booked_on} ({row.label or 'no label'}) names no debtor"
    ledger.tasks.append(Task("unmatched", _question(ledger, row.key), words, ledger.creditor))


def _question(ledger: Ledger, key: str) -> str:
    return f"unmatched:{ledger.creditor}:{key}"


async def _write(ledger: Ledger, kind: str) -> None:
    await _restate(ledger)
    for booked in await ledger.flush(money):
        if booked["case_id"] is not None:
            about = {name: booked[name] for name in ("key", "cents", "booked_on")}
            ledger.entries.append(Entry(booked["case_id"], f"{kind} booked", about, ledger.by))

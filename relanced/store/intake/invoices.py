"""Invoices of an import, with their due dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from relanced.rules.rows import InvoiceRow
from relanced.store.intake.ledger import Known, Ledger
from relanced.store.tables import invoices, lines, terms


async def write_invoices(ledger: Ledger, rows: Sequence[InvoiceRow], stated_on: date) -> None:
    """Add and change invoices; an open amount is what the books said at the end of `stated_on`."""
    ours = [row for row in rows if _invoice(ledger, row, stated_on)]
    await ledger.flush(invoices)
    climbed = await _climbed(ledger, ours)
    for row in ours:
        _terms(ledger, row, climbed)
    await ledger.flush(terms)


def _invoice(ledger: Ledger, row: InvoiceRow, stated_on: date) -> bool:
    debtor, known = ledger.debtors[row.debtor], ledger.invoices.get(row.number)
    if known is None:
        values = _values(row, {}, stated_on)
        key = {"case_id": debtor["id"], "creditor": ledger.creditor, "number": row.number}
        ledger.invoices[row.number] = ledger.add("invoices", invoices, {**key, **values})
        return True
    if known["case_id"] != debtor["id"]:
        ledger.faults.append((row.line, f"invoice {row.number} belongs to another debtor already"))
        return False
    values = _values(row, known, stated_on)
    if _only_confirmed(ledger, known, values):
        ledger.same["invoices"] += 1
        ledger.put(invoices, known, {"stated_on": stated_on})
    else:
        ledger.change("invoices", invoices, known, values)
    return True


def _only_confirmed(ledger: Ledger, known: Known, values: Known) -> bool:
    """The books say the same of a later day, and no money came between that the statement would swallow."""
    if {name for name, value in values.items() if known[name] != value} != {"stated_on"} or "id" not in known:
        return False
    before, paid = known["stated_on"], ledger.last_money.get(known["case_id"])
    return before is not None and (paid is None or paid <= before)


def _values(row: InvoiceRow, known: Known, stated_on: date) -> Known:
    values: Known = {"issued_on": row.issued_on, "cents": row.cents, "currency": row.currency}
    said = {
        "order_number": row.order_number,
        "payment_mode": row.payment_mode.value if row.payment_mode else None,
        "payer": row.payer,
        "payee_iban": row.payee_iban,
        "excluded": row.excluded,
    }
    values |= {k: v for k, v in said.items() if v is not None}
    before = known.get("stated_on")
    if row.open_cents is not None and (before is None or before <= stated_on):
        values |= {"stated_open": row.open_cents, "stated_on": stated_on}
    return values


async def _climbed(ledger: Ledger, rows: Sequence[InvoiceRow]) -> set[int]:
    """The invoices that lose due dates although steps were taken for them."""
    fewer = [n["id"] for row in rows if len(ledger.terms[(n := ledger.invoices[row.number])["id"]]) > len(row.terms)]
    if not fewer:
        return set()
    query = select(terms.c.invoice_id).join(lines, lines.c.term_id == terms.c.id)
    query = query.where(terms.c.invoice_id.in_(fewer), lines.c.state != "void")
    return set((await ledger.connection.execute(query)).scalars())


def _terms(ledger: Ledger, row: InvoiceRow, climbed: set[int]) -> None:
    invoice = ledger.invoices[row.number]
    known = {t["n"]: t for t in ledger.terms[invoice["id"]]}
    if invoice["id"] in climbed:
        words = f"invoice {row.number} had {len(known)} due dates, some already reminded of"
        ledger.faults.append((row.line, words))
        return
    for n, part in enumerate(row.terms, start=1):
        values = {"due_on": part.due_on, "cents": part.cents}
        if n in known:
            ledger.change("terms", terms, known[n], values)
        else:
            key = {"case_id": invoice["case_id"], "invoice_id": invoice["id"], "n": n}
            ledger.terms[invoice["id"]].append(ledger.add("terms", terms, {**key, **values}))
    for n in known.keys() - set(range(1, len(row.terms) + 1)):
        ledger.change("terms", terms, known[n], {"cents": 0})

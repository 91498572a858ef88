"""Invoices of an import, with their due dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from msgspec import Struct
from sqlalchemy import select

from relanced.rules.rows import InvoiceRow
from relanced.store.intake.ledger import Booked, Known, Ledger
from relanced.store.tables import invoices, lines, terms


class AsOf(Struct, frozen=True):
    """The last day that the open amounts of a file account for; `sure`: somebody said so, it is no guess."""

    day: date
    sure: bool


async def write_invoices(ledger: Ledger, rows: Sequence[InvoiceRow], as_of: AsOf) -> None:
    """Add and change invoices; an open amount is what the books said at the end of that day."""
    ours = [row for row in rows if _invoice(ledger, row, as_of)]
    await ledger.flush(invoices)
    climbed = await _climbed(ledger, ours)
    for row in ours:
        _terms(ledger, row, climbed)
    await ledger.flush(terms)


def _invoice(ledger: Ledger, row: InvoiceRow, as_of: AsOf) -> bool:
    debtor, known = ledger.debtors[row.debtor], ledger.invoices.get(row.number)
    if known is None:
        values = _values(row) | _statement(row, as_of.day)
        key = {"case_id": debtor["id"], "creditor": ledger.creditor, "number": row.number}
        ledger.invoices[row.number] = ledger.add("invoices", invoices, {**key, **values})
        return True
    if known["case_id"] != debtor["id"]:
        ledger.faults.append((row.line, f"invoice {row.number} belongs to another debtor already"))
        return False
    values = _values(row) | _stated(ledger, row, known, as_of)
    if _only_confirmed(ledger, known, values):
        ledger.same["invoices"] += 1
        ledger.put(invoices, known, {"stated_on": as_of.day})
    else:
        ledger.change("invoices", invoices, known, values)
    return True


def _only_confirmed(ledger: Ledger, known: Known, values: Known) -> bool:
    """The books say the same of a later day, and no money came between that the statement would swallow."""
    if {name for name, value in values.items() if known[name] != value} != {"stated_on"} or "id" not in known:
        return False
    before = known["stated_on"]
    return before is not None and not _since(ledger, known, before)


def _stated(ledger: Ledger, row: InvoiceRow, known: Known, as_of: AsOf) -> Known:
    """What the file says is open, of an invoice that is known.

    Books often learn of a payment after we do. Without anybody's word for the day, an amount that was open at any time
    since the last statement tells nothing new, and no other one accounts for money booked since: an earlier day only
    deducts it once more, a later one would remind somebody who has paid.
    """
    before = known["stated_on"]
    if row.open_cents is None or (before is not None and before > as_of.day):
        return {}
    if as_of.sure or "id" not in known:
        return _statement(row, as_of.day)
    since = _since(ledger, known, before or date.min)
    if row.open_cents in _open_since(known, since) and (before or since):
        return {}
    return _statement(row, min([as_of.day, *(b.day - _DAY for b in since)]))


_DAY = timedelta(days=1)


def _since(ledger: Ledger, known: Known, day: date) -> list[Booked]:
    """The money that came after a day and may have paid the invoice."""
    booked = ledger.booked.get(known["case_id"], ())
    return [b for b in booked if b.day > day and b.invoice_id in (None, known["id"])]


def _open_since(known: Known, since: Sequence[Booked]) -> set[int]:
    """What was open after the last statement, and after each payment that names the invoice."""
    left = known["cents"] if known["stated_on"] is None else known["stated_open"]
    opens = {left}
    for booked in since:
        left -= booked.cents if booked.invoice_id else 0
        opens.add(max(left, 0))
    return opens


def _statement(row: InvoiceRow, day: date) -> Known:
    return {} if row.open_cents is None else {"stated_open": row.open_cents, "stated_on": day}


def _values(row: InvoiceRow) -> Known:
    values: Known = {"issued_on": row.issued_on, "cents": row.cents, "currency": row.currency}
    said = {
        "order_number": row.order_number,
        "payment_mode": row.payment_mode.value if row.payment_mode else None,
        "payer": row.payer,
        "payee_iban": row.payee_iban,
        "excluded": row.excluded,
    }
    return values | {k: v for k, v in said.items() if v is not None}


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

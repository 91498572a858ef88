"""A snapshot lists every open invoice: what is absent is settled, what a person called paid is asked about."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, update

from relanced.rules.owed import outstanding
from relanced.rules.rows import Batch
from relanced.store.facts import load
from relanced.store.intake.ledger import Ledger
from relanced.store.journal import Entry
from relanced.store.tables import holds, invoices
from relanced.store.tasks import Task

MANY = 5
SHARE = 0.20


async def settle_absent(ledger: Ledger, batch: Batch, sure: bool) -> tuple[str, ...]:
    """Settle the invoices a snapshot no longer names. Too many at once need a person's word."""
    named = {row.number for row in batch.invoices}
    await _paid_but_open(ledger, named)
    absent = await _absent(ledger, named)
    owing = len(absent) + len(named & ledger.invoices.keys())
    if len(absent) >= MANY and len(absent) > SHARE * owing and not sure:
        words = (
            f"the snapshot leaves out {len(absent)} of {owing} open invoices, above 20 %: if it is complete, confirm"
        )
        ledger.faults.append((0, f"{words} with --yes"))
        return ()
    day = batch.covers or ledger.today
    for row in absent:
        await ledger.connection.execute(
            update(invoices).where(invoices.c.id == row.id).values(stated_open=0, stated_on=day)
        )
        ledger.touched.add(row.case_id)
        about = {"invoice": row.number, "why": f"absent from the snapshot of {day}"}
        ledger.entries.append(Entry(row.case_id, "invoice settled", about, ledger.by))
    return tuple(sorted(row.number for row in absent))


async def _absent(ledger: Ledger, named: set[str]) -> list[Any]:
    """Invoices that still owe something and are not in the snapshot."""
    candidates = [r for number, r in ledger.invoices.items() if number not in named]
    facts = await load(ledger.connection, {r.case_id for r in candidates}, ledger.today)
    owed: dict[int, int] = {}
    for case in facts:
        left = outstanding(case.facts.terms, case.facts.money)
        for term in case.facts.terms:
            owed[term.invoice_id] = owed.get(term.invoice_id, 0) + left[term.id]
    return [r for r in candidates if owed.get(r.id, 0) > 0]


async def _paid_but_open(ledger: Ledger, named: set[str]) -> None:
    """A person said paid, the books still say open: never a reminder, a hold and a question."""
    for number in sorted(named):
        row = ledger.invoices[number]
        marked = [t for t in ledger.terms.get(row.id, []) if t.settled_on]
        if not marked or not row.stated_open:
            continue
        key = f"paid-but-open:{row.id}"
        words = f"invoice {number}: {marked[0].settled_by} said it is paid, the books still show it open"
        ledger.tasks.append(Task("paid but open", key, words, ledger.creditor, row.case_id))
        about = {"case_id": row.case_id, "kind": "paid_but_open", "reason": words, "by": ledger.by}
        for term in marked:
            values = {**about, "term_id": term.id, "began_at": ledger.now}
            await ledger.connection.execute(insert(holds).values(**values))
        ledger.touched.add(row.case_id)

"""A snapshot lists every open invoice: what is absent is settled, what a person called paid is asked about."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select

from relanced.rules.owed import outstanding
from relanced.rules.rows import Batch
from relanced.store.facts import load
from relanced.store.holds import end_paid_but_open
from relanced.store.intake.known import still_stated
from relanced.store.intake.ledger import Known, Ledger
from relanced.store.journal import Entry
from relanced.store.tables import holds, invoices
from relanced.store.tasks import Task

MANY = 5
SHARE = 0.20


async def settle_absent(ledger: Ledger, batch: Batch, sure: bool) -> tuple[str, ...]:
    """Settle the invoices a snapshot no longer names. Too many at once need a person's word."""
    named = {row.number for row in batch.invoices}
    day = batch.covers or ledger.today
    absent, paid = await _absent(ledger, named)
    owing = len(absent) + len(named)
    if len(absent) >= MANY and len(absent) > SHARE * owing and not sure:
        words = f"the snapshot leaves out {len(absent)} of {owing} open invoices, above 20 %: if it is complete"
        ledger.faults.append((0, f"{words}, confirm with --yes"))
        return ()
    for row in absent + paid:
        ledger.put(invoices, row, {"stated_open": 0, "stated_on": day})
    await ledger.flush(invoices)
    for row in absent:
        ledger.touched.add(row["case_id"])
        about = {"invoice": row["number"], "why": f"absent from the snapshot of {day}"}
        ledger.entries.append(Entry(row["case_id"], "invoice settled", about, ledger.by))
    await end_paid_but_open(ledger.connection, [row["id"] for row in paid], ledger.by, ledger.now)
    await _disagreements(ledger, [ledger.invoices[number] for number in sorted(named & ledger.invoices.keys())])
    return tuple(sorted(row["number"] for row in absent))


async def _absent(ledger: Ledger, named: set[str]) -> tuple[list[Known], list[Known]]:
    """Invoices that are not in the snapshot: those that still owe something, and those we knew to be paid."""
    query = select(invoices).where(still_stated(ledger.creditor)).order_by(invoices.c.id)
    known = [dict(row._mapping) for row in await ledger.connection.execute(query)]
    candidates = [row for row in known if row["number"] not in named]
    owed: dict[int, int] = {}
    for case in await load(ledger.connection, {row["case_id"] for row in candidates}, ledger.today):
        left = outstanding(case.facts.terms, case.facts.money)
        for term in case.facts.terms:
            owed[term.invoice_id] = owed.get(term.invoice_id, 0) + left[term.id]
    owing = [row for row in candidates if owed.get(row["id"], 0) > 0]
    return owing, [row for row in candidates if not owed.get(row["id"], 0)]


async def _disagreements(ledger: Ledger, named: list[Known]) -> None:
    """A person said paid, the books of a later day still say open: never a reminder, a hold and a question."""
    agreed = []
    for row in named:
        marked = [t for t in ledger.terms[row["id"]] if t["settled_on"]]
        if marked and row["stated_open"] and row["stated_on"] >= marked[0]["settled_on"]:
            await _ask(ledger, row, marked)
        elif not row["stated_open"]:
            agreed.append(row["id"])
    await end_paid_but_open(ledger.connection, agreed, ledger.by, ledger.now)


async def _ask(ledger: Ledger, invoice: Known, marked: list[Known]) -> None:
    words = f"invoice {invoice['number']}: {marked[0]['settled_by']} said it is paid, the books still show it open"
    key = f"paid-but-open:{invoice['id']}"
    ledger.tasks.append(Task("paid but open", key, words, ledger.creditor, invoice["case_id"]))
    running = (holds.c.kind == "paid_but_open") & holds.c.ended_at.is_(None)
    query = select(holds.c.term_id).where(running, holds.c.term_id.in_([t["id"] for t in marked]))
    held = set((await ledger.connection.execute(query)).scalars())
    about: dict[str, Any] = {"case_id": invoice["case_id"], "kind": "paid_but_open", "reason": words}
    about |= {"by": ledger.by, "began_at": ledger.now}
    rows = [{**about, "term_id": t["id"]} for t in marked if t["id"] not in held]
    if rows:
        await ledger.connection.execute(insert(holds), rows)
        ledger.touched.add(invoice["case_id"])

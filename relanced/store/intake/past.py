"""History from a former tool: the step reached, the last contact, a hold, a comment. No debtor hears a step twice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from sqlalchemy import insert, select

from relanced.rules.rows import HistoryRow
from relanced.store.facts import case_key
from relanced.store.intake.ledger import Ledger
from relanced.store.journal import Entry
from relanced.store.tables import holds, lines, terms, touches


async def write_history(ledger: Ledger, rows: Iterable[HistoryRow]) -> None:
    """Lines performed, contacts counted, holds begun; each said twice counts once."""
    for row in rows:
        debtor = ledger.debtors.get(row.debtor)
        invoice = ledger.invoices.get(row.invoice or "")
        if debtor is None or (row.invoice and (invoice is None or invoice["case_id"] != debtor["id"])):
            ledger.faults.append(
                (row.line, f"history: debtor {row.debtor!r} or its invoice {row.invoice!r} is unknown")
            )
            continue
        ids = [t["id"] for t in ledger.terms[invoice["id"]]] if invoice is not None else None
        await _write(ledger, row, debtor["id"], ids)
        ledger.added["history"] += 1
        ledger.touched.add(debtor["id"])


async def _write(ledger: Ledger, row: HistoryRow, case_id: int, term_ids: list[int] | None) -> None:
    if row.step:
        await _reached(ledger, row, case_id, term_ids)
    if row.last_contact:
        await _contact(ledger, row, case_id)
    if row.hold_until:
        await _hold(ledger, row, case_id, term_ids)
    if row.comment:
        ledger.entries.append(Entry(case_id, "note", {"text": row.comment, "source": "history"}, ledger.by))


async def _reached(ledger: Ledger, row: HistoryRow, case_id: int, term_ids: list[int] | None) -> None:
    """The step was performed by the former tool, on the day of the last contact if that is known."""
    on_day = row.last_contact or ledger.today
    if term_ids is None:  # of what was not late yet it cannot have spoken: that climbs from the beginning
        every = select(terms.c.id).where(terms.c.case_id == case_id)
        spoken = every if row.ahead else every.where(terms.c.due_on < on_day)
        term_ids = list((await ledger.connection.execute(spoken)).scalars())
    query = select(lines.c.term_id).where(lines.c.case_id == case_id, lines.c.step == row.step, lines.c.state != "void")
    known = set((await ledger.connection.execute(query)).scalars())
    rows = [
        {
            "case_id": case_id,
            "term_id": t,
            "step": row.step,
            "round": 0,
            "state": "performed",
            "on_day": on_day,
            "reason": "history",
        }
        for t in term_ids
        if t not in known
    ]
    if rows:
        await ledger.connection.execute(insert(lines), rows)


async def _contact(ledger: Ledger, row: HistoryRow, case_id: int) -> None:
    key = {"key": case_key(case_id), "day": row.last_contact, "n": 0}
    which = (touches.c.key == key["key"]) & (touches.c.day == key["day"])
    if (await ledger.connection.execute(select(touches.c.n).where(which))).first() is None:
        await ledger.connection.execute(insert(touches).values(**key, reminder_id=0))


async def _hold(ledger: Ledger, row: HistoryRow, case_id: int, term_ids: list[int] | None) -> None:
    if row.hold_until is None:
        return
    zone = ledger.now.tzinfo
    end = datetime.combine(row.hold_until + timedelta(days=1), time.min, tzinfo=zone)
    said = {"kind": "history", "reason": row.comment or "on hold in the former tool", "by": ledger.by}
    query = select(holds.c.term_id).where(holds.c.case_id == case_id, holds.c.kind == "history", holds.c.until == end)
    known = set((await ledger.connection.execute(query)).scalars())
    wanted: list[int | None] = list(term_ids) if term_ids is not None else [None]
    rows = [
        {"case_id": case_id, "term_id": t, **said, "began_at": ledger.now, "until": end}
        for t in wanted
        if t not in known
    ]
    if rows:
        await ledger.connection.execute(insert(holds), rows)

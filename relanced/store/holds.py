"""Holds that end by themselves: when person and books agree that an invoice is paid, when an address was found."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from relanced.store.among import among
from relanced.store.tables import holds, tasks, terms
from relanced.store.tasks import close_tasks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


async def end_paid_but_open(connection: AsyncConnection, invoice_ids: Collection[int], by: str, now: datetime) -> None:
    """The person and the books agree about these invoices: nothing stands still, nobody is asked any more."""
    if invoice_ids:
        named = select(terms.c.id).where(among(terms.c.invoice_id, invoice_ids))
        running = (holds.c.kind == "paid_but_open") & holds.c.ended_at.is_(None) & holds.c.term_id.in_(named)
        await connection.execute(update(holds).where(running).values(ended_at=now, ended_by=by))
        await close_tasks(connection, [f"paid-but-open:{i}" for i in invoice_ids], by, now)


async def close_announced(connection: AsyncConnection, case_id: int, by: str, now: datetime) -> None:
    """The holds of a case have ended: their end is announced no more."""
    mine = (tasks.c.case_id == case_id) & tasks.c.key.startswith("ends:") & tasks.c.closed_at.is_(None)
    await connection.execute(update(tasks).where(mine).values(closed_at=now, closed_by=by))


async def end_unreachable(connection: AsyncConnection, case_id: int, by: str, now: datetime) -> int:
    """A person has found a road to the debtor: the terms that stood still for want of one go on. Returns how many."""
    running = (holds.c.case_id == case_id) & (holds.c.kind == "unreachable") & holds.c.ended_at.is_(None)
    ended = await connection.execute(update(holds).where(running).values(ended_at=now, ended_by=by))
    await close_tasks(connection, [f"unreachable:{case_id}"], by, now)
    return ended.rowcount

"""The hold that begins when a person says paid and the books say open, and ends when they agree."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from relanced.store.among import among
from relanced.store.tables import holds, terms
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

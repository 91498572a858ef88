"""Which invoices of a case are contested, who is asked to look into each, and how that ends; under the case lock."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from relanced.rules.model import HoldKind
from relanced.store.asked import Unfitting
from relanced.store.hands import Hands
from relanced.store.tables import holds, invoices, tasks, terms
from relanced.store.tasks import close_tasks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


def dispute_key(case_id: int, invoice: str) -> str:
    """The key of the task that asks somebody to look into what is contested of an invoice."""
    return f"dispute:{case_id}:{invoice}"


async def end_disputes(connection: AsyncConnection, hands: Hands, named: Collection[str], now: datetime) -> int:
    """What is contested of these invoices, or of the only one, may be asked for again. Returns how many holds ended.

    Raises Unfitting for an invoice that is not contested, and when several are and none is named.
    """
    contested = await _contested(connection, hands.case_id, now)
    numbers = sorted({number for number in contested.values() if number})
    if len(numbers) > 1 and not named:
        each = " ".join(f"--invoice {number}" for number in numbers)
        raise Unfitting(f"{', '.join(numbers)} are contested, say which is settled: {each}")
    if strange := sorted(set(named) - set(numbers)):
        raise Unfitting(f"{', '.join(strange)} is not contested (contested: {', '.join(numbers) or 'nothing'})")
    over = [hold for hold, number in contested.items() if not named or number in named]
    ended = {"ended_at": now, "ended_by": hands.by}
    await connection.execute(update(holds).where(holds.c.id.in_(over)).values(**ended))
    await close_tasks(connection, [dispute_key(hands.case_id, number) for number in named], hands.by, now)
    if len(over) == len(contested):  # with what was asked after a call
        asked = (tasks.c.case_id == hands.case_id) & (tasks.c.kind == "dispute") & tasks.c.closed_at.is_(None)
        await connection.execute(update(tasks).where(asked).values(closed_at=now, closed_by=hands.by))
    return len(over)


async def _contested(connection: AsyncConnection, case_id: int, now: datetime) -> dict[int, str]:
    """The holds that run, each with the number of its invoice; none when the whole case is contested."""
    joined = holds.outerjoin(terms, terms.c.id == holds.c.term_id).outerjoin(
        invoices, invoices.c.id == terms.c.invoice_id
    )
    running = (holds.c.case_id == case_id) & (holds.c.kind == HoldKind.DISPUTE.value) & holds.c.ended_at.is_(None)
    running &= holds.c.until.is_(None) | (holds.c.until > now)
    query = select(holds.c.id, invoices.c.number).select_from(joined).where(running)
    return {row.id: row.number or "" for row in await connection.execute(query)}

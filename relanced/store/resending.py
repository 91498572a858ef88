"""The same words once more: a message that ended without arriving gets a successor, because a person asks."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from relanced.rules.lifecycle import MessageEvent
from relanced.rules.model import LIVE, Address
from relanced.store.asked import Unfitting, moved
from relanced.store.tables import messages, reminders
from relanced.store.tasks import close_tasks, unsaid_key

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_KEPT = (
    *("case_id", "creditor", "reminder_id", "word_id", "slot", "road", "channel"),
    *("address_id", "place", "contact", "approved_digest"),
)


async def succeed(
    connection: AsyncConnection, row: Any, reference: str, mail_id: str, to: Address | None, by: str, now: datetime
) -> int:
    """Plan the successor of a message whose case is locked; `to` another address. Returns its id. Raises Unfitting."""
    moved(row, MessageEvent.RESEND)
    turn = await _next_turn(connection, row)
    if row.reminder_id is not None and await _was_withdrawn(connection, row.reminder_id):
        raise Unfitting(f"message {row.id} never left: its step is decided anew, or was passed over")
    values: dict[str, Any] = {name: getattr(row, name) for name in _KEPT}
    values |= {"turn": turn, "state": "planned", "due_at": now, "planned_at": now}
    values |= {"reference": reference, "mail_id": mail_id}
    values |= {"address_id": to.id, "place": to.where, "contact": to.name} if to else {}
    await close_tasks(connection, [unsaid_key(row.id)], by, now)
    made = await connection.execute(insert(messages).values(**values).returning(messages.c.id))
    return int(made.scalar_one())


async def _next_turn(connection: AsyncConnection, row: Any) -> int:
    same = (messages.c.case_id == row.case_id) & (messages.c.reminder_id == row.reminder_id)
    same &= (messages.c.word_id == row.word_id) & (messages.c.slot == row.slot)
    others = (await connection.execute(select(messages.c.state, messages.c.turn).where(same))).all()
    if any(o.state in {s.value for s in LIVE} for o in others):
        raise Unfitting(f"message {row.id} has a successor on its way already")
    return int(max(o.turn for o in others)) + 1


async def _was_withdrawn(connection: AsyncConnection, reminder_id: int) -> bool:
    over = ~reminders.c.live & reminders.c.performed_on.is_(None)
    query = select(reminders.c.id).where(reminders.c.id == reminder_id, over)
    return (await connection.execute(query)).first() is not None

"""What the gate said of messages that may not leave now, written down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import bindparam, select, update

from relanced.rules.lifecycle import MessageEvent, advance
from relanced.rules.model import MessageState
from relanced.store.among import among
from relanced.store.journal import Entry
from relanced.store.tables import messages

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class Ruling(Struct, frozen=True):
    """What the gate said of a planned message: DEFER until a moment, PARK for a person, or WITHDRAW, and why."""

    message_id: int
    case_id: int
    event: MessageEvent
    why: str
    until: datetime | None = None
    asked_digest: str = ""
    lapse_at: datetime | None = None


_RULED = select(
    messages.c.id,
    messages.c.state,
    messages.c.reason,
    messages.c.due_at,
    messages.c.asked_digest,
    messages.c.lapse_at,
).where(among(messages.c.id, "ids"))
_RULE = (
    update(messages)
    .where(messages.c.id == bindparam("which"))
    .values(
        state=bindparam("becomes"),
        reason=bindparam("why"),
        due_at=bindparam("due"),
        asked_digest=bindparam("asked"),
        lapse_at=bindparam("lapse"),
        ended_at=bindparam("ended"),
        lease_owner="",
        lease_until=None,
    )
)


async def write_rulings(connection: AsyncConnection, rulings: Sequence[Ruling], now: datetime) -> list[Entry]:
    """Move the messages that still wait as they were ruled. The caller locks their cases and writes the entries."""
    found = await connection.execute(_RULED, {"ids": sorted({r.message_id for r in rulings})})
    rows: dict[int, Any] = {row.id: row for row in found if row.state == "planned"}
    valid = {r.message_id: r for r in rulings if r.message_id in rows}
    values = [_ruled(r, rows[i], now) for i, r in valid.items()]
    if values:
        await connection.execute(_RULE, values)
    entries = (_entry(r, rows[i].reason) for i, r in valid.items())
    return [entry for entry in entries if entry]


def _ruled(ruling: Ruling, row: Any, now: datetime) -> dict[str, Any]:
    state = advance(MessageState.PLANNED, ruling.event)
    return {
        "which": row.id,
        "becomes": state.value,
        "why": ruling.why,
        "due": ruling.until or row.due_at,
        "asked": ruling.asked_digest or row.asked_digest,
        "lapse": ruling.lapse_at or row.lapse_at,
        "ended": now if state is MessageState.CANCELLED else None,
    }


def _entry(ruling: Ruling, before: str) -> Entry | None:
    """A message deferred again for the same reason is no news."""
    state = advance(MessageState.PLANNED, ruling.event)
    if before == ruling.why and state is MessageState.PLANNED:
        return None
    event = "message deferred" if state is MessageState.PLANNED else f"message {state.value}"
    return Entry(ruling.case_id, event, {"message": ruling.message_id, "why": ruling.why, "until": ruling.until})

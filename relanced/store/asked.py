"""A message that a person asks about: found, its case locked, and whether what is asked fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from relanced.rules.lifecycle import IllegalTransition, MessageEvent, advance
from relanced.rules.model import MessageState
from relanced.store.engine import StoreError
from relanced.store.lock import lock_cases
from relanced.store.tables import cases, messages

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class Unfitting(StoreError):
    """What was asked does not fit the state of things. Nothing was changed."""


def in_no_other_hands(case: Any, by: str) -> None:
    """Raises Unfitting while somebody else has taken the case."""
    if case.taken_by not in ("", by):
        since = f"{case.taken_by} has case {case.id} in hand since {case.taken_at:%Y-%m-%d %H:%M} UTC"
        raise Unfitting(f"{since}, nothing was changed: relanced take {case.id} --anyway")


async def locked(connection: AsyncConnection, message_ids: Sequence[int], by: str) -> list[Any]:
    """Lock the cases of these messages, then read them. Raises Unfitting for one that does not exist, or whose case
    somebody else has in hand."""
    owners = select(messages.c.id, messages.c.case_id).where(messages.c.id.in_(list(message_ids)))
    found = {row.id: row.case_id for row in (await connection.execute(owners)).all()}
    missing = [i for i in message_ids if i not in found]
    if missing:
        raise Unfitting(f"there is no message {missing[0]}")
    await lock_cases(connection, set(found.values()))
    for case in await connection.execute(select(cases).where(cases.c.id.in_(set(found.values())))):
        in_no_other_hands(case, by)
    query = select(messages).where(messages.c.id.in_(list(message_ids))).order_by(messages.c.id)
    return list((await connection.execute(query)).all())


_DONE = {
    MessageEvent.PARK: "parked",
    MessageEvent.WITHDRAW: "cancelled",
    MessageEvent.SAID_NOT_SENT: "cancelled",
    MessageEvent.SAID_SENT: "called sent",
    MessageEvent.FOUND_IN_TRAY: "called sent",
    MessageEvent.RESEND: "sent again",
}


def moved(row: Any, event: MessageEvent) -> MessageState:
    """The state of the message after the event. Raises Unfitting."""
    try:
        return advance(MessageState(row.state), event)
    except IllegalTransition:
        raise Unfitting(f"message {row.id} is {row.state}: it cannot be {_DONE[event]}") from None


def about(row: Any, why: str) -> dict[str, Any]:
    """What the journal says of it."""
    return {"message": row.id, "reference": row.reference, "was": row.state, "why": why}

"""Two hands on one case: whoever changes it says who they are, and may say what they had looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import select

from relanced.store.asked import Unfitting, in_no_other_hands
from relanced.store.journal import DAEMON
from relanced.store.lock import lock_cases
from relanced.store.tables import cases, journal
from relanced.store.unanswered import refuse_newer, refuse_unread

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class Hands(Struct, frozen=True):
    """Who works on which case. `seen` is the version of it that they looked at, `read` the last reply that they have
    read, by the number under which it was heard; None: they do not say."""

    case_id: int
    by: str
    seen: int | None = None
    read: int | None = None


async def lay(connection: AsyncConnection, hands: Hands) -> Any:
    """Lock the case for a change and return its row. Raises Unfitting when somebody else has it in hand, or when it
    has changed since it was looked at: then nothing was changed."""
    await lock_cases(connection, [hands.case_id])
    row = (await connection.execute(select(cases).where(cases.c.id == hands.case_id))).one()
    in_no_other_hands(row, hands.by)
    if hands.seen is not None and hands.seen != row.version:
        last = await _last_change(connection, row.id, hands.by)
        raise Unfitting(
            f"case {row.id} has changed since you looked{last}, nothing was changed: relanced show {row.id}"
        )
    if hands.read is not None:
        await refuse_newer(connection, row.id, hands.read)
    return row


async def refuse_blind(connection: AsyncConnection, hands: Hands) -> None:
    """Replies are ended only by who says what they have read: `lay` has judged it. Raises Unfitting."""
    if hands.seen is None and hands.read is None:
        await refuse_unread(connection, hands.case_id)


async def _last_change(connection: AsyncConnection, case_id: int, by: str) -> str:
    """What somebody else did last, if it was a person."""
    other = (journal.c.case_id == case_id) & journal.c.by.not_in([by, DAEMON])
    other &= ~journal.c.event.startswith("message ")
    query = select(journal.c.by, journal.c.event).where(other).order_by(journal.c.seq.desc()).limit(1)
    row = (await connection.execute(query)).first()
    return f" ({row.by}: {row.event})" if row else ""

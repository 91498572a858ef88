"""Tasks: what the machine asks of a person. At most one open task per key."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import select, update

from relanced.store.among import among
from relanced.store.tables import tasks
from relanced.store.upsert import or_leave

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class Task(Struct, frozen=True):
    """Something a person should look at. `key` names it, so that it is asked once; `not_before`: the moment for it."""

    kind: str
    key: str
    words: str
    creditor: str = ""
    case_id: int | None = None
    owner: str = ""
    not_before: datetime | None = None


def unsaid_key(message_id: int) -> str:
    """The key of the task that asks how else to say what did not reach the debtor."""
    return f"unsaid:message:{message_id}"


def promise_key(number: int) -> str:
    """The key of the task about a promise, or an instalment, that was broken."""
    return f"promise:{number}"


def lapsed_offer_key(number: int) -> str:
    """The key of the task about an offer that was not taken."""
    return f"lapsed-offer:{number}"


_OPEN = or_leave(tasks, "key", where="closed_at IS NULL")


async def open_tasks(connection: AsyncConnection, wanted: Iterable[Task], now: datetime) -> None:
    """Open the tasks that are not open yet."""
    rows = [{**asdict(task), "opened_at": now} for task in sorted(wanted, key=lambda t: t.key)]
    if rows:
        await connection.execute(_OPEN[connection.dialect.name], rows)


async def ask_once(connection: AsyncConnection, wanted: Iterable[Task], now: datetime) -> None:
    """Open the tasks that nobody was ever asked: one that a person has closed stays closed."""
    asked = {task.key: task for task in wanted}
    if asked:
        known = set((await connection.execute(select(tasks.c.key).where(among(tasks.c.key, asked)))).scalars())
        await open_tasks(connection, [task for key, task in asked.items() if key not in known], now)


async def close_tasks(connection: AsyncConnection, keys: Collection[str], by: str, now: datetime) -> None:
    """Close the open tasks of these keys."""
    if keys:
        still_open = among(tasks.c.key, keys) & tasks.c.closed_at.is_(None)
        await connection.execute(update(tasks).where(still_open).values(closed_at=now, closed_by=by))

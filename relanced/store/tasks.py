"""Tasks: what the machine asks of a person. At most one open task per key."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from relanced.store.tables import tasks


@dataclass(frozen=True, slots=True)
class Task:
    """Something a person should look at. `key` names it, so that it is asked once."""

    kind: str
    key: str
    words: str
    creditor: str = ""
    case_id: int | None = None
    owner: str = ""


async def open_tasks(connection: AsyncConnection, wanted: Iterable[Task], now: datetime) -> None:
    """Open the tasks that are not open yet."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    for task in wanted:
        values = {
            "kind": task.kind,
            "key": task.key,
            "words": task.words,
            "creditor": task.creditor,
            "case_id": task.case_id,
            "owner": task.owner,
            "opened_at": now,
        }
        statement = dialect.insert(tasks).values(**values)
        await connection.execute(
            statement.on_conflict_do_nothing(index_elements=["key"], index_where=text("closed_at IS NULL"))
        )


async def close_tasks(connection: AsyncConnection, keys: Collection[str], by: str, now: datetime) -> None:
    """Close the open tasks of these keys."""
    if keys:
        still_open = tasks.c.key.in_(keys) & tasks.c.closed_at.is_(None)
        await connection.execute(update(tasks).where(still_open).values(closed_at=now, closed_by=by))

"""Holds that run out of time: what nobody answered goes to who stands in, the end of a pause is announced before it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, func, select, update

from relanced.store import journal
from relanced.store.engine import Engine
from relanced.store.journal import Entry
from relanced.store.lock import lock_cases
from relanced.store.tables import cases, holds, tasks
from relanced.store.tasks import Task, open_tasks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_RUNS = holds.c.ended_at.is_(None)
_MOST = 200


class Deadlines:
    """What time alone asks of people. No permit depends on it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def next_moment(self) -> datetime | None:
        """When the next hold runs out of time, or is to be announced."""
        answers = select(func.min(holds.c.answer_by)).where(_RUNS, holds.c.answer_by.is_not(None))
        reminders = select(func.min(holds.c.remind_at)).where(_RUNS, holds.c.remind_at.is_not(None))

        async def work(connection: AsyncConnection) -> datetime | None:
            found = [(await connection.execute(query)).scalar() for query in (answers, reminders)]
            return min((moment for moment in found if moment is not None), default=None)

        return await self._engine.read(work)

    async def pass_on(self, backups: Mapping[str, str], now: datetime) -> list[int]:
        """Holds past their deadline belong to whoever stands in for their owner, and so do the tasks about them.

        Each is passed on once. Returns their cases.
        """

        async def work(connection: AsyncConnection) -> list[int]:
            rows = await _locked(connection, holds.c.answer_by <= now)
            entries = []
            for row in rows:
                owner = backups.get(row.owner or row.case_owner, row.owner)
                values = {"answer_by": None, "owner": owner}
                await connection.execute(update(holds).where(holds.c.id == row.id).values(**values))
                mine = (tasks.c.case_id == row.case_id) & (tasks.c.kind == row.kind) & tasks.c.closed_at.is_(None)
                await connection.execute(update(tasks).where(mine).values(owner=owner))
                if row.taken_by == row.owner != owner:  # who did not answer keeps nobody else from answering
                    free = update(cases).where(cases.c.id == row.case_id)
                    await connection.execute(free.values(taken_by="", taken_at=None))
                about = {"kind": row.kind, "from": row.owner, "to": owner, "why": f"nobody answered by {row.answer_by}"}
                entries.append(Entry(row.case_id, "hold passed on", about))
            await journal.write(connection, entries, now)
            return sorted({row.case_id for row in rows})

        return await self._engine.write(work) if await self._any(holds.c.answer_by <= now) else []

    async def remind(self, now: datetime) -> list[int]:
        """Holds that will end soon become a task, once. Returns their cases."""

        async def work(connection: AsyncConnection) -> list[int]:
            rows = await _locked(connection, holds.c.remind_at <= now)
            await open_tasks(connection, [_ends_soon(row, now) for row in rows], now)
            ids = [row.id for row in rows]
            await connection.execute(update(holds).where(holds.c.id.in_(ids)).values(remind_at=None))
            return sorted({row.case_id for row in rows})

        return await self._engine.write(work) if await self._any(holds.c.remind_at <= now) else []

    async def _any(self, late: ColumnElement[bool]) -> bool:
        async def work(connection: AsyncConnection) -> bool:
            return (await connection.execute(select(holds.c.id).where(_RUNS, late).limit(1))).first() is not None

        return await self._engine.read(work)


async def _locked(connection: AsyncConnection, late: ColumnElement[bool]) -> list[Any]:
    """The holds that are late, their cases locked."""
    query = _late(late)
    await lock_cases(connection, {row.case_id for row in await connection.execute(query)})
    return list((await connection.execute(query)).all())


def _late(late: ColumnElement[bool]) -> Select[Any]:
    about = (cases.c.name, cases.c.creditor, cases.c.owner.label("case_owner"), cases.c.taken_by)
    joined = holds.join(cases, cases.c.id == holds.c.case_id)
    return select(holds, *about).select_from(joined).where(_RUNS, late).order_by(holds.c.case_id).limit(_MOST)


def _ends_soon(row: Any, now: datetime) -> Task:
    end = row.until or row.answer_by
    until = f" until {end.astimezone(now.tzinfo):%Y-%m-%d}" if end else ""
    words = f"{row.name}: {row.kind.replace('_', ' ')}{until}: {row.reason}"
    return Task(f"{row.kind} ends", ends_key(row.id), words, row.creditor, row.case_id, row.owner or row.case_owner)


def ends_key(hold_id: int) -> str:
    """The key of the task that announces the end of a hold."""
    return f"ends:{hold_id}"

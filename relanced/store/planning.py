"""What the planner reads and writes: which cases to look at, and the plan of each, applied under the case's lock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace
from sqlalchemy import case, func, select, update

from relanced.store import journal
from relanced.store.among import among
from relanced.store.engine import Engine
from relanced.store.facts import Loaded, load
from relanced.store.journal import Entry
from relanced.store.lock import Bumps, bump, lock_cases, lock_creditor
from relanced.store.plan import NewMessage, NewReminder, Pace, Plan
from relanced.store.plans import Head, Writing, changes, look_at, write_plans
from relanced.store.tables import cases, creditors, messages, policies, reminders

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

__all__ = ["NewMessage", "NewReminder", "Pace", "Plan", "Planning"]


class Planning:
    """The planner's side of the store."""

    def __init__(self, engine: Engine, bumps: Bumps) -> None:
        self._engine = engine
        self._bumps = bumps

    async def due(self, now: datetime, limit: int) -> list[int]:
        """Ids of cases whose moment has come, the longest waiting first."""
        query = select(cases.c.id).where(cases.c.look_at <= now).order_by(cases.c.look_at, cases.c.id).limit(limit)

        async def work(connection: AsyncConnection) -> list[int]:
            return list((await connection.execute(query)).scalars())

        return await self._engine.read(work)

    async def next_look(self) -> datetime | None:
        """When the next case wants to be looked at."""
        query = select(cases.c.look_at).where(cases.c.look_at.is_not(None)).order_by(cases.c.look_at).limit(1)

        async def work(connection: AsyncConnection) -> datetime | None:
            return (await connection.execute(query)).scalar()

        return await self._engine.read(work)

    async def load(self, ids: Sequence[int], today: date) -> list[Loaded]:
        """The cases whole."""
        return await self._engine.read(lambda connection: load(connection, ids, today))

    async def policy(self, digest: str) -> str | None:
        """The body of a policy some case started under."""
        query = select(policies.c.body).where(policies.c.digest == digest)

        async def work(connection: AsyncConnection) -> str | None:
            return (await connection.execute(query)).scalar()

        return await self._engine.read(work)

    async def apply(self, plans: Sequence[Plan], now: datetime, today: date, pace: Pace | None = None) -> list[Plan]:
        """Write the plans whose case has not changed meanwhile; returns them as they were written, without what the
        pace puts off. The others are looked at again.

        `now` is the moment of the decision, `today` its local day.
        """

        async def work(connection: AsyncConnection) -> list[Plan]:
            room = await _room(connection, pace)
            await lock_cases(connection, [p.case_id for p in plans])
            heads = await _heads(connection, [p.case_id for p in plans])
            fitting = [p for p in plans if _fits(p, heads.get(p.case_id))]
            w = Writing(connection, heads, now, today)
            written = await write_plans(w, _within(fitting, room, pace))
            await bump(connection, [p.case_id for p in written if changes(p)], now, self._bumps)
            await _keep_pace(connection, pace, w.begun)
            await journal.write(connection, w.entries, now)
            return written

        return await self._engine.write(work)

    async def put_off(self, case_id: int, until: datetime, why: str, now: datetime) -> None:
        """A case that could not be decided is looked at later, and the journal says why."""

        async def work(connection: AsyncConnection) -> None:
            await lock_cases(connection, [case_id])
            await look_at(connection, {case_id: until})
            await journal.write(connection, [Entry(case_id, "engine error", {"why": why, "again": until})], now)

        await self._engine.write(work)


def _fits(plan: Plan, head: Head | None) -> bool:
    seen = (plan.version, plan.seen_live, plan.seen_message, plan.seen_look)
    return head is not None and seen == (head.version, head.live, head.message, head.look_at)


def _within(plans: Sequence[Plan], room: int | None, pace: Pace | None) -> list[Plan]:
    """The plans that may go today: as many beginnings as there is room for. What else a plan says is never put off."""
    if pace is None or room is None:
        return list(plans)
    begun = [plan.case_id for plan in plans if plan.begin][: max(room, 0)]
    return [plan if plan.case_id in begun or not plan.begin else _tomorrow(plan, pace) for plan in plans]


def _tomorrow(plan: Plan, pace: Pace) -> Plan:
    return replace(plan, begin=None, look_at=min(plan.look_at or pace.tomorrow, pace.tomorrow))


_HEAD = (cases.c.id, cases.c.version, cases.c.round, cases.c.creditor, cases.c.look_at)
_HEADS = select(*_HEAD).where(among(cases.c.id, "ids"))
_LIVE = select(reminders.c.case_id, reminders.c.id).where(among(reminders.c.case_id, "ids"), reminders.c.live)
_NEWEST = select(messages.c.case_id, func.max(messages.c.id).label("id")).where(
    among(messages.c.case_id, "ids"), messages.c.reminder_id.is_not(None)
)


async def _heads(connection: AsyncConnection, ids: list[int]) -> dict[int, Head]:
    """Version, live reminder and newest message of each case, as they are under the lock."""
    asked = {"ids": ids}
    live = {row.case_id: row.id for row in await connection.execute(_LIVE, asked)}
    last = {row.case_id: row.id for row in await connection.execute(_NEWEST.group_by(messages.c.case_id), asked)}
    rows = await connection.execute(_HEADS, asked)
    return {r.id: Head(r.version, r.round, r.creditor, live.get(r.id), last.get(r.id, 0), r.look_at) for r in rows}


async def _room(connection: AsyncConnection, pace: Pace | None) -> int | None:
    """How many reminders the creditor may still begin today; None: as many as there are."""
    if pace is None or not pace.per_day:
        return None
    await lock_creditor(connection, pace.creditor)
    query = select(creditors.c.pace_day, creditors.c.pace_count).where(creditors.c.key == pace.creditor)
    row = (await connection.execute(query)).one()
    return pace.per_day - (row.pace_count if row.pace_day == pace.today else 0)


async def _keep_pace(connection: AsyncConnection, pace: Pace | None, begun: int) -> None:
    if pace is None or not pace.per_day or not begun:
        return
    same_day = case((creditors.c.pace_day == pace.today, creditors.c.pace_count), else_=0)
    values = {"pace_day": pace.today, "pace_count": same_day + begun}
    await connection.execute(update(creditors).where(creditors.c.key == pace.creditor).values(**values))

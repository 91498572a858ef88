"""The queue as people look at it: what has not left, how much of it, since when and why. What ended is not read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import Select, func, select

from relanced.rules.limits import Rate, take
from relanced.store.among import among
from relanced.store.engine import Engine
from relanced.store.tables import cases, in_state, limits, messages, reminders

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

Row = dict[str, Any]

_LIVE = in_state("planned", "parked", "submitting", "uncertain", "in_tray")  # as the partial index spells it

_OLDEST = messages.c.id + 0  # said so, SQLite sorts what the index holds instead of reading the table in its own order


class Pile(Struct, frozen=True):
    """Messages of one channel that wait in one state for one reason. `ripe`: their moment has come."""

    channel: str
    state: str
    reason: str
    ripe: bool
    messages: int
    oldest: datetime
    until: datetime | None


class Queue:
    """What waits. It only reads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def messages(self, creditor: str | None = None, limit: int = 500) -> list[Row]:
        """Messages that have not left, those planned first before the others: where they stand and why."""
        oldest = _of(select(messages.c.id), creditor).order_by(_OLDEST).limit(limit).subquery()
        joined = messages.join(oldest, oldest.c.id == messages.c.id).join(cases, cases.c.id == messages.c.case_id)
        joined = joined.outerjoin(reminders, reminders.c.id == messages.c.reminder_id)
        query = select(
            messages.c.id.label("message"),
            messages.c.creditor,
            cases.c.debtor_key.label("debtor"),
            cases.c.name,
            reminders.c.step,
            messages.c.road,
            messages.c.channel,
            messages.c.state,
            messages.c.due_at,
            messages.c.planned_at,
            messages.c.reference,
            messages.c.reason,
        )
        return await self._rows(query.select_from(joined).order_by(messages.c.id))

    async def piles(self, now: datetime, creditor: str | None = None) -> list[Pile]:
        """How many wait in each channel and state for each reason, since when, and until when at the earliest."""
        ripe = func.coalesce(messages.c.due_at <= now, False).label("ripe")
        by = (messages.c.channel, messages.c.state, messages.c.reason, ripe)
        oldest, until = func.min(messages.c.planned_at).label("oldest"), func.min(messages.c.due_at).label("until")
        query = select(*by, func.count().label("n"), oldest, until)
        rows = await self._rows(_of(query, creditor).group_by(*by))
        return [Pile(*row.values()) for row in rows]

    async def out_of_tokens(self, rates: Mapping[str, Sequence[Rate]], now: datetime) -> dict[str, datetime]:
        """The channels whose rate lets nothing leave just now, and when there is room again."""
        keys = {name: [f"{name}/{rate.n}/{rate.seconds}" for rate in mine] for name, mine in rates.items() if mine}
        query = select(limits.c.key, limits.c.tat).where(
            among(limits.c.key, {k for mine in keys.values() for k in mine})
        )
        known = {row["key"]: row["tat"] for row in await self._rows(query)}
        found = {}
        for name, mine in keys.items():
            taken = take([known.get(key, 0.0) for key in mine], list(rates[name]), now.timestamp(), 1)
            if not taken.granted:
                found[name] = datetime.fromtimestamp(taken.again_at, UTC)
        return found

    async def _rows(self, query: Select[Any]) -> list[Row]:
        async def work(connection: AsyncConnection) -> list[Row]:
            return [dict(row._mapping) for row in await connection.execute(query)]

        return await self._engine.read(work)


def _of(query: Select[Any], creditor: str | None) -> Select[Any]:
    """The messages that have not left, of one creditor or of all."""
    live = query.where(_LIVE)
    return live.where(messages.c.creditor == creditor) if creditor else live

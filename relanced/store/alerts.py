"""What goes wrong, kept as rows from its beginning until its end is told: a restart repeats nothing.

Beside them the mails the house wrote to its own people, by key: none is written twice, and not too many in an hour.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import delete, func, or_, select, update

from relanced.rules.audit import Finding
from relanced.store.engine import Engine
from relanced.store.tables import alerts, own_mails
from relanced.store.upsert import or_leave

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

OVER_AFTER = timedelta(minutes=3)  # what comes and goes is one thing
LEASE = timedelta(minutes=10)  # how long a mail may take that tells of them
LATER = timedelta(minutes=5)
KEPT = timedelta(days=40)

_ALERT, _DIGEST = "alert", "digest"


class Change(Struct, frozen=True):
    """Something began or, with `ended_at`, is over."""

    key: str
    words: str
    begun_at: datetime
    ended_at: datetime | None = None


class Alerts:
    """The rows of what is wrong."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def found(self, findings: Sequence[Finding], place: str, now: datetime) -> list[Change]:
        """What is wrong now, as seen from the machine `place`. Returns what began and what is over since last time."""
        seen = {_key(f, place): f for f in findings}
        if not seen and not await self._any(place):
            return []

        async def work(connection: AsyncConnection) -> list[Change]:
            mine = or_(alerts.c.place == "", alerts.c.place == place)
            rows = {r.key: r for r in await connection.execute(select(alerts).where(mine).with_for_update())}
            changes = [await _seen(connection, key, f, rows.get(key), place, now) for key, f in seen.items()]
            changes += [await _gone(connection, row, now) for key, row in rows.items() if key not in seen]
            return [change for change in changes if change]

        return await self._engine.write(work)

    async def _any(self, place: str) -> bool:
        mine = or_(alerts.c.place == "", alerts.c.place == place) & alerts.c.ended_at.is_(None)
        return await self._exists(select(alerts.c.key).where(mine).limit(1))

    async def standing(self) -> list[Change]:
        """What is wrong, oldest first."""
        query = select(alerts).where(alerts.c.ended_at.is_(None)).order_by(alerts.c.begun_at, alerts.c.key)

        async def work(connection: AsyncConnection) -> list[Change]:
            return [_change(row) for row in await connection.execute(query)]

        return await self._engine.read(work)

    async def take(self, most: int, now: datetime) -> list[Change]:
        """What is to be told in one mail, now ours to tell; nothing when `most` mails left within the hour."""
        untold = or_(alerts.c.told_at.is_(None), alerts.c.ended_at.is_not(None))
        free = untold & or_(alerts.c.again_at.is_(None), alerts.c.again_at <= now)
        if not await self._exists(select(alerts.c.key).where(free).limit(1)):
            return []

        async def work(connection: AsyncConnection) -> list[Change]:
            query = select(alerts).where(free).order_by(alerts.c.begun_at, alerts.c.key)
            rows = (await connection.execute(query.with_for_update())).all()
            lately = (own_mails.c.kind == _ALERT) & (own_mails.c.at > now - timedelta(hours=1))
            written = (await connection.execute(select(func.count()).select_from(own_mails).where(lately))).scalar_one()
            if not rows or written >= most:
                return []
            keys = [r.key for r in rows]
            await connection.execute(update(alerts).where(alerts.c.key.in_(keys)).values(again_at=now + LEASE))
            await _written(connection, f"{_ALERT} {now.isoformat()}", _ALERT, now)
            return [_change(row) for row in rows]

        return await self._engine.write(work)

    async def told(self, changes: Collection[Change], now: datetime) -> None:
        """They were told: what is over is forgotten."""
        over = [c.key for c in changes if c.ended_at]
        begun = [c.key for c in changes if not c.ended_at]

        async def work(connection: AsyncConnection) -> None:
            ended = alerts.c.key.in_(over) & alerts.c.ended_at.is_not(None)
            await connection.execute(delete(alerts).where(ended))
            values = {"told_at": now, "again_at": None}
            await connection.execute(update(alerts).where(alerts.c.key.in_(begun)).values(**values))

        await self._engine.write(work)

    async def untold(self, changes: Collection[Change], taken_at: datetime, now: datetime) -> None:
        """Nobody could be told: again in some minutes."""
        keys = [c.key for c in changes]

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(update(alerts).where(alerts.c.key.in_(keys)).values(again_at=now + LATER))
            await connection.execute(delete(own_mails).where(own_mails.c.key == f"{_ALERT} {taken_at.isoformat()}"))

        await self._engine.write(work)

    async def first_digest(self, name: str, now: datetime) -> bool:
        """Whether this mail of the morning is ours to write: nobody wrote it yet. From now on somebody has."""
        if await self._exists(select(own_mails.c.key).where(own_mails.c.key == f"{_DIGEST} {name}")):
            return False

        async def work(connection: AsyncConnection) -> bool:
            return await _written(connection, f"{_DIGEST} {name}", _DIGEST, now)

        return await self._engine.write(work)

    async def no_digest(self, name: str) -> None:
        """It could not be sent after all."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(own_mails).where(own_mails.c.key == f"{_DIGEST} {name}"))

        await self._engine.write(work)

    async def _exists(self, query: Any) -> bool:
        async def work(connection: AsyncConnection) -> bool:
            return (await connection.execute(query)).first() is not None

        return await self._engine.read(work)


_OWN, _BEGUN = or_leave(own_mails), or_leave(alerts)


async def _written(connection: AsyncConnection, key: str, kind: str, now: datetime) -> bool:
    """Note a mail; False when it was noted before. Old notes go."""
    await connection.execute(delete(own_mails).where(own_mails.c.kind == kind, own_mails.c.at < now - KEPT))
    noted = await connection.execute(_OWN[connection.dialect.name], {"key": key, "kind": kind, "at": now})
    return noted.rowcount > 0


def _key(finding: Finding, place: str) -> str:
    return f"{finding.key} at {place}" if finding.here else finding.key


def _change(row: Any) -> Change:
    return Change(row.key, row.words, row.begun_at, row.ended_at)


async def _seen(
    connection: AsyncConnection, key: str, finding: Finding, row: Any, place: str, now: datetime
) -> Change | None:
    """It is there. Something that is over and comes back before that was told has never been away."""
    if row is not None:
        values = {"seen_at": now, "words": finding.words, "ended_at": None}
        await connection.execute(update(alerts).where(alerts.c.key == key).values(**values))
        return None if row.ended_at is None else Change(key, finding.words, row.begun_at)
    about = {"key": key, "place": place if finding.here else "", "words": finding.words}
    begun = await connection.execute(_BEGUN[connection.dialect.name], {**about, "begun_at": now, "seen_at": now})
    return Change(key, finding.words, now) if begun.rowcount else None


async def _gone(connection: AsyncConnection, row: Any, now: datetime) -> Change | None:
    """It has not been seen for a while: it is over."""
    if row.ended_at is not None or now - row.seen_at < OVER_AFTER:
        return None
    await connection.execute(update(alerts).where(alerts.c.key == row.key).values(ended_at=now, again_at=None))
    return Change(row.key, row.words, row.begun_at, now)

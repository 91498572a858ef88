"""Bundles: letters that leave together, once a day, as one mail to whoever prints them.

due → leaving, committed before the first byte → sent, doubtful or failed. One that was leaving when its process ended
is doubtful: it is told to people and never mailed again by itself. The letters stay in the tray whatever becomes of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import func, insert, literal_column, select, update

from relanced.store import journal
from relanced.store.engine import Engine
from relanced.store.journal import DAEMON, Entry
from relanced.store.lock import lock_cases
from relanced.store.tables import bundles, cases, in_state, messages
from relanced.store.tasks import Task, close_tasks, open_tasks
from relanced.store.upsert import or_leave

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class BundleState(StrEnum):
    """What became of a bundle."""

    DUE = "due"  # it leaves when its moment has come
    LEAVING = "leaving"  # a byte of it may have left
    SENT = "sent"  # the relay took it
    DOUBTFUL = "doubtful"  # nobody knows: a person looks
    FAILED = "failed"  # it did not leave, and will not by itself


class Bundle(Struct, frozen=True):
    """Some letters of one channel, by the numbers of their messages, in the order in which they were laid. What is too
    heavy for one mail leaves in several `parts`, each a bundle of its own."""

    id: int
    channel: str
    day: date
    letters: tuple[int, ...]
    made_at: datetime
    part: int = 1
    parts: int = 1


class Ending(Struct, frozen=True):
    """What became of one try: `due_at` when it is tried again; `task` what a person is asked, in their words."""

    state: BundleState
    words: str
    due_at: datetime | None = None
    task: str = ""


_DUE = bundles.c.state == literal_column("'due'")  # as the partial index says it
_LEAVING = bundles.c.state == literal_column("'leaving'")
_FIRST_OF_DAY = or_leave(bundles, "channel", "day", where="automatic")
_THESE = (
    bundles.c.id,
    bundles.c.channel,
    bundles.c.day,
    bundles.c.letters,
    bundles.c.made_at,
    bundles.c.part,
    bundles.c.parts,
)


class Bundles:
    """The bundles' side of the store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def make(
        self, channel: str, day: date, checked: Mapping[int, int], by: str, now: datetime, *, again: bool = False
    ) -> list[int]:
        """Take these letters in hand and make a bundle of them: message -> the version of its case at which it was
        looked through. Made by nobody, it is the one of its day.

        Returns those that are in it: they still lay in the tray, nothing of their case had changed, and nobody had
        taken them meanwhile (with `again`, that too). None of them, or the day has its bundle: nothing is made.
        """

        async def work(connection: AsyncConnection) -> list[int]:
            rows = await _lying(connection, checked, again)
            kept = [row for row in rows if row.version == checked[row.id]]
            if not kept or not await _made(connection, channel, day, [row.id for row in kept], by, now):
                return []
            if again:
                await _in_place_of(connection, channel, by, now)
            taken = update(messages).where(messages.c.id.in_([row.id for row in kept])).values(taken_at=now)
            await connection.execute(taken)
            told = [Entry(r.case_id, "letter taken", {"message": r.id, "reference": r.reference}, by) for r in kept]
            await journal.write(connection, told, now)
            return [row.id for row in kept]

        return await self._engine.write(work) if checked else []

    async def due(self, now: datetime) -> list[Bundle]:
        """What should leave now, oldest first."""
        ready = _DUE & (bundles.c.due_at <= now)

        async def work(connection: AsyncConnection) -> list[Bundle]:
            rows = await connection.execute(select(*_THESE).where(ready).order_by(bundles.c.id))
            return [_bundle(row) for row in rows]

        return await self._engine.read(work)

    async def split(self, bundle: Bundle, parts: Sequence[Sequence[int]], now: datetime) -> bool:
        """It leaves in parts, these letters in each. False: another process, or a person, was faster."""
        mine = (bundles.c.id == bundle.id) & _DUE
        first, *others = ({"letters": list(ids), "part": n} for n, ids in enumerate(parts, 1))

        async def work(connection: AsyncConnection) -> bool:
            changed = update(bundles).where(mine).values(**first, parts=len(parts)).returning(bundles.c.by)
            by = (await connection.execute(changed)).scalar()
            if by is None:
                return False
            same = {"channel": bundle.channel, "day": bundle.day, "by": by, "automatic": False, "parts": len(parts)}
            same |= {"state": BundleState.DUE.value, "made_at": bundle.made_at, "due_at": now}
            await connection.execute(insert(bundles), [{**same, **other} for other in others])
            return True

        return await self._engine.write(work)

    async def begin(self, bundle: Bundle, now: datetime) -> bool:
        """From here on a byte may leave. False: another process, or a person, was faster."""
        mine = (bundles.c.id == bundle.id) & _DUE
        values = {"state": BundleState.LEAVING.value, "begun_at": now}

        async def work(connection: AsyncConnection) -> bool:
            return (await connection.execute(update(bundles).where(mine).values(**values))).rowcount == 1

        return await self._engine.write(work)

    async def end(self, bundle: Bundle, ending: Ending, now: datetime) -> None:
        """What became of it: kept, asked of a person, or no question any more."""

        async def work(connection: AsyncConnection) -> None:
            await _end(connection, bundle, ending, now)

        await self._engine.write(work)

    async def lost(self, begun_before: datetime, words: str, task: str, now: datetime) -> list[Bundle]:
        """What was leaving when its process ended becomes doubtful, and a person is asked. `task` may name {day} and
        {count}."""
        left = _LEAVING & (bundles.c.begun_at <= begun_before)

        async def find(connection: AsyncConnection) -> list[Bundle]:
            return [_bundle(row) for row in await connection.execute(select(*_THESE).where(left))]

        async def work(connection: AsyncConnection) -> list[Bundle]:
            found = await find(connection)
            for one in found:
                said = task.format(day=one.day, count=len(one.letters))
                await _end(connection, one, Ending(BundleState.DOUBTFUL, words, task=said), now)
            return found

        return await self._engine.write(work) if await self._engine.read(find) else []


def _bundle(row: Any) -> Bundle:
    return Bundle(row.id, row.channel, row.day, tuple(row.letters), row.made_at, row.part, row.parts)


async def _lying(connection: AsyncConnection, checked: Mapping[int, int], again: bool) -> list[Any]:
    """Lock the cases of these messages, then read those that still lie in the tray."""
    named = messages.c.id.in_(sorted(checked))
    owners = (await connection.execute(select(messages.c.case_id).where(named))).scalars()
    await lock_cases(connection, set(owners))
    joined = messages.join(cases, cases.c.id == messages.c.case_id)
    query = select(messages.c.id, messages.c.case_id, messages.c.reference, cases.c.version).select_from(joined)
    still = named & in_state("in_tray") if again else named & in_state("in_tray") & messages.c.taken_at.is_(None)
    return list((await connection.execute(query.where(still).order_by(messages.c.id))).all())


async def _made(
    connection: AsyncConnection, channel: str, day: date, letters: list[int], by: str, now: datetime
) -> bool:
    """Whether there is a new bundle."""
    row = {"channel": channel, "day": day, "letters": letters, "by": by, "automatic": by == DAEMON}
    row |= {"state": BundleState.DUE.value, "made_at": now, "due_at": now}
    return bool((await connection.execute(_FIRST_OF_DAY[connection.dialect.name].values(**row))).rowcount)


async def _in_place_of(connection: AsyncConnection, channel: str, by: str, now: datetime) -> None:
    """What waited to leave before has the same letters: it does not leave any more."""
    newest = select(func.max(bundles.c.id)).where(bundles.c.channel == channel).scalar_subquery()
    older = (bundles.c.channel == channel) & _DUE & (bundles.c.id != newest)
    values = {"state": BundleState.FAILED.value, "ended_at": now, "words": f"{by} asked for all letters again"}
    await connection.execute(update(bundles).where(older).values(**values))


async def _end(connection: AsyncConnection, bundle: Bundle, ending: Ending, now: datetime) -> None:
    values: dict[str, Any] = {"state": ending.state.value, "words": ending.words[:500]}
    values |= {"due_at": ending.due_at} if ending.due_at else {"ended_at": now}
    mine = (bundles.c.id == bundle.id) & _LEAVING
    if not (await connection.execute(update(bundles).where(mine).values(**values))).rowcount:
        return
    key = f"letters-mail:{bundle.channel}"
    if ending.task:
        await open_tasks(connection, [Task("letters mail", key, ending.task)], now)
    elif ending.state is BundleState.SENT and not await _lacks_a_part(connection, bundle):
        await close_tasks(connection, [key], DAEMON, now)


async def _lacks_a_part(connection: AsyncConnection, bundle: Bundle) -> bool:
    """Whether another part of the same letters did not leave, or nobody knows."""
    if bundle.parts == 1:
        return False
    others = (bundles.c.channel == bundle.channel) & (bundles.c.made_at == bundle.made_at) & (bundles.c.parts > 1)
    lacking = others & bundles.c.state.in_([BundleState.FAILED.value, BundleState.DOUBTFUL.value])
    return (await connection.execute(select(bundles.c.id).where(lacking).limit(1))).first() is not None

"""The clerk's desk in the store: one transaction first records what came back, then seals what may go next."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete

from relanced.rules.limits import Rate
from relanced.store import journal, stance
from relanced.store.doors import watch_doors
from relanced.store.engine import Engine
from relanced.store.errors import at_fault
from relanced.store.journal import Entry
from relanced.store.lock import Bumps, lock_cases
from relanced.store.outcomes import Outcome, record
from relanced.store.sealing import Seal, Sealed, seal, standstill
from relanced.store.stance import Stance
from relanced.store.tables import channels
from relanced.store.tasks import Task, open_tasks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class Clerk:
    """The hot writes."""

    def __init__(self, engine: Engine, bumps: Bumps) -> None:
        self._engine = engine
        self._bumps = bumps

    async def commit(
        self,
        outcomes: Sequence[Outcome],
        seals: Sequence[Seal],
        rates: Mapping[str, Sequence[Rate]],
        now: datetime,
        today: date,
        owner: str,
        tasks: Sequence[Task] = (),
    ) -> tuple[Sealed, int]:
        """Record, then seal, durably. Also the count of changes so far, to be asked about later by `bumps.since`."""

        async def work(connection: AsyncConnection) -> tuple[Sealed, int]:
            entries: list[Entry] = []
            still = await standstill(connection, seals) if seals else None
            await lock_cases(connection, {o.case_id for o in outcomes})
            await record(connection, outcomes, now, today, entries, self._bumps)
            shut = await watch_doors(connection, outcomes, now, entries)
            tick, sealed = self._bumps.now, Sealed()
            if still:
                wanted = [s for s in seals if s.channel not in shut]
                sealed = await seal(connection, wanted, still, rates, now, today, owner, entries)
                sealed.dropped |= {s.message_id: "the channel has closed" for s in seals if s.channel in shut}
            await open_tasks(connection, tasks, now)
            await journal.write(connection, entries, now)
            return sealed, tick

        return await self._engine.write(work)

    async def commit_each(
        self, outcomes: Sequence[Outcome], now: datetime, today: date, owner: str
    ) -> list[tuple[Outcome, Exception]]:
        """Record every outcome in a transaction of its own, so that one that breaks the machine stops no other.

        What broke becomes a task, and is returned; nobody waits for it any more, so it will be looked for. Raises
        StoreError and CommitUnknown when the database is at fault; then everything may be recorded again.
        """
        broken: list[tuple[Outcome, Exception]] = []
        for outcome in outcomes:
            try:
                await self.commit([outcome], (), {}, now, today, owner)
            except Exception as error:
                if at_fault(error):
                    raise
                await self.commit((), (), {}, now, today, owner, [_unrecorded(outcome, error)])
                broken.append((outcome, error))
        return broken

    async def closed(self) -> dict[str, tuple[datetime, str]]:
        """The doors closed by their breaker: until when, and why."""
        return await self._engine.read(stance.closed)

    async def reopen(self, name: str) -> None:
        """A person opens a door again."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(channels).where(channels.c.name == name))

        await self._engine.write(work)

    async def stance(self, readable: Collection[str] = ()) -> Stance:
        """How the house stands. `readable`: the channels of which what came in is read here."""

        async def work(connection: AsyncConnection) -> Stance:
            return await stance.read(connection, readable)

        return await self._engine.read(work)


def _unrecorded(outcome: Outcome, error: Exception) -> Task:
    said = type(outcome.answer).__name__.lower()
    words = f"what became of message {outcome.message_id} ({said}) could not be recorded: {type(error).__name__}"
    return Task("not recorded", f"unrecorded:{outcome.attempt}", words, case_id=outcome.case_id)

"""The clerk's desk in the store: one transaction first records what came back, then seals what may go next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from relanced.channel import Refusal, Refused, Scope, Sent, Tray, Unavailable
from relanced.rules.limits import Rate
from relanced.store import journal
from relanced.store.engine import Engine
from relanced.store.journal import Entry
from relanced.store.lock import Bumps, lock_cases
from relanced.store.outcomes import Outcome, record
from relanced.store.sealing import Seal, Sealed, seal
from relanced.store.tables import channels, house
from relanced.store.tasks import Task, open_tasks

REFUSALS_WATCHED = 20
REFUSALS_ALLOWED = 4  # more than 20 % of the last 20 close the door and ask


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
            await lock_cases(connection, {o.case_id for o in outcomes})
            await record(connection, outcomes, now, today, entries, self._bumps)
            await _watch_doors(connection, outcomes, now, entries)
            tick = self._bumps.now
            sealed = Sealed()
            if seals:
                sealed = await seal(connection, seals, rates, now, today, owner, entries)
            await open_tasks(connection, tasks, now)
            await journal.write(connection, entries, now)
            return sealed, tick

        return await self._engine.write(work)

    async def closed(self) -> dict[str, tuple[datetime, str]]:
        """The doors closed by their breaker: until when, and why."""
        query = select(channels).where(channels.c.closed_until.is_not(None))

        async def work(connection: AsyncConnection) -> dict[str, tuple[datetime, str]]:
            return {r.name: (r.closed_until, r.why) for r in await connection.execute(query)}

        return await self._engine.read(work)

    async def reopen(self, name: str) -> None:
        """A person opens a door again."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(channels).where(channels.c.name == name))

        await self._engine.write(work)

    async def stopped(self) -> tuple[int, str, str]:
        """The house's epoch, why nothing may leave (empty when it may), and the digest of the configuration at work."""
        query = select(house.c.epoch, house.c.stopped, house.c.frozen, house.c.config_digest)

        async def work(connection: AsyncConnection) -> tuple[int, str, str]:
            row = (await connection.execute(query)).one()
            return row.epoch, row.stopped or row.frozen, row.config_digest

        return await self._engine.read(work)


async def _watch_doors(
    connection: AsyncConnection, outcomes: Sequence[Outcome], now: datetime, entries: list[Entry]
) -> None:
    """A door that fails closes for a while, longer each time; one that refuses too many closes and asks."""
    told: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        told.setdefault(outcome.channel, []).append(outcome)
    for name in sorted(told):
        query = select(channels).where(channels.c.name == name).with_for_update()
        row = (await connection.execute(query)).first()
        before = (row.failures, row.recent, row.closed_until, row.why) if row else (0, "", None, "")
        after = _door(before, told[name], now)
        if after != before:
            await _keep_door(connection, name, after)
        if after[2] and after[2] != before[2]:
            entries.append(
                Entry(journal.HOUSE, "channel closed", {"channel": name, "until": after[2], "why": after[3]})
            )
        if after[2] and after[3].startswith(_TOO_MANY):
            await open_tasks(connection, [Task("refusals", f"refusals:{name}", f"{name}: {after[3]}")], now)


Door = tuple[int, str, datetime | None, str]
_TOO_MANY = "too many refusals"


def _door(before: Door, outcomes: Sequence[Outcome], now: datetime) -> Door:
    failures, recent, until, why = before
    shut = next((o.answer for o in outcomes if _shuts(o)), None)
    taken = any(isinstance(o.answer, Sent | Tray) for o in outcomes)
    marks = "".join("R" if _refused(o) else "S" for o in outcomes if _refused(o) or isinstance(o.answer, Sent))
    recent = (recent + marks)[-REFUSALS_WATCHED:] if "R" in recent + marks else ""
    if isinstance(shut, Unavailable):
        wait = min(timedelta(seconds=30 * 2 ** min(failures, 7)), timedelta(hours=1))
        return failures + 1, recent, max(shut.not_before or now, now + wait), shut.words
    if len(recent) == REFUSALS_WATCHED and Counter(recent)["R"] > REFUSALS_ALLOWED:
        return failures, "", now + timedelta(hours=4), f"{_TOO_MANY}: more than 20 % of the last {REFUSALS_WATCHED}"
    return (0, recent, None, "") if taken else (failures, recent, until, why)


def _shuts(outcome: Outcome) -> bool:
    return isinstance(outcome.answer, Unavailable) and outcome.answer.scope is Scope.CHANNEL


def _refused(outcome: Outcome) -> bool:
    return isinstance(outcome.answer, Refused) and outcome.answer.why is not Refusal.CONTENT


async def _keep_door(connection: AsyncConnection, name: str, door: Door) -> None:
    failures, recent, until, why = door
    values = {"failures": failures, "recent": recent, "closed_until": until, "why": why[:500]}
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(channels).values(name=name, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))

"""What time alone changes: messages that waited too long."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from relanced.rules.lifecycle import MessageEvent, advance
from relanced.rules.model import MessageState
from relanced.rules.policy import Policy
from relanced.store import calling, journal
from relanced.store.engine import Engine
from relanced.store.journal import Entry
from relanced.store.lock import Bumps, bump, lock_cases
from relanced.store.steps import end_reminder, pass_over
from relanced.store.tables import holds, in_state, lines, messages, policies, reminders
from relanced.store.tasks import Task, open_tasks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_WAITING = in_state("planned", "parked", "in_tray")


class Chores:
    """The rounds."""

    def __init__(self, engine: Engine, bumps: Bumps) -> None:
        self._engine = engine
        self._bumps = bumps

    async def next_lapse(self) -> datetime | None:
        """When the next waiting message runs out of time."""
        waiting = _WAITING & messages.c.lapse_at.is_not(None)
        query = select(messages.c.lapse_at).where(waiting).order_by(messages.c.lapse_at).limit(1)

        async def work(connection: AsyncConnection) -> datetime | None:
            moment: datetime | None = (await connection.execute(query)).scalar()
            return moment

        return await self._engine.read(work)

    async def lapse(self, now: datetime, today: date) -> list[int]:
        """End what waited too long: a courteous or firm step is passed over, a formal one becomes a task and a hold.

        A call that somebody tried to make in vain counts as performed.
        """
        late = _WAITING & (messages.c.lapse_at <= now)
        query = select(messages.c.id, messages.c.case_id).where(late).limit(200)

        async def find(connection: AsyncConnection) -> list[Any]:
            return list((await connection.execute(query)).all())

        found = await self._engine.read(find)
        if not found:
            return []

        async def work(connection: AsyncConnection) -> list[int]:
            await lock_cases(connection, {r.case_id for r in found})
            still = select(messages).where(late, messages.c.id.in_([r.id for r in found]))
            rows = (await connection.execute(still)).all()
            entries: list[Entry] = []
            for row in rows:
                if tried := await calling.given_up(connection, row, now, today):
                    entries.append(tried)
                else:
                    await _lapse(connection, row, now, today, entries)
            await bump(connection, {r.case_id for r in rows}, now, self._bumps)
            await journal.write(connection, entries, now)
            return [r.id for r in rows]

        return await self._engine.write(work)


async def _lapse(connection: AsyncConnection, row: Any, now: datetime, today: date, entries: list[Entry]) -> None:
    state = advance(MessageState(row.state), MessageEvent.LAPSE)
    values = {"state": state.value, "ended_at": now, "reason": row.reason or "waited too long"}
    await connection.execute(update(messages).where(messages.c.id == row.id).values(**values))
    entries.append(Entry(row.case_id, "message expired", {"message": row.id, "was": row.state, "why": row.reason}))
    if row.slot != 0 or row.reminder_id is None:
        return
    reminder = (await connection.execute(select(reminders).where(reminders.c.id == row.reminder_id))).one()
    if not reminder.live:
        return  # it was performed before: what lapsed said the same once more
    body = (
        await connection.execute(select(policies.c.body).where(policies.c.digest == reminder.policy_digest))
    ).scalar()
    step = Policy.from_json(str(body)).step(reminder.step)
    if step.tone.name != "FORMAL":
        await pass_over(connection, reminder.id, "lapsed", today)
        return
    await _stand_still(connection, row, reminder, now)


async def _stand_still(connection: AsyncConnection, row: Any, reminder: Any, now: datetime) -> None:
    named = select(lines.c.term_id).where(lines.c.reminder_id == reminder.id, lines.c.state == "planned")
    ids = list((await connection.execute(named)).scalars())
    await end_reminder(connection, reminder.id)
    why = f"{reminder.step} waited too long for a person ({row.reason or row.state})"
    about = {"case_id": row.case_id, "kind": "lapsed", "reason": why, "by": journal.DAEMON, "began_at": now}
    if ids:
        await connection.execute(insert(holds), [{**about, "term_id": t} for t in ids])
    task = Task("lapsed", f"lapsed:{reminder.id}", f"{why}: resume the case to ask again", row.creditor, row.case_id)
    await open_tasks(connection, [task], now)

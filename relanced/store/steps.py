"""What becomes of the steps a reminder names: performed, withdrawn, passed over. What has left is never taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from relanced.store.among import among
from relanced.store.journal import DAEMON, Entry
from relanced.store.rationing import uncount
from relanced.store.tables import lines, messages, reminders, terms
from relanced.store.tasks import close_tasks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

REWORDED = "reworded"  # why a line is void although its reminder went on


_REMINDERS = (
    update(reminders)
    .where(among(reminders.c.id, "ids"), reminders.c.live)
    .values(live=False, performed_on=bindparam("day"))
)
_LINES = (
    update(lines)
    .where(among(lines.c.reminder_id, "ids"), lines.c.state == "planned")
    .values(state="performed", on_day=bindparam("day"))
)


async def perform(connection: AsyncConnection, reminder_ids: Sequence[int], today: date) -> None:
    """These reminders count from today on, whatever becomes of their messages later."""
    if reminder_ids:
        await connection.execute(_REMINDERS, {"ids": list(reminder_ids), "day": today})
        await connection.execute(_LINES, {"ids": list(reminder_ids), "day": today})


async def withdraw(
    connection: AsyncConnection, case_id: int, reminder_id: int, why: str, now: datetime, entries: list[Entry]
) -> bool:
    """Take back what has not left. False when a message may be on its way: its outcome decides first."""
    query = select(messages.c.id, messages.c.state).where(messages.c.reminder_id == reminder_id)
    states = {row.id: row.state for row in await connection.execute(query)}
    if {"submitting", "uncertain"} & set(states.values()):
        return False
    waiting = [i for i, state in states.items() if state in ("planned", "parked", "in_tray")]
    if waiting:
        values = {"state": "cancelled", "reason": why, "ended_at": now}
        await connection.execute(update(messages).where(messages.c.id.in_(waiting)).values(**values))
    await end_reminder(connection, reminder_id)
    await close_tasks(connection, [hand_over_key(reminder_id)], DAEMON, now)
    entries.append(Entry(case_id, "reminder withdrawn", {"reminder": reminder_id, "why": why, "messages": waiting}))
    return True


def hand_over_key(reminder_id: int) -> str:
    """The key of the task that asks for a hand-over's approval."""
    return f"hand-over:{reminder_id}"


async def end_reminder(connection: AsyncConnection, reminder_id: int) -> None:
    """The reminder is over without having been performed: its planned lines can be decided again."""
    alive = (reminders.c.id == reminder_id) & reminders.c.live
    ended = await connection.execute(update(reminders).where(alive).values(live=False))
    if ended.rowcount:
        planned = (lines.c.reminder_id == reminder_id) & (lines.c.state == "planned")
        await connection.execute(update(lines).where(planned).values(state="void"))
        await uncount(connection, [reminder_id])


async def pass_over(connection: AsyncConnection, reminder_id: int, why: str, today: date) -> None:
    """The steps this reminder would have performed are passed over, and it is over."""
    planned = (lines.c.reminder_id == reminder_id) & (lines.c.state == "planned")
    values = {"state": "passed_over", "reason": why, "on_day": today}
    await connection.execute(update(lines).where(planned).values(**values))
    await end_reminder(connection, reminder_id)


async def mark_handed_over(connection: AsyncConnection, term_ids: list[int], today: date) -> None:
    """These terms leave the ladder: somebody else collects them."""
    await connection.execute(update(terms).where(among(terms.c.id, term_ids)).values(handed_over_on=today))


async def instead_of(connection: AsyncConnection, case_id: int, reminder_id: int) -> list[int]:
    """The live reminders that would take a step which this one, withdrawn or lapsed, named."""
    again = lines.alias()
    same = (again.c.term_id == lines.c.term_id) & (again.c.step == lines.c.step) & (again.c.round == lines.c.round)
    mine = (again.c.reminder_id == reminder_id) & (again.c.reason != REWORDED)
    planned = (lines.c.case_id == case_id) & (lines.c.state == "planned") & (lines.c.reminder_id != reminder_id)
    query = select(lines.c.reminder_id).where(planned, select(again.c.id).where(same, mine).exists()).distinct()
    return list((await connection.execute(query)).scalars())


async def performed_after_all(connection: AsyncConnection, reminder_id: int, day: date) -> None:
    """A letter was posted although its reminder had been withdrawn: the debtor has had these steps.

    What was to take them instead is withdrawn by the caller before, with `instead_of`.
    """
    again = lines.alias()
    had = (again.c.term_id == lines.c.term_id) & (again.c.step == lines.c.step) & (again.c.round == lines.c.round)
    taken = select(again.c.id).where(had, again.c.state != "void").exists()
    free = (lines.c.state == "void") & (lines.c.reason != REWORDED) & ~taken
    mine = (lines.c.reminder_id == reminder_id) & (free | (lines.c.state == "passed_over"))
    await connection.execute(update(lines).where(mine).values(state="performed", on_day=day))
    await connection.execute(update(reminders).where(reminders.c.id == reminder_id).values(performed_on=day))

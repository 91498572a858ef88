"""What a batch of answers changes, gathered first and then written, many rows at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from sqlalchemy import bindparam, or_, select, update

from relanced.store.among import among
from relanced.store.bulk import Bulk
from relanced.store.journal import DAEMON, Entry
from relanced.store.lock import Bumps, bump, look
from relanced.store.rationing import uncount
from relanced.store.steps import perform
from relanced.store.tables import addresses, attempts, cases, messages, reminders
from relanced.store.tasks import Task, close_tasks, open_tasks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class Recording(Struct):
    """One batch being recorded: what it changes beyond the messages themselves."""

    now: datetime
    today: date
    entries: list[Entry]
    attempts: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    performed: list[int] = field(default_factory=list)
    not_begun: list[int] = field(default_factory=list)
    looked: set[int] = field(default_factory=set)
    resting: dict[datetime | None, list[int]] = field(default_factory=dict)
    bumped: set[int] = field(default_factory=set)
    struck: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    crossed: dict[int, str] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)


async def write(connection: AsyncConnection, r: Recording, bumps: Bumps) -> None:
    """Write it all. The caller holds the locks and writes the entries."""
    await _ATTEMPT.run(connection, r.attempts)
    if r.sent:
        await connection.execute(_SENT, {"ids": r.sent, "at": r.now})
    if r.messages:
        await connection.execute(_MESSAGE, r.messages)
    await perform(connection, r.performed, r.today)
    await _forget(connection, r.not_begun)
    for address_id, values in r.struck:
        await connection.execute(update(addresses).where(addresses.c.id == address_id).values(**values))
    if r.crossed:
        await connection.execute(update(cases).where(cases.c.id.in_(r.crossed)).values(crossed=True))
        r.entries += [Entry(case_id, "crossed", {"why": why}) for case_id, why in r.crossed.items()]
    await open_tasks(connection, r.tasks, r.now)
    await close_tasks(connection, r.settled, DAEMON, r.now)
    for until, ids in r.resting.items():
        await connection.execute(_REST, {"ids": sorted(ids), "until": until, "now": r.now})
    await look(connection, r.looked - r.bumped, r.now)
    await bump(connection, r.bumped, r.now, bumps)


_REST = (
    update(cases)
    .where(among(cases.c.id, "ids"), or_(cases.c.look_at.is_(None), cases.c.look_at > bindparam("now")))
    .values(look_at=bindparam("until"))
)


async def _forget(connection: AsyncConnection, reminder_ids: Sequence[int]) -> None:
    """What has not left was no contact; a reminder that was performed before stays one."""
    if reminder_ids:
        query = select(reminders.c.id).where(reminders.c.id.in_(reminder_ids), reminders.c.live)
        await uncount(connection, list((await connection.execute(query)).scalars()))


_ATTEMPT = Bulk(
    update(attempts)
    .where(attempts.c.id == bindparam("which"))
    .values(
        answer=bindparam("answer"),
        words=bindparam("words"),
        provider_id=bindparam("provider"),
        answered_at=bindparam("at"),
    )
)

_SENT = (
    update(messages)
    .where(among(messages.c.id, "ids"))
    .values(state="sent", reason="", due_at=None, settle_at=None, lapse_at=None, sent_at=bindparam("at"))
)
_MESSAGE = (
    update(messages)
    .where(messages.c.id == bindparam("which"))
    .values(
        state=bindparam("state"),
        reason=bindparam("reason"),
        due_at=bindparam("due"),
        failures=bindparam("failures"),
        settle_at=bindparam("settle"),
        lapse_at=bindparam("lapse"),
        ended_at=bindparam("ended"),
    )
)

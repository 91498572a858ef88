"""What the auditor looks at once a minute: bounded questions, each answered by an index over what is still alive."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, exists, func, literal_column, not_, select, text, update

from relanced.rules.audit import UNHEARD, Breaker, Head, Waiting, ear, half_over
from relanced.store.engine import Engine
from relanced.store.journal import DAEMON
from relanced.store.tables import (
    attempts,
    cases,
    channels,
    creditors,
    ears,
    heard,
    holds,
    house,
    imports,
    in_state,
    messages,
    reminders,
    tasks,
)
from relanced.store.tasks import Task, close_tasks, open_tasks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

MOST = 500  # rows of a kind that are looked at: whoever has more knows it
REFUSED = "import refused"
LIVE = text("reminders.live")  # as the partial index says it
LOST = timedelta(days=7)


class Seen(Struct, frozen=True):
    """How the house stands at this moment, as its rows tell."""

    stopped: str
    breakers: tuple[Breaker, ...]
    heads: tuple[Head, ...]
    sealed: tuple[Waiting, ...]
    unheard: tuple[Waiting, ...]
    unread: tuple[Waiting, ...]
    people: tuple[Waiting, ...]
    covers: dict[str, date | None]  # of the creditors that are open
    refused: tuple[tuple[str, str], ...]  # tasks: key and words
    heard: dict[str, datetime]  # by ear (see `ear`), until when all that came back was heard


class Figures(Struct, frozen=True):
    """Counts for a monitor. Messages by channel and state, the longest due by channel, newest imports; `heard`: by
    channel and inbox, until when all that came back was heard."""

    messages: dict[tuple[str, str], int]
    due_since: dict[str, datetime]
    closed: dict[str, bool]
    imported: dict[tuple[str, str], datetime]
    heard: dict[tuple[str, str], datetime]
    tasks: int
    stopped: bool


class Audit:
    """The auditor's side of the store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def look(self, names: Collection[str], telling: Collection[str], now: datetime) -> Seen:
        """Everything but the cases. `names`: the channels; `telling`: those whose provider tells what became."""

        async def work(connection: AsyncConnection) -> Seen:
            row = (await connection.execute(select(house.c.stopped, house.c.frozen))).one()
            return Seen(
                row.stopped or row.frozen,
                tuple([Breaker(*r) for r in await connection.execute(_BREAKERS)]),
                tuple([Head(*r) for name in sorted(names) for r in await connection.execute(_head(name, now))]),
                tuple([w for state in ("submitting", "uncertain") for w in await _aged(connection, _sealed(state))]),
                tuple([w for name in sorted(telling) for w in await _aged(connection, _unheard(name, now))]),
                tuple([w for name in sorted(names) for w in await _aged(connection, _unread(name))]),
                tuple([w for query in _PEOPLE for w in await _aged(connection, query)]),
                {r.key: r.covers for r in await connection.execute(_OPEN)},
                tuple([(r.key, r.words) for r in await connection.execute(_REFUSALS)]),
                {ear(r.channel, r.inbox): r.open_at for r in await connection.execute(select(ears))},
            )

        return await self._engine.read(work)

    async def doors(self) -> tuple[str, tuple[Breaker, ...]]:
        """Why nothing leaves, empty when it may, and how the channels have failed of late."""

        async def work(connection: AsyncConnection) -> tuple[str, tuple[Breaker, ...]]:
            row = (await connection.execute(select(house.c.stopped, house.c.frozen))).one()
            return row.stopped or row.frozen, tuple([Breaker(*r) for r in await connection.execute(_BREAKERS)])

        return await self._engine.read(work)

    async def without_look(self, after: int, limit: int) -> list[int]:
        """Open cases that no moment wakes and nothing seems to hold: no hold, no live reminder with a message whose end
        is still to come. The next after that."""
        lives = exists().where(reminders.c.case_id == cases.c.id, LIVE, exists().where(_LIVELY))
        held = exists().where(holds.c.case_id == cases.c.id, holds.c.ended_at.is_(None))
        sleeping = and_(cases.c.look_at.is_(None), cases.c.state == literal_column("'open'"), cases.c.id > after)
        query = select(cases.c.id).where(sleeping, not_(lives), not_(held)).order_by(cases.c.id).limit(limit)

        async def work(connection: AsyncConnection) -> list[int]:
            return list((await connection.execute(query)).scalars())

        return await self._engine.read(work)

    async def figures(self, names: Collection[str], now: datetime) -> Figures:
        """What a monitor scrapes. Only what is alive is counted, over indexes that hold nothing else."""

        async def work(connection: AsyncConnection) -> Figures:
            alive = {(r.channel, state): r.n for state in _ALIVE for r in await connection.execute(_count(state))}
            heads = [r for name in sorted(names) for r in await connection.execute(_head(name, now))]
            row = (await connection.execute(select(house.c.stopped, house.c.frozen))).one()
            return Figures(
                alive,
                {r.channel: r.due_at for r in heads},
                {
                    r.name: r.closed_until is not None and r.closed_until > now
                    for r in await connection.execute(_BREAKERS)
                },
                {(r.creditor, r.kind): r.at for r in await connection.execute(_IMPORTS)},
                {(r.channel, r.inbox): r.open_at for r in await connection.execute(select(ears))},
                int((await connection.execute(_TASKS)).scalar_one()),
                bool(row.stopped or row.frozen),
            )

        return await self._engine.read(work)

    async def import_refused(self, creditor: str, words: str, now: datetime) -> None:
        """A file was refused: a task stands until one of that creditor is taken in, and speaks of the latest."""
        task = Task(REFUSED, _refusal(creditor), words, creditor)
        latest = update(tasks).where(tasks.c.key == task.key, _STANDING).values(words=words)

        async def work(connection: AsyncConnection) -> None:
            await open_tasks(connection, [task], now)
            await connection.execute(latest)

        await self._engine.write(work)

    async def import_taken(self, creditor: str, now: datetime) -> None:
        """A file of that creditor was taken in: an earlier refusal is no news any more."""
        standing = select(tasks.c.id).where(tasks.c.key == _refusal(creditor), tasks.c.closed_at.is_(None))

        async def find(connection: AsyncConnection) -> bool:
            return (await connection.execute(standing)).first() is not None

        async def work(connection: AsyncConnection) -> None:
            await close_tasks(connection, [_refusal(creditor)], DAEMON, now)

        if await self._engine.read(find):
            await self._engine.write(work)


def _refusal(creditor: str) -> str:
    return f"import:{creditor}"


_ALIVE = ("planned", "parked", "submitting", "uncertain", "in_tray")
_LIVELY = (messages.c.reminder_id == reminders.c.id) & in_state(*_ALIVE)
_BREAKERS = select(channels.c.name, channels.c.failures, channels.c.closed_until, channels.c.why).order_by(
    channels.c.name
)
_OPEN = select(creditors.c.key, creditors.c.covers).where(creditors.c.opened_on.is_not(None)).order_by(creditors.c.key)
_STANDING = tasks.c.closed_at.is_(None)
_REFUSALS = select(tasks.c.key, tasks.c.words).where(_STANDING, tasks.c.kind == REFUSED).order_by(tasks.c.key)
_TASKS = select(func.count()).select_from(tasks).where(_STANDING)
_NEWEST = select(func.max(imports.c.id)).group_by(imports.c.creditor, imports.c.kind)
_IMPORTS = select(imports.c.creditor, imports.c.kind, imports.c.at).where(imports.c.id.in_(_NEWEST))


def _head(channel: str, now: datetime) -> Select[Any]:
    """The message that is first in the queue."""
    due = (messages.c.channel == channel) & in_state("planned") & (messages.c.due_at <= now)
    query = select(messages.c.channel, messages.c.id, messages.c.due_at).where(due)
    return query.order_by(messages.c.due_at, messages.c.id).limit(1)


def _count(state: str) -> Select[Any]:
    counted = func.count().label("n")
    return select(messages.c.channel, counted).where(_spelt(state)).group_by(messages.c.channel)


def _spelt(state: str) -> ColumnElement[bool]:
    """The state as the partial index that holds it spells it."""
    if state in ("parked", "in_tray"):
        return in_state("parked", "in_tray") & in_state(state)
    return in_state(state)


# -- what waits: a name, and since when, oldest first, never more than MOST --------------------------------------


def _sealed(state: str) -> Select[Any]:
    joined = messages.join(attempts, attempts.c.id == messages.c.attempt_id)
    query = select(literal_column(f"'{state}'").label("what"), attempts.c.sealed_at.label("since")).select_from(joined)
    return query.where(in_state(state)).limit(MOST)


def _unheard(channel: str, now: datetime) -> Select[Any]:
    """Of which nothing at all was heard for a day; what was silent for longer than a week will stay so."""
    silent = (messages.c.channel == channel) & in_state("sent") & (messages.c.road != literal_column("'email'"))
    lately = (messages.c.sent_at > now - LOST) & (messages.c.sent_at <= now - UNHEARD)
    told = exists().where(heard.c.case_id == messages.c.case_id, heard.c.attempt_id == messages.c.attempt_id)
    query = select(messages.c.channel.label("what"), messages.c.sent_at.label("since"))
    return query.where(silent, lately, not_(told)).order_by(messages.c.sent_at).limit(MOST)


def _unread(channel: str) -> Select[Any]:
    query = select(heard.c.channel.label("what"), heard.c.came_at.label("since"))
    return query.where(heard.c.read_at.is_(None), heard.c.channel == channel).order_by(heard.c.id).limit(MOST)


def _waiting(what: str, *which: ColumnElement[bool]) -> Select[Any]:
    since, until = messages.c.planned_at.label("since"), messages.c.lapse_at.label("until")
    query = select(literal_column(f"'{what}'").label("what"), since, until)
    return query.where(in_state("parked", "in_tray"), *which).order_by(messages.c.id).limit(MOST)


_HAND_OVERS = (
    select(literal_column("'for the approval of a hand-over'").label("what"), reminders.c.planned_at.label("since"))
    .select_from(reminders.outerjoin(messages, messages.c.reminder_id == reminders.c.id))
    .where(LIVE, messages.c.id.is_(None))
    .limit(MOST)
)
_BY_PHONE = messages.c.road == "phone"
_PEOPLE = (
    _waiting("for approval", in_state("parked")),
    _waiting("in the tray", in_state("in_tray"), not_(_BY_PHONE)),
    _waiting("for a call", in_state("in_tray"), _BY_PHONE),
    _HAND_OVERS,
)


async def _aged(connection: AsyncConnection, query: Select[Any]) -> list[Waiting]:
    """What a query shows, as one number and its oldest moment; nothing when it shows nothing."""
    rows = (await connection.execute(query)).all()
    if not rows:
        return []
    lapsing = [(half_over(r.since, r.until), r.until) for r in rows if getattr(r, "until", None)]
    return [Waiting(rows[0].what, len(rows), min(r.since for r in rows), *min(lapsing, default=()))]

"""What the planner reads and writes: which cases to look at, and the plan of each, applied under the case's lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from relanced.rules.decide import Named, PassOver
from relanced.rules.model import LineKind, LineState, MessageState, Road
from relanced.store import journal
from relanced.store.engine import Engine
from relanced.store.facts import Loaded, load
from relanced.store.journal import Entry
from relanced.store.lock import Bumps, bump, lock_cases
from relanced.store.tables import cases, creditors, holds, lines, messages, policies, reminders, terms, touches
from relanced.store.tasks import Task, close_tasks, open_tasks


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be planned, or parked until a person acts."""

    slot: int
    turn: int
    road: Road
    channel: str
    address_id: int | None
    place: str
    contact: str
    reference: str
    mail_id: str
    due_at: datetime
    parked: str = ""
    lapse_at: datetime | None = None
    asked_digest: str = ""


@dataclass(frozen=True, slots=True)
class NewReminder:
    """One step to be performed. A hand-over has no message: it is performed at once, or waits for approval."""

    step: str
    lines: tuple[Named, ...]
    messages: tuple[NewMessage, ...]
    reason: str
    hand_over: bool = False
    hand_over_now: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What the planner makes of one case, valid for exactly this version of it."""

    case_id: int
    version: int
    look_at: datetime | None
    state: str = "open"
    policy_digest: str | None = None
    policy_body: str = ""
    passes: tuple[PassOver, ...] = ()
    withdraw: int | None = None  # the live reminder that is no longer decided
    withdraw_why: str = ""
    reline: tuple[Named, ...] = ()  # the live reminder keeps its step, its lines change
    begin: NewReminder | None = None
    more: tuple[tuple[int, NewMessage], ...] = ()  # next turns and `also` messages of existing reminders
    stranded: tuple[int, ...] = ()  # terms for which no road is left
    tasks: tuple[Task, ...] = ()
    done_tasks: tuple[str, ...] = ()
    seen_live: int | None = None  # the live reminder and the newest message it was planned upon
    seen_message: int = 0


@dataclass(frozen=True, slots=True)
class Pace:
    """How many reminders a creditor may still start today; what is over waits until `tomorrow`."""

    creditor: str
    per_day: int
    today: date
    tomorrow: datetime


@dataclass(slots=True)
class _Writing:
    connection: AsyncConnection
    now: datetime
    today: date
    entries: list[Entry] = field(default_factory=list)


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

    async def apply(self, plans: Sequence[Plan], now: datetime, today: date, pace: Pace | None = None) -> list[int]:
        """Write the plans whose case has not changed meanwhile; returns their ids. The others are looked at again.

        `now` is the moment of the decision, `today` its local day.
        """

        async def work(connection: AsyncConnection) -> list[int]:
            ids = [p.case_id for p in plans]
            await lock_cases(connection, ids)
            seen = await _seen(connection, ids)
            room = await _room(connection, pace)
            writing, written = _Writing(connection, now, today), []
            for plan in plans:
                if seen.get(plan.case_id) != (plan.version, plan.seen_live, plan.seen_message):
                    continue
                if plan.begin and pace and room is not None:
                    if room <= 0:
                        await _look_at(connection, plan.case_id, pace.tomorrow)
                        continue
                    room -= 1
                await _write(writing, plan, self._bumps)
                written.append(plan.case_id)
            await _keep_room(connection, pace, room)
            await journal.write(connection, writing.entries, now)
            return written

        return await self._engine.write(work)

    async def put_off(self, case_id: int, until: datetime, why: str, now: datetime) -> None:
        """A case that could not be decided is looked at later, and the journal says why."""

        async def work(connection: AsyncConnection) -> None:
            await lock_cases(connection, [case_id])
            await _look_at(connection, case_id, until)
            await journal.write(connection, [Entry(case_id, "engine error", {"why": why, "again": until})], now)

        await self._engine.write(work)


async def _seen(connection: AsyncConnection, ids: list[int]) -> dict[int, tuple[int, int | None, int]]:
    """Version, live reminder and newest message of each case, as they are under the lock."""
    live = select(reminders.c.case_id, reminders.c.id).where(reminders.c.case_id.in_(ids), reminders.c.live)
    lives = {row.case_id: row.id for row in await connection.execute(live)}
    newest = select(messages.c.case_id, func.max(messages.c.id).label("id")).where(messages.c.case_id.in_(ids))
    last = {row.case_id: row.id for row in await connection.execute(newest.group_by(messages.c.case_id))}
    query = select(cases.c.id, cases.c.version).where(cases.c.id.in_(ids))
    return {r.id: (r.version, lives.get(r.id), last.get(r.id, 0)) for r in await connection.execute(query)}


async def _look_at(connection: AsyncConnection, case_id: int, moment: datetime | None) -> None:
    await connection.execute(update(cases).where(cases.c.id == case_id).values(look_at=moment))


async def _room(connection: AsyncConnection, pace: Pace | None) -> int | None:
    if pace is None or not pace.per_day:
        return None
    query = select(creditors.c.pace_day, creditors.c.pace_count).where(creditors.c.key == pace.creditor)
    row = (await connection.execute(query.with_for_update())).one()
    return pace.per_day - (row.pace_count if row.pace_day == pace.today else 0)


async def _keep_room(connection: AsyncConnection, pace: Pace | None, room: int | None) -> None:
    if pace is not None and room is not None:
        values = {"pace_day": pace.today, "pace_count": pace.per_day - room}
        await connection.execute(update(creditors).where(creditors.c.key == pace.creditor).values(**values))


async def _write(w: _Writing, plan: Plan, bumps: Bumps) -> None:
    if plan.withdraw is not None and not await withdraw(
        w.connection, plan.case_id, plan.withdraw, plan.withdraw_why, w.now, w.entries
    ):
        return await _look_at(w.connection, plan.case_id, None)  # its outcome will ask for another look
    if plan.reline and not await _reline(w, plan):
        return await _look_at(w.connection, plan.case_id, None)
    await _pass_over(w, plan)
    if plan.begin is not None:
        await _begin(w, plan, plan.begin)
    for reminder_id, message in plan.more:
        await _add(w, plan.case_id, reminder_id, (message,))
    if plan.stranded:
        await _strand(w, plan)
    await open_tasks(w.connection, plan.tasks, w.now)
    await close_tasks(w.connection, plan.done_tasks, journal.DAEMON, w.now)
    values = {"look_at": plan.look_at, "state": plan.state, "policy_digest": plan.policy_digest}
    await _keep_policy(w.connection, plan)
    await w.connection.execute(update(cases).where(cases.c.id == plan.case_id).values(**values))
    if plan.passes or plan.stranded:
        await bump(w.connection, [plan.case_id], w.now, bumps)


async def _keep_policy(connection: AsyncConnection, plan: Plan) -> None:
    if plan.policy_digest and plan.policy_body:
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        row = {"digest": plan.policy_digest, "body": plan.policy_body}
        await connection.execute(dialect.insert(policies).values(row).on_conflict_do_nothing())


async def _pass_over(w: _Writing, plan: Plan) -> None:
    if not plan.passes:
        return
    state = LineState.PASSED_OVER.value
    rows = [
        {
            "case_id": plan.case_id,
            "term_id": p.term_id,
            "reminder_id": None,
            "step": p.step,
            "round": await _round(w.connection, plan.case_id),
            "state": state,
            "kind": LineKind.MAIN.value,
            "cents": 0,
            "on_day": w.today,
            "reason": p.reason.value,
        }
        for p in plan.passes
    ]
    await w.connection.execute(insert(lines), rows)
    about = [{"term": p.term_id, "step": p.step, "why": p.reason.value} for p in plan.passes]
    w.entries.append(Entry(plan.case_id, "steps passed over", {"steps": about}))


async def _round(connection: AsyncConnection, case_id: int) -> int:
    return int((await connection.execute(select(cases.c.round).where(cases.c.id == case_id))).scalar_one())


async def _begin(w: _Writing, plan: Plan, new: NewReminder) -> None:
    await _keep_policy(w.connection, plan)
    performed = new.hand_over and new.hand_over_now
    round_ = await _round(w.connection, plan.case_id)
    values = {
        "case_id": plan.case_id,
        "step": new.step,
        "round": round_,
        "policy_digest": plan.policy_digest,
        "planned_at": w.now,
        "planned_on": w.today,
        "performed_on": w.today if performed else None,
        "live": not performed,
    }
    reminder_id = (
        await w.connection.execute(insert(reminders).values(**values).returning(reminders.c.id))
    ).scalar_one()
    await _name(w, plan.case_id, reminder_id, round_, new.lines, performed)
    if performed:
        await mark_handed_over(w.connection, [n.term_id for n in new.lines], w.today)
    about = {"reminder": reminder_id, "step": new.step, "why": new.reason, "terms": [n.term_id for n in new.lines]}
    w.entries.append(Entry(plan.case_id, "handed over" if performed else "reminder planned", about))
    await _add(w, plan.case_id, reminder_id, new.messages)


async def mark_handed_over(connection: AsyncConnection, term_ids: list[int], today: date) -> None:
    """These terms leave the ladder: somebody else collects them."""
    await connection.execute(update(terms).where(terms.c.id.in_(term_ids)).values(handed_over_on=today))


async def _name(
    w: _Writing, case_id: int, reminder_id: int, round_: int, named: Sequence[Named], performed: bool = False
) -> None:
    state = LineState.PERFORMED if performed else LineState.PLANNED
    rows = [
        {
            "case_id": case_id,
            "term_id": n.term_id,
            "reminder_id": reminder_id,
            "step": n.step,
            "round": round_,
            "state": state.value,
            "kind": n.kind.value,
            "cents": n.cents,
            "on_day": w.today,
        }
        for n in named
    ]
    await w.connection.execute(insert(lines), rows)


async def _add(w: _Writing, case_id: int, reminder_id: int, new: Sequence[NewMessage]) -> None:
    if not new:
        return
    creditor = (await w.connection.execute(select(cases.c.creditor).where(cases.c.id == case_id))).scalar_one()
    for message in new:
        state = MessageState.PARKED if message.parked else MessageState.PLANNED
        values = {
            "case_id": case_id,
            "creditor": creditor,
            "reminder_id": reminder_id,
            "slot": message.slot,
            "turn": message.turn,
            "road": message.road.value,
            "channel": message.channel,
            "state": state.value,
            "reason": message.parked,
            "address_id": message.address_id,
            "place": message.place,
            "contact": message.contact,
            "reference": message.reference,
            "mail_id": message.mail_id,
            "due_at": message.due_at,
            "lapse_at": message.lapse_at,
            "asked_digest": message.asked_digest,
            "planned_at": w.now,
        }
        row = await w.connection.execute(insert(messages).values(**values).returning(messages.c.id))
        about = {"message": row.scalar_one(), "road": message.road.value, "reference": message.reference}
        about |= {"why": message.parked} if message.parked else {"due": message.due_at}
        w.entries.append(Entry(case_id, f"message {state.value}", about))


async def _reline(w: _Writing, plan: Plan) -> bool:
    """The live reminder names other terms, or other amounts. False when a message may be on its way."""
    query = select(reminders.c.id, reminders.c.round).where(reminders.c.case_id == plan.case_id, reminders.c.live)
    row = (await w.connection.execute(query)).one()
    moving = (messages.c.reminder_id == row.id) & messages.c.state.in_(("submitting", "uncertain", "in_tray"))
    if (await w.connection.execute(select(messages.c.id).where(moving).limit(1))).first():
        return False
    await w.connection.execute(
        update(lines).where(lines.c.reminder_id == row.id, lines.c.state == "planned").values(state="void")
    )
    await _name(w, plan.case_id, row.id, row.round, plan.reline)
    about = {"reminder": row.id, "terms": [n.term_id for n in plan.reline]}
    w.entries.append(Entry(plan.case_id, "reminder reworded", about))
    return True


async def _strand(w: _Writing, plan: Plan) -> None:
    """No road is left: the terms stand still and a person is asked."""
    reason = "no usable address is left on any road of the step"
    about = {"case_id": plan.case_id, "kind": "unreachable", "reason": reason, "by": journal.DAEMON, "began_at": w.now}
    await w.connection.execute(insert(holds), [{**about, "term_id": t} for t in plan.stranded])
    told = {"kind": "unreachable", "why": reason, "terms": list(plan.stranded)}
    w.entries.append(Entry(plan.case_id, "hold begun", told))


async def end_reminder(connection: AsyncConnection, reminder_id: int) -> None:
    """The reminder is over without having been performed: its planned lines can be decided again."""
    planned = (lines.c.reminder_id == reminder_id) & (lines.c.state == "planned")
    await connection.execute(update(lines).where(planned).values(state="void"))
    await connection.execute(update(reminders).where(reminders.c.id == reminder_id).values(live=False))
    await connection.execute(delete(touches).where(touches.c.reminder_id == reminder_id))


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
    entries.append(Entry(case_id, "reminder withdrawn", {"reminder": reminder_id, "why": why, "messages": waiting}))
    return True

"""The tray: sheets that lie in the spool until a person says they were posted, spoiled or presented."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, insert, literal_column, select, update

from relanced.channel import Parcel
from relanced.rules.lifecycle import MessageEvent, advance
from relanced.rules.model import MessageState, Road
from relanced.rules.policy import Policy
from relanced.store import journal
from relanced.store.engine import Engine
from relanced.store.journal import Entry
from relanced.store.lock import Bumps, bump, lock_cases, look
from relanced.store.people import Unfitting
from relanced.store.rationing import count_again
from relanced.store.rows import case_key, place_key
from relanced.store.sending import parcel_of
from relanced.store.steps import instead_of, perform, performed_after_all, withdraw
from relanced.store.tables import attempts, cases, in_state, lines, messages, policies, reminders
from relanced.store.tasks import Task, close_tasks, open_tasks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_GONE = ("cancelled", "expired")
_WITHDRAWN = messages.c.state.in_(_GONE)
_TRAY: ColumnElement[str] = literal_column("'tray'")  # as the partial index says it


@dataclass(frozen=True, slots=True)
class Sheet:
    """One letter in the tray, or one that must be pulled out of it."""

    message_id: int
    case_id: int
    creditor: str
    channel: str
    road: str
    reference: str
    debtor: str
    state: str
    since: datetime
    taken_at: datetime | None
    attempt: str
    reason: str
    owner: str  # the process that laid it: host/pid/…


class Tray:
    """The tray's side of the store."""

    def __init__(self, engine: Engine, bumps: Bumps) -> None:
        self._engine = engine
        self._bumps = bumps

    async def sheets(self) -> list[Sheet]:
        """What lies in the trays, oldest first."""
        return await self._sheets(in_state("in_tray"))

    async def to_pull(self) -> list[Sheet]:
        """Sheets that were withdrawn while they lay in a tray and have not been pulled out of it."""
        return await self._sheets(_WITHDRAWN & (attempts.c.answer == _TRAY) & attempts.c.pulled_at.is_(None))

    async def _sheets(self, which: Any) -> list[Sheet]:
        joined = messages.join(cases, cases.c.id == messages.c.case_id)
        newest = (attempts.c.id == messages.c.attempt_id) & (attempts.c.message_id == messages.c.id)  # from either side
        joined = joined.join(attempts, newest)
        query = select(
            messages.c.id.label("message_id"),
            messages.c.case_id,
            messages.c.creditor,
            messages.c.channel,
            messages.c.road,
            messages.c.reference,
            cases.c.name.label("debtor"),
            messages.c.state,
            attempts.c.sealed_at.label("since"),
            messages.c.taken_at,
            messages.c.attempt_id.label("attempt"),
            messages.c.reason,
            attempts.c.owner,
        ).select_from(joined)

        async def work(connection: AsyncConnection) -> list[Sheet]:
            rows = await connection.execute(query.where(which).order_by(messages.c.id))
            return [Sheet(**row._mapping) for row in rows]

        return await self._engine.read(work)

    async def parcel(self, attempt: str) -> Parcel:
        """The bytes of an attempt. Raises Unfitting."""

        async def work(connection: AsyncConnection) -> Parcel:
            row = (await connection.execute(select(attempts).where(attempts.c.id == attempt))).first()
            if row is None:
                raise Unfitting(f"there is no attempt {attempt}")
            return await parcel_of(connection, row)

        return await self._engine.read(work)

    async def pulled(self, attempt: str, now: datetime) -> None:
        """The sheet is out of the tray: nobody can post it any more."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(update(attempts).where(attempts.c.id == attempt).values(pulled_at=now))

        await self._engine.write(work)

    async def not_to_post(self, sheet: Sheet, why: str, now: datetime) -> None:
        """A sheet that was withdrawn may be in somebody's hands: a person says what became of it."""
        words = f"do not post {sheet.reference} to {sheet.debtor} ({sheet.reason}): {why}"
        say = f"relanced letters spoiled {sheet.reference} once it is destroyed, posted if it was posted"
        task = Task("do not post", _in_hand(sheet.message_id), f"{words}; {say}", sheet.creditor, sheet.case_id)

        async def work(connection: AsyncConnection) -> None:
            await lock_cases(connection, [sheet.case_id])
            gone = (messages.c.id == sheet.message_id) & _WITHDRAWN
            if (await connection.execute(select(messages.c.id).where(gone))).first():
                await open_tasks(connection, [task], now)

        await self._engine.write(work)

    async def taken(self, checked: Mapping[int, int], by: str, now: datetime) -> list[int]:
        """A person takes these sheets in hand: message -> the version of its case at which it was looked through.

        Returns those that were taken: they still lay in the tray, and nothing of their case had changed since.
        """

        async def work(connection: AsyncConnection) -> list[int]:
            rows = [r for r in await _sheets(connection, checked) if r.version == checked[r.id]]
            ids = [r.id for r in rows]
            await connection.execute(update(messages).where(messages.c.id.in_(ids)).values(taken_at=now))
            entries = [Entry(r.case_id, "letter taken", {"message": r.id, "reference": r.reference}, by) for r in rows]
            await journal.write(connection, entries, now)
            return ids

        return await self._engine.write(work) if checked else []

    async def posted(self, reference: str, number: str, on: date, by: str, now: datetime) -> bool:
        """A letter went to the post: it is sent, whatever was decided meanwhile. True when the case had moved on.

        `on` lies between the day the sheet was made and today, in the time zone of `now`. Raises Unfitting for another
        day, and for what is no letter in a tray; never refuses one that is, nor one withdrawn too late.
        """

        async def work(connection: AsyncConnection) -> bool:
            row = await _by_reference(connection, reference)
            withdrawn = row.state in ("cancelled", "expired") and row.attempt_id != ""
            if row.state != "in_tray" and not withdrawn:
                raise Unfitting(f"letter {reference} is {row.state}, not in the tray")
            _within(reference, "posted", _day(row.sealed_at, now), on, now)
            crossed = withdrawn or bool(row.version != row.permit_version)
            values = {"state": "sent", "sent_at": now, "reason": "", "lapse_at": None, "ended_at": None}
            await connection.execute(update(messages).where(messages.c.id == row.id).values(**values))
            if number:
                said = {"provider_id": number}
                await connection.execute(update(attempts).where(attempts.c.id == row.attempt_id).values(**said))
            await _replaced_by_none(connection, row, now)
            if row.slot == 0:
                await perform(connection, [row.reminder_id], on)
            entries: list[Entry] = []
            if row.slot == 0 and withdrawn:
                await _after_all(connection, row, on, now, entries)
            await close_tasks(connection, [_in_hand(row.id)], by, now)
            if crossed:
                await connection.execute(update(cases).where(cases.c.id == row.case_id).values(crossed=True))
            await look(connection, [row.case_id], now)
            about = {"message": row.id, "reference": reference, "number": number, "on": on, "crossed": crossed}
            await journal.write(connection, [*entries, Entry(row.case_id, "letter posted", about, by)], now)
            return crossed

        return await self._engine.write(work)

    async def presented(self, reference: str, on: date, by: str, now: datetime) -> None:
        """The registered letter was first presented on that day, not before it was posted: the notice's clock runs.

        Raises Unfitting, also for a letter that no clock waits for.
        """

        async def work(connection: AsyncConnection) -> None:
            row = await _by_reference(connection, reference)
            if row.state not in ("sent", "delivered"):
                raise Unfitting(f"letter {reference} is {row.state}: say posted first")
            if not await _has_a_clock(connection, row):
                raise Unfitting(f"letter {reference} is no registered notice with a deadline: no clock waits for it")
            posted = row.performed_on if row.slot == 0 and row.performed_on else date.min
            _within(reference, "presented", max(posted, _day(row.sealed_at, now)), on, now)
            mine = (lines.c.reminder_id == row.reminder_id) & (lines.c.state == "performed")
            await connection.execute(update(lines).where(mine).values(clock_from=on))
            await bump(connection, [row.case_id], now, self._bumps)
            about = {"message": row.id, "reference": reference, "on": on}
            await journal.write(connection, [Entry(row.case_id, "letter presented", about, by)], now)

        await self._engine.write(work)

    async def spoiled(self, reference: str, new_reference: str, why: str, by: str, now: datetime) -> int | None:
        """The sheet is lost or unusable: the next turn prints another. Its id. Raises Unfitting.

        One that must not be posted is destroyed, and nothing replaces it: None.
        """

        async def work(connection: AsyncConnection) -> int | None:
            row = await _by_reference(connection, reference)
            if row.state in _GONE and row.answer == "tray" and row.pulled_at is None:
                await _destroyed(connection, row, why, by, now)
                return None
            if row.state != "in_tray":
                raise Unfitting(f"letter {reference} is {row.state}, not in the tray")
            state = advance(MessageState.IN_TRAY, MessageEvent.SPOILED)
            values: dict[str, Any] = {"state": state.value, "reason": why, "ended_at": now}
            await connection.execute(update(messages).where(messages.c.id == row.id).values(**values))
            await connection.execute(update(attempts).where(attempts.c.id == row.attempt_id).values(pulled_at=now))
            kept = ("case_id", "creditor", "reminder_id", "slot", "road", "channel", "address_id", "place", "contact")
            fresh: dict[str, Any] = {name: getattr(row, name) for name in (*kept, "approved_digest", "approved_by")}
            fresh |= {"turn": row.turn + 1, "state": "planned", "due_at": now, "planned_at": now}
            new = insert(messages).values(**fresh, reference=new_reference).returning(messages.c.id)
            made = int((await connection.execute(new)).scalar_one())
            about = {"message": row.id, "reference": reference, "new": made, "why": why}
            await journal.write(connection, [Entry(row.case_id, "letter spoiled", about, by)], now)
            return made

        return await self._engine.write(work)


async def _sheets(connection: AsyncConnection, ids: Collection[int]) -> list[Any]:
    """Lock the cases of these messages, then read those that still lie in the tray."""
    named = messages.c.id.in_(sorted(ids))
    owners = list((await connection.execute(select(messages.c.case_id).where(named))).scalars())
    await lock_cases(connection, set(owners))
    joined = messages.join(cases, cases.c.id == messages.c.case_id)
    query = select(messages.c.id, messages.c.case_id, messages.c.reference, cases.c.version).select_from(joined)
    return list((await connection.execute(query.where(named, in_state("in_tray")).order_by(messages.c.id))).all())


def _day(moment: datetime, now: datetime) -> date:
    return moment.astimezone(now.tzinfo).date()


def _within(reference: str, done: str, first: date, on: date, now: datetime) -> None:
    if not first <= on <= now.date():
        raise Unfitting(f"letter {reference} cannot have been {done} on {on}: only from {first} to {now.date()}")


async def _has_a_clock(connection: AsyncConnection, row: Any) -> bool:
    """Whether the message is the registered letter of a step with a deadline."""
    joined = reminders.join(policies, policies.c.digest == reminders.c.policy_digest)
    query = select(reminders.c.step, policies.c.body).select_from(joined).where(reminders.c.id == row.reminder_id)
    found = (await connection.execute(query)).first()
    if found is None or row.road != Road.REGISTERED:
        return False
    return Policy.from_json(found.body).step(found.step).deadline is not None


async def _after_all(connection: AsyncConnection, row: Any, on: date, now: datetime, entries: list[Entry]) -> None:
    """The debtor has these steps in hand: what would take them again is withdrawn, and the contact counts."""
    for other in await instead_of(connection, row.case_id, row.reminder_id):
        await withdraw(connection, row.case_id, other, f"{row.reference} was posted", now, entries)
    await performed_after_all(connection, row.reminder_id, on)
    keys = [case_key(row.case_id)] + ([place_key(row.place)] if row.road != Road.REGISTERED else [])
    await count_again(connection, row.reminder_id, keys, on)


async def _destroyed(connection: AsyncConnection, row: Any, why: str, by: str, now: datetime) -> None:
    await connection.execute(update(attempts).where(attempts.c.id == row.attempt_id).values(pulled_at=now))
    await close_tasks(connection, [_in_hand(row.id)], by, now)
    about = {"message": row.id, "reference": row.reference, "why": why}
    await journal.write(connection, [Entry(row.case_id, "letter destroyed", about, by)], now)


def _in_hand(message_id: int) -> str:
    """The key of the task that asks what became of a sheet."""
    return f"do-not-post:{message_id}"


async def _replaced_by_none(connection: AsyncConnection, posted: Any, now: datetime) -> None:
    """The sheet that was to replace a spoiled one is not needed: the spoiled one was posted."""
    same = (messages.c.reminder_id == posted.reminder_id) & (messages.c.slot == posted.slot)
    waiting = same & (messages.c.id != posted.id) & messages.c.state.in_(("planned", "parked", "in_tray"))
    values = {"state": "cancelled", "reason": f"{posted.reference} was posted", "ended_at": now}
    await connection.execute(update(messages).where(waiting).values(**values))


async def _by_reference(connection: AsyncConnection, reference: str) -> Any:
    paper = messages.c.road.in_([Road.LETTER.value, Road.REGISTERED.value])
    owner = select(messages.c.case_id).where(messages.c.reference == reference, paper)
    case_id = (await connection.execute(owner)).scalar()
    if case_id is None:
        raise Unfitting(f"there is no letter {reference}")
    await lock_cases(connection, [case_id])
    joined = messages.join(cases, cases.c.id == messages.c.case_id)
    joined = joined.outerjoin(attempts, attempts.c.id == messages.c.attempt_id)
    joined = joined.outerjoin(reminders, reminders.c.id == messages.c.reminder_id)
    tried = (attempts.c.permit_version, attempts.c.sealed_at, attempts.c.answer, attempts.c.pulled_at)
    query = select(messages, cases.c.version, reminders.c.performed_on, *tried).select_from(joined)
    return (await connection.execute(query.where(messages.c.reference == reference))).one()

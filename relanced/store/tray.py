"""The tray: sheets that lie in the spool until a person says they were posted, spoiled or presented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from relanced.channel import Parcel
from relanced.rules.lifecycle import MessageEvent, advance
from relanced.rules.model import MessageState
from relanced.store import journal
from relanced.store.engine import Engine
from relanced.store.journal import Entry
from relanced.store.lock import Bumps, bump, lock_cases, look
from relanced.store.people import Unfitting
from relanced.store.sending import parcel_of
from relanced.store.steps import perform, performed_after_all
from relanced.store.tables import attempts, cases, in_state, lines, messages


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
        gone = messages.c.state.in_(("cancelled", "expired")) & (attempts.c.answer == literal_column("'tray'"))
        return await self._sheets(gone & attempts.c.pulled_at.is_(None))

    async def _sheets(self, which: Any) -> list[Sheet]:
        joined = messages.join(cases, cases.c.id == messages.c.case_id)
        joined = joined.join(attempts, attempts.c.id == messages.c.attempt_id)
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
        """The sheet is out of the tray, or was taken before."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(update(attempts).where(attempts.c.id == attempt).values(pulled_at=now))

        await self._engine.write(work)

    async def taken(self, message_ids: list[int], by: str, now: datetime) -> None:
        """A person has the sheets in hand."""

        async def work(connection: AsyncConnection) -> None:
            rows = await _sheets(connection, message_ids)
            await connection.execute(update(messages).where(messages.c.id.in_(message_ids)).values(taken_at=now))
            entries = [Entry(r.case_id, "letter taken", {"message": r.id, "reference": r.reference}, by) for r in rows]
            await journal.write(connection, entries, now)

        if message_ids:
            await self._engine.write(work)

    async def posted(self, reference: str, number: str, on: date, by: str, now: datetime) -> bool:
        """A letter went to the post: it is sent, whatever was decided meanwhile. True when the case had moved on.

        Raises Unfitting for a letter that is not in a tray, and never refuses one that is, nor one withdrawn too late.
        """

        async def work(connection: AsyncConnection) -> bool:
            row = await _by_reference(connection, reference)
            withdrawn = row.state in ("cancelled", "expired") and row.attempt_id != ""
            if row.state != "in_tray" and not withdrawn:
                raise Unfitting(f"letter {reference} is {row.state}, not in the tray")
            crossed = withdrawn or bool(row.version != row.permit_version)
            values = {"state": "sent", "sent_at": now, "reason": "", "lapse_at": None, "ended_at": None}
            await connection.execute(update(messages).where(messages.c.id == row.id).values(**values))
            if number:
                said = {"provider_id": number}
                await connection.execute(update(attempts).where(attempts.c.id == row.attempt_id).values(**said))
            await _replaced_by_none(connection, row, now)
            if row.slot == 0:
                await perform(connection, [row.reminder_id], on)
            if row.slot == 0 and withdrawn:
                await performed_after_all(connection, row.reminder_id, on)
            if crossed:
                await connection.execute(update(cases).where(cases.c.id == row.case_id).values(crossed=True))
            await look(connection, [row.case_id], now)
            about = {"message": row.id, "reference": reference, "number": number, "on": on, "crossed": crossed}
            await journal.write(connection, [Entry(row.case_id, "letter posted", about, by)], now)
            return crossed

        return await self._engine.write(work)

    async def presented(self, reference: str, on: date, by: str, now: datetime) -> None:
        """The registered letter was first presented on that day: the notice's clock runs. Raises Unfitting."""

        async def work(connection: AsyncConnection) -> None:
            row = await _by_reference(connection, reference)
            if row.state not in ("sent", "delivered"):
                raise Unfitting(f"letter {reference} is {row.state}: say posted first")
            mine = (lines.c.reminder_id == row.reminder_id) & (lines.c.state == "performed")
            await connection.execute(update(lines).where(mine).values(clock_from=on))
            await bump(connection, [row.case_id], now, self._bumps)
            about = {"message": row.id, "reference": reference, "on": on}
            await journal.write(connection, [Entry(row.case_id, "letter presented", about, by)], now)

        await self._engine.write(work)

    async def spoiled(self, reference: str, new_reference: str, why: str, by: str, now: datetime) -> int:
        """The sheet is lost or unusable: the next turn prints another. Its id. Raises Unfitting."""

        async def work(connection: AsyncConnection) -> int:
            row = await _by_reference(connection, reference)
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


async def _sheets(connection: AsyncConnection, ids: list[int]) -> list[Any]:
    owners = list((await connection.execute(select(messages.c.case_id).where(messages.c.id.in_(ids)))).scalars())
    await lock_cases(connection, set(owners))
    return list((await connection.execute(select(messages).where(messages.c.id.in_(ids)))).all())


async def _replaced_by_none(connection: AsyncConnection, posted: Any, now: datetime) -> None:
    """The sheet that was to replace a spoiled one is not needed: the spoiled one was posted."""
    same = (messages.c.reminder_id == posted.reminder_id) & (messages.c.slot == posted.slot)
    waiting = same & (messages.c.id != posted.id) & messages.c.state.in_(("planned", "parked", "in_tray"))
    values = {"state": "cancelled", "reason": f"{posted.reference} was posted", "ended_at": now}
    await connection.execute(update(messages).where(waiting).values(**values))


async def _by_reference(connection: AsyncConnection, reference: str) -> Any:
    owner = select(messages.c.case_id).where(messages.c.reference == reference)
    case_id = (await connection.execute(owner)).scalar()
    if case_id is None:
        raise Unfitting(f"there is no letter {reference}")
    await lock_cases(connection, [case_id])
    joined = messages.join(cases, cases.c.id == messages.c.case_id)
    joined = joined.outerjoin(attempts, attempts.c.id == messages.c.attempt_id)
    query = select(messages, cases.c.version, attempts.c.permit_version).select_from(joined)
    return (await connection.execute(query.where(messages.c.reference == reference))).one()

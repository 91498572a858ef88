"""The tray: sheets that lie in the spool until a person says they were posted, spoiled or presented."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, literal_column, select, update

from relanced.channel import Parcel
from relanced.store import journal
from relanced.store.asked import Unfitting
from relanced.store.engine import Engine
from relanced.store.journal import Entry
from relanced.store.lock import Bumps, bump, lock_cases
from relanced.store.posting import (
    GONE,
    PAPER,
    destroy,
    has_a_clock,
    in_hand,
    message_row,
    not_known,
    post,
    present,
    sealed_on,
    spoil,
)
from relanced.store.proofs import Proof, keep_proof
from relanced.store.sending import parcel_of
from relanced.store.tables import attempts, cases, in_state, messages
from relanced.store.tasks import Task, close_tasks, open_tasks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_WITHDRAWN = messages.c.state.in_(GONE)
_TRAY: ColumnElement[str] = literal_column("'tray'")  # as the partial indexes say it
_MAIL: ColumnElement[str] = literal_column("'email'")
_REGISTERED: ColumnElement[str] = literal_column("'registered'")
_ENDED = ("delivered", "failed")
POSTED = ("sent", *_ENDED)


class Sheet(Struct, frozen=True):
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
    job: str  # what its door calls it


class Tray:
    """The tray's side of the store."""

    def __init__(self, engine: Engine, bumps: Bumps) -> None:
        self._engine = engine
        self._bumps = bumps

    async def sheets(self) -> list[Sheet]:
        """What lies in the trays, oldest first; a call is no sheet."""
        return await self._sheets(in_state("in_tray") & messages.c.road.in_(PAPER))

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
            attempts.c.provider_id.label("job"),
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
        task = Task("do not post", in_hand(sheet.message_id), f"{words}; {say}", sheet.creditor, sheet.case_id)

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

    async def posted(
        self, reference: str, number: str, on: date, by: str, now: datetime, proof: Proof | None = None
    ) -> bool:
        """A letter went to the post: it is sent, whatever was decided meanwhile. True when the case had moved on.

        `on` lies between the day the sheet was made and today, in the time zone of `now`. Raises Unfitting for another
        day, for the number of another letter, and for what is no letter in a tray; never for one withdrawn too late.
        """

        async def work(connection: AsyncConnection) -> bool:
            row, entries = await _by_reference(connection, reference), list[Entry]()
            if row.state != "in_tray" and not (row.state in GONE and row.attempt_id != ""):
                raise Unfitting(f"letter {reference} is {row.state}, not in the tray")
            _within(reference, "posted", sealed_on(row, now), on, now)
            await _bears(connection, row, number)
            crossed = await post(connection, row, number, on, by, now, entries)
            if proof:
                await keep_proof(connection, row.attempt_id, row.case_id, proof, by, now, entries)
            await journal.write(connection, entries, now)
            return crossed

        return await self._engine.write(work)

    async def numbered(self, reference: str, number: str, by: str, now: datetime) -> None:
        """The post calls a posted letter so: nobody knew yet, or it had been typed wrong. Raises Unfitting."""

        async def work(connection: AsyncConnection) -> None:
            row = await _by_reference(connection, reference)
            if row.state not in POSTED:
                raise Unfitting(f"letter {reference} is {row.state}: say posted first")
            await _bears(connection, row, number)
            await close_tasks(connection, [not_known(row.id)], by, now)
            told = {"message": row.id, "reference": reference, "number": number, "before": row.number}
            await journal.write(connection, [Entry(row.case_id, "letter numbered", told, by)], now)

        await self._engine.write(work)

    async def attach(self, reference: str, proof: Proof, by: str, now: datetime) -> bool:
        """Keep a paper that proves what became of a letter. False when it was kept before. Raises Unfitting."""

        async def work(connection: AsyncConnection) -> bool:
            row, entries = await _by_reference(connection, reference), list[Entry]()
            if row.attempt_id == "":
                raise Unfitting(f"letter {reference} was never printed")
            fresh = await keep_proof(connection, row.attempt_id, row.case_id, proof, by, now, entries)
            await journal.write(connection, entries, now)
            return fresh

        return await self._engine.write(work)

    async def presented(self, reference: str, on: date, by: str, now: datetime) -> None:
        """The registered letter was first presented on that day, not before it was posted: the notice's clock runs.

        Raises Unfitting, also for a letter that no clock waits for.
        """

        async def work(connection: AsyncConnection) -> None:
            row, entries = await _by_reference(connection, reference), list[Entry]()
            if row.state not in POSTED:
                raise Unfitting(f"letter {reference} is {row.state}: say posted first")
            if not await has_a_clock(connection, row):
                raise Unfitting(f"letter {reference} is no registered notice with a deadline: no clock waits for it")
            posted = row.performed_on if row.slot == 0 and row.performed_on else date.min
            _within(reference, "presented", max(posted, sealed_on(row, now)), on, now)
            await present(connection, row, on, by, entries)
            await bump(connection, [row.case_id], now, self._bumps)
            await journal.write(connection, entries, now)

        await self._engine.write(work)

    async def spoiled(self, reference: str, new_reference: str, why: str, by: str, now: datetime) -> int | None:
        """The sheet is lost or unusable: the next turn prints another. Its id. Raises Unfitting.

        One that must not be posted is destroyed, and nothing replaces it: None.
        """

        async def work(connection: AsyncConnection) -> int | None:
            row, entries = await _by_reference(connection, reference), list[Entry]()
            made = None
            if row.state in GONE and row.answer == "tray" and row.pulled_at is None:
                await destroy(connection, row, why, by, now, entries)
            elif row.state == "in_tray":
                made = await spoil(connection, row, new_reference, why, by, now, entries)
            else:
                raise Unfitting(f"letter {reference} is {row.state}, not in the tray")
            await journal.write(connection, entries, now)
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


async def _bears(connection: AsyncConnection, row: Any, number: str) -> None:
    """The letter bears that number, and no other one of its channel does. Raises Unfitting."""
    if not number:
        return
    for query in bearers(row.channel, number):
        others = [letter.reference for letter in await connection.execute(query) if letter.id != row.id]
        if others:
            raise Unfitting(f"{number} is the number of letter {others[0]}")
    said = {"number": number, "provider_id": number}
    await connection.execute(update(attempts).where(attempts.c.id == row.attempt_id).values(**said))


def bearers(channel: str, number: str) -> list[Select[Any]]:
    """The posted letters of a channel that bear a number."""
    joined = messages.join(attempts, attempts.c.id == messages.c.attempt_id)
    query = select(messages.c.id, messages.c.reference).select_from(joined).where(messages.c.channel == channel)
    out = [(messages.c.road != _MAIL) & in_state("sent"), (messages.c.road == _REGISTERED) & in_state(*_ENDED)]
    return [query.where(which, attempts.c.number == number) for which in out]


def _within(reference: str, done: str, first: date, on: date, now: datetime) -> None:
    if not first <= on <= now.date():
        raise Unfitting(f"letter {reference} cannot have been {done} on {on}: only from {first} to {now.date()}")


async def _by_reference(connection: AsyncConnection, reference: str) -> Any:
    paper = messages.c.road.in_([road.value for road in PAPER])
    owner = select(messages.c.id, messages.c.case_id).where(messages.c.reference == reference, paper)
    found = (await connection.execute(owner)).first()
    if found is None:
        raise Unfitting(f"there is no letter {reference}")
    await lock_cases(connection, [found.case_id])
    return await message_row(connection, found.id)

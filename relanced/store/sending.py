"""What the sender and the reconciler read: messages whose moment has come, and parcels rebuilt from what was stored."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Row, Select, bindparam, or_, select, update

from relanced.channel import Blob, Parcel
from relanced.rules.model import Road
from relanced.store import journal
from relanced.store.among import among
from relanced.store.engine import Engine
from relanced.store.journal import Entry
from relanced.store.lock import lock_cases, look
from relanced.store.rulings import Ruling, write_rulings
from relanced.store.sealing import Permit
from relanced.store.tables import attempts, blobs, cases, creditors, frames, house, in_state, messages

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

__all__ = ["Doubtful", "Ruling", "Sending", "Waiting"]

WORDING_LEASE = timedelta(minutes=2)
FORSAKEN = timedelta(hours=1)  # a doubt whose own machine has not settled it by then is everybody's


class Waiting(Struct, frozen=True):
    """A planned message that wants to be worded."""

    id: int
    case_id: int
    creditor: str
    reminder_id: int | None
    slot: int
    turn: int
    road: Road
    channel: str
    address_id: int | None
    place: str
    contact: str
    reference: str
    mail_id: str
    planned_at: datetime
    lapse_at: datetime | None
    approved_digest: str
    thread: tuple[str, ...] = ()


class Doubtful(Struct, frozen=True):
    """A message that may have left, with its parcel and when it was sealed."""

    message_id: int
    case_id: int
    channel: str
    parcel: Parcel
    sealed_at: datetime
    settle_at: datetime
    owner: str = ""


_WANTED = [messages.c[name] for name in Waiting.__struct_fields__ if name != "thread"]
_PLANNED = (messages.c.channel == bindparam("channel")) & in_state("planned")
_NEXT_DUE = select(messages.c.due_at).where(_PLANNED).order_by(messages.c.due_at).limit(1)
_DUE = (
    select(*_WANTED)
    .where(_PLANNED, messages.c.due_at <= bindparam("now"), ~among(messages.c.id, "busy"))
    .order_by(messages.c.due_at, messages.c.id)
    .limit(bindparam("limit"))
)
_FREE = _DUE.where(
    or_(
        messages.c.lease_until.is_(None),
        messages.c.lease_until < bindparam("now"),
        messages.c.lease_owner == bindparam("owner"),
    )
).with_for_update(skip_locked=True)


class Sending:
    """The sender's side of the store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def pick(
        self, channel: str, now: datetime, limit: int, owner: str, busy: Collection[int] = ()
    ) -> list[Waiting]:
        """Planned messages of a channel whose moment has come, oldest first, leaving out the `busy` ones.

        On PostgreSQL they are softly leased to `owner`, so that two daemons do not word the same message; sealing, not
        the lease, is what keeps it from leaving twice.
        """
        asked = {"channel": channel, "now": now, "limit": limit, "busy": sorted(busy)}

        async def leased(connection: AsyncConnection) -> list[Waiting]:
            rows = (await connection.execute(_FREE, {**asked, "owner": owner})).all()
            lease = {"lease_owner": owner, "lease_until": now + WORDING_LEASE}
            await connection.execute(update(messages).where(among(messages.c.id, [r.id for r in rows])).values(**lease))
            return await _waiting(connection, rows)

        async def picked(connection: AsyncConnection) -> list[Waiting]:
            return await _waiting(connection, (await connection.execute(_DUE, asked)).all())

        return await (self._engine.read(picked) if self._engine.sqlite else self._engine.write(leased))

    async def next_due(self, channel: str) -> datetime | None:
        """When the next planned message of a channel wants to leave."""
        return await self._moment(_NEXT_DUE, {"channel": channel})

    async def next_settle(self, local: Collection[str] = (), owner: str = "") -> datetime | None:
        """When the next uncertain message may be asked about. `local`: as in `doubtful`."""
        query = select(messages.c.settle_at).where(in_state("uncertain"))
        if local and not self._engine.sqlite:
            joined = messages.join(attempts, attempts.c.id == messages.c.attempt_id)
            query = query.select_from(joined).where(_within_reach(local, owner))
        return await self._moment(query.order_by(messages.c.settle_at).limit(1))

    async def _moment(self, query: Select[Any], asked: Mapping[str, Any] | None = None) -> datetime | None:
        async def work(connection: AsyncConnection) -> datetime | None:
            moment: datetime | None = (await connection.execute(query, asked)).scalar()
            return moment

        return await self._engine.read(work)

    async def rule(self, rulings: Sequence[Ruling], now: datetime) -> None:
        """Write what the gate said of messages that may not leave now. A new reason is journalled."""

        async def work(connection: AsyncConnection) -> None:
            await lock_cases(connection, {r.case_id for r in rulings})
            await journal.write(connection, await write_rulings(connection, rulings, now), now)

        if rulings:
            await self._engine.write(work)

    async def look_again(self, case_ids: Collection[int], now: datetime) -> None:
        """The decision seems to have changed: the planner looks at these cases."""

        async def work(connection: AsyncConnection) -> None:
            await lock_cases(connection, case_ids)
            await look(connection, case_ids, now)

        if case_ids:
            await self._engine.write(work)

    async def still(self, case_id: int, creditor: str, permit: Permit) -> bool:
        """Whether everything the permit was given for is unchanged: the last look on PostgreSQL."""
        case_version = select(cases.c.version).where(cases.c.id == case_id).scalar_subquery()
        version = select(creditors.c.version).where(creditors.c.key == creditor).scalar_subquery()
        query = select(case_version, version, house.c.epoch, house.c.stopped)

        async def work(connection: AsyncConnection) -> bool:
            row = (await connection.execute(query)).one()
            return tuple(row) == (permit.case_version, permit.creditor_version, permit.epoch, "")

        return await self._engine.read(work)

    async def in_hand(self, message_id: int) -> Waiting | None:
        """A message that is planned or parked; None when it has gone on."""
        query = select(*_WANTED).where(messages.c.id == message_id, in_state("planned", "parked"))

        async def work(connection: AsyncConnection) -> Waiting | None:
            return next(iter(await _waiting(connection, (await connection.execute(query)).all())), None)

        return await self._engine.read(work)

    async def last_parcel(self, message_id: int) -> Parcel | None:
        """The parcel of a message's last attempt; None when nothing was ever sealed."""
        query = select(attempts).join(messages, messages.c.attempt_id == attempts.c.id)

        async def work(connection: AsyncConnection) -> Parcel | None:
            row = (await connection.execute(query.where(messages.c.id == message_id))).first()
            return await parcel_of(connection, row) if row else None

        return await self._engine.read(work)

    async def doubtful(self, now: datetime, limit: int, local: Collection[str] = (), owner: str = "") -> list[Doubtful]:
        """Uncertain messages whose settle time is over, with their parcels.

        The evidence of the channels named in `local` lies on the machine that sealed: on PostgreSQL theirs are left to
        it, until they are forsaken. On SQLite there is one machine, whatever its name was before.
        """
        joined = messages.join(attempts, attempts.c.id == messages.c.attempt_id)
        columns = (messages.c.case_id, messages.c.channel, messages.c.settle_at, *attempts.c)
        query = select(*columns).select_from(joined).where(in_state("uncertain"), messages.c.settle_at <= now)
        if local and not self._engine.sqlite:
            query = query.where(or_(_within_reach(local, owner), attempts.c.sealed_at < now - FORSAKEN))

        async def work(connection: AsyncConnection) -> list[Doubtful]:
            rows = (await connection.execute(query.order_by(messages.c.settle_at).limit(limit))).all()
            return [await _doubtful(connection, r) for r in rows]

        return await self._engine.read(work)

    async def orphans(
        self, now: datetime, mine: Callable[[], Collection[int]], owner: str, settle: Mapping[str, timedelta]
    ) -> list[int]:
        """Turn messages whose submitter is gone into uncertain ones, to be asked about after their channel's time.

        `mine` tells what is being submitted by this process. It is asked after the database was read, since the clerk
        may seal meanwhile. On SQLite this is the only process; on PostgreSQL another daemon's are left alone until
        their lease is over.
        """
        query = _SUBMITTING
        if not self._engine.sqlite:
            query = query.where(or_(attempts.c.owner == owner, attempts.c.lease_until < now))

        async def find(connection: AsyncConnection) -> list[Any]:
            return list((await connection.execute(query)).all())

        async def work(connection: AsyncConnection) -> list[int]:
            await lock_cases(connection, {r.case_id for r in found})
            tried = {r.attempt_id for r in found}
            lost = [r for r in (await connection.execute(_SUBMITTING)).all() if r.attempt_id in tried]
            values = [_uncertain(r, now, settle.get(r.channel, timedelta(0))) for r in lost]
            if values:
                await connection.execute(_UNCERTAIN, values)
            entries = [Entry(r.case_id, "message uncertain", {"message": r.id, "why": _ORPHANED}) for r in lost]
            await journal.write(connection, entries, now)
            return sorted(r.id for r in lost)

        seen, ours = await self._engine.read(find), mine()
        found = [r for r in seen if r.id not in ours]
        return await self._engine.write(work) if found else []


async def _doubtful(connection: AsyncConnection, r: Row[Any]) -> Doubtful:
    parcel = await parcel_of(connection, r)
    return Doubtful(r.message_id, r.case_id, r.channel, parcel, r.sealed_at, r.settle_at, r.owner)


def _within_reach(local: Collection[str], owner: str) -> ColumnElement[bool]:
    """Not through a local channel, or sealed on the machine of `owner` (host/pid/…)."""
    here = attempts.c.owner.startswith(f"{owner.partition('/')[0]}/", autoescape=True)
    return or_(messages.c.channel.not_in(sorted(local)), here)


def same_machine(owner: str, other: str) -> bool:
    """Whether two processes, each named `host/pid/…`, run on the same machine."""
    return owner.partition("/")[0] == other.partition("/")[0]


_ORPHANED = "the process ended while it was being submitted"
_SUBMITTING = (
    select(messages.c.id, messages.c.case_id, messages.c.channel, messages.c.attempt_id, attempts.c.sealed_at)
    .select_from(messages.join(attempts, attempts.c.id == messages.c.attempt_id))
    .where(in_state("submitting"))
)
_UNCERTAIN = (
    update(messages)
    .where(messages.c.id == bindparam("which"))
    .values(state="uncertain", reason=_ORPHANED, settle_at=bindparam("settle"))
)


def _uncertain(row: Any, now: datetime, settle: timedelta) -> dict[str, Any]:
    return {"which": row.id, "settle": max(now, row.sealed_at + settle)}


async def _waiting(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> list[Waiting]:
    threads = await _threads(connection, {r.case_id for r in rows})
    return [_as_read(row, threads.get(row.case_id, ())) for row in rows]


_ROAD = Waiting.__struct_fields__.index("road")


def _as_read(row: Row[Any], thread: tuple[str, ...]) -> Waiting:
    """By position: by name it took three times as long."""
    values: tuple[Any, ...] = (*row[:_ROAD], Road(row[_ROAD]), *row[_ROAD + 1 :], thread)
    return Waiting(*values)


_SENT = (
    select(messages.c.case_id, messages.c.mail_id)
    .where(among(messages.c.case_id, "cases"), messages.c.state.in_(("sent", "delivered")), messages.c.mail_id != "")
    .order_by(messages.c.sent_at)
)


async def _threads(connection: AsyncConnection, case_ids: set[int]) -> dict[int, tuple[str, ...]]:
    """The last ten Message-IDs that were sent for each case, oldest first."""
    if not case_ids:
        return {}
    threads: dict[int, tuple[str, ...]] = {}
    for row in (await connection.execute(_SENT, {"cases": sorted(case_ids)})).all():
        threads[row.case_id] = (*threads.get(row.case_id, ()), row.mail_id)[-10:]
    return threads


_FRAME = select(frames.c.content).where(
    frames.c.message_id == bindparam("message"), frames.c["try"] == bindparam("number")
)


async def parcel_of(connection: AsyncConnection, row: Row[Any]) -> Parcel:
    """The parcel of an attempt, equal to the one that was sealed."""
    digests = [part for part in row.layout if isinstance(part, str)]
    shared: dict[str, bytes] = {}
    if digests:
        query = select(blobs).where(among(blobs.c.digest, digests))
        shared = {b.digest: b.content for b in (await connection.execute(query)).all()}
    frame = (await connection.execute(_FRAME, {"message": row.message_id, "number": row._mapping["try"]})).scalar_one()
    pieces: list[bytes | Blob] = []
    at = 0
    for part in row.layout:
        if isinstance(part, str):
            pieces.append(Blob(shared[part], part))
        else:
            pieces.append(frame[at : at + part])
            at += part
    return Parcel(row.id, row.address, row.deadline_at, tuple(pieces), row.envelope)

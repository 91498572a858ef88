"""What came back: kept as it came and committed, read later, put into effect once; what nobody understands waits.

No row is ever removed. One that cannot be read or matched, and every reply, keeps waiting for a person (`waits`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import asdict, replace
from sqlalchemy import ColumnElement, func, or_, select, update

from relanced.channel import Enclosure, Heard, Receipt, Reply, Said
from relanced.store import journal
from relanced.store.absences import away
from relanced.store.awaited import Awaiting
from relanced.store.engine import Engine
from relanced.store.lock import Bumps, bump, lock_cases, look
from relanced.store.matching import Match, at, known_as, of_receipt, of_reply
from relanced.store.receipts import Applying, Terms, apply_receipt
from relanced.store.replies import apply_reply
from relanced.store.tables import addresses, heard
from relanced.store.tasks import Task, open_tasks
from relanced.store.upsert import or_leave

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

__all__ = ["Hearing", "Kept", "Terms"]

PATIENCE = timedelta(hours=1)  # a receipt may come before the answer that names what it speaks of
_SOON, _LATER = timedelta(seconds=30), timedelta(minutes=15)
_LONGEST_KEY = 200


class Kept(Struct, frozen=True):
    """Something heard that was not read yet."""

    id: int
    channel: str
    heard: Heard
    came_at: datetime


_KEEP = or_leave(heard, "channel", "key")
_UNREAD = heard.c.read_at.is_(None)


class Hearing(Awaiting):
    """The listener's side of the store."""

    def __init__(self, engine: Engine, bumps: Bumps) -> None:
        super().__init__(engine)
        self._bumps = bumps

    async def keep(self, channel: str, said: Heard, now: datetime) -> bool:
        """Keep it, durably, before anybody acknowledges it. False when it was kept before."""
        about = {_plain(name): _plain(text) for name, text in said.about.items()}
        row = {"channel": channel, "key": _key(said.key), "raw": said.raw, "about": about, "said": [], "came_at": now}

        async def work(connection: AsyncConnection) -> bool:
            return bool((await connection.execute(_KEEP[connection.dialect.name], row)).rowcount)

        return await self._engine.write(work)

    # -- what is to be read ---------------------------------------------------------------------------------------

    async def unread(self, channels: Collection[str], now: datetime, limit: int) -> list[Kept]:
        """What was not read yet and may be now, oldest first."""
        due = or_(heard.c.not_before.is_(None), heard.c.not_before <= now)
        query = select(heard).where(_UNREAD, heard.c.channel.in_(sorted(channels)), due).order_by(heard.c.id)

        async def work(connection: AsyncConnection) -> list[Kept]:
            rows = await connection.execute(query.limit(limit))
            return [Kept(r.id, r.channel, Heard(r.key, r.raw, r.about), r.came_at) for r in rows]

        return await self._engine.read(work)

    async def next_look(self, channels: Collection[str]) -> datetime | None:
        """When the next of them may be read; None when there is none."""
        moment = func.coalesce(heard.c.not_before, heard.c.came_at)
        query = select(func.min(moment)).where(_UNREAD, heard.c.channel.in_(sorted(channels)))

        async def work(connection: AsyncConnection) -> datetime | None:
            found: datetime | None = (await connection.execute(query)).scalar()
            return found

        return await self._engine.read(work)

    async def forsaken(self, channels: Collection[str], now: datetime) -> list[str]:
        """The other channels of which something was not read: a person is told, once for each. Their names."""
        query = select(heard.c.channel).where(_UNREAD, heard.c.channel.not_in(sorted(channels))).distinct()

        async def find(connection: AsyncConnection) -> list[str]:
            return sorted((await connection.execute(query)).scalars())

        found = await self._engine.read(find)

        async def work(connection: AsyncConnection) -> None:
            await open_tasks(connection, [_nobody_reads(name) for name in found], now)

        if found:
            await self._engine.write(work)
        return found

    # -- what becomes of it ---------------------------------------------------------------------------------------

    async def apply(self, kept: Kept, said: Sequence[Receipt | Reply], terms: Terms, now: datetime) -> str:
        """Put it into effect, all at once. Returns why a person should look, empty when nobody need.

        Put off for a while, at most an hour, when it speaks of something that nobody knows yet. `now` is local.
        """
        spoken: list[Receipt | Reply] = [_clean(one) for one in said]

        async def work(connection: AsyncConnection) -> str:
            if not await _still_unread(connection, kept.id):
                return ""
            found = [await _whose(connection, kept.channel, terms, one) for one in spoken]
            if _too_early(spoken, found, kept, now):
                await connection.execute(
                    update(heard).where(heard.c.id == kept.id).values(not_before=_later(kept, now))
                )
                return ""
            await lock_cases(connection, await _concerned(connection, terms, spoken, found))
            a = Applying(connection, kept.id, kept.channel, kept.came_at, terms, now, self._bumps)
            waits = await _applied(a, spoken, found)
            await connection.execute(
                update(heard).where(heard.c.id == kept.id).values(**_read(a, spoken, found, waits))
            )
            await self._followed(a)
            return waits

        return await self._engine.write(work)

    async def _followed(self, a: Applying) -> None:
        await open_tasks(a.connection, a.tasks, a.now)
        await look(a.connection, a.looked - a.bumped, a.now)
        await bump(a.connection, a.bumped, a.now, self._bumps)
        await journal.write(a.connection, a.entries, a.now)

    async def unreadable(self, kept: Kept, fault: str, now: datetime) -> None:
        """It could not be understood, or not be put into effect: it stays, with the fault, and a person is told."""
        words = _plain(f"what came through {kept.channel} cannot be read: {fault}")
        task = Task("unreadable", f"unreadable:{kept.channel}", words)
        values = {"read_at": now, "fault": _plain(fault), "waits": "unreadable"}

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(update(heard).where(heard.c.id == kept.id, _UNREAD).values(**values))
            await open_tasks(connection, [task], now)

        await self._engine.write(work)


def _nobody_reads(channel: str) -> Task:
    words = f"something came through {channel}, which is not configured (any more) as a channel that hears"
    return Task("unread", f"unread:{channel}", f"{words}: it is read once it is configured again")


# -- as both databases take it ------------------------------------------------------------------------------------


def _plain(text: str) -> str:
    """Words of strangers: no NUL, no half character."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")


def _key(key: str) -> str:
    return _plain(key) if len(key) <= _LONGEST_KEY else hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def _clean(said: Any) -> Any:
    """The same, every word in it plain."""
    if type(said) is str:
        return _plain(said)
    if isinstance(said, tuple):
        return tuple(_clean(one) for one in said)
    if isinstance(said, Receipt | Reply | Enclosure):
        return replace(said, **{name: _clean(getattr(said, name)) for name in said.__struct_fields__})
    return said


# -- whose it is --------------------------------------------------------------------------------------------------


async def _still_unread(connection: AsyncConnection, heard_id: int) -> bool:
    """Nobody else has read it, nor is about to."""
    query = select(heard.c.id).where(heard.c.id == heard_id, _UNREAD).with_for_update(skip_locked=True)
    return (await connection.execute(query)).first() is not None


async def _whose(connection: AsyncConnection, channel: str, terms: Terms, said: Receipt | Reply) -> list[Match]:
    if isinstance(said, Reply):
        return await of_reply(connection, channel, terms.road, said)
    match = await of_receipt(connection, channel, said)
    if match is None and said.said is Said.ABSENT and said.address:
        return await known_as(connection, terms.road, said.address)
    return [match] if match else []


def _too_early(said: Sequence[Receipt | Reply], found: Sequence[list[Match]], kept: Kept, now: datetime) -> bool:
    """Only receipts, and none of them is anybody's yet."""
    receipts = bool(said) and not any(isinstance(one, Reply) for one in said)
    return receipts and not any(found) and now - kept.came_at < PATIENCE


def _later(kept: Kept, now: datetime) -> datetime:
    return now + min(max(now - kept.came_at, _SOON), _LATER)


async def _concerned(
    connection: AsyncConnection, terms: Terms, said: Sequence[Receipt | Reply], found: Sequence[list[Match]]
) -> set[int]:
    """Every case to lock: those that are named, and those that write to somebody who said stop."""
    named = {match.case_id for matches in found for match in matches}
    stopped = [one.sender for one in said if isinstance(one, Reply) and one.stop]
    leaving = [m.address_id for one, ms in zip(said, found, strict=True) for m in ms if _goes(one)]
    mine = select(addresses.c.place).where(addresses.c.id.in_([i for i in leaving if i is not None]))
    places = [*stopped, *(await connection.execute(mine)).scalars()]
    which: list[ColumnElement[bool]] = [at(place) for place in places]
    others = select(addresses.c.case_id).where(or_(*which)) if which else None
    return named | set((await connection.execute(others)).scalars()) if others is not None else named


def _goes(said: Receipt | Reply) -> bool:
    return said.stop if isinstance(said, Reply) else said.opted_out


# -- put into effect ----------------------------------------------------------------------------------------------


async def _applied(a: Applying, said: Sequence[Receipt | Reply], found: Sequence[list[Match]]) -> str:
    waits = ""
    for one, matches in zip(said, found, strict=True):
        if isinstance(one, Reply):
            await apply_reply(a, matches, one)
            waits = (waits or "reply") if matches else waits if one.quiet else "unmatched"
        elif matches and matches[0].attempt and not (matches[0].guessed and one.said in _NEED_PROOF):
            await apply_receipt(a, matches[0], one)
        elif not matches or matches[0].guessed:
            waits = waits if one.quiet else "unmatched"
            a.tasks += [] if one.quiet else [_nobodys(a.channel, one, matches)]
        if isinstance(one, Receipt) and one.said is Said.ABSENT:
            await away(a, matches, one)
    return waits


_NEED_PROOF = frozenset({Said.BOUNCED, Said.DELIVERED})  # of a mail, that it speaks of ours: the reference is no secret


def _nobodys(channel: str, one: Receipt, matches: Sequence[Match]) -> Task:
    if matches:
        words = f"a machine says of case {matches[0].case_id} ({one.said.value}), without a proof: {one.words}"
        return Task("unproved", f"unproved:{matches[0].case_id}", words, case_id=matches[0].case_id)
    words = f"{channel} told of something that is not ours ({one.said.value}): {one.words}"
    return Task("not ours", f"unmatched:{channel}", words)


def _read(a: Applying, said: Sequence[Receipt | Reply], found: Sequence[list[Match]], waits: str) -> Mapping[str, Any]:
    """What the row says from now on."""
    first = next((match for matches in found for match in matches), None)
    told: dict[str, Any] = {
        "read_at": a.now,
        "waits": waits,
        "said": [_said(*one) for one in zip(said, found, strict=True)],
    }
    if first:
        called = next((one.provider_id for one in said if one.provider_id), "") or first.provider_id
        told |= {"case_id": first.case_id, "message_id": first.message_id, "attempt_id": first.attempt or None}
        told |= {"provider_id": called[:_LONGEST_KEY] if first.attempt else ""}
    return told


def _said(said: Receipt | Reply, found: Sequence[Match]) -> dict[str, Any]:
    """What was understood, as JSON; papers are kept as proofs."""
    values = asdict(replace(said, proofs=()) if isinstance(said, Receipt) else said)
    plain = {
        n: v.isoformat() if isinstance(v, date) else v for n, v in values.items() if v not in ("", None, (), False)
    }
    return {**plain, "cases": [m.case_id for m in found], "messages": [m.message_id for m in found if m.message_id]}

"""What came back and found no case, or no reader: looked at, put with a case by a person, or set aside with a reason.

Nothing is deleted: what was set aside stays as it came, and can be put with a case later.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from sqlalchemy import Select, func, or_, select, update

from relanced.channel import Reply
from relanced.store import journal
from relanced.store.among import among
from relanced.store.asked import Unfitting
from relanced.store.engine import Engine
from relanced.store.hands import Hands, lay
from relanced.store.journal import Entry
from relanced.store.lock import Bumps, bump
from relanced.store.replies import Spoken, heard_in, heard_key, hold_for
from relanced.store.tables import cases, heard
from relanced.store.tasks import close_tasks, open_tasks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_MOST = 500


class Lying(Struct, frozen=True):
    """Something that came back. `said`: what the door understood of it, as JSON; `size`: its bytes."""

    id: int
    channel: str
    came_at: datetime
    read_at: datetime | None
    waits: str
    fault: str
    said: Sequence[Mapping[str, Any]]
    size: int
    case_id: int | None
    debtor: str
    filed_by: str
    filed_at: datetime | None
    filed_why: str

    @property
    def why(self) -> str:
        """Why a person should look at it: unmatched, unreadable, unread or reply; empty when nobody need."""
        return self.waits if self.read_at or self.filed_by else "unread"

    @property
    def reply(self) -> Mapping[str, Any]:
        """What a person said in it; nothing when no person was understood."""
        return next((one for one in self.said if one.get("sender")), {})


class Filer(Struct, frozen=True):
    """Who files, and what the house lays down: who reads the answers to a creditor, by when they are answered, which
    channels are read. `anyway`: although somebody has set it aside."""

    by: str
    answer_by: datetime
    readers: Mapping[str, str] = field(default_factory=dict)
    read: Collection[str] = ()
    anyway: bool = False


class Filing:
    """The desk's side of what was heard."""

    def __init__(self, engine: Engine, bumps: Bumps) -> None:
        self._engine = engine
        self._bumps = bumps

    async def lying(self, read: Collection[str]) -> list[Lying]:
        """What waits for somebody to say whose it is, oldest first; `read` are the channels that are read."""
        unread = heard.c.read_at.is_(None) & heard.c.channel.not_in(sorted(read))
        unplaced = (heard.c.waits != "") & heard.c.waits.in_(["unmatched", "unreadable"])
        return await self._look(_LYING.where(or_(unread, unplaced)).order_by(heard.c.id).limit(_MOST))

    async def of_case(self, case_id: int) -> list[Lying]:
        """What people said of a case, as it came."""

        async def work(connection: AsyncConnection) -> list[Lying]:
            mine = among(heard.c.id, await heard_in(connection, case_id))
            return [Lying(**row._mapping) for row in await connection.execute(_LYING.where(mine).order_by(heard.c.id))]

        return await self._engine.read(work)

    async def one(self, heard_id: int) -> tuple[Lying, bytes]:
        """One thing, matched or not, and its bytes as they came. Raises Unfitting."""
        raw = select(heard.c.raw).where(heard.c.id == heard_id)

        async def work(connection: AsyncConnection) -> bytes:
            return bytes((await connection.execute(raw)).scalar_one())

        for found in await self._look(_LYING.where(heard.c.id == heard_id)):
            return found, await self._engine.read(work)
        raise _unknown(heard_id)

    async def _look(self, query: Select[Any]) -> list[Lying]:
        async def work(connection: AsyncConnection) -> list[Lying]:
            return [Lying(**row._mapping) for row in await connection.execute(query)]

        return await self._engine.read(work)

    # -- what a person says of it ---------------------------------------------------------------------------------

    async def match(self, heard_id: int, hands: Hands, filer: Filer, now: datetime) -> str:
        """It belongs to this case, which stands still for it as for any reply. Returns who wrote, where that is known.

        `now` is local. Raises Unfitting when somebody filed it before, or has the case in hand.
        """

        async def work(connection: AsyncConnection) -> str:
            row = await _free(connection, heard_id, filer)
            case = await lay(connection, hands)
            reply = _as_reply(row)
            owner = case.owner or filer.readers.get(case.creditor, "")
            spoken = Spoken(heard_id, None, reply, owner, filer.answer_by, hands.by)
            entries, task = await hold_for(connection, case, spoken, now)
            filed = {"case_id": case.id, "waits": "reply", **_filed(row, filer, "", now)}
            await connection.execute(update(heard).where(heard.c.id == heard_id).values(**filed))
            await _no_longer_asked(connection, row, filer.by, now)
            await open_tasks(connection, [task], now)
            await bump(connection, [case.id], now, self._bumps)
            await journal.write(connection, entries, now)
            return str(next((one["sender"] for one in row.said if one.get("sender")), ""))

        return await self._engine.write(work)

    async def set_aside(self, heard_id: int, why: str, filer: Filer, now: datetime) -> None:
        """It belongs to no case. Raises Unfitting when it does, or when somebody filed it before."""

        async def work(connection: AsyncConnection) -> None:
            row = await _free(connection, heard_id, filer)
            filed = {"waits": "", **_filed(row, filer, why, now)}
            await connection.execute(update(heard).where(heard.c.id == heard_id).values(**filed))
            await _no_longer_asked(connection, row, filer.by, now)
            about = {"heard": heard_id, "channel": row.channel, "was": row.waits or "unread", "why": why}
            await journal.write(connection, [Entry(journal.HOUSE, "heard filed", about, filer.by)], now)

        await self._engine.write(work)


_LYING: Select[Any] = select(
    heard.c.id,
    heard.c.channel,
    heard.c.came_at,
    heard.c.read_at,
    heard.c.waits,
    heard.c.fault,
    heard.c.said,
    func.length(heard.c.raw).label("size"),
    heard.c.case_id,
    func.coalesce(cases.c.name, "").label("debtor"),
    heard.c.filed_by,
    heard.c.filed_at,
    heard.c.filed_why,
).select_from(heard.outerjoin(cases, cases.c.id == heard.c.case_id))


def _unknown(heard_id: int) -> Unfitting:
    return Unfitting(f"nothing was heard under the number h{heard_id}")


async def _free(connection: AsyncConnection, heard_id: int, filer: Filer) -> Any:
    """The row, locked, if it may be filed. It is locked before its case, as the listener does. Raises Unfitting."""
    row = (await connection.execute(select(heard).where(heard.c.id == heard_id).with_for_update())).first()
    if row is None:
        raise _unknown(heard_id)
    if row.case_id is not None:
        whose = f", {row.filed_by} put it there" if row.filed_by else ""
        raise Unfitting(f"h{heard_id} is with case {row.case_id}{whose}: nothing was changed")
    if row.filed_by and not filer.anyway:
        aside = f"{row.filed_by} set h{heard_id} aside ({row.filed_why})"
        raise Unfitting(f"{aside}, nothing was changed: relanced match h{heard_id} CASE --anyway")
    if row.read_at is None and row.channel in filer.read:
        raise Unfitting(f"h{heard_id} has just come and is not read yet: ask again in a moment")
    return row


def _filed(row: Any, filer: Filer, why: str, now: datetime) -> dict[str, Any]:
    """Who filed it. What nobody had read is not read by itself any more."""
    return {"filed_by": filer.by, "filed_at": now, "filed_why": why, "read_at": row.read_at or now}


_REPLY = set(Reply.__struct_fields__)


def _as_reply(row: Any) -> Reply:
    """What the person said, as far as it was understood; else what the machine said, or that nobody could read it."""
    said = next((one for one in row.said if one.get("sender")), None)
    if said is None:
        machine = next((str(one["words"]) for one in row.said if one.get("words")), "")
        text = machine or f"what came through {row.channel} and could not be read: relanced heard h{row.id}"
        return Reply(row.came_at, "somebody", "", text)
    words: dict[str, Any] = {name: value for name, value in said.items() if name in _REPLY and value is not None}
    words["mail_ids"] = tuple(words.get("mail_ids", ()))
    return Reply(**{"to": "", "text": "", **words, "at": datetime.fromisoformat(said["at"])})


async def _no_longer_asked(connection: AsyncConnection, row: Any, by: str, now: datetime) -> None:
    """Its own task is done; those that speak of a whole channel are, once nothing of their kind is left."""
    keys = [heard_key(row.id), *(f"unproved:{case_id}" for one in row.said for case_id in one.get("cases", ()))]
    kind = "unread" if row.read_at is None else row.waits
    same = heard.c.read_at.is_(None) if kind == "unread" else (heard.c.waits != "") & (heard.c.waits == kind)
    left = select(heard.c.id).where(same, heard.c.channel == row.channel).limit(1)
    if (await connection.execute(left)).first() is None:
        keys.append(f"{kind}:{row.channel}")
    await close_tasks(connection, keys, by, now)

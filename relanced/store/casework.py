"""What a person does with a case besides its messages: notes, taking it in hand, replies, its cause, opting out."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import select, update

from relanced.rules.given import Cause
from relanced.rules.model import HoldKind, Road
from relanced.store import journal
from relanced.store.among import among
from relanced.store.asked import Unfitting
from relanced.store.disputed import end_disputes
from relanced.store.engine import Engine
from relanced.store.hands import Hands, lay, refuse_blind
from relanced.store.holds import close_announced
from relanced.store.journal import Entry
from relanced.store.lock import Bumps, bump, lock_cases
from relanced.store.promising import take_back
from relanced.store.replies import answered, heard_in
from relanced.store.saying import NewWord, say, tell
from relanced.store.tables import addresses, cases, heard, holds, tasks
from relanced.store.tasks import close_tasks
from relanced.store.unanswered import Reply, replies_waiting

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class Asking(Struct, frozen=True):
    """What a debtor wrote: from where, under which subject, and the Message-IDs that an answer names."""

    sender: str
    subject: str
    mail_ids: tuple[str, ...]


class Casework:
    """The verbs about a whole case."""

    def __init__(self, engine: Engine, bumps: Bumps) -> None:
        self._engine = engine
        self._bumps = bumps

    async def note(self, hands: Hands, words: str, now: datetime) -> None:
        """Something worth knowing stands in the journal; nothing else changes. Raises Unfitting."""

        async def work(connection: AsyncConnection) -> None:
            await lay(connection, hands)
            await journal.write(connection, [Entry(hands.case_id, "note", {"note": words}, hands.by)], now)

        await self._engine.write(work)

    # -- in hand --------------------------------------------------------------------------------------------------

    async def take(self, hands: Hands, anyway: bool, stands_in_for: Collection[str], now: datetime) -> str:
        """The case, its holds and its tasks are this person's until released. Returns who had it before.

        Raises Unfitting while somebody else has it, unless `anyway` or the person stands in for them.
        """

        async def work(connection: AsyncConnection) -> str:
            await lock_cases(connection, [hands.case_id])
            row = (await connection.execute(select(cases).where(cases.c.id == hands.case_id))).one()
            before = str(row.taken_by)
            if before not in ("", hands.by, *stands_in_for) and not anyway:
                raise Unfitting(f"{before} has case {row.id} in hand since {row.taken_at:%Y-%m-%d %H:%M} UTC: --anyway")
            values = {"taken_by": hands.by, "taken_at": now}
            await connection.execute(update(cases).where(cases.c.id == hands.case_id).values(**values))
            await _owned(connection, hands)
            about = {"from": before} if before not in ("", hands.by) else {}
            await journal.write(connection, [Entry(hands.case_id, "case taken", about, hands.by)], now)
            return before

        return await self._engine.write(work)

    async def release(
        self, hands: Hands, kind: HoldKind | None, why: str, now: datetime, invoices: Collection[str] = ()
    ) -> int:
        """The case is out of hand again. Holds of this kind end, of a dispute only those on these invoices if any are
        named; with a reply, what was asked for it is done; a promise is taken back.

        Returns how many holds ended. Raises Unfitting while somebody else has it, for replies that nobody says to have
        read, and when several invoices are contested and none is named.
        """

        async def work(connection: AsyncConnection) -> int:
            await lay(connection, hands)
            ended = await self._released(connection, hands, kind, now, invoices)
            about = {"kinds": [kind.value] if kind else [], "count": ended, "invoices": list(invoices), "why": why}
            kept = {name: value for name, value in about.items() if name != "invoices" or value}
            await journal.write(connection, [Entry(hands.case_id, "case released", kept, hands.by)], now)
            return ended

        return await self._engine.write(work)

    async def _released(
        self,
        connection: AsyncConnection,
        hands: Hands,
        kind: HoldKind | None,
        now: datetime,
        invoices: Collection[str] = (),
    ) -> int:
        if kind is HoldKind.REPLY:
            await refuse_blind(connection, hands)
        ended = await self._ended(connection, hands, kind, invoices, now) if kind else 0
        gone = update(cases).where(cases.c.id == hands.case_id)
        await connection.execute(gone.values(taken_by="", taken_at=None))
        if ended:
            await bump(connection, [hands.case_id], now, self._bumps)
        return ended

    async def _ended(
        self, connection: AsyncConnection, hands: Hands, kind: HoldKind, invoices: Collection[str], now: datetime
    ) -> int:
        if kind is HoldKind.DISPUTE:
            ended = await end_disputes(connection, hands, invoices, now)
        else:
            mine = (holds.c.case_id == hands.case_id) & holds.c.ended_at.is_(None) & (holds.c.kind == kind.value)
            over = update(holds).where(mine).values(ended_at=now, ended_by=hands.by)
            ended = (await connection.execute(over)).rowcount
            await close_tasks(connection, [f"{kind.value}:{hands.case_id}"], hands.by, now)
        await close_announced(connection, hands.case_id, hands.by, now)
        if kind is HoldKind.REPLY:
            await answered(connection, hands.case_id, hands.by, now)
        if kind is HoldKind.PROMISE:
            await take_back(connection, hands.case_id, now.date())
        if kind in (HoldKind.REPLY, HoldKind.DISPUTE) and ended:
            await _spoken(connection, hands.case_id, now.date())
        return ended

    async def thank(self, hands: Hands, word: NewWord | None, why: str, now: datetime) -> None:
        """The replies of a case want no other answer than thanks, which `word` says: the case goes on.

        Raises Unfitting when no reply waits, when one came after what was read, and while somebody else has the case.
        """

        async def work(connection: AsyncConnection) -> None:
            row = await lay(connection, hands)
            if not await self._released(connection, hands, HoldKind.REPLY, now):
                raise Unfitting(f"case {hands.case_id} has no reply that waits")
            about = {"kinds": ["reply"], "count": 1, "why": why or "thanks"}
            entries = [Entry(hands.case_id, "case released", about, hands.by)]
            entries += await tell(connection, hands.case_id, row.creditor, word, {}, hands.by, now)
            await journal.write(connection, entries, now)

        await self._engine.write(work)

    async def waiting(self) -> list[Reply]:
        """The cases that stand still for a reply, with what every reply seems to say; the oldest first."""
        return await self._engine.read(replies_waiting)

    async def reply(self, hands: Hands, word: NewWord, now: datetime, release: bool = False) -> int:
        """A person's own words leave for the debtor; with `release` they are the answer to what was read, and the case
        goes on. Returns how many holds ended. Raises Unfitting: then nothing leaves."""

        async def work(connection: AsyncConnection) -> int:
            row = await lay(connection, hands)
            ended = await self._released(connection, hands, HoldKind.REPLY, now) if release else 0
            entries = await say(connection, hands.case_id, row.creditor, word, hands.by, now)
            if release:
                about = {"kinds": ["reply"], "count": ended, "why": "answered"}
                entries.append(Entry(hands.case_id, "case released", about, hands.by))
            await _spoken(connection, hands.case_id, now.date())
            await journal.write(connection, entries, now)
            return ended

        return await self._engine.write(work)

    async def answering(self, case_id: int) -> Asking | None:
        """What a debtor wrote last, as far as the door understood it; None when nobody wrote."""

        async def work(connection: AsyncConnection) -> Asking | None:
            mine = among(heard.c.id, (await heard_in(connection, case_id))[-20:])
            rows = await connection.execute(select(heard.c.said).where(mine).order_by(heard.c.id.desc()))
            said = (one for row in rows for one in row.said if one.get("sender"))
            return next((_asking(one) for one in said), None)

        return await self._engine.read(work)

    # -- why not paid ---------------------------------------------------------------------------------------------

    async def cause(self, hands: Hands, cause: Cause | None, why: str, now: datetime) -> None:
        """Why the debtor does not pay; None: nobody knows. Nothing else changes. Raises Unfitting."""

        async def work(connection: AsyncConnection) -> None:
            row = await lay(connection, hands)
            value = cause.value if cause else ""
            await connection.execute(update(cases).where(cases.c.id == hands.case_id).values(cause=value))
            about = {"cause": value or "not known", "was": row.cause, "why": why}
            await journal.write(connection, [Entry(hands.case_id, "cause", about, hands.by)], now)

        await self._engine.write(work)

    async def causes(self, ids: Collection[int]) -> dict[int, str]:
        """The cause of each of these cases, where one is known."""
        query = select(cases.c.id, cases.c.cause).where(cases.c.id.in_(list(ids)), cases.c.cause != "")

        async def work(connection: AsyncConnection) -> dict[int, str]:
            return {row.id: row.cause for row in await connection.execute(query)}

        return await self._engine.read(work)

    # -- what was asked of people ---------------------------------------------------------------------------------

    async def done(self, task_id: int, by: str, why: str, now: datetime) -> str:
        """A person has dealt with a task. Returns what it asked.

        Raises Unfitting for one that is not open, and for one that ends with what it is about.
        """
        query = select(tasks).where(tasks.c.id == task_id, tasks.c.closed_at.is_(None))

        async def work(connection: AsyncConnection) -> str:
            row = (await connection.execute(query)).first()
            if row is None:
                raise Unfitting(f"no task {task_id} is open: relanced tasks")
            if (instead := _ENDS_WITH.get(row.kind)) and row.case_id:
                raise Unfitting(f"task {task_id} ({row.kind}) is done by relanced {instead}")
            if row.case_id:
                await lay(connection, Hands(row.case_id, by))
                about = {"task": row.kind, "asked": row.words, "why": why}
                await journal.write(connection, [Entry(row.case_id, "task done", about, by)], now)
            await close_tasks(connection, [row.key], by, now)
            return str(row.words)

        return await self._engine.write(work)

    # -- never again ----------------------------------------------------------------------------------------------

    async def opt_out(self, hands: Hands, places: Collection[tuple[Road, str]], why: str, now: datetime) -> int:
        """Nothing is sent to these addresses any more, for no creditor. Returns how many agreed before.

        Raises Unfitting for an address that no case has.
        """
        roads, wheres = [road.value for road, _ in places], [where for _, where in places]
        named = addresses.c.road.in_(roads) & addresses.c.place.in_(wheres)
        query = select(addresses.c.id, addresses.c.case_id, addresses.c.road, addresses.c.place).where(
            named, addresses.c.consent != "withdrawn"
        )

        async def work(connection: AsyncConnection) -> int:
            owners = {row.case_id for row in await connection.execute(query)}
            await lock_cases(connection, owners | {hands.case_id})
            await lay(connection, hands)
            rows = [r for r in await connection.execute(query) if (Road(r.road), r.place) in places]
            found = addresses.c.id.in_([r.id for r in rows])
            await connection.execute(update(addresses).where(found).values(consent="withdrawn"))
            await bump(connection, {r.case_id for r in rows}, now, self._bumps)
            said = [Entry(r.case_id, "consent withdrawn", {"address": r.id, "words": why}, hands.by) for r in rows]
            await journal.write(connection, said, now)
            return len(rows)

        return await self._engine.write(work)


_ENDS_WITH = {
    "reply": "release",
    "hand-over": "approve",
    "uncertain": "settle",
    "ladder ended": "close",
    "insolvency": "release --kind insolvency",
    "dispute": "release --kind dispute",
    "unreachable": "contact add",
}


def _asking(said: dict[str, Any]) -> Asking:
    own = said.get("provider_id", "")
    ids = (own,) if own.startswith("<") else ()
    return Asking(said["sender"], said.get("subject", ""), ids)


async def _owned(connection: AsyncConnection, hands: Hands) -> None:
    running = (holds.c.case_id == hands.case_id) & holds.c.ended_at.is_(None)
    await connection.execute(update(holds).where(running).values(owner=hands.by))
    asked = (tasks.c.case_id == hands.case_id) & tasks.c.closed_at.is_(None)
    await connection.execute(update(tasks).where(asked).values(owner=hands.by))


async def _spoken(connection: AsyncConnection, case_id: int, on: date) -> None:
    await connection.execute(update(cases).where(cases.c.id == case_id).values(spoken_on=on))

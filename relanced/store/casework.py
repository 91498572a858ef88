"""What a person does with a case besides its messages: notes, taking it in hand, replies, its cause, opting out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from relanced.rules.given import Cause
from relanced.rules.model import HoldKind, Road
from relanced.store import journal
from relanced.store.asked import Unfitting
from relanced.store.engine import Engine
from relanced.store.hands import Hands, lay
from relanced.store.holds import close_announced
from relanced.store.journal import Entry
from relanced.store.lock import Bumps, bump, lock_cases
from relanced.store.replies import answered
from relanced.store.saying import NewWord, say
from relanced.store.tables import addresses, cases, heard, holds, tasks
from relanced.store.tasks import close_tasks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Asking:
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

    async def release(self, hands: Hands, kinds: Sequence[HoldKind], why: str, now: datetime) -> int:
        """The case is out of hand again. Holds of these kinds end; with a reply, what was asked for it is done.

        Returns how many holds ended. Raises Unfitting while somebody else has it.
        """

        async def work(connection: AsyncConnection) -> int:
            await lay(connection, hands)
            running = (holds.c.case_id == hands.case_id) & holds.c.ended_at.is_(None)
            mine = running & holds.c.kind.in_([kind.value for kind in kinds])
            ended = await connection.execute(update(holds).where(mine).values(ended_at=now, ended_by=hands.by))
            await close_tasks(connection, [f"{kind.value}:{hands.case_id}" for kind in kinds], hands.by, now)
            await close_announced(connection, hands.case_id, hands.by, now)
            if HoldKind.REPLY in kinds:
                await answered(connection, hands.case_id, hands.by, now)
            if {HoldKind.REPLY, HoldKind.DISPUTE} & set(kinds) and ended.rowcount:
                await _spoken(connection, hands.case_id, now.date())
            gone = update(cases).where(cases.c.id == hands.case_id)
            await connection.execute(gone.values(taken_by="", taken_at=None))
            if ended.rowcount:
                await bump(connection, [hands.case_id], now, self._bumps)
            about = {"kinds": [kind.value for kind in kinds], "count": ended.rowcount, "why": why}
            await journal.write(connection, [Entry(hands.case_id, "case released", about, hands.by)], now)
            return ended.rowcount

        return await self._engine.write(work)

    async def reply(self, hands: Hands, word: NewWord, now: datetime) -> None:
        """A person's own words leave for the debtor. Holds stay until the case is released. Raises Unfitting."""

        async def work(connection: AsyncConnection) -> None:
            row = await lay(connection, hands)
            entries = await say(connection, hands.case_id, row.creditor, word, hands.by, now)
            await _spoken(connection, hands.case_id, now.date())
            await journal.write(connection, entries, now)

        await self._engine.write(work)

    async def answering(self, case_id: int) -> Asking | None:
        """What a debtor wrote last, as far as the door understood it; None when nobody wrote."""
        query = select(heard.c.said).where(heard.c.case_id == case_id, heard.c.read_at.is_not(None))

        async def work(connection: AsyncConnection) -> Asking | None:
            rows = await connection.execute(query.order_by(heard.c.id.desc()).limit(20))
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

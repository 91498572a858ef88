"""Calls: those that wait for a person, and what a person says of one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from sqlalchemy import ColumnElement, func, select

from relanced.rules.model import Road
from relanced.store import calling
from relanced.store.calling import Call, Logged
from relanced.store.engine import Engine
from relanced.store.lock import Bumps, bump, lock_cases, look
from relanced.store.saying import NewWord
from relanced.store.tables import attempts, calls, cases, in_state, lines, messages
from relanced.store.tasks import Task

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

__all__ = ["Call", "Calls", "Logged", "Waiting"]


class Waiting(Struct, frozen=True):
    """A call that waits for a person. `cents`: what it names; `tries`: how often nobody was reached so far.

    `not_before`: when it may be tried again; `lapse_at`: when it is too late.
    """

    message_id: int
    case_id: int
    creditor: str
    channel: str
    reference: str
    debtor: str
    contact: str
    number: str
    cents: int
    tries: int
    owner: str
    attempt: str
    since: datetime
    not_before: datetime | None
    lapse_at: datetime | None


_LIES = in_state("in_tray") & (messages.c.road == Road.PHONE.value)
_CENTS = select(func.coalesce(func.sum(lines.c.cents), 0)).where(
    lines.c.reminder_id == messages.c.reminder_id, lines.c.state.in_(["planned", "performed"])
)
_TRIES = select(func.count()).where(calls.c.message_id == messages.c.id)
_WAITING = (
    select(
        messages.c.id.label("message_id"),
        messages.c.case_id,
        messages.c.creditor,
        messages.c.channel,
        messages.c.reference,
        cases.c.name.label("debtor"),
        messages.c.contact,
        messages.c.place.label("number"),
        _CENTS.scalar_subquery().label("cents"),
        _TRIES.scalar_subquery().label("tries"),
        cases.c.owner,
        messages.c.attempt_id.label("attempt"),
        attempts.c.sealed_at.label("since"),
        messages.c.due_at.label("not_before"),
        messages.c.lapse_at,
    )
    .select_from(
        messages.join(cases, cases.c.id == messages.c.case_id).join(attempts, attempts.c.id == messages.c.attempt_id)
    )
    .where(_LIES)
)


class Calls:
    """The telephone's side of the store."""

    def __init__(self, engine: Engine, bumps: Bumps) -> None:
        self._engine = engine
        self._bumps = bumps

    async def waiting(self) -> list[Waiting]:
        """The calls that wait for a person, the largest amount first."""
        return sorted(await self._waiting(_LIES), key=lambda call: (-call.cents, call.message_id))

    async def of_case(self, case_id: int) -> list[Waiting]:
        """The calls of a case that wait, oldest first."""
        return await self._waiting(messages.c.case_id == case_id)

    async def _waiting(self, which: ColumnElement[bool]) -> list[Waiting]:
        async def work(connection: AsyncConnection) -> list[Waiting]:
            rows = await connection.execute(_WAITING.where(which).order_by(messages.c.id))
            return [Waiting(**{**row._mapping, "cents": int(row.cents)}) for row in rows]

        return await self._engine.read(work)

    async def asked(self, text: str) -> tuple[int, int] | None:
        """The call that goes by that reference or number of message, whatever became of it: message and case."""
        number = int(text) if text.isdecimal() and len(text) < 10 else -1
        named = (messages.c.reference == text.upper()) | (messages.c.id == number)
        query = select(messages.c.id, messages.c.case_id).where(named, messages.c.road == Road.PHONE.value)

        async def work(connection: AsyncConnection) -> tuple[int, int] | None:
            row = (await connection.execute(query)).first()
            return (row.id, row.case_id) if row else None

        return await self._engine.read(work)

    async def made_since(self, since: datetime) -> dict[tuple[str, str], int]:
        """How many calls of the list each person has made through each channel."""
        joined = calls.join(messages, messages.c.id == calls.c.message_id)
        query = select(calls.c.by, messages.c.channel, func.count()).select_from(joined)
        query = query.where(calls.c.at >= since).group_by(calls.c.by, messages.c.channel)

        async def work(connection: AsyncConnection) -> dict[tuple[str, str], int]:
            return {(by, channel): n for by, channel, n in await connection.execute(query)}

        return await self._engine.read(work)

    async def log(self, call: Call, by: str, now: datetime, confirm: NewWord | Task | None = None) -> Logged:
        """A call was made or received: step, number, holds and tasks follow. `now` is local; `confirm` is what confirms
        a promise to the debtor, or asks a person to.

        Raises Unfitting for a message that is no call or was closed before, an invoice that is not owed, a day that
        does not fit; never because the call was withdrawn meanwhile.
        """

        async def work(connection: AsyncConnection) -> Logged:
            await lock_cases(connection, [call.case_id])
            logged = await calling.log(connection, call, by, now, confirm)
            if logged.bumps:
                await bump(connection, [call.case_id], now, self._bumps)
            else:
                await look(connection, [call.case_id], now)
            return logged

        return await self._engine.write(work)

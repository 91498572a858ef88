"""What left and whose end nobody told yet, and until when an ear has heard everything."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, literal_column, select, update

from relanced.channel import Awaited
from relanced.rules.audit import DEAF
from relanced.rules.gate import DEAF_AGAIN
from relanced.store.engine import Engine
from relanced.store.lock import lock_cases
from relanced.store.proofs import ProofKind
from relanced.store.tables import attempts, ears, in_state, messages, proofs
from relanced.store.upsert import or_change

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

MOST = 10_000  # attempts that are asked about in one round


class Awaiting:
    """What a door is asked about."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def awaited(self, channel: str, since: datetime) -> list[Awaited]:
        """The attempts of a channel that wait in a tray, are in doubt, or left after `since` and whose end is not told;
        a registered letter waits until its receipt is kept. Mail is not asked about: its end comes by itself. Newest
        first."""
        queries = [_left(channel, since), _signed(channel, since), _live(channel, _TRAY), _live(channel, _DOUBT)]

        async def work(connection: AsyncConnection) -> list[Awaited]:
            rows = [row for query in queries for row in await connection.execute(query)]
            return [Awaited(*row) for row in sorted(rows, key=lambda r: r.sealed_at, reverse=True)[:MOST]]

        return await self._engine.read(work)

    async def heard_until(self, channel: str, inbox: str = "") -> datetime | None:
        """Until when everything said through the channel, or in an inbox of it, was heard; None when none ever was."""
        query = select(ears.c.open_at).where(ears.c.channel == channel, ears.c.inbox == inbox)

        async def work(connection: AsyncConnection) -> datetime | None:
            moment: datetime | None = (await connection.execute(query)).scalar()
            return moment

        return await self._engine.read(work)

    async def heard_all(self, channel: str, until: datetime, inbox: str = "") -> None:
        """Everything said through the channel, or in an inbox of it, until then has been heard. The messages that an
        inbox held up while it was deaf need not wait until they are asked about again."""
        row = {"channel": channel, "inbox": inbox, "open_at": until}
        mine = select(ears.c.open_at).where(ears.c.channel == channel, ears.c.inbox == inbox)

        async def work(connection: AsyncConnection) -> None:
            before = (await connection.execute(mine)).scalar() if inbox else until
            await connection.execute(_OPEN[connection.dialect.name], row)
            if before is None or until - before >= DEAF:
                await _ask_again(connection, until)

        await self._engine.write(work)


async def _ask_again(connection: AsyncConnection, now: datetime) -> None:
    """Every message that wants to leave soon is asked about now: the gate knows which of them may."""
    soon = in_state("planned") & (messages.c.due_at > now) & (messages.c.due_at <= now + DEAF_AGAIN)
    await lock_cases(connection, set((await connection.execute(select(messages.c.case_id).where(soon))).scalars()))
    await connection.execute(update(messages).where(soon).values(due_at=now))


_OPEN = or_change(ears, ["channel", "inbox"], ["open_at"])
_TRAY, _DOUBT = in_state("in_tray"), in_state("uncertain")
_MAIL: ColumnElement[str] = literal_column("'email'")  # as the partial indexes say it
_REGISTERED: ColumnElement[str] = literal_column("'registered'")


def _tried(which: ColumnElement[bool]) -> Select[Any]:
    newest = (attempts.c.id == messages.c.attempt_id) & (attempts.c.message_id == messages.c.id)
    asked = (attempts.c.id, attempts.c.provider_id, attempts.c.address, attempts.c.sealed_at, attempts.c.number)
    return select(*asked, messages.c.sent_at).select_from(messages.join(attempts, newest)).where(which)


def _live(channel: str, state: ColumnElement[bool]) -> Select[Any]:
    return _tried((messages.c.channel == channel) & state).limit(MOST)


def _left(channel: str, since: datetime) -> Select[Any]:
    recent = (messages.c.channel == channel) & (messages.c.sent_at >= since)
    sent = recent & in_state("sent") & (messages.c.road != _MAIL)
    return _tried(sent).order_by(messages.c.sent_at.desc()).limit(MOST)


def _signed(channel: str, since: datetime) -> Select[Any]:
    """A registered letter came to its end, and what the addressee signed, or did not, is still to come."""
    recent = (messages.c.channel == channel) & (messages.c.sent_at >= since)
    ended = (messages.c.road == _REGISTERED) & in_state("delivered", "failed")
    kept = select(proofs.c.id).where(proofs.c.attempt_id == attempts.c.id, proofs.c.kind == ProofKind.RECEIPT.value)
    return _tried(recent & ended & ~kept.exists()).order_by(messages.c.sent_at.desc()).limit(MOST)

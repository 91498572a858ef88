"""How the house stands at this moment, read at once: what every round of sending, and much else, asks first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from sqlalchemy import select

from relanced.store.among import among
from relanced.store.tables import channels, ears, heard, house

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class Stance(Struct, frozen=True):
    """The house's epoch, why nothing may leave (empty when it may) and the digest of the configuration at work.

    `heard`: by channel and name, until when all that came into each inbox was heard; `unread`: whether something came
    that nobody has looked at yet.
    """

    epoch: int
    stopped: str
    settled: str
    closed: Mapping[str, tuple[datetime, str]]
    rooms: Mapping[str, int]
    heard: Mapping[tuple[str, str], datetime]
    unread: bool


_HOUSE = select(house.c.epoch, house.c.stopped, house.c.frozen, house.c.config_digest)
_CLOSED = select(channels).where(channels.c.closed_until.is_not(None))
_TRIED = select(channels.c.name, channels.c.room).where(channels.c.room > 0)
_INBOXES = select(ears.c.channel, ears.c.inbox, ears.c.open_at).where(ears.c.inbox != "")
_FRESH = (
    select(heard.c.id)
    .where(heard.c.read_at.is_(None), heard.c.not_before.is_(None), among(heard.c.channel, "channels"))
    .limit(1)
)


async def read(connection: AsyncConnection, readable: Collection[str]) -> Stance:
    """As it stands. `readable`: the channels of which what came in is read here."""
    row = (await connection.execute(_HOUSE)).one()
    return Stance(
        row.epoch,
        row.stopped or row.frozen,
        row.config_digest,
        await closed(connection),
        await rooms(connection),
        {(r.channel, r.inbox): r.open_at for r in await connection.execute(_INBOXES)},
        (await connection.execute(_FRESH, {"channels": sorted(readable)})).first() is not None,
    )


async def closed(connection: AsyncConnection) -> dict[str, tuple[datetime, str]]:
    """The doors closed by their breaker: until when, and why."""
    return {r.name: (r.closed_until, r.why) for r in await connection.execute(_CLOSED)}


async def rooms(connection: AsyncConnection) -> dict[str, int]:
    """The doors that are tried again, and how many of their messages may be in flight."""
    return {r.name: r.room for r in await connection.execute(_TRIED)}

"""How many may leave: the tokens of a channel, and the contacts of a debtor and of an address, counted when sealing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from sqlalchemy import bindparam, delete, select

from relanced.rules.limits import Rate, take
from relanced.store.among import among
from relanced.store.bulk import Bulk
from relanced.store.tables import limits, touches
from relanced.store.upsert import or_change, or_leave

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class Asks(Protocol):
    """What asks to leave through a channel, as a contact of somebody."""

    @property
    def message_id(self) -> int:
        """The message."""

    @property
    def reminder_id(self) -> int | None:
        """The reminder it is a part of."""

    @property
    def channel(self) -> str:
        """The door it wants to leave by."""

    @property
    def touches(self) -> tuple[tuple[str, int], ...]:
        """Under which keys it counts as a contact, and as the how manieth of the day."""


A = TypeVar("A", bound=Asks)


# -- the tokens of a channel --------------------------------------------------------------------------------------


async def within_rates(
    connection: AsyncConnection, wanted: Sequence[A], rates: Mapping[str, Sequence[Rate]], now: datetime
) -> tuple[list[A], dict[str, float]]:
    """Those for which their channel has tokens, first come first served, and when an empty channel has one again."""
    by_channel: dict[str, list[A]] = defaultdict(list)
    for one in wanted:
        by_channel[one.channel].append(one)
    granted: list[A] = []
    again_at: dict[str, float] = {}
    for channel, mine in sorted(by_channel.items()):
        many, again = await _tokens(connection, channel, rates.get(channel, ()), now, len(mine))
        granted += mine[:many]
        if many < len(mine):
            again_at[channel] = again
    return granted, again_at


_KNOWN = select(limits.c.key, limits.c.tat).where(among(limits.c.key, "keys")).with_for_update()
_KEEP = or_change(limits, "key", ["tat"])


async def _tokens(
    connection: AsyncConnection, channel: str, rates: Sequence[Rate], now: datetime, wanted: int
) -> tuple[int, float]:
    if not rates:
        return wanted, 0.0
    keys = [f"{channel}/{r.n}/{r.seconds}" for r in rates]
    known = {r.key: r.tat for r in await connection.execute(_KNOWN, {"keys": sorted(keys)})}
    taken = take([known.get(k, 0.0) for k in keys], rates, now.timestamp(), wanted)
    if taken.granted:
        rows = [{"key": key, "tat": tat} for key, tat in sorted(zip(keys, taken.tats, strict=True))]
        await connection.execute(_KEEP[connection.dialect.name], rows)
    return taken.granted, taken.again_at


# -- the contacts of a day ----------------------------------------------------------------------------------------

Contact = tuple[str, int]


async def touched(connection: AsyncConnection, wanted: Sequence[A], today: date) -> list[A]:
    """Count the contacts. Leaves out what would be one too many, because somebody wrote there meanwhile.

    A reminder counts once under each key, whatever number of tries and roads it takes.
    """
    rows = await _counted(connection, sorted({key for one in wanted for key, _ in one.touches}), today)
    taken, counted = {(key, n) for key, n, _ in rows}, {(key, by) for key, _, by in rows}
    fresh: dict[int, dict[Contact, int]] = {}
    for one in wanted:
        by = one.reminder_id or -one.message_id
        mine = {(key, n): by for key, n in one.touches if (key, by) not in counted}
        if not mine.keys() & taken:
            fresh[one.message_id] = mine
            taken |= mine.keys()
            counted |= {(key, by) for key, _ in mine}
    lost = await _count(connection, {c: by for mine in fresh.values() for c, by in mine.items()}, today)
    return [one for one in wanted if one.message_id in fresh and not fresh[one.message_id].keys() & lost]


_ON_THE_DAY = select(touches.c.key, touches.c.n, touches.c.reminder_id).where(
    among(touches.c.key, "keys"), touches.c.day == bindparam("day")
)


async def _counted(connection: AsyncConnection, keys: list[str], today: date) -> list[tuple[str, int, int]]:
    if not keys:
        return []
    found = await connection.execute(_ON_THE_DAY, {"keys": keys, "day": today})
    return [(key, n, by) for key, n, by in found]


_TOUCH = {name: Bulk(insert) for name, insert in or_leave(touches).items()}


async def _count(connection: AsyncConnection, wanted: Mapping[Contact, int], today: date) -> set[Contact]:
    """Write the contacts down. Returns those that another machine counted first."""
    rows = [{"key": key, "day": today, "n": n, "reminder_id": by} for (key, n), by in sorted(wanted.items())]
    await _TOUCH[connection.dialect.name].run(connection, rows)
    if connection.dialect.name == "sqlite":
        return set()
    counted = await _counted(connection, sorted({key for key, _ in wanted}), today)
    return wanted.keys() - {(key, n) for key, n, by in counted if wanted.get((key, n)) == by}


async def count_again(connection: AsyncConnection, reminder_id: int, keys: Sequence[str], day: date) -> None:
    """A reminder that was taken for no contact was one after all, on that day."""
    rows = await _counted(connection, sorted(keys), day)
    counted = {key for key, _, by in rows if by == reminder_id}
    newest = {key: max((n for k, n, _ in rows if k == key), default=-1) for key in keys}
    await _count(connection, {(key, newest[key] + 1): reminder_id for key in keys if key not in counted}, day)


async def uncount(connection: AsyncConnection, reminder_ids: Sequence[int]) -> None:
    """Nothing of these reminders left: they were no contact with anybody."""
    if reminder_ids:
        await connection.execute(delete(touches).where(touches.c.reminder_id.in_(reminder_ids)))

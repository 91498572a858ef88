"""How many may leave: the tokens of a channel, and the contacts of a debtor and of an address, counted when sealing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from msgspec import Struct
from sqlalchemy import bindparam, delete, select, update

from relanced.channel import Parcel
from relanced.rules.limits import Rate, Rates, Taken, take
from relanced.store.among import among
from relanced.store.bulk import Bulk
from relanced.store.tables import in_state, limits, messages, touches
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
    def creditor(self) -> str:
        """Who writes."""

    @property
    def parcel(self) -> Parcel:
        """What would leave."""

    @property
    def touches(self) -> tuple[tuple[str, int], ...]:
        """Under which keys it counts as a contact, and as the how manieth of the day."""


A = TypeVar("A", bound=Asks)


# -- the tokens of a channel, and of what lies behind it --------------------------------------------------------------


async def within_rates(
    connection: AsyncConnection, wanted: Sequence[A], rates: Mapping[str, Sequence[Rate]], now: datetime
) -> tuple[list[A], dict[str, float]]:
    """Those for which there are tokens, first come first served, and when an empty channel has one again.

    Whoever finds only a domain or a sender exhausted is given a moment of its own, so that it holds up nobody else.
    """
    asked = [(one, _bounds(one, rates.get(one.channel, ()))) for one in wanted]
    tokens = await _tokens(connection, [bound for _, bounds in asked for bound in bounds], now)
    granted: list[A] = []
    again_at: dict[str, float] = {}
    later: list[dict[str, Any]] = []
    for one, (whole, *behind) in asked:
        if one.channel in again_at:
            continue
        if tokens.denies(whole):
            again_at[one.channel] = tokens.again_at(whole)
        elif short := [bound for bound in behind if tokens.denies(bound)]:
            later.append(_put_off(one, short, tokens))
        else:
            tokens.take([whole, *behind])
            granted.append(one)
    await _keep(connection, tokens, later)
    return granted, again_at


class _Bound(Struct, frozen=True):
    """Some rates that hold together, under the name of what they bound."""

    name: str
    rates: tuple[Rate, ...]

    @property
    def keys(self) -> list[str]:
        """Under which each rate's state is kept."""
        return [f"{self.name}/{rate.n}/{rate.seconds}" for rate in self.rates]

    @property
    def turn(self) -> str:
        """Under which the last moment that was promised to anybody is kept."""
        return f"{self.name}/turn"


def _bounds(one: Asks, rates: Sequence[Rate]) -> list[_Bound]:
    """The channel's own bound, and those behind it."""
    behind = rates.narrower(one.parcel.address, one.creditor) if isinstance(rates, Rates) else ()
    return [_Bound(one.channel, tuple(rates)), *(_Bound(f"{one.channel} {name}", some) for name, some in behind)]


class _Tokens:
    """What is left under each key, in memory until it is kept."""

    def __init__(self, known: Mapping[str, float], now: float) -> None:
        self.changed: dict[str, float] = {}
        self._known, self._now = dict(known), now

    def denies(self, bound: _Bound) -> bool:
        """Whether no token is left."""
        return bool(bound.rates) and not self._taken(bound, 1).granted

    def again_at(self, bound: _Bound) -> float:
        """When there will be one."""
        return self._taken(bound, 0).again_at

    def take(self, bounds: Sequence[_Bound]) -> None:
        """One of each."""
        for bound in (b for b in bounds if b.rates):
            self._set(dict(zip(bound.keys, self._taken(bound, 1).tats, strict=True)))

    def promise(self, bound: _Bound) -> float:
        """A moment at which there will be one, later than what was promised to anybody before."""
        pace = max(rate.interval for rate in bound.rates)
        last = min(self._known.get(bound.turn, 0.0), self._now + _FAR)
        turn = max(self.again_at(bound), last + pace)
        self._set({bound.turn: turn})
        return turn

    def _taken(self, bound: _Bound, wanted: int) -> Taken:
        return take([self._known.get(key, 0.0) for key in bound.keys], bound.rates, self._now, wanted)

    def _set(self, kept: Mapping[str, float]) -> None:
        self._known.update(kept)
        self.changed.update(kept)


_FAR = 86_400.0  # seconds: a promise further ahead can only mean that the clock was set back


def _put_off(one: Asks, short: Sequence[_Bound], tokens: _Tokens) -> dict[str, Any]:
    """When it may ask again, and why not now."""
    at = max(tokens.promise(bound) for bound in short)
    why = "; ".join(f"{bound.name.partition(' ')[2].removeprefix('@')} gets no more for now" for bound in short)
    return {"which": one.message_id, "at": datetime.fromtimestamp(at, UTC), "why": why}


_KNOWN = select(limits.c.key, limits.c.tat).where(among(limits.c.key, "keys")).order_by(limits.c.key).with_for_update()
_KEEP = or_change(limits, "key", ["tat"])
_LATER = (
    update(messages)
    .where(messages.c.id == bindparam("which"), in_state("planned"))
    .values(due_at=bindparam("at"), reason=bindparam("why"), lease_owner="", lease_until=None)
)


async def _tokens(connection: AsyncConnection, bounds: Sequence[_Bound], now: datetime) -> _Tokens:
    keys = {key for bound in bounds if bound.rates for key in (*bound.keys, bound.turn)}
    rows = await connection.execute(_KNOWN, {"keys": sorted(keys)}) if keys else ()
    return _Tokens({row.key: row.tat for row in rows}, now.timestamp())


async def _keep(connection: AsyncConnection, tokens: _Tokens, later: list[dict[str, Any]]) -> None:
    if tokens.changed:
        rows = [{"key": key, "tat": tat} for key, tat in sorted(tokens.changed.items())]
        await connection.execute(_KEEP[connection.dialect.name], rows)
    if later:
        await connection.execute(_LATER, later)


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
    return [(key, n, by) for key, n, by in found.all()]


_TOUCH = Bulk(or_leave(touches))


async def _count(connection: AsyncConnection, wanted: Mapping[Contact, int], today: date) -> set[Contact]:
    """Write the contacts down. Returns those that another machine counted first."""
    rows = [{"key": key, "day": today, "n": n, "reminder_id": by} for (key, n), by in sorted(wanted.items())]
    await _TOUCH.run(connection, rows)
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

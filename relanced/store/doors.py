"""The breaker of each channel: a door that fails closes for a while; one that refuses too many closes and asks.

After its rest one message probes it. Each one it takes makes room for one more, so that their number doubles from round
to round until it is open as before; a failure closes it again, for twice as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import asdict, replace
from sqlalchemy import bindparam, select

from relanced.channel import Refusal, Refused, Scope, Sent, Tray, Unavailable
from relanced.store import journal, stance
from relanced.store.engine import Engine
from relanced.store.journal import Entry
from relanced.store.outcomes import Outcome
from relanced.store.tables import channels
from relanced.store.tasks import Task, open_tasks
from relanced.store.upsert import or_change

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

REFUSALS_WATCHED = 20
REFUSALS_ALLOWED = 4  # more than 20 % of the last 20 close the door and ask
_TOO_MANY = f"too many refusals: more than 20 % of the last {REFUSALS_WATCHED}"
_ASKING = timedelta(hours=4)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
ONE, OPEN = 1, 64  # how many may be in flight when it is tried again; with more than so many it is open


class Door(Struct, frozen=True):
    """How a channel has done of late. `recent` holds one letter per parcel: R refused, S taken.

    `room` is how many may be in flight while it is tried; 0: no bound of its own.
    """

    failures: int = 0
    recent: str = ""
    closed_until: datetime | None = None
    why: str = ""
    room: int = 0


_KNOWN = (
    select(channels.c.failures, channels.c.recent, channels.c.closed_until, channels.c.why, channels.c.room)
    .where(channels.c.name == bindparam("channel"))
    .with_for_update()
)
_KEEP = or_change(channels, "name", ["failures", "recent", "closed_until", "why", "room"])


class Doors:
    """The sender's side of the breakers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def rooms(self) -> dict[str, int]:
        """The channels that are being tried again, and how many of their messages may be in flight."""
        return await self._engine.read(stance.rooms)


async def watch_doors(
    connection: AsyncConnection, outcomes: Sequence[Outcome], now: datetime, entries: list[Entry]
) -> frozenset[str]:
    """Close and open the doors by what they answered. Returns those that closed: nothing more leaves through them."""
    shut: set[str] = set()
    told: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        told.setdefault(outcome.channel, []).append(outcome)
    for name in sorted(told):
        row = (await connection.execute(_KNOWN, {"channel": name})).first()
        before = Door(*row) if row else Door()
        after = judged(before, told[name], now)
        if after != before:
            await connection.execute(_KEEP[connection.dialect.name], {"name": name, **asdict(after)})
        if after.closed_until and after.closed_until != before.closed_until:
            await _closed(connection, name, after, now, entries)
            shut.add(name)
    return frozenset(shut)


async def _closed(connection: AsyncConnection, name: str, door: Door, now: datetime, entries: list[Entry]) -> None:
    about = {"channel": name, "until": door.closed_until, "why": door.why}
    entries.append(Entry(journal.HOUSE, "channel closed", about))
    if door.why == _TOO_MANY:
        await open_tasks(connection, [Task("refusals", f"refusals:{name}", f"{name}: {door.why}")], now)


def judged(door: Door, outcomes: Sequence[Outcome], now: datetime) -> Door:
    """The door after these answers. Stragglers sent before it closed neither close it twice nor, refused, open it."""
    marks = "".join("R" if _refused(o) else "S" for o in outcomes if _refused(o) or isinstance(o.answer, Sent))
    recent = (door.recent + marks)[-REFUSALS_WATCHED:] if "R" in door.recent + marks else ""
    door = replace(door, recent=recent)
    closed = door.closed_until is not None and door.closed_until > now
    shut = next((o.answer for o in outcomes if isinstance(o.answer, Unavailable) and _shuts(o.answer)), None)
    if shut and not closed:
        return _shut(door, shut, now)
    if len(recent) == REFUSALS_WATCHED and recent.count("R") > REFUSALS_ALLOWED:
        return Door(door.failures, "", now + _ASKING, _TOO_MANY, ONE)
    waits = closed and (shut is not None or door.why == _TOO_MANY)
    taken = sum(isinstance(o.answer, Sent | Tray) for o in outcomes)
    return _wider(door, taken) if taken and not waits else door


def _wider(door: Door, taken: int) -> Door:
    """It works. How often it failed is forgotten once it is open as before."""
    room = door.room + taken if door.room else 0
    return Door(door.failures, door.recent, room=room) if 0 < room <= OPEN else Door(recent=door.recent)


def _shut(door: Door, answer: Unavailable, now: datetime) -> Door:
    """Each time it stays closed longer, unless it knows itself until when."""
    wait = min(_FIRST_WAIT * 2 ** min(door.failures, 7), _LONGEST_WAIT)
    until = max(answer.not_before or now, now + wait)
    return Door(door.failures + 1, door.recent, until, answer.words[:500] or "closed", ONE)


def _shuts(answer: Unavailable) -> bool:
    return answer.scope is Scope.CHANNEL


def _refused(outcome: Outcome) -> bool:
    return isinstance(outcome.answer, Refused) and outcome.answer.why is not Refusal.CONTENT

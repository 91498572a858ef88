"""The case row is the only lock: whoever changes anything of a case locks its row first, in ascending order.

Rows that many cases share are locked before them: the house, then the creditor. Sealing reads both FOR KEY SHARE, which
only a bump keeps waiting (it takes them FOR UPDATE). What comes after the cases (tokens, contacts, tasks, the house's
chain of the journal) is locked in the order of its keys.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, select, text, update

from relanced.store.among import among
from relanced.store.tables import cases, creditors, house

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")

WAKE = "relanced"


class Bumps:
    """When each case last changed, counted in this process: what `go()` asks before the byte that cannot be taken back.

    A bump is noted under the lock and before its COMMIT: if that fails, a message waits a moment too long.
    """

    def __init__(self) -> None:
        self._tick = 0
        self._cases: dict[int, int] = {}
        self._all = 0

    @property
    def now(self) -> int:
        """The count so far."""
        return self._tick

    def note(self, ids: Collection[int]) -> None:
        """These cases change now."""
        self._tick += 1
        self._cases.update(dict.fromkeys(ids, self._tick))

    def note_all(self) -> None:
        """Everything changes now: a stop, a bank account, a configuration."""
        self._tick += 1
        self._all = self._tick

    def since(self, case_id: int, tick: int) -> bool:
        """Whether the case, or everything, changed after that count."""
        return max(self._cases.get(case_id, 0), self._all) > tick


async def lock_cases(connection: AsyncConnection, ids: Collection[int]) -> None:
    """Lock the rows, waiting for them. On SQLite BEGIN IMMEDIATE has done it already."""
    if connection.dialect.name != "sqlite" and ids:
        await connection.execute(_in_order(among(cases.c.id, ids)))


async def look_at_all(connection: AsyncConnection, which: ColumnElement[bool], now: datetime) -> int:
    """The planner looks at every case of a kind; permits stand. Returns how many."""
    if connection.dialect.name != "sqlite":
        await connection.execute(_in_order(which))
    looked = await connection.execute(update(cases).where(which).values(look_at=now))
    return looked.rowcount


def _in_order(which: ColumnElement[bool]) -> Select[tuple[int]]:
    return select(cases.c.id).where(which).order_by(cases.c.id).with_for_update()


async def lock_creditor(connection: AsyncConnection, key: str) -> None:
    """One import, or one round of planning, at a time; sealing is not hindered. Comes before the locks of cases."""
    await connection.execute(select(creditors.c.key).where(creditors.c.key == key).with_for_update(key_share=True))


_THESE = among(cases.c.id, "ids")
_LOOK = update(cases).where(_THESE).values(look_at=bindparam("now"))
_BUMP = update(cases).where(_THESE).values(look_at=bindparam("now"), version=cases.c.version + 1)


async def bump(connection: AsyncConnection, ids: Collection[int], now: datetime, bumps: Bumps) -> None:
    """A fact of these cases changed: permits given before are void, and the planner looks at once."""
    if not ids:
        return
    bumps.note(ids)
    await connection.execute(_BUMP, {"ids": sorted(ids), "now": now})
    await wake(connection)


async def look(connection: AsyncConnection, ids: Collection[int], now: datetime) -> None:
    """Something happened that is no fact about the debt: the planner looks, permits stand."""
    if ids:
        await connection.execute(_LOOK, {"ids": sorted(ids), "now": now})
        await wake(connection)


async def bump_creditor(connection: AsyncConnection, key: str, bumps: Bumps) -> None:
    """Something of the creditor changed: no permit given before is worth anything."""
    await connection.execute(select(creditors.c.key).where(creditors.c.key == key).with_for_update())
    bumps.note_all()
    await connection.execute(update(creditors).where(creditors.c.key == key).values(version=creditors.c.version + 1))
    await wake(connection)


async def bump_house(connection: AsyncConnection, bumps: Bumps) -> None:
    """Something of the whole house changed: a stop, the wording, the configuration."""
    await connection.execute(select(house.c.id).with_for_update())
    bumps.note_all()
    await connection.execute(update(house).values(epoch=house.c.epoch + 1))
    await wake(connection)


async def wake(connection: AsyncConnection) -> None:
    """Tell other daemons on the same PostgreSQL to look; they would find it by themselves within seconds."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text(f"NOTIFY {WAKE}"))


def chunks(ids: list[T], size: int = 500) -> list[list[T]]:
    """Lists short enough for one statement."""
    return [ids[i : i + size] for i in range(0, len(ids), size)]

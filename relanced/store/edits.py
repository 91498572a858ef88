"""What people set by hand on a debtor and its addresses: kept against later imports, under the case lock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import Select, func, insert, select, update

from relanced.rules.model import Road
from relanced.store import journal
from relanced.store.asked import Unfitting
from relanced.store.engine import Engine
from relanced.store.hands import Hands, lay
from relanced.store.holds import end_unreachable
from relanced.store.intake.debtors import postcode
from relanced.store.intake.kept import given_back, keep, plain
from relanced.store.journal import Entry
from relanced.store.lock import Bumps, bump
from relanced.store.tables import addresses, cases

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

Row = dict[str, Any]
Changes = Mapping[str, tuple[Any, Any]]  # by column: what it was, what it is

_ALONG = {"address": ("address", "postcode")}  # the postcode is a part of the address
_NOT_IMPORTED = frozenset({"closed"})


class Edited(Struct, frozen=True):
    """What came of an edit: each field with what it was and is, and how many terms go on because a road was found."""

    changed: Changes
    freed: int = 0


class _Editing(Struct):
    """One edit under the lock of its case."""

    connection: AsyncConnection
    case_id: int
    by: str
    now: datetime
    today: date
    about: Row
    freed: int = 0


class Edits:
    """The verbs of people that correct what files said."""

    def __init__(self, engine: Engine, bumps: Bumps) -> None:
        self._engine = engine
        self._bumps = bumps

    async def row(self, case_id: int) -> Row:
        """The columns of a case, with what people keep."""
        return (await self._rows(select(cases).where(cases.c.id == case_id)))[0]

    async def contacts(self, case_id: int) -> list[Row]:
        """The columns of its addresses, removed ones too, in the order in which they are tried."""
        mine = select(addresses).where(addresses.c.case_id == case_id)
        return await self._rows(mine.order_by(addresses.c.road, addresses.c.rank, addresses.c.id))

    async def _rows(self, query: Select[Any]) -> list[Row]:
        async def work(connection: AsyncConnection) -> list[Row]:
            return [dict(row._mapping) for row in await connection.execute(query)]

        return await self._engine.read(work)

    async def debtor(
        self, case_id: int, said: Mapping[str, Any], back: Collection[str], by: str, now: datetime, today: date
    ) -> Edited:
        """Set columns of the case by hand; `back` are those in which the imports rule again. Raises Unfitting."""

        async def work(e: _Editing) -> Changes:
            return await _debtor(e, said, back)

        return await self._edit("debtor edited", case_id, by, now, today, {"given back": sorted(back)}, work)

    async def add_contact(
        self, case_id: int, road: Road, place: str, said: Mapping[str, Any], by: str, now: datetime, today: date
    ) -> Edited:
        """One more way to reach the debtor, tried after the others unless a rank is said. Raises Unfitting."""

        async def work(e: _Editing) -> Changes:
            await _add(e, road, place, said)
            return {name: (None, value) for name, value in {"place": place, **said}.items()}

        return await self._edit("contact added", case_id, by, now, today, {"road": road.value}, work)

    async def edit_contact(
        self,
        case_id: int,
        road: Road | None,
        place: str,
        said: Mapping[str, Any],
        back: Collection[str],
        by: str,
        now: datetime,
        today: date,
    ) -> Edited:
        """Set columns of an address by hand; `back` are those in which the imports rule again. Raises Unfitting."""

        async def work(e: _Editing) -> Changes:
            return await _reset(e, await _contact(e, road, place), said, back)

        return await self._edit("contact edited", case_id, by, now, today, {"given back": sorted(back)}, work)

    async def remove_contact(
        self, case_id: int, road: Road | None, place: str, instead: str, by: str, now: datetime, today: date
    ) -> Edited:
        """Nobody writes there any more, whatever an import says; `instead`, if any, takes its place. Raises
        Unfitting."""

        async def work(e: _Editing) -> Changes:
            row = await _contact(e, road, place)
            await _set(e, row, removed_on=e.today, kept=keep(row, {"removed_on": e.today}, by))
            if instead:
                await _add(e, Road(row["road"]), instead, {"name": row["name"], "rank": row["rank"]})
            return {"place": (row["place"], instead or None)}

        return await self._edit("contact removed", case_id, by, now, today, {}, work)

    async def _edit(
        self,
        event: str,
        case_id: int,
        by: str,
        now: datetime,
        today: date,
        about: Row,
        work: Callable[[_Editing], Coroutine[Any, Any, Changes]],
    ) -> Edited:
        async def whole(connection: AsyncConnection) -> Edited:
            await lay(connection, Hands(case_id, by))
            e = _Editing(connection, case_id, by, now, today, {k: v for k, v in about.items() if v})
            changed = await work(e)
            if changed or e.freed:
                await bump(connection, [case_id], now, self._bumps)
            told = {name: [plain(old), plain(new)] for name, (old, new) in changed.items()}
            await journal.write(connection, [Entry(case_id, event, {**e.about, **told}, by)], now)
            return Edited(changed, e.freed)

        return await self._engine.write(whole)


async def _debtor(e: _Editing, said: Mapping[str, Any], back: Collection[str]) -> Changes:
    which = cases.c.id == e.case_id
    row: Row = dict((await e.connection.execute(select(cases).where(which))).one()._mapping)
    said = {**said, "postcode": postcode(tuple(said["address"]))} if "address" in said else said
    kept, values = _kept(e, row, {n: v for n, v in said.items() if n not in _NOT_IMPORTED}, back)
    values = {**said, **values}
    changed = _differing(row, values)
    await e.connection.execute(update(cases).where(which).values(**values, kept=kept))
    if "address" in changed or "name" in changed:
        await _live_at(e, {**row, **values})
    if "address" in changed:
        e.freed = await end_unreachable(e.connection, e.case_id, e.by, e.now)
    return changed


async def _reset(e: _Editing, row: Row, said: Mapping[str, Any], back: Collection[str]) -> Changes:
    kept, values = _kept(e, row, said, back)
    await _set(e, row, **values, kept=kept)
    if row["dead_since"] and "dead_since" in values and values["dead_since"] is None:
        e.freed = await end_unreachable(e.connection, e.case_id, e.by, e.now)
    return _differing(row, values)


def _kept(e: _Editing, row: Row, said: Mapping[str, Any], back: Collection[str]) -> tuple[Row, Row]:
    """What people keep of the row from now on, and the values it has: those said, those of the files come back."""
    still, returning = given_back(row["kept"], _known(row, back))
    return keep({**row, "kept": still}, said, e.by), {**returning, **said}


def _differing(row: Row, values: Mapping[str, Any]) -> Changes:
    return {name: (row[name], value) for name, value in values.items() if row[name] != value}


def _known(row: Row, back: Collection[str]) -> list[str]:
    """The columns to be given back, all of them kept. Raises Unfitting."""
    wanted = [column for name in back for column in _ALONG.get(name, (name,))]
    missing = [name for name in wanted if name not in row["kept"]]
    if missing:
        raise Unfitting(f"nobody keeps {missing[0]}: the imports rule there already")
    return wanted


# -- addresses ----------------------------------------------------------------------------------------------------


async def _live_at(e: _Editing, row: Row) -> None:
    """The postal address is a road like another, in the debtor's name; the former ones are not written to."""
    place, letter = "\n".join(row["address"]), Road.LETTER.value
    if len(row["address"]) < 2:
        return
    mine = (addresses.c.case_id == e.case_id) & (addresses.c.road == letter)
    former = mine & (addresses.c.place != place) & addresses.c.dead_since.is_(None)
    left = await e.connection.execute(update(addresses).where(former).values(dead_since=e.today))
    now = {"name": row["name"], "dead_since": None, "removed_on": None} if left.rowcount else {"name": row["name"]}
    here = update(addresses).where(mine, addresses.c.place == place)
    if not (await e.connection.execute(here.values(**now))).rowcount:
        await _insert(e, Road.LETTER, place, {"name": row["name"]}, {})


async def _contact(e: _Editing, road: Road | None, place: str) -> Row:
    """The address that goes by these words, on any road if none is said. Raises Unfitting."""
    query = select(addresses).where(addresses.c.case_id == e.case_id, addresses.c.removed_on.is_(None))
    rows = [dict(row._mapping) for row in await e.connection.execute(query.order_by(addresses.c.id))]
    found = [r for r in rows if r["place"].lower() == place.lower() and road in (None, Road(r["road"]))]
    if not found:
        raise Unfitting(f"case {e.case_id} has no contact {place.replace(chr(10), ', ')}: relanced show {e.case_id}")
    if len(found) > 1:
        raise Unfitting(f"{place} is there for {', '.join(r['road'] for r in found)}: say --road")
    e.about |= {"road": found[0]["road"], "place": found[0]["place"]}
    return found[0]


async def _add(e: _Editing, road: Road, place: str, said: Mapping[str, Any]) -> None:
    mine = (addresses.c.case_id == e.case_id) & (addresses.c.road == road.value)
    which = mine & (func.lower(addresses.c.place) == place.lower())
    row = (await e.connection.execute(select(addresses).where(which))).first()
    if row is not None and row.removed_on is None:
        dead = f", dead since {row.dead_since}: relanced contact alive" if row.dead_since else ": relanced contact edit"
        raise Unfitting(f"{place} is there already{dead}")
    if row is not None:
        kept = {name: about for name, about in row.kept.items() if name not in ("removed_on", "dead_since")}
        values = {**said, "removed_on": None, "dead_since": None}
        await _set(e, dict(row._mapping), **values, kept=keep({**row._mapping, "kept": kept}, said, e.by))
    else:
        last = (await e.connection.execute(select(func.max(addresses.c.rank)).where(mine))).scalar()
        blank = {"name": "", "rank": 0 if last is None else last + 1, "consent": "none"}
        await _insert(e, road, place, {**blank, **said}, keep({**blank, "kept": {}}, said, e.by))
    e.freed = await end_unreachable(e.connection, e.case_id, e.by, e.now)


async def _insert(e: _Editing, road: Road, place: str, values: Mapping[str, Any], kept: Row) -> None:
    where = {"case_id": e.case_id, "road": road.value, "place": place}
    await e.connection.execute(insert(addresses).values(**where, **values, kept=kept))


async def _set(e: _Editing, row: Row, **values: Any) -> None:
    await e.connection.execute(update(addresses).where(addresses.c.id == row["id"]).values(**values))

"""The house row: how the database was born, whether anything may leave, and the creditors it knows."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import Row, delete, insert, select, update

from relanced.store import journal
from relanced.store.engine import Engine, StoreError
from relanced.store.facts import Standing
from relanced.store.journal import Entry
from relanced.store.lock import Bumps, bump_creditor, bump_house, look_at_all
from relanced.store.tables import cases, confirmations, creditors, house, requests
from relanced.store.upsert import or_leave

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

REMEMBERED = timedelta(days=30)
_AND = "; "  # between the reasons of one stop


class WrongMode(StoreError):
    """The database was born in another mode: going live means a fresh one."""


class HouseRow(Struct, frozen=True):
    """What the whole house shares. `identity` was drawn at birth and is the database's own."""

    mode: str
    epoch: int
    starts: int
    identity: str
    stopped: str
    frozen: str
    born_at: datetime


_HOUSE, _CREDITOR, _REQUEST = or_leave(house), or_leave(creditors), or_leave(requests)


class House:
    """The house's own row and its creditors."""

    def __init__(self, engine: Engine, bumps: Bumps) -> None:
        self._engine = engine
        self._bumps = bumps

    async def born(self, mode: str, now: datetime) -> HouseRow:
        """Stamp a fresh database with its mode, or check an old one. Raises WrongMode."""

        async def work(connection: AsyncConnection) -> HouseRow:
            stamp = {"id": 1, "mode": mode, "identity": secrets.token_hex(16), "born_at": now}
            await connection.execute(_HOUSE[connection.dialect.name], stamp)
            row = (await connection.execute(select(house))).one()
            if row.mode != mode:
                words = f"this database was born in mode {row.mode}, the configuration says {mode}:"
                raise WrongMode(f"{words} use a fresh database (store:) or set mode: {row.mode}")
            return _house(row)

        return await self._engine.write(work)

    async def row(self) -> HouseRow:
        """The row as it is."""

        async def work(connection: AsyncConnection) -> HouseRow:
            return _house((await connection.execute(select(house))).one())

        return await self._engine.read(work)

    async def beat(self) -> None:
        """Commit something that changes nothing: the database lives. Raises StoreError."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(update(house).values(starts=house.c.starts))

        await self._engine.write(work)

    async def start(self, frozen: str, now: datetime) -> HouseRow:
        """Count one more start; a copy that was found at the door stays frozen until a person accepts it."""

        async def work(connection: AsyncConnection) -> HouseRow:
            await bump_house(connection, self._bumps)
            await connection.execute(update(house).values(starts=house.c.starts + 1))
            if frozen:
                await connection.execute(update(house).values(frozen=frozen))
                await journal.write(connection, [Entry(journal.HOUSE, "frozen", {"why": frozen})], now)
            return _house((await connection.execute(select(house))).one())

        return await self._engine.write(work)

    async def settle_config(self, digest: str, creditor_ibans: Mapping[str, str], now: datetime) -> str:
        """Make the configuration's creditors known, and its digest. Returns the digest that was there before.

        A creditor whose IBAN differs from the known one keeps the known one: the gate parks until people confirm.
        """

        async def work(connection: AsyncConnection) -> str:
            before = str((await connection.execute(select(house.c.config_digest).with_for_update())).scalar_one())
            for key, iban in sorted(creditor_ibans.items()):
                await connection.execute(_CREDITOR[connection.dialect.name], {"key": key, "iban": iban})
                unknown = (creditors.c.key == key) & (creditors.c.iban == "")
                await connection.execute(update(creditors).where(unknown).values(iban=iban))
            if before != digest:
                await bump_house(connection, self._bumps)
                await connection.execute(update(house).values(config_digest=digest))
                await look_at_all(connection, cases.c.state != "closed", now)
            return before

        return await self._engine.write(work)

    async def standings(self) -> dict[str, Standing]:
        """Every creditor the database knows."""

        async def work(connection: AsyncConnection) -> dict[str, Standing]:
            return {r.key: _standing(r) for r in (await connection.execute(select(creditors))).all()}

        return await self._engine.read(work)

    async def stop(self, why: str, by: str, now: datetime) -> None:
        """Nothing leaves any more, at once: every permit given is void. A stop that is on already keeps its words."""

        async def work(connection: AsyncConnection) -> None:
            await bump_house(connection, self._bumps)
            before = str((await connection.execute(select(house.c.stopped))).scalar_one())
            whys = [w for w in before.split(_AND) if w]
            words = before if why in whys else _AND.join([*whys, why])
            await connection.execute(update(house).values(stopped=words))
            await journal.write(connection, [Entry(journal.HOUSE, "stopped", {"why": why}, by)], now)

        await self._engine.write(work)

    async def go(self, by: str, now: datetime) -> str:
        """Messages may leave again. Returns why they might not, empty when they might."""

        async def work(connection: AsyncConnection) -> str:
            await bump_house(connection, self._bumps)
            before = str((await connection.execute(select(house.c.stopped))).scalar_one())
            await connection.execute(update(house).values(stopped=""))
            await journal.write(connection, [Entry(journal.HOUSE, "started", {"lifted": before}, by)], now)
            return before

        return await self._engine.write(work)

    async def freeze(self, why: str, now: datetime) -> None:
        """This database may not be what it was: nothing leaves until a person accepts it."""
        await self._set({"frozen": why}, Entry(journal.HOUSE, "frozen", {"why": why}), now)

    async def accept_copy(self, by: str, now: datetime) -> None:
        """A person says that this copy is the one that works from now on."""
        await self._set({"frozen": ""}, Entry(journal.HOUSE, "copy accepted", {}, by), now)

    async def _set(self, values: dict[str, Any], entry: Entry, now: datetime) -> None:
        async def work(connection: AsyncConnection) -> None:
            await bump_house(connection, self._bumps)
            await connection.execute(update(house).values(**values))
            await journal.write(connection, [entry], now)

        await self._engine.write(work)

    async def open_creditor(
        self, key: str, on: date, from_step: str | None, per_day: int | None, by: str, now: datetime
    ) -> int:
        """Let reminders leave for a creditor; all of its cases are looked at. Returns how many.

        One that is open keeps what is None here, and its day too unless `from_step` counts from a new one.
        """

        async def work(connection: AsyncConnection) -> int:
            await bump_creditor(connection, key, self._bumps)
            row = (await connection.execute(select(creditors).where(creditors.c.key == key))).one()
            values = {
                "opened_on": on if row.opened_on is None or from_step is not None else row.opened_on,
                "from_step": row.from_step if from_step is None else from_step,
                "per_day": row.per_day if per_day is None else per_day,
            }
            await connection.execute(update(creditors).where(creditors.c.key == key).values(**values))
            touched = await look_at_all(connection, cases.c.creditor == key, now)
            about = {"creditor": key, "from": values["from_step"], "per_day": values["per_day"]}
            await journal.write(connection, [Entry(journal.HOUSE, "creditor opened", about, by)], now)
            return touched

        return await self._engine.write(work)

    async def first_confirmation(self, key: str, iban: str, by: str, now: datetime) -> tuple[str, datetime] | None:
        """Who confirmed this account first, and when; None when this is the first word, which is kept."""
        which = (confirmations.c.creditor == key) & (confirmations.c.iban == iban)

        async def work(connection: AsyncConnection) -> tuple[str, datetime] | None:
            row = (await connection.execute(select(confirmations).where(which))).first()
            if row is not None:
                return row.by, row.at
            await connection.execute(insert(confirmations).values(creditor=key, iban=iban, by=by, at=now))
            about = {"creditor": key, "words": "first of two"}
            await journal.write(connection, [Entry(journal.HOUSE, "iban confirmed", about, by)], now)
            return None

        return await self._engine.write(work)

    async def confirm_iban(self, key: str, iban: str, by: str, now: datetime) -> None:
        """The new bank account of a creditor is the one to print from now on; words given before are used up. Its
        cases are looked at: no sheet with the former account may be posted."""

        async def work(connection: AsyncConnection) -> None:
            await bump_creditor(connection, key, self._bumps)
            await connection.execute(update(creditors).where(creditors.c.key == key).values(iban=iban))
            await connection.execute(delete(confirmations).where(confirmations.c.creditor == key))
            await look_at_all(connection, (cases.c.creditor == key) & (cases.c.state != "closed"), now)
            await journal.write(connection, [Entry(journal.HOUSE, "iban confirmed", {"creditor": key}, by)], now)

        await self._engine.write(work)

    async def tell(self, event: str, about: Mapping[str, Any], by: str, now: datetime) -> None:
        """Write a line of the house's own journal; nothing else changes. `about` must be JSON."""

        async def work(connection: AsyncConnection) -> None:
            await journal.write(connection, [Entry(journal.HOUSE, event, about, by)], now)

        await self._engine.write(work)

    async def remember(self, request_id: str, verb: str, answer: str, now: datetime) -> None:
        """Keep the first answer to a request, for its repeats; nobody repeats one after a month."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(requests).where(requests.c.at < now - REMEMBERED))
            row = {"id": request_id, "verb": verb, "at": now, "answer": answer}
            await connection.execute(_REQUEST[connection.dialect.name], row)

        await self._engine.write(work)

    async def answered(self, request_id: str) -> str | None:
        """The answer this request got the first time."""

        async def work(connection: AsyncConnection) -> str | None:
            return (await connection.execute(select(requests.c.answer).where(requests.c.id == request_id))).scalar()

        return await self._engine.read(work)


def _house(row: Row[Any]) -> HouseRow:
    return HouseRow(row.mode, row.epoch, row.starts, row.identity, row.stopped, row.frozen, row.born_at)


def _standing(r: Row[Any]) -> Standing:
    return Standing(r.key, r.version, r.covers, r.opened_on, r.from_step, r.per_day, r.iban, 0)

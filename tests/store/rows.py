"""Rows as they lie in the tables, for what no method of the store shows or would ever do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Executable, Table, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from relanced.store.opening import Store


async def run(store: Store, statement: Executable, rows: Sequence[Mapping[str, Any]] = ()) -> int:
    """One statement in a transaction of its own. Returns how many rows it met."""

    async def work(connection: AsyncConnection) -> int:
        done = await connection.execute(statement, list(rows) or None)
        return int(getattr(done, "rowcount", 0))

    return await store.engine.write(work)


async def every(store: Store, table: Table, **where: Any) -> list[dict[str, Any]]:
    """The rows of a table with these values, in the order of its key."""
    query = select(table).order_by(*table.primary_key)
    for name, value in where.items():
        query = query.where(table.c[name] == value)

    async def work(connection: AsyncConnection) -> list[dict[str, Any]]:
        return [dict(row._mapping) for row in await connection.execute(query)]

    return await store.engine.read(work)


async def twin(store: Store, table: Table, row: Mapping[str, Any], **other: Any) -> int:
    """The same row once more under a new number, with some values changed."""
    values = {name: value for name, value in row.items() if name != "id"}
    return await run(store, insert(table).values(**{**values, **other}))

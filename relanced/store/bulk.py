"""One statement for many rows, compiled once and bound by position.

Measured on the hot path: looking up every name of every row anew cost a fifth of a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Dialect, Insert, Update

from relanced.store.upsert import Upsert

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

Row = Mapping[str, Any]


class Bulk:
    """An INSERT or UPDATE; its rows say at least two columns each, all of them the same ones."""

    def __init__(self, statement: Insert | Update | Upsert) -> None:
        self._statement = statement
        self._ready: dict[str, _Ready] = {}

    async def run(self, connection: AsyncConnection, rows: Sequence[Row]) -> None:
        """Run it for every row, in order."""
        if rows:
            name = connection.dialect.name
            if name not in self._ready:
                known = self._statement
                statement = known[name] if isinstance(known, Upsert) else known
                self._ready[name] = _compiled(statement, connection.dialect, list(rows[0]))
            ready = self._ready[name]
            await connection.exec_driver_sql(ready.sql, [ready.bound(row) for row in rows])


@dataclass(frozen=True, slots=True)
class _Ready:
    sql: str
    fixed: Row  # what the statement itself says
    wanted: Callable[[Row], tuple[Any, ...]]
    converted: tuple[tuple[int, Callable[[Any], Any]], ...]

    def bound(self, row: Row) -> tuple[Any, ...]:
        """The values of a row, in the order and the terms of the driver."""
        values = list(self.wanted({**self.fixed, **row} if self.fixed else row))
        for place, convert in self.converted:
            values[place] = convert(values[place])
        return tuple(values)


def _compiled(statement: Insert | Update, dialect: Dialect, columns: list[str]) -> _Ready:
    compiled = statement.compile(dialect=dialect, column_keys=columns)
    names = list(compiled.positiontup or ())
    fixed = {name: value for name, value in compiled.params.items() if name not in columns}
    types = [compiled.binds[name].type.dialect_impl(dialect) for name in names]
    converted = [(place, convert) for place, kind in enumerate(types) if (convert := kind.bind_processor(dialect))]
    return _Ready(str(compiled), fixed, itemgetter(*names), tuple(converted))

"""Rows that may be there already: one INSERT for each engine, built when it is first wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from sqlalchemy import Insert, Table, text


class Upsert(dict[str, Insert]):
    """By the name of the dialect. A dialect is slow to load: nobody waits for one that is not used."""

    def __init__(self, table: Table, otherwise: Callable[[Any], Insert]) -> None:
        super().__init__()
        self._table, self._otherwise = table, otherwise

    def __missing__(self, dialect: str) -> Insert:
        insert = import_module(f"sqlalchemy.dialects.{dialect}").insert
        return self.setdefault(dialect, self._otherwise(insert(self._table)))


def or_leave(table: Table, *keys: str, where: str | None = None) -> Upsert:
    """Insert, or leave what is there."""
    index: dict[str, Any] = {"index_elements": list(keys) or None}
    index |= {"index_where": text(where)} if where else {}
    return Upsert(table, lambda insert: insert.on_conflict_do_nothing(**index))


def or_change(table: Table, key: str | Sequence[str], columns: Sequence[str]) -> Upsert:
    """Insert, or give these columns their new value."""
    keys = [key] if isinstance(key, str) else list(key)
    return Upsert(
        table,
        lambda insert: insert.on_conflict_do_update(index_elements=keys, set_={c: insert.excluded[c] for c in columns}),
    )

"""Rows that may be there already: one INSERT for each engine, built once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Insert, Table, text
from sqlalchemy.dialects import postgresql, sqlite

Upsert = Mapping[str, Insert]


def or_leave(table: Table, *keys: str, where: str | None = None) -> Upsert:
    """Insert, or leave what is there. By the name of the dialect."""
    index: dict[str, Any] = {"index_elements": list(keys) or None}
    index |= {"index_where": text(where)} if where else {}
    return {
        "sqlite": sqlite.insert(table).on_conflict_do_nothing(**index),
        "postgresql": postgresql.insert(table).on_conflict_do_nothing(**index),
    }


def or_change(table: Table, key: str | Sequence[str], columns: Sequence[str]) -> Upsert:
    """Insert, or give these columns their new value. By the name of the dialect."""
    lite, post = sqlite.insert(table), postgresql.insert(table)
    keys = [key] if isinstance(key, str) else list(key)
    return {
        "sqlite": lite.on_conflict_do_update(index_elements=keys, set_={c: lite.excluded[c] for c in columns}),
        "postgresql": post.on_conflict_do_update(index_elements=keys, set_={c: post.excluded[c] for c in columns}),
    }

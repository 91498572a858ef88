"""Being one of many, as one bound value: a statement keeps its text however many there are, and is prepared once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, JSON, ColumnElement, Dialect, TypeDecorator, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import Boolean, TypeEngine


class _Many(TypeDecorator[list[Any]]):
    """A list of values of one type: an array on PostgreSQL, JSON on SQLite."""

    impl = JSON
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Each in its own terms."""
        return dialect.type_descriptor(ARRAY(self.item) if dialect.name == "postgresql" else JSON())


# What makes two of them the same statement.
_PARTS = [("column", InternalTraversal.dp_clauseelement), ("many", InternalTraversal.dp_clauseelement)]


class _Among(ColumnElement[bool]):
    inherit_cache = True
    type = Boolean()
    _traverse_internals = _PARTS

    def __init__(self, column: ColumnElement[Any], many: str | Iterable[Any]) -> None:
        self.column, kind = column, _Many(column.type)
        self.many = bindparam(many, type_=kind) if isinstance(many, str) else bindparam(None, sorted(many), kind)

    def self_group(self, against: object = None) -> _Among:
        """It is true or false already: nothing is to be compared with 1."""
        return self


@compiles(_Among, "postgresql")
def _array(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    return f"{compiler.process(element.column, **how)} = ANY ({compiler.process(element.many, **how)})"


@compiles(_Among, "sqlite")
def _list(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    listed = f"SELECT value FROM json_each({compiler.process(element.many, **how)})"
    return f"{compiler.process(element.column, **how)} IN ({listed})"


def among(column: ColumnElement[Any], many: str | Iterable[Any]) -> ColumnElement[bool]:
    """The column has one of these values, or one of the list that is bound to this name when the statement is run."""
    return _Among(column, many)

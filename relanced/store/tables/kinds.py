"""What every table is made of: names of constraints, moments in UTC, and the columns they share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, DateTime, Dialect, ForeignKey, Integer, MetaData, TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept in UTC; a naive one is refused. SQLite keeps it as text that sorts."""

    impl = DateTime
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(timezone=True)

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        """Refuse naive datetimes."""
        return _to_text if dialect.name == "sqlite" else _to_utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """Always aware, always UTC."""
        return _from_text if dialect.name == "sqlite" else _to_utc


def _to_utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a naive datetime cannot be stored")
    return value.astimezone(UTC)


def _to_text(value: datetime | None) -> str | None:
    moment = _to_utc(value)
    return moment.isoformat(" ", "microseconds")[:26] if moment else None


def _from_text(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if value else None


def id_() -> Column[int]:
    """A number given by the database."""
    return Column("id", Integer, primary_key=True, autoincrement=True)


def case_(nullable: bool = False) -> Column[Any]:
    """The case a row belongs to."""
    return Column("case_id", Integer, ForeignKey("cases.id"), nullable=nullable)


def only_where(clause: str) -> dict[str, Any]:
    """A partial index. Only Alembic tells the engines so (migrations/env.py): in their own words it loads them both."""
    return {"info": {"where": clause}}


def either(column: str, *values: str) -> str:
    """A column has one of these values. For every IN it checks SQLite fills a table of its own: three times slower."""
    return "(" + " OR ".join(f"{column} = '{value}'" for value in values) + ")"

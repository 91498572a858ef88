"""The telephone: every call made or received, in one row each. What was said lies in the journal."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, text

from relanced.store.tables.kinds import Moment, case_, id_, metadata

calls = Table(
    "calls",
    metadata,
    id_(),
    case_(),
    Column("message_id", Integer, ForeignKey("messages.id")),
    Column("at", Moment, nullable=False),
    Column("by", String, nullable=False),
    Column("incoming", Boolean, nullable=False, server_default=text("false")),
    Column("result", String, nullable=False),
    Column("number", String, nullable=False, server_default=""),
    Column("until", Moment),
    Index("ix_calls_case_id", "case_id"),
    Index("ix_calls_message_id", "message_id"),
    Index("ix_calls_at", "at"),
)

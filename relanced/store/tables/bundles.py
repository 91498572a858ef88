"""The day's letters as one mail to whoever prints them: by itself one per channel and day, more when people ask."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, CheckConstraint, Column, Date, Index, Integer, String, Table, Text

from relanced.store.tables.kinds import Moment, either, id_, metadata, only_where

bundles = Table(
    "bundles",
    metadata,
    id_(),
    Column("channel", String, nullable=False),
    Column("day", Date, nullable=False),
    Column("automatic", Boolean, nullable=False),
    Column("letters", JSON, nullable=False),
    Column("part", Integer, nullable=False, server_default="1"),
    Column("parts", Integer, nullable=False, server_default="1"),
    Column("by", String, nullable=False),
    Column("state", String, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("begun_at", Moment),
    Column("ended_at", Moment),
    Column("words", Text, nullable=False, server_default=""),
    CheckConstraint(either("state", "due", "leaving", "sent", "doubtful", "failed"), name="state"),
    CheckConstraint("state <> 'leaving' OR begun_at IS NOT NULL", name="leaving_has_begun"),
    Index("uq_bundles_day", "channel", "day", unique=True, **only_where("automatic")),
    Index("ix_bundles_open", "due_at", **only_where(either("state", "due", "leaving"))),
)

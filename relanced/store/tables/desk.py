"""The house and its desk: holds, tasks, requests, and the journal."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from relanced.store.tables.kinds import Moment, case_, either, id_, metadata, only_where

house = Table(
    "house",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("mode", String, nullable=False),
    Column("epoch", Integer, nullable=False, server_default="1"),
    Column("starts", Integer, nullable=False, server_default="0"),
    Column("identity", String, nullable=False),
    Column("born_at", Moment, nullable=False),
    Column("stopped", String, nullable=False, server_default=""),
    Column("frozen", String, nullable=False, server_default=""),
    Column("config_digest", String, nullable=False, server_default=""),
    CheckConstraint("id = 1", name="only_one"),
    CheckConstraint(either("mode", "live", "shadow", "redirect"), name="mode"),
)

holds = Table(
    "holds",
    metadata,
    id_(),
    case_(),
    Column("term_id", Integer, ForeignKey("terms.id")),
    Column("kind", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("owner", String, nullable=False, server_default=""),
    Column("by", String, nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("answer_by", Moment),
    Column("remind_at", Moment),
    Column("until", Moment),
    Column("cents", BigInteger),
    Column("ended_at", Moment),
    Column("ended_by", String, nullable=False, server_default=""),
    Index("ix_holds_open", "case_id", **only_where("ended_at IS NULL")),
    Index("ix_holds_answer_by", "answer_by", **only_where("ended_at IS NULL AND answer_by IS NOT NULL")),
    Index("ix_holds_remind_at", "remind_at", **only_where("ended_at IS NULL AND remind_at IS NOT NULL")),
)

tasks = Table(
    "tasks",
    metadata,
    id_(),
    case_(nullable=True),
    Column("creditor", String, nullable=False, server_default=""),
    Column("kind", String, nullable=False),
    Column("key", String, nullable=False),
    Column("words", Text, nullable=False),
    Column("owner", String, nullable=False, server_default=""),
    Column("opened_at", Moment, nullable=False),
    Column("not_before", Moment),
    Column("closed_at", Moment),
    Column("closed_by", String, nullable=False, server_default=""),
    Index("uq_tasks_open", "key", unique=True, **only_where("closed_at IS NULL")),
    Index("ix_tasks_case_id", "case_id"),
)

requests = Table(
    "requests",
    metadata,
    Column("id", String, primary_key=True),
    Column("verb", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("answer", Text, nullable=False),
)

# Where the house's own chain of the journal stands: beside the house, so that telling never waits for ruling.
house_chain = Table(
    "house_chain",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, nullable=False, server_default="0"),
    Column("head", String, nullable=False, server_default=""),
    CheckConstraint("id = 1", name="only_one"),
)

journal = Table(
    "journal",
    metadata,
    Column("case_id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("by", String, nullable=False),
    Column("event", String, nullable=False),
    Column("text_digest", String, nullable=False),
    Column("digest", String, nullable=False),
    sqlite_with_rowid=False,
)

journal_texts = Table(
    "journal_texts",
    metadata,
    Column("case_id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("salt", String, nullable=False),
    Column("body", Text, nullable=False),
    sqlite_with_rowid=False,
)

# What goes wrong, from its beginning until its end is told. `place`: the machine that alone can see it, or nothing.
alerts = Table(
    "alerts",
    metadata,
    Column("key", String, primary_key=True),
    Column("place", String, nullable=False, server_default=""),
    Column("words", Text, nullable=False),
    Column("begun_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("told_at", Moment),
    Column("ended_at", Moment),
    Column("again_at", Moment),
)

# The mails the house wrote to its own people: none twice, and not too many.
own_mails = Table(
    "own_mails",
    metadata,
    Column("key", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_own_mails_kind_at", "kind", "at"),
)

confirmations = Table(
    "confirmations",
    metadata,
    Column("creditor", String, primary_key=True),
    Column("iban", String, primary_key=True),
    Column("by", String, nullable=False),
    Column("at", Moment, nullable=False),
)

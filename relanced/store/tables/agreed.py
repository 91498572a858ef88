"""What was agreed with the debtor: promises, agreements on instalments, offers; and the papers of a case.

`terms` of a promise or an offer is a list of pairs: a term, and what it owed when the word was given.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from relanced.store.tables.kinds import Moment, case_, either, id_, metadata, only_where

agreements = Table(
    "agreements",
    metadata,
    id_(),
    case_(),
    Column("cents", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("state", String, nullable=False, server_default="running"),
    Column("by", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("ended_by", String, nullable=False, server_default=""),
    CheckConstraint(either("state", "running", "kept", "revoked", "replaced"), name="state"),
    Index("uq_agreements_running", "case_id", unique=True, **only_where("state = 'running'")),
)

promises = Table(
    "promises",
    metadata,
    id_(),
    case_(),
    Column("agreement_id", Integer, ForeignKey("agreements.id")),
    Column("n", Integer, nullable=False, server_default="0"),
    Column("on_day", Date, nullable=False),
    Column("until_day", Date, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("upto", BigInteger, nullable=False),
    Column("currency", String, nullable=False, server_default="EUR"),
    Column("means", String, nullable=False, server_default="transfer"),
    Column("said_by", String, nullable=False, server_default=""),
    Column("said_on", Date, nullable=False),
    Column("terms", JSON, nullable=False),
    Column("by", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("state", String, nullable=False, server_default="open"),
    Column("paid", BigInteger, nullable=False, server_default="0"),
    Column("judged_on", Date),
    CheckConstraint(either("state", "open", "kept", "partly", "broken", "replaced"), name="state"),
    Index("ix_promises_case_id", "case_id"),
    Index("ix_promises_open", "on_day", **only_where("state = 'open'")),
)

offers = Table(
    "offers",
    metadata,
    id_(),
    case_(),
    Column("until_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("waived", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("terms", JSON, nullable=False),
    Column("said_on", Date, nullable=False),
    Column("by", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("state", String, nullable=False, server_default="open"),
    Column("paid", BigInteger, nullable=False, server_default="0"),
    Column("judged_on", Date),
    CheckConstraint(either("state", "open", "taken", "lapsed", "replaced", "withdrawn"), name="state"),
    Index("ix_offers_case_id", "case_id"),
)

papers = Table(
    "papers",
    metadata,
    id_(),
    case_(),
    Column("invoice_id", Integer, ForeignKey("invoices.id")),
    Column("kind", String, nullable=False),
    Column("name", String, nullable=False),
    Column("media_type", String, nullable=False),
    Column("digest", String, ForeignKey("blobs.digest"), nullable=False),
    Column("on_day", Date, nullable=False),
    Column("by", String, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("case_id", "kind", "digest"),
)

"""The books: creditors, cases with their addresses, invoices with their terms, money."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from relanced.store.tables.kinds import Moment, case_, either, id_, metadata, only_where

creditors = Table(
    "creditors",
    metadata,
    Column("key", String, primary_key=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("covers", Date),
    Column("opened_on", Date),
    Column("from_step", String, nullable=False, server_default=""),
    Column("per_day", Integer, nullable=False, server_default="0"),
    Column("iban", String, nullable=False, server_default=""),
    Column("pace_day", Date),
    Column("pace_count", Integer, nullable=False, server_default="0"),
)

policies = Table(
    "policies",
    metadata,
    Column("digest", String, primary_key=True),
    Column("body", Text, nullable=False),
)

cases = Table(
    "cases",
    metadata,
    id_(),
    Column("creditor", String, ForeignKey("creditors.key"), nullable=False),
    Column("debtor_key", String, nullable=False),
    Column("name", String, nullable=False),
    Column("segment", String, nullable=False, server_default="unknown"),
    Column("siren", String, nullable=False, server_default=""),
    Column("address", JSON, nullable=False),
    Column("postcode", String, nullable=False, server_default=""),
    Column("language", String, nullable=False, server_default="fr"),
    Column("tags", JSON, nullable=False),
    Column("closed", JSON, nullable=False),
    Column("excluded", Boolean, nullable=False, server_default=text("false")),
    Column("policy_wanted", String, nullable=False, server_default=""),
    Column("policy_digest", String, ForeignKey("policies.digest")),
    Column("owner", String, nullable=False, server_default=""),
    Column("state", String, nullable=False, server_default="clear"),
    Column("round", Integer, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("look_at", Moment),
    Column("crossed", Boolean, nullable=False, server_default=text("false")),
    Column("journal_seq", Integer, nullable=False, server_default="0"),
    Column("journal_head", String, nullable=False, server_default=""),
    UniqueConstraint("creditor", "debtor_key"),
    CheckConstraint(either("state", "clear", "open", "closed"), name="state"),
    Index("ix_cases_look_at", "look_at", **only_where("look_at IS NOT NULL")),
)

addresses = Table(
    "addresses",
    metadata,
    id_(),
    case_(),
    Column("road", String, nullable=False),
    Column("place", String, nullable=False),
    Column("name", String, nullable=False, server_default=""),
    Column("rank", Integer, nullable=False, server_default="0"),
    Column("consent", String, nullable=False, server_default="none"),
    Column("dead_since", Date),
    UniqueConstraint("case_id", "road", "place"),
)

invoices = Table(
    "invoices",
    metadata,
    id_(),
    case_(),
    Column("creditor", String, ForeignKey("creditors.key"), nullable=False),
    Column("number", String, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("currency", String, nullable=False, server_default="EUR"),
    Column("stated_open", BigInteger),
    Column("stated_on", Date),
    Column("order_number", String, nullable=False, server_default=""),
    Column("payment_mode", String, nullable=False, server_default="transfer"),
    Column("payer", String, nullable=False, server_default=""),
    Column("payee_iban", String, nullable=False, server_default=""),
    Column("excluded", Boolean, nullable=False, server_default=text("false")),
    UniqueConstraint("creditor", "number"),
    Index("ix_invoices_case_id", "case_id"),
)

terms = Table(
    "terms",
    metadata,
    id_(),
    case_(),
    Column("invoice_id", Integer, ForeignKey("invoices.id"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("settled_on", Date),
    Column("settled_by", String, nullable=False, server_default=""),
    Column("handed_over_on", Date),
    Column("closed_on", Date),
    UniqueConstraint("invoice_id", "n"),
    Index("ix_terms_case_id", "case_id"),
)

money = Table(
    "money",
    metadata,
    id_(),
    case_(nullable=True),
    Column("creditor", String, ForeignKey("creditors.key"), nullable=False),
    Column("key", String, nullable=False),
    Column("invoice_id", Integer, ForeignKey("invoices.id")),
    Column("booked_on", Date, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("currency", String, nullable=False, server_default="EUR"),
    Column("credit", Boolean, nullable=False, server_default=text("false")),
    Column("label", String, nullable=False, server_default=""),
    UniqueConstraint("creditor", "key"),
    Index("ix_money_case_id", "case_id"),
)

imports = Table(
    "imports",
    metadata,
    id_(),
    Column("creditor", String, ForeignKey("creditors.key"), nullable=False),
    Column("kind", String, nullable=False),
    Column("file", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("covers", Date),
    Column("by", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("counts", JSON, nullable=False),
)

"""Every table, with the invariants the database itself keeps. Amounts in cents, moments in UTC, days as dates."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

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
    """An aware moment, kept in UTC; a naive one is refused."""

    impl = DateTime
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(timezone=True)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive datetimes; SQLite keeps UTC without an offset."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Always aware, always UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True, autoincrement=True)


def _case(nullable: bool = False) -> Column[Any]:
    return Column("case_id", Integer, ForeignKey("cases.id"), nullable=nullable)


def _where(clause: str) -> dict[str, Any]:
    return {"sqlite_where": text(clause), "postgresql_where": text(clause)}


house = Table(
    "house",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("mode", String, nullable=False),
    Column("epoch", Integer, nullable=False, server_default="1"),
    Column("starts", Integer, nullable=False, server_default="0"),
    Column("born_at", Moment, nullable=False),
    Column("stopped", String, nullable=False, server_default=""),
    Column("frozen", String, nullable=False, server_default=""),
    Column("policies_digest", String, nullable=False, server_default=""),
    Column("journal_seq", Integer, nullable=False, server_default="0"),
    Column("journal_head", String, nullable=False, server_default=""),
    CheckConstraint("id = 1", name="only_one"),
    CheckConstraint("mode IN ('live', 'shadow', 'redirect')", name="mode"),
)

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
    Column("wording_digest", String, nullable=False, server_default=""),
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
    _id(),
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
    CheckConstraint("state IN ('clear', 'open', 'closed')", name="state"),
    Index("ix_cases_look_at", "look_at", **_where("look_at IS NOT NULL")),
)

addresses = Table(
    "addresses",
    metadata,
    _id(),
    _case(),
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
    _id(),
    _case(),
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
    _id(),
    _case(),
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
    _id(),
    _case(nullable=True),
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

reminders = Table(
    "reminders",
    metadata,
    _id(),
    _case(),
    Column("step", String, nullable=False),
    Column("round", Integer, nullable=False),
    Column("policy_digest", String, ForeignKey("policies.digest"), nullable=False),
    Column("planned_at", Moment, nullable=False),
    Column("planned_on", Date, nullable=False),
    Column("performed_on", Date),
    Column("live", Boolean, nullable=False),
    Index("ix_reminders_case_id", "case_id"),
    Index("uq_reminders_live", "case_id", unique=True, **_where("live")),
)

lines = Table(
    "lines",
    metadata,
    _id(),
    _case(),
    Column("term_id", Integer, ForeignKey("terms.id"), nullable=False),
    Column("reminder_id", Integer, ForeignKey("reminders.id")),
    Column("step", String, nullable=False),
    Column("round", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("kind", String, nullable=False, server_default="main"),
    Column("cents", BigInteger, nullable=False, server_default="0"),
    Column("on_day", Date, nullable=False),
    Column("reason", String, nullable=False, server_default=""),
    Column("clock_from", Date),
    CheckConstraint("state IN ('planned', 'performed', 'passed_over', 'void')", name="state"),
    Index("ix_lines_case_id", "case_id"),
    Index("ix_lines_reminder_id", "reminder_id"),
    Index("uq_lines_step", "term_id", "step", "round", unique=True, **_where("state <> 'void'")),
)

messages = Table(
    "messages",
    metadata,
    _id(),
    _case(),
    Column("creditor", String, nullable=False),
    Column("reminder_id", Integer, ForeignKey("reminders.id")),
    Column("slot", Integer, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("road", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False, server_default=""),
    Column("address_id", Integer, ForeignKey("addresses.id")),
    Column("place", String, nullable=False),
    Column("contact", String, nullable=False, server_default=""),
    Column("reference", String, nullable=False, unique=True),
    Column("mail_id", String, nullable=False, server_default=""),
    Column("due_at", Moment),
    Column("lapse_at", Moment),
    Column("settle_at", Moment),
    Column("lease_until", Moment),
    Column("lease_owner", String, nullable=False, server_default=""),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("attempt_id", String, nullable=False, server_default=""),
    Column("approved_digest", String, nullable=False, server_default=""),
    Column("approved_by", String, nullable=False, server_default=""),
    Column("asked_digest", String, nullable=False, server_default=""),
    Column("planned_at", Moment, nullable=False),
    Column("taken_at", Moment),
    Column("sent_at", Moment),
    Column("ended_at", Moment),
    UniqueConstraint("reminder_id", "slot", "turn"),
    CheckConstraint(
        "state IN ('planned', 'parked', 'submitting', 'uncertain', 'in_tray', 'sent', 'delivered', 'failed',"
        " 'cancelled', 'expired')",
        name="state",
    ),
    CheckConstraint("state NOT IN ('sent', 'delivered') OR sent_at IS NOT NULL", name="sent_has_a_moment"),
    CheckConstraint("state <> 'planned' OR due_at IS NOT NULL", name="planned_has_a_moment"),
    CheckConstraint("state NOT IN ('submitting', 'uncertain', 'in_tray') OR attempt_id <> ''", name="left_by_attempt"),
    CheckConstraint("state <> 'uncertain' OR settle_at IS NOT NULL", name="uncertain_settles"),
    CheckConstraint("state <> 'parked' OR reason <> ''", name="parked_has_a_reason"),
    CheckConstraint("state NOT IN ('cancelled', 'expired', 'failed') OR ended_at IS NOT NULL", name="end_has_a_moment"),
    Index("ix_messages_case_id", "case_id"),
    Index("ix_messages_due", "channel", "due_at", "id", **_where("state = 'planned'")),
    Index("ix_messages_settle", "settle_at", **_where("state = 'uncertain'")),
    Index("ix_messages_submitting", "id", **_where("state = 'submitting'")),
    Index("ix_messages_waiting", "id", **_where("state IN ('parked', 'in_tray')")),
    Index("ix_messages_lapse", "lapse_at", **_where("state IN ('planned', 'parked', 'in_tray')")),
    Index(
        "uq_messages_live",
        "reminder_id",
        "slot",
        unique=True,
        **_where("state IN ('planned', 'parked', 'submitting', 'uncertain', 'in_tray')"),
    ),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", String, primary_key=True),
    Column("message_id", Integer, ForeignKey("messages.id"), nullable=False),
    Column("try", Integer, nullable=False),
    Column("frame", LargeBinary, nullable=False),
    Column("layout", JSON, nullable=False),
    Column("sha256", String, nullable=False),
    Column("address", String, nullable=False),
    Column("envelope", JSON, nullable=False),
    Column("deadline_at", Moment, nullable=False),
    Column("sealed_at", Moment, nullable=False),
    Column("lease_until", Moment, nullable=False),
    Column("owner", String, nullable=False),
    Column("permit_version", Integer, nullable=False),
    Column("answer", String, nullable=False, server_default=""),
    Column("words", Text, nullable=False, server_default=""),
    Column("provider_id", String, nullable=False, server_default=""),
    Column("answered_at", Moment),
    Column("pulled_at", Moment),
    UniqueConstraint("message_id", "try"),
)

blobs = Table(
    "blobs",
    metadata,
    Column("digest", String, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

holds = Table(
    "holds",
    metadata,
    _id(),
    _case(),
    Column("term_id", Integer, ForeignKey("terms.id")),
    Column("kind", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("owner", String, nullable=False, server_default=""),
    Column("by", String, nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("until", Moment),
    Column("ended_at", Moment),
    Column("ended_by", String, nullable=False, server_default=""),
    Index("ix_holds_open", "case_id", **_where("ended_at IS NULL")),
)

tasks = Table(
    "tasks",
    metadata,
    _id(),
    _case(nullable=True),
    Column("creditor", String, nullable=False, server_default=""),
    Column("kind", String, nullable=False),
    Column("key", String, nullable=False),
    Column("words", Text, nullable=False),
    Column("owner", String, nullable=False, server_default=""),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("closed_by", String, nullable=False, server_default=""),
    Index("uq_tasks_open", "key", unique=True, **_where("closed_at IS NULL")),
    Index("ix_tasks_case_id", "case_id"),
)

touches = Table(
    "touches",
    metadata,
    Column("key", String, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("reminder_id", Integer, nullable=False),
    Index("ix_touches_reminder_id", "reminder_id"),
)

channels = Table(
    "channels",
    metadata,
    Column("name", String, primary_key=True),
    Column("closed_until", Moment),
    Column("why", String, nullable=False, server_default=""),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("recent", String, nullable=False, server_default=""),
)

limits = Table(
    "limits",
    metadata,
    Column("key", String, primary_key=True),
    Column("tat", Float, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("until", Moment, nullable=False),
)

requests = Table(
    "requests",
    metadata,
    Column("id", String, primary_key=True),
    Column("verb", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("answer", Text, nullable=False),
)

imports = Table(
    "imports",
    metadata,
    _id(),
    Column("creditor", String, ForeignKey("creditors.key"), nullable=False),
    Column("kind", String, nullable=False),
    Column("file", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("covers", Date),
    Column("by", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("counts", JSON, nullable=False),
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
)

journal_texts = Table(
    "journal_texts",
    metadata,
    Column("case_id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("salt", String, nullable=False),
    Column("body", Text, nullable=False),
)

"""The post: reminders with their lines, messages, the attempts to hand them over, and what bounds them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Date,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
    or_,
)

from relanced.store.tables.kinds import Moment, case_, either, id_, metadata, only_where

reminders = Table(
    "reminders",
    metadata,
    id_(),
    case_(),
    Column("step", String, nullable=False),
    Column("round", Integer, nullable=False),
    Column("policy_digest", String, ForeignKey("policies.digest"), nullable=False),
    Column("planned_at", Moment, nullable=False),
    Column("planned_on", Date, nullable=False),
    Column("performed_on", Date),
    Column("live", Boolean, nullable=False),
    Index("ix_reminders_case_id", "case_id"),
    Index("uq_reminders_live", "case_id", unique=True, **only_where("live")),
)

lines = Table(
    "lines",
    metadata,
    id_(),
    case_(),
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
    CheckConstraint(either("state", "planned", "performed", "passed_over", "void"), name="state"),
    Index("ix_lines_case_id", "case_id"),
    Index("ix_lines_reminder_id", "reminder_id"),
    Index("uq_lines_step", "term_id", "step", "round", unique=True, **only_where("state <> 'void'")),
)

# What the desk says of its own accord, each once: a reply, a confirmation, a notice around an instalment.
words = Table(
    "words",
    metadata,
    id_(),
    case_(),
    Column("kind", String, nullable=False),
    Column("key", String, nullable=False, unique=True),
    Column("subject", String, nullable=False, server_default=""),
    Column("body", Text, nullable=False, server_default=""),
    Column("about", JSON, nullable=False),
    Column("by", String, nullable=False),
    Column("at", Moment, nullable=False),
    CheckConstraint(
        either("kind", "reply", "promise", "instalments", "upcoming", "missed", "offer", "thanks"), name="kind"
    ),
    Index("ix_words_case_id", "case_id"),
)

_ENDS = ("failed", "cancelled", "expired")

messages = Table(
    "messages",
    metadata,
    id_(),
    case_(),
    Column("creditor", String, nullable=False),
    Column("reminder_id", Integer, ForeignKey("reminders.id")),
    Column("word_id", Integer, ForeignKey("words.id")),
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
    Column("gist", String, nullable=False, server_default=""),
    Column("planned_at", Moment, nullable=False),
    Column("taken_at", Moment),
    Column("sent_at", Moment),
    Column("ended_at", Moment),
    UniqueConstraint("reminder_id", "slot", "turn"),
    CheckConstraint(
        either("state", *("planned", "submitting", "sent", "delivered", "parked", "uncertain", "in_tray"), *_ENDS),
        name="state",
    ),
    CheckConstraint(f"sent_at IS NOT NULL OR NOT {either('state', 'sent', 'delivered')}", name="sent_has_a_moment"),
    CheckConstraint("state <> 'planned' OR due_at IS NOT NULL", name="planned_has_a_moment"),
    CheckConstraint(
        f"attempt_id <> '' OR NOT {either('state', 'submitting', 'uncertain', 'in_tray')}", name="left_by_attempt"
    ),
    CheckConstraint("state <> 'uncertain' OR settle_at IS NOT NULL", name="uncertain_settles"),
    CheckConstraint("state <> 'parked' OR reason <> ''", name="parked_has_a_reason"),
    CheckConstraint(
        f"ended_at IS NOT NULL OR NOT {either('state', 'cancelled', 'expired', 'failed')}", name="end_has_a_moment"
    ),
    Index("ix_messages_case_id", "case_id"),
    Index("ix_messages_word_id", "case_id", **only_where("word_id IS NOT NULL")),
    Index("ix_messages_due", "channel", "due_at", "id", **only_where("state = 'planned'")),
    Index("ix_messages_settle", "settle_at", **only_where("state = 'uncertain'")),
    Index("ix_messages_submitting", "id", **only_where("state = 'submitting'")),
    Index("ix_messages_unheard", "channel", "sent_at", **only_where("state = 'sent' AND road <> 'email'")),
    Index("ix_messages_waiting", "id", **only_where(either("state", "parked", "in_tray"))),
    Index(
        "ix_messages_lapse",
        "lapse_at",
        **only_where(f"lapse_at IS NOT NULL AND {either('state', 'planned', 'parked', 'in_tray')}"),
    ),
    Index(
        "ix_messages_registered",
        "channel",
        "sent_at",
        **only_where(f"road = 'registered' AND {either('state', 'delivered', 'failed')}"),
    ),
    Index(
        "uq_messages_live",
        "reminder_id",
        "slot",
        unique=True,
        **only_where(either("state", "planned", "parked", "submitting", "uncertain", "in_tray")),
    ),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", String, primary_key=True),
    Column("message_id", Integer, ForeignKey("messages.id"), nullable=False),
    Column("try", Integer, nullable=False),
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
    Column("number", String, nullable=False, server_default=""),
    Column("answered_at", Moment),
    Column("pulled_at", Moment),
    UniqueConstraint("message_id", "try"),
    Index("ix_attempts_mail_id", "provider_id", **only_where("provider_id LIKE '<%'")),
    Index("ix_attempts_tray", "id", **only_where("answer = 'tray' AND pulled_at IS NULL")),
)

frames = Table(  # beside the attempts: what is recorded of one later does not write its bytes again
    "frames",
    metadata,
    Column("message_id", Integer, primary_key=True, autoincrement=False),
    Column("try", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
    ForeignKeyConstraint(["message_id", "try"], ["attempts.message_id", "attempts.try"]),
)

blobs = Table(
    "blobs",
    metadata,
    Column("digest", String, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

touches = Table(
    "touches",
    metadata,
    Column("key", String, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("reminder_id", Integer, nullable=False),
    Index("ix_touches_reminder_id", "reminder_id"),
    sqlite_with_rowid=False,
)

channels = Table(
    "channels",
    metadata,
    Column("name", String, primary_key=True),
    Column("closed_until", Moment),
    Column("why", String, nullable=False, server_default=""),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("recent", String, nullable=False, server_default=""),
    Column("room", Integer, nullable=False, server_default="0"),
)

limits = Table(
    "limits",
    metadata,
    Column("key", String, primary_key=True),
    Column("tat", Float, nullable=False),
)


def in_state(*states: str) -> ColumnElement[bool]:
    """Whether a message is in one of these states, spelt out: only so can a partial index of that spelling be used."""
    return or_(*(messages.c.state == literal_column(f"'{state}'") for state in states))

"""What came back, as it came; the papers that prove what became of an attempt; and how far each ear has heard."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from relanced.store.tables.kinds import Moment, case_, either, id_, metadata, only_where

# `said`: what the door understood. `waits`: why a person should look at it, empty when nobody need. A row is never
# removed; what it was matched to is its first receipt's or reply's message, attempt and case. `filed_by`: who put it
# with a case, or said (`filed_why`) that it belongs to none.
heard = Table(
    "heard",
    metadata,
    id_(),
    case_(nullable=True),
    Column("channel", String, nullable=False),
    Column("key", String, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("about", JSON, nullable=False),
    Column("came_at", Moment, nullable=False),
    Column("not_before", Moment),
    Column("read_at", Moment),
    Column("fault", Text, nullable=False, server_default=""),
    Column("said", JSON, nullable=False),
    Column("provider_id", String, nullable=False, server_default=""),
    Column("message_id", Integer, ForeignKey("messages.id")),
    Column("attempt_id", String, ForeignKey("attempts.id")),
    Column("waits", String, nullable=False, server_default=""),
    Column("filed_by", String, nullable=False, server_default=""),
    Column("filed_at", Moment),
    Column("filed_why", Text, nullable=False, server_default=""),
    UniqueConstraint("channel", "key"),
    CheckConstraint(either("waits", "", "unreadable", "unmatched", "reply"), name="waits"),
    Index("ix_heard_unread", "channel", "id", **only_where("read_at IS NULL")),
    Index("ix_heard_waits", "id", **only_where("waits <> ''")),
    Index("ix_heard_case_id", "case_id", **only_where("case_id IS NOT NULL")),
    Index("ix_heard_provider_id", "channel", "provider_id", **only_where("provider_id <> ''")),
)

proofs = Table(
    "proofs",
    metadata,
    id_(),
    Column("attempt_id", String, ForeignKey("attempts.id"), nullable=False),
    Column("kind", String, nullable=False),
    Column("name", String, nullable=False),
    Column("media_type", String, nullable=False),
    Column("digest", String, ForeignKey("blobs.digest"), nullable=False),
    Column("on_day", Date, nullable=False),
    Column("by", String, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("attempt_id", "digest"),
    CheckConstraint(either("kind", "proof-of-posting", "receipt", "other"), name="kind"),
)

# Until when an ear has heard everything: where its next question begins, and whether it is deaf. `inbox`: which of the
# mailboxes of a channel; nothing for a provider that is asked.
ears = Table(
    "ears",
    metadata,
    Column("channel", String, primary_key=True),
    Column("inbox", String, primary_key=True, server_default=""),
    Column("open_at", Moment, nullable=False),
)

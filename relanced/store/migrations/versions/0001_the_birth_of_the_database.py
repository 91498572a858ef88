"""The birth of the database"""

import sqlalchemy as sa
from alembic import op

from relanced.store.tables import Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The birth of the database."""
    op.create_table(
        "alerts",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("place", sa.String(), server_default="", nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("begun_at", Moment(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("told_at", Moment(), nullable=True),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("again_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_alerts")),
    )
    op.create_table(
        "own_mails",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_own_mails")),
    )
    with op.batch_alter_table("own_mails", schema=None) as batch_op:
        batch_op.create_index("ix_own_mails_kind_at", ["kind", "at"], unique=False)

    op.create_table(
        "confirmations",
        sa.Column("creditor", sa.String(), nullable=False),
        sa.Column("iban", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("creditor", "iban", name=op.f("pk_confirmations")),
    )
    op.create_table(
        "blobs",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_blobs")),
    )
    op.create_table(
        "channels",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("closed_until", Moment(), nullable=True),
        sa.Column("why", sa.String(), server_default="", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("recent", sa.String(), server_default="", nullable=False),
        sa.Column("room", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_channels")),
    )
    op.create_table(
        "creditors",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("covers", sa.Date(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("from_step", sa.String(), server_default="", nullable=False),
        sa.Column("per_day", sa.Integer(), server_default="0", nullable=False),
        sa.Column("iban", sa.String(), server_default="", nullable=False),
        sa.Column("pace_day", sa.Date(), nullable=True),
        sa.Column("pace_count", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_creditors")),
    )
    op.create_table(
        "house",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), server_default="1", nullable=False),
        sa.Column("starts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("born_at", Moment(), nullable=False),
        sa.Column("stopped", sa.String(), server_default="", nullable=False),
        sa.Column("frozen", sa.String(), server_default="", nullable=False),
        sa.Column("config_digest", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint("(mode = 'live' OR mode = 'shadow' OR mode = 'redirect')", name=op.f("ck_house_mode")),
        sa.CheckConstraint("id = 1", name=op.f("ck_house_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_house")),
    )
    op.create_table(
        "house_chain",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("head", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_house_chain_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_house_chain")),
    )
    op.execute("INSERT INTO house_chain (id) VALUES (1)")
    op.create_table(
        "journal",
        sa.Column("case_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("text_digest", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_journal")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "journal_texts",
        sa.Column("case_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_journal_texts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "limits",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("tat", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_limits")),
    )
    op.create_table(
        "policies",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_policies")),
    )
    op.create_table(
        "requests",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    op.create_table(
        "touches",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("reminder_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "day", "n", name=op.f("pk_touches")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("touches", schema=None) as batch_op:
        batch_op.create_index("ix_touches_reminder_id", ["reminder_id"], unique=False)

    op.create_table(
        "cases",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("creditor", sa.String(), nullable=False),
        sa.Column("debtor_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("segment", sa.String(), server_default="unknown", nullable=False),
        sa.Column("siren", sa.String(), server_default="", nullable=False),
        sa.Column("address", sa.JSON(), nullable=False),
        sa.Column("postcode", sa.String(), server_default="", nullable=False),
        sa.Column("language", sa.String(), server_default="fr", nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("closed", sa.JSON(), nullable=False),
        sa.Column("excluded", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("policy_wanted", sa.String(), server_default="", nullable=False),
        sa.Column("policy_digest", sa.String(), nullable=True),
        sa.Column("owner", sa.String(), server_default="", nullable=False),
        sa.Column("state", sa.String(), server_default="clear", nullable=False),
        sa.Column("round", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("look_at", Moment(), nullable=True),
        sa.Column("crossed", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("journal_seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("journal_head", sa.String(), server_default="", nullable=False),
        sa.Column("kept", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("taken_by", sa.String(), server_default="", nullable=False),
        sa.Column("taken_at", Moment(), nullable=True),
        sa.Column("cause", sa.String(), server_default="", nullable=False),
        sa.Column("spoken_on", sa.Date(), nullable=True),
        sa.CheckConstraint("(state = 'clear' OR state = 'open' OR state = 'closed')", name=op.f("ck_cases_state")),
        sa.ForeignKeyConstraint(["creditor"], ["creditors.key"], name=op.f("fk_cases_creditor")),
        sa.ForeignKeyConstraint(["policy_digest"], ["policies.digest"], name=op.f("fk_cases_policy_digest")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("creditor", "debtor_key", name=op.f("uq_cases_creditor_debtor_key")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index(
            "ix_cases_look_at",
            ["look_at"],
            unique=False,
            sqlite_where=sa.text("look_at IS NOT NULL"),
            postgresql_where=sa.text("look_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_cases_without_look",
            ["id"],
            unique=False,
            sqlite_where=sa.text("look_at IS NULL AND state = 'open'"),
            postgresql_where=sa.text("look_at IS NULL AND state = 'open'"),
        )

    op.create_table(
        "imports",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("creditor", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("covers", sa.Date(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["creditor"], ["creditors.key"], name=op.f("fk_imports_creditor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_table(
        "addresses",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("road", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("name", sa.String(), server_default="", nullable=False),
        sa.Column("rank", sa.Integer(), server_default="0", nullable=False),
        sa.Column("consent", sa.String(), server_default="none", nullable=False),
        sa.Column("dead_since", sa.Date(), nullable=True),
        sa.Column("removed_on", sa.Date(), nullable=True),
        sa.Column("kept", sa.JSON(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_addresses_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_addresses")),
        sa.UniqueConstraint("case_id", "road", "place", name=op.f("uq_addresses_case_id_road_place")),
    )
    with op.batch_alter_table("addresses", schema=None) as batch_op:
        batch_op.create_index("ix_addresses_place", ["place"], unique=False)

    op.create_table(
        "invoices",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("creditor", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), server_default="EUR", nullable=False),
        sa.Column("stated_open", sa.BigInteger(), nullable=True),
        sa.Column("stated_on", sa.Date(), nullable=True),
        sa.Column("order_number", sa.String(), server_default="", nullable=False),
        sa.Column("payment_mode", sa.String(), server_default="transfer", nullable=False),
        sa.Column("payer", sa.String(), server_default="", nullable=False),
        sa.Column("payee_iban", sa.String(), server_default="", nullable=False),
        sa.Column("excluded", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_invoices_case_id")),
        sa.ForeignKeyConstraint(["creditor"], ["creditors.key"], name=op.f("fk_invoices_creditor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("creditor", "number", name=op.f("uq_invoices_creditor_number")),
    )
    with op.batch_alter_table("invoices", schema=None) as batch_op:
        batch_op.create_index("ix_invoices_case_id", ["case_id"], unique=False)

    op.create_table(
        "reminders",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("policy_digest", sa.String(), nullable=False),
        sa.Column("planned_at", Moment(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("performed_on", sa.Date(), nullable=True),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_reminders_case_id")),
        sa.ForeignKeyConstraint(["policy_digest"], ["policies.digest"], name=op.f("fk_reminders_policy_digest")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
    )
    with op.batch_alter_table("reminders", schema=None) as batch_op:
        batch_op.create_index("ix_reminders_case_id", ["case_id"], unique=False)
        batch_op.create_index(
            "uq_reminders_live",
            ["case_id"],
            unique=True,
            sqlite_where=sa.text("live"),
            postgresql_where=sa.text("live"),
        )

    op.create_table(
        "tasks",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("creditor", sa.String(), server_default="", nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(), server_default="", nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("not_before", Moment(), nullable=True),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.Column("closed_by", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_tasks_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.create_index("ix_tasks_case_id", ["case_id"], unique=False)
        batch_op.create_index(
            "uq_tasks_open",
            ["key"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.create_table(
        "words",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), server_default="", nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'reply' OR kind = 'promise' OR kind = 'instalments' OR kind = 'upcoming' OR kind = 'missed' "
            "OR kind = 'offer' OR kind = 'thanks')",
            name=op.f("ck_words_kind"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_words_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_words")),
        sa.UniqueConstraint("key", name=op.f("uq_words_key")),
    )
    with op.batch_alter_table("words", schema=None) as batch_op:
        batch_op.create_index("ix_words_case_id", ["case_id"], unique=False)

    op.create_table(
        "messages",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("creditor", sa.String(), nullable=False),
        sa.Column("reminder_id", sa.Integer(), nullable=True),
        sa.Column("word_id", sa.Integer(), nullable=True),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("road", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("address_id", sa.Integer(), nullable=True),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), server_default="", nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("mail_id", sa.String(), server_default="", nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("lapse_at", Moment(), nullable=True),
        sa.Column("settle_at", Moment(), nullable=True),
        sa.Column("lease_until", Moment(), nullable=True),
        sa.Column("lease_owner", sa.String(), server_default="", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempt_id", sa.String(), server_default="", nullable=False),
        sa.Column("approved_digest", sa.String(), server_default="", nullable=False),
        sa.Column("approved_by", sa.String(), server_default="", nullable=False),
        sa.Column("asked_digest", sa.String(), server_default="", nullable=False),
        sa.Column("gist", sa.String(), server_default="", nullable=False),
        sa.Column("planned_at", Moment(), nullable=False),
        sa.Column("taken_at", Moment(), nullable=True),
        sa.Column("sent_at", Moment(), nullable=True),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.CheckConstraint("state <> 'parked' OR reason <> ''", name=op.f("ck_messages_parked_has_a_reason")),
        sa.CheckConstraint("state <> 'planned' OR due_at IS NOT NULL", name=op.f("ck_messages_planned_has_a_moment")),
        sa.CheckConstraint("state <> 'uncertain' OR settle_at IS NOT NULL", name=op.f("ck_messages_uncertain_settles")),
        sa.CheckConstraint(
            "(state = 'planned' OR state = 'submitting' OR state = 'sent' OR state = 'delivered' OR state = 'parked'"
            " OR state = 'uncertain' OR state = 'in_tray' OR state = 'failed' OR state = 'cancelled'"
            " OR state = 'expired')",
            name=op.f("ck_messages_state"),
        ),
        sa.CheckConstraint(
            "ended_at IS NOT NULL OR NOT (state = 'cancelled' OR state = 'expired' OR state = 'failed')",
            name=op.f("ck_messages_end_has_a_moment"),
        ),
        sa.CheckConstraint(
            "sent_at IS NOT NULL OR NOT (state = 'sent' OR state = 'delivered')",
            name=op.f("ck_messages_sent_has_a_moment"),
        ),
        sa.CheckConstraint(
            "attempt_id <> '' OR NOT (state = 'submitting' OR state = 'uncertain' OR state = 'in_tray')",
            name=op.f("ck_messages_left_by_attempt"),
        ),
        sa.ForeignKeyConstraint(["address_id"], ["addresses.id"], name=op.f("fk_messages_address_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_messages_case_id")),
        sa.ForeignKeyConstraint(["reminder_id"], ["reminders.id"], name=op.f("fk_messages_reminder_id")),
        sa.ForeignKeyConstraint(["word_id"], ["words.id"], name=op.f("fk_messages_word_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("reference", name=op.f("uq_messages_reference")),
        sa.UniqueConstraint("reminder_id", "slot", "turn", name=op.f("uq_messages_reminder_id_slot_turn")),
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index("ix_messages_case_id", ["case_id"], unique=False)
        batch_op.create_index(
            "ix_messages_word_id",
            ["case_id"],
            unique=False,
            sqlite_where=sa.text("word_id IS NOT NULL"),
            postgresql_where=sa.text("word_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_messages_due",
            ["channel", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'planned'"),
            postgresql_where=sa.text("state = 'planned'"),
        )
        batch_op.create_index(
            "ix_messages_lapse",
            ["lapse_at"],
            unique=False,
            sqlite_where=sa.text(
                "lapse_at IS NOT NULL AND (state = 'planned' OR state = 'parked' OR state = 'in_tray')"
            ),
            postgresql_where=sa.text(
                "lapse_at IS NOT NULL AND (state = 'planned' OR state = 'parked' OR state = 'in_tray')"
            ),
        )
        batch_op.create_index(
            "ix_messages_settle",
            ["settle_at"],
            unique=False,
            sqlite_where=sa.text("state = 'uncertain'"),
            postgresql_where=sa.text("state = 'uncertain'"),
        )
        batch_op.create_index(
            "ix_messages_submitting",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state = 'submitting'"),
            postgresql_where=sa.text("state = 'submitting'"),
        )
        batch_op.create_index(
            "ix_messages_unheard",
            ["channel", "sent_at"],
            unique=False,
            sqlite_where=sa.text("state = 'sent' AND road <> 'email'"),
            postgresql_where=sa.text("state = 'sent' AND road <> 'email'"),
        )
        batch_op.create_index(
            "ix_messages_registered",
            ["channel", "sent_at"],
            unique=False,
            sqlite_where=sa.text("road = 'registered' AND (state = 'delivered' OR state = 'failed')"),
            postgresql_where=sa.text("road = 'registered' AND (state = 'delivered' OR state = 'failed')"),
        )
        batch_op.create_index(
            "ix_messages_waiting",
            ["id"],
            unique=False,
            sqlite_where=sa.text("(state = 'parked' OR state = 'in_tray')"),
            postgresql_where=sa.text("(state = 'parked' OR state = 'in_tray')"),
        )
        batch_op.create_index(
            "uq_messages_live",
            ["reminder_id", "slot"],
            unique=True,
            sqlite_where=sa.text(
                "(state = 'planned' OR state = 'parked' OR state = 'submitting' OR state = 'uncertain'"
                " OR state = 'in_tray')"
            ),
            postgresql_where=sa.text(
                "(state = 'planned' OR state = 'parked' OR state = 'submitting' OR state = 'uncertain'"
                " OR state = 'in_tray')"
            ),
        )

    op.create_table(
        "money",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("creditor", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=True),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), server_default="EUR", nullable=False),
        sa.Column("credit", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("label", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_money_case_id")),
        sa.ForeignKeyConstraint(["creditor"], ["creditors.key"], name=op.f("fk_money_creditor")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_money_invoice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_money")),
        sa.UniqueConstraint("creditor", "key", name=op.f("uq_money_creditor_key")),
    )
    with op.batch_alter_table("money", schema=None) as batch_op:
        batch_op.create_index("ix_money_case_id", ["case_id"], unique=False)

    op.create_table(
        "terms",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("settled_by", sa.String(), server_default="", nullable=False),
        sa.Column("handed_over_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_terms_case_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_terms_invoice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms")),
        sa.UniqueConstraint("invoice_id", "n", name=op.f("uq_terms_invoice_id_n")),
    )
    with op.batch_alter_table("terms", schema=None) as batch_op:
        batch_op.create_index("ix_terms_case_id", ["case_id"], unique=False)

    op.create_table(
        "attempts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("try", sa.Integer(), nullable=False),
        sa.Column("layout", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("envelope", sa.JSON(), nullable=False),
        sa.Column("deadline_at", Moment(), nullable=False),
        sa.Column("sealed_at", Moment(), nullable=False),
        sa.Column("lease_until", Moment(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("permit_version", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(), server_default="", nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("provider_id", sa.String(), server_default="", nullable=False),
        sa.Column("number", sa.String(), server_default="", nullable=False),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.Column("pulled_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_attempts_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("message_id", "try", name=op.f("uq_attempts_message_id_try")),
    )
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_attempts_mail_id",
            ["provider_id"],
            unique=False,
            sqlite_where=sa.text("provider_id LIKE '<%'"),
            postgresql_where=sa.text("provider_id LIKE '<%'"),
        )
        batch_op.create_index(
            "ix_attempts_tray",
            ["id"],
            unique=False,
            sqlite_where=sa.text("answer = 'tray' AND pulled_at IS NULL"),
            postgresql_where=sa.text("answer = 'tray' AND pulled_at IS NULL"),
        )

    op.create_table(
        "frames",
        sa.Column("message_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("try", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id", "try"], ["attempts.message_id", "attempts.try"], name=op.f("fk_frames_message_id_try")
        ),
        sa.PrimaryKeyConstraint("message_id", "try", name=op.f("pk_frames")),
    )

    op.create_table(
        "calls",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("incoming", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("number", sa.String(), server_default="", nullable=False),
        sa.Column("until", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_calls_case_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_calls_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
    )
    with op.batch_alter_table("calls", schema=None) as batch_op:
        batch_op.create_index("ix_calls_at", ["at"], unique=False)
        batch_op.create_index("ix_calls_case_id", ["case_id"], unique=False)
        batch_op.create_index("ix_calls_message_id", ["message_id"], unique=False)

    op.create_table(
        "holds",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("term_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), server_default="", nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("began_at", Moment(), nullable=False),
        sa.Column("answer_by", Moment(), nullable=True),
        sa.Column("remind_at", Moment(), nullable=True),
        sa.Column("until", Moment(), nullable=True),
        sa.Column("cents", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("ended_by", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_holds_case_id")),
        sa.ForeignKeyConstraint(["term_id"], ["terms.id"], name=op.f("fk_holds_term_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    with op.batch_alter_table("holds", schema=None) as batch_op:
        batch_op.create_index(
            "ix_holds_open",
            ["case_id"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(
            "ix_holds_answer_by",
            ["answer_by"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL AND answer_by IS NOT NULL"),
            postgresql_where=sa.text("ended_at IS NULL AND answer_by IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_holds_remind_at",
            ["remind_at"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL AND remind_at IS NOT NULL"),
            postgresql_where=sa.text("ended_at IS NULL AND remind_at IS NOT NULL"),
        )

    op.create_table(
        "agreements",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="running", nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("ended_by", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(state = 'running' OR state = 'kept' OR state = 'revoked' OR state = 'replaced')",
            name=op.f("ck_agreements_state"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_agreements_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreements")),
    )
    with op.batch_alter_table("agreements", schema=None) as batch_op:
        batch_op.create_index(
            "uq_agreements_running",
            ["case_id"],
            unique=True,
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )

    op.create_table(
        "promises",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=True),
        sa.Column("n", sa.Integer(), server_default="0", nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), server_default="EUR", nullable=False),
        sa.Column("means", sa.String(), server_default="transfer", nullable=False),
        sa.Column("said_by", sa.String(), server_default="", nullable=False),
        sa.Column("said_on", sa.Date(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("state", sa.String(), server_default="open", nullable=False),
        sa.Column("paid", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("judged_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(state = 'open' OR state = 'kept' OR state = 'partly' OR state = 'broken' OR state = 'replaced')",
            name=op.f("ck_promises_state"),
        ),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreements.id"], name=op.f("fk_promises_agreement_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_promises_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promises")),
    )
    with op.batch_alter_table("promises", schema=None) as batch_op:
        batch_op.create_index("ix_promises_case_id", ["case_id"], unique=False)
        batch_op.create_index(
            "ix_promises_open",
            ["on_day"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "offers",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("waived", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("said_on", sa.Date(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("state", sa.String(), server_default="open", nullable=False),
        sa.Column("paid", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("judged_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(state = 'open' OR state = 'taken' OR state = 'lapsed' OR state = 'replaced' OR state = 'withdrawn')",
            name=op.f("ck_offers_state"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_offers_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
    )
    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.create_index("ix_offers_case_id", ["case_id"], unique=False)

    op.create_table(
        "papers",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_papers_case_id")),
        sa.ForeignKeyConstraint(["digest"], ["blobs.digest"], name=op.f("fk_papers_digest")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_papers_invoice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_papers")),
        sa.UniqueConstraint("case_id", "kind", "digest", name=op.f("uq_papers_case_id_kind_digest")),
    )

    op.create_table(
        "lines",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("term_id", sa.Integer(), nullable=False),
        sa.Column("reminder_id", sa.Integer(), nullable=True),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), server_default="main", nullable=False),
        sa.Column("cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("clock_from", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(state = 'planned' OR state = 'performed' OR state = 'passed_over' OR state = 'void')",
            name=op.f("ck_lines_state"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_lines_case_id")),
        sa.ForeignKeyConstraint(["reminder_id"], ["reminders.id"], name=op.f("fk_lines_reminder_id")),
        sa.ForeignKeyConstraint(["term_id"], ["terms.id"], name=op.f("fk_lines_term_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lines")),
    )
    with op.batch_alter_table("lines", schema=None) as batch_op:
        batch_op.create_index("ix_lines_case_id", ["case_id"], unique=False)
        batch_op.create_index("ix_lines_reminder_id", ["reminder_id"], unique=False)
        batch_op.create_index(
            "uq_lines_step",
            ["term_id", "step", "round"],
            unique=True,
            sqlite_where=sa.text("state <> 'void'"),
            postgresql_where=sa.text("state <> 'void'"),
        )

    op.create_table(
        "heard",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.Column("came_at", Moment(), nullable=False),
        sa.Column("not_before", Moment(), nullable=True),
        sa.Column("read_at", Moment(), nullable=True),
        sa.Column("fault", sa.Text(), server_default="", nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("provider_id", sa.String(), server_default="", nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("attempt_id", sa.String(), nullable=True),
        sa.Column("waits", sa.String(), server_default="", nullable=False),
        sa.Column("filed_by", sa.String(), server_default="", nullable=False),
        sa.Column("filed_at", Moment(), nullable=True),
        sa.Column("filed_why", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(waits = '' OR waits = 'unreadable' OR waits = 'unmatched' OR waits = 'reply')",
            name=op.f("ck_heard_waits"),
        ),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_heard_attempt_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_heard_case_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_heard_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_heard")),
        sa.UniqueConstraint("channel", "key", name=op.f("uq_heard_channel_key")),
    )
    with op.batch_alter_table("heard", schema=None) as batch_op:
        batch_op.create_index(
            "ix_heard_unread",
            ["channel", "id"],
            unique=False,
            sqlite_where=sa.text("read_at IS NULL"),
            postgresql_where=sa.text("read_at IS NULL"),
        )
        batch_op.create_index(
            "ix_heard_waits",
            ["id"],
            unique=False,
            sqlite_where=sa.text("waits <> ''"),
            postgresql_where=sa.text("waits <> ''"),
        )
        batch_op.create_index(
            "ix_heard_case_id",
            ["case_id"],
            unique=False,
            sqlite_where=sa.text("case_id IS NOT NULL"),
            postgresql_where=sa.text("case_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_heard_provider_id",
            ["channel", "provider_id"],
            unique=False,
            sqlite_where=sa.text("provider_id <> ''"),
            postgresql_where=sa.text("provider_id <> ''"),
        )

    op.create_table(
        "proofs",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("attempt_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'proof-of-posting' OR kind = 'receipt' OR kind = 'other')", name=op.f("ck_proofs_kind")
        ),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_proofs_attempt_id")),
        sa.ForeignKeyConstraint(["digest"], ["blobs.digest"], name=op.f("fk_proofs_digest")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proofs")),
        sa.UniqueConstraint("attempt_id", "digest", name=op.f("uq_proofs_attempt_id_digest")),
    )
    op.create_table(
        "ears",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("inbox", sa.String(), server_default="", nullable=False),
        sa.Column("open_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "inbox", name=op.f("pk_ears")),
    )

    op.create_table(
        "bundles",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("letters", sa.JSON(), nullable=False),
        sa.Column("part", sa.Integer(), server_default="1", nullable=False),
        sa.Column("parts", sa.Integer(), server_default="1", nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("begun_at", Moment(), nullable=True),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(state = 'due' OR state = 'leaving' OR state = 'sent' OR state = 'doubtful' OR state = 'failed')",
            name=op.f("ck_bundles_state"),
        ),
        sa.CheckConstraint("state <> 'leaving' OR begun_at IS NOT NULL", name=op.f("ck_bundles_leaving_has_begun")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundles")),
    )
    with op.batch_alter_table("bundles", schema=None) as batch_op:
        batch_op.create_index(
            "ix_bundles_open",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("(state = 'due' OR state = 'leaving')"),
            postgresql_where=sa.text("(state = 'due' OR state = 'leaving')"),
        )
        batch_op.create_index(
            "uq_bundles_day",
            ["channel", "day"],
            unique=True,
            sqlite_where=sa.text("automatic"),
            postgresql_where=sa.text("automatic"),
        )

    _freeze_journal()


FROZEN = "the journal is append-only"


def _freeze_journal() -> None:
    """No row of the journal is ever changed or removed; the texts beside it may be erased, not rewritten."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER journal_no_{verb.lower()} BEFORE {verb} ON journal "
                f"BEGIN SELECT RAISE(ABORT, '{FROZEN}'); END"
            )
        op.execute(
            "CREATE TRIGGER journal_texts_no_update BEFORE UPDATE ON journal_texts "
            f"BEGIN SELECT RAISE(ABORT, '{FROZEN}'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION journal_frozen() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{FROZEN}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER journal_frozen BEFORE UPDATE OR DELETE ON journal "
        "FOR EACH ROW EXECUTE FUNCTION journal_frozen()"
    )
    op.execute(
        "CREATE TRIGGER journal_texts_frozen BEFORE UPDATE ON journal_texts "
        "FOR EACH ROW EXECUTE FUNCTION journal_frozen()"
    )

"""Every table, with the invariants the database itself keeps. Amounts in cents, moments in UTC, days as dates."""

from relanced.store.tables.books import addresses, cases, creditors, imports, invoices, money, policies, terms
from relanced.store.tables.desk import (
    confirmations,
    holds,
    house,
    house_chain,
    journal,
    journal_texts,
    requests,
    tasks,
)
from relanced.store.tables.kinds import Moment, metadata
from relanced.store.tables.post import attempts, blobs, channels, in_state, limits, lines, messages, reminders, touches

__all__ = [
    "Moment",
    "addresses",
    "attempts",
    "blobs",
    "cases",
    "channels",
    "confirmations",
    "creditors",
    "holds",
    "house",
    "house_chain",
    "imports",
    "in_state",
    "invoices",
    "journal",
    "journal_texts",
    "limits",
    "lines",
    "messages",
    "metadata",
    "money",
    "policies",
    "reminders",
    "requests",
    "tasks",
    "terms",
    "touches",
]

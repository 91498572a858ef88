"""Every table, with the invariants the database itself keeps. Amounts in cents, moments in UTC, days as dates."""

from relanced.store.tables.agreed import agreements, offers, papers, promises
from relanced.store.tables.books import addresses, cases, creditors, imports, invoices, money, policies, terms
from relanced.store.tables.bundles import bundles
from relanced.store.tables.calls import calls
from relanced.store.tables.desk import (
    alerts,
    confirmations,
    holds,
    house,
    house_chain,
    journal,
    journal_texts,
    own_mails,
    requests,
    tasks,
)
from relanced.store.tables.hearing import ears, heard, proofs
from relanced.store.tables.kinds import Moment, metadata
from relanced.store.tables.post import (
    attempts,
    blobs,
    channels,
    frames,
    in_state,
    limits,
    lines,
    messages,
    reminders,
    touches,
    words,
)

__all__ = [
    "Moment",
    "addresses",
    "agreements",
    "alerts",
    "attempts",
    "blobs",
    "bundles",
    "calls",
    "cases",
    "channels",
    "confirmations",
    "creditors",
    "ears",
    "frames",
    "heard",
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
    "offers",
    "own_mails",
    "papers",
    "policies",
    "promises",
    "proofs",
    "reminders",
    "requests",
    "tasks",
    "terms",
    "touches",
    "words",
]

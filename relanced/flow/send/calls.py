"""The draft of a call: the words a person says, and what is good to know before dialling."""

from __future__ import annotations

from datetime import datetime

from relanced.channel import CallDraft
from relanced.counter import amount
from relanced.premises import new_attempt
from relanced.rules.habits import in_words
from relanced.store.facts import Loaded
from relanced.store.sending import Waiting
from relanced.words.facts import LineFacts, ReminderFacts
from relanced.words.typography import clean


def call_draft(message: Waiting, case: Loaded, facts: ReminderFacts, script: str, deadline: datetime) -> CallDraft:
    """One call to the number of the message. Days are ISO 8601, amounts as the command line shows them."""
    sidecar = {
        "creditor": case.facts.creditor,
        "debtor": case.facts.debtor.key,
        "name": case.facts.debtor.name,
        "contact": message.contact,
        "step": facts.step,
        "owed": amount(facts.total_cents, facts.currency),
        "invoices": "; ".join(map(_invoice, facts.lines)),
        "reminders": "; ".join(f"{e.step} by {e.road.value} on {e.on}" for e in facts.earlier),
        "habits": in_words(case.facts.habits),
    }
    said = {name: clean(value) for name, value in sidecar.items()}
    return CallDraft(new_attempt(), message.reference, deadline, message.place, script, said)


def _invoice(line: LineFacts) -> str:
    owed = amount(line.open_cents, line.currency)
    return f"{line.invoice} of {line.issued_on}, due {line.due_on}, owes {owed}"

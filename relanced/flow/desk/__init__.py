"""The desk: the verbs of people. The command line, the API and later the pages call these and nothing else."""

from relanced.counter import Asked, Desk, Told, Verb
from relanced.flow.desk import (
    adopt,
    called,
    calls,
    cases,
    contested,
    house,
    inbox,
    instalments,
    letters,
    mailing,
    messages,
    promised,
    proofs,
    queue,
    reports,
    working,
)

VERBS: dict[str, Verb] = {
    **messages.VERBS,
    **queue.VERBS,
    **cases.VERBS,
    **letters.VERBS,
    **proofs.VERBS,
    **mailing.VERBS,
    **house.VERBS,
    **adopt.VERBS,
    **calls.VERBS,
    **called.VERBS,
    **inbox.VERBS,
    **working.VERBS,
    **promised.VERBS,
    **contested.VERBS,
    **instalments.VERBS,
    **reports.VERBS,
}

__all__ = ["VERBS", "Asked", "Desk", "Told", "Verb"]

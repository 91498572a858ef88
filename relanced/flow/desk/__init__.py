"""The desk: the verbs of people. The command line, the API and later the pages call these and nothing else."""

from relanced.counter import Asked, Desk, Told, Verb
from relanced.flow.desk import (
    adopt,
    called,
    calls,
    cases,
    contested,
    filing,
    house,
    inbox,
    instalments,
    letters,
    mailing,
    messages,
    offered,
    promised,
    proofs,
    queue,
    reports,
    showing,
    thanked,
    working,
)

VERBS: dict[str, Verb] = {
    **messages.VERBS,
    **queue.VERBS,
    **cases.VERBS,
    **showing.VERBS,
    **letters.VERBS,
    **proofs.VERBS,
    **mailing.VERBS,
    **house.VERBS,
    **adopt.VERBS,
    **calls.VERBS,
    **called.VERBS,
    **inbox.VERBS,
    **filing.VERBS,
    **working.VERBS,
    **thanked.VERBS,
    **promised.VERBS,
    **contested.VERBS,
    **instalments.VERBS,
    **offered.VERBS,
    **reports.VERBS,
}

__all__ = ["VERBS", "Asked", "Desk", "Told", "Verb"]

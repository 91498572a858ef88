"""The desk: the verbs of people. The command line, the API and later the pages call these and nothing else."""

from relanced.counter import Asked, Desk, Told, Verb
from relanced.flow.desk import cases, house, letters, messages

VERBS: dict[str, Verb] = {**messages.VERBS, **cases.VERBS, **letters.VERBS, **house.VERBS}

__all__ = ["VERBS", "Asked", "Desk", "Told", "Verb"]

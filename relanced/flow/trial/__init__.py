"""Trying the doors, without any case: as far as one can go without sending, and a message to oneself."""

from relanced.counter import Verb
from relanced.flow.trial.probing import faults_of_doors, probe
from relanced.flow.trial.sending import send_test

VERBS: dict[str, Verb] = {"probe": probe, "send-test": send_test}

__all__ = ["VERBS", "faults_of_doors"]

"""Watching: what goes wrong makes itself heard, and each morning people are told what waits for them."""

from relanced.counter import Verb
from relanced.flow.watch.auditor import Auditor, audit
from relanced.flow.watch.health import Health, Pulse, Report
from relanced.flow.watch.herald import Herald
from relanced.flow.watch.morning import Morning
from relanced.flow.watch.ping import Ping
from relanced.flow.watch.post import OwnPost

VERBS: dict[str, Verb] = {"audit": audit}

__all__ = ["VERBS", "Auditor", "Health", "Herald", "Morning", "OwnPost", "Ping", "Pulse", "Report"]

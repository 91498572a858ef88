"""Reading: a raw message in, a verdict out. Who writes, about which message of ours, in which words."""

from relanced.reading.child import Child
from relanced.reading.reader import read
from relanced.reading.verdict import Intent, Kind, Recipient, Verdict

__all__ = ["Child", "Intent", "Kind", "Recipient", "Verdict", "read"]

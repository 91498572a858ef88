"""Sending: planned messages are worded, sealed, submitted and recorded. Nothing is on the wire before a COMMIT."""

from relanced.flow.send.apart import Apart
from relanced.flow.send.clerk import Clerk
from relanced.flow.send.scribe import Here
from relanced.flow.send.sender import Sender
from relanced.flow.send.shadow import Redirected, Shadowed
from relanced.flow.send.trays import Trays

__all__ = ["Apart", "Clerk", "Here", "Redirected", "Sender", "Shadowed", "Trays"]

"""The door: what crosses between the house and a channel. Strings, bytes and dates only; imports nothing of ours.

The house words a message and hands a `Draft` to `compose`, which returns the exact bytes as a `Parcel`. The parcel is
stored and committed; only then does the house call `submit`. A channel never decides: it carries, and tells the truth
about what happened. Third parties register a class under the entry-point group ``relanced.channels``.
"""

from relanced.channel.answers import Absent, Answer, Found, Refusal, Refused, Scope, Sent, Tray, Unavailable, Unknown
from relanced.channel.door import Channel, Go, Surroundings, Withdraws, has_local_evidence
from relanced.channel.drafts import CallDraft, Draft, Enclosure, Form, MailDraft, PaperDraft, TextDraft, Unfit
from relanced.channel.heard import Asks, Awaited, Heard, Hooked, Keep, Reads, Receipt, Reply, Request, Said, Watches
from relanced.channel.parcel import Blob, Parcel

__all__ = [
    "Absent",
    "Answer",
    "Asks",
    "Awaited",
    "Blob",
    "CallDraft",
    "Channel",
    "Draft",
    "Enclosure",
    "Form",
    "Found",
    "Go",
    "Heard",
    "Hooked",
    "Keep",
    "MailDraft",
    "PaperDraft",
    "Parcel",
    "Reads",
    "Receipt",
    "Refusal",
    "Refused",
    "Reply",
    "Request",
    "Said",
    "Scope",
    "Sent",
    "Surroundings",
    "TextDraft",
    "Tray",
    "Unavailable",
    "Unfit",
    "Unknown",
    "Watches",
    "Withdraws",
    "has_local_evidence",
]

"""The door: what crosses between the house and a channel. Strings, bytes and dates only; imports nothing of ours.

The house words a message and hands a `Draft` to `compose`, which returns the exact bytes as a `Parcel`. The parcel is
stored and committed; only then does the house call `submit`. A channel never decides: it carries, and tells the truth
about what happened. Third parties register a class under the entry-point group ``relanced.channels``.
"""

from relanced.channel.answers import Absent, Answer, Found, Refusal, Refused, Scope, Sent, Tray, Unavailable, Unknown
from relanced.channel.door import (
    Channel,
    Daily,
    Go,
    Hook,
    LogsIn,
    NoEntry,
    Probes,
    Say,
    Surroundings,
    Typed,
    Withdraws,
    comes_out_printed,
    has_local_evidence,
)
from relanced.channel.drafts import CallDraft, Draft, Enclosure, Form, MailDraft, PaperDraft, TextDraft, TooHeavy, Unfit
from relanced.channel.gsm import TextLength, forbidden_in_text, gsm_text, text_length
from relanced.channel.heard import (
    Asks,
    Awaited,
    Heard,
    Hooked,
    Inbox,
    Keep,
    Reads,
    Receipt,
    Reply,
    Request,
    Said,
    Watches,
)
from relanced.channel.mails import BEGINNING, LARGEST_MAIL, heard_mail
from relanced.channel.numbers import registered_number
from relanced.channel.parcel import Blob, Parcel
from relanced.channel.sheets import CallSheet

__all__ = [
    "BEGINNING",
    "LARGEST_MAIL",
    "Absent",
    "Answer",
    "Asks",
    "Awaited",
    "Blob",
    "CallDraft",
    "CallSheet",
    "Channel",
    "Daily",
    "Draft",
    "Enclosure",
    "Form",
    "Found",
    "Go",
    "Heard",
    "Hook",
    "Hooked",
    "Inbox",
    "Keep",
    "LogsIn",
    "MailDraft",
    "NoEntry",
    "PaperDraft",
    "Parcel",
    "Probes",
    "Reads",
    "Receipt",
    "Refusal",
    "Refused",
    "Reply",
    "Request",
    "Said",
    "Say",
    "Scope",
    "Sent",
    "Surroundings",
    "TextDraft",
    "TextLength",
    "TooHeavy",
    "Tray",
    "Typed",
    "Unavailable",
    "Unfit",
    "Unknown",
    "Watches",
    "Withdraws",
    "comes_out_printed",
    "forbidden_in_text",
    "gsm_text",
    "has_local_evidence",
    "heard_mail",
    "registered_number",
    "text_length",
]

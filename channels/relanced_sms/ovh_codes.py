"""What OVHcloud's errors mean. What it says of a text is prose: no debtor's number is struck unless it speaks of it."""

from __future__ import annotations

import json
import re

from relanced.channel import Answer, Refusal, Refused, Scope, Unavailable, Unknown
from relanced_sms.provider import one_line

_RECEIVER = re.compile(r"receiver|recipient|destinataire", re.IGNORECASE)
_WRONG = re.compile(r"invalid|not valid|unknown|bad format|incorrect", re.IGNORECASE)
_BLACKLISTED = re.compile(r"black ?-?list", re.IGNORECASE)
_CONTENT = re.compile(r"message|charset|coding|too long|\burls?\b|moderat", re.IGNORECASE)

# A failed text whose reason is lasting and names the number.
_NOBODY = re.compile(r"unknown (?:subscriber|number|msisdn|destination)|not (?:allocated|assigned)|does not exist|"
                     r"invalid (?:number|msisdn|destination|receiver)|inconnu|non attribu", re.IGNORECASE)  # fmt: skip


def refused(status: int, text: str) -> Answer:
    """The door's answer to an HTTP status of 300 or more, but for 429."""
    said = _message(text)
    words = one_line(f"OVHcloud {status}: {said}")
    if status >= 500 or status == 408:
        return Unknown(words)  # the job may have been made all the same
    if status == 400 and _BLACKLISTED.search(said):
        return Refused(Refusal.OPTED_OUT, words)
    if status == 400 and _RECEIVER.search(said) and _WRONG.search(said):
        return Refused(Refusal.ADDRESS, words)
    if status == 400 and _CONTENT.search(said) and "sender" not in said.lower():
        return Refused(Refusal.CONTENT, words)
    return Unavailable(Scope.CHANNEL, words)  # keys, clock, sender, credits


def _message(text: str) -> str:
    try:
        said = json.loads(text)
    except ValueError:
        return text
    return f"{said.get('message', '')} {said.get('errorCode', '')}" if isinstance(said, dict) else text


def is_dead(duration: str, words: str) -> bool:
    """Whether nobody lives at the number of a failed text."""
    return duration == "permanent" and _NOBODY.search(words) is not None


def is_opted_out(words: str) -> bool:
    """Whether the person said stop."""
    return _BLACKLISTED.search(words) is not None

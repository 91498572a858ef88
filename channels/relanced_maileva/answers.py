"""What a reply that did not do what was asked means for the letter. A table, read top-down, first match wins."""

from __future__ import annotations

import re
from datetime import datetime
from enum import Enum

from relanced.channel import Answer, Refusal, Refused, Scope, Unavailable, Unknown
from relanced_maileva.line import Reply


class Verdict(Enum):
    """What is wrong."""

    ADDRESS = "nobody can be reached there"  # the next contact or road is tried
    CONTENT = "our letter"  # a person looks at it
    DOOR = "our login, our settings, their service"  # every letter waits
    LATER = "this letter, for now"  # it is tried again later
    DOUBT = "perhaps taken"  # nobody knows


# Status and error codes (the tables of registered_mail 4.9 and mail 2.9, and RFC 9110) against a verdict.
_TABLE: tuple[tuple[str, str, Verdict], ...] = (
    ("4..", "SENDING_STATUS_IS_NOT_DRAFT", Verdict.DOUBT),  # with whatever status: it may have been submitted before
    ("401|402|403|405", "", Verdict.DOOR),
    ("408|425|429|502|503|504", "", Verdict.DOOR),
    ("4..", "SENDER_|NOTIFICATION_EMAIL|POSTAGE|ARCHIVING|RETURN_ENVELOPE", Verdict.DOOR),  # ours, for every letter
    ("4..", "ADDRESS_LINE|COUNTRY_CODE", Verdict.ADDRESS),
    ("404|409", "", Verdict.LATER),  # somebody took our draft away
    ("4..", "", Verdict.CONTENT),
    ("5..", "", Verdict.LATER),
    ("...", "", Verdict.DOOR),  # a redirection, or what nobody should say here
)


def judge(reply: Reply) -> Verdict:
    """The verdict on a reply that is not good."""
    codes = " ".join(code for code, _ in reply.errors)
    for status, pattern, verdict in _TABLE:
        if re.fullmatch(status, str(reply.status)) and re.search(pattern, codes):
            return verdict
    return Verdict.DOOR


def answer(reply: Reply, now: datetime, *, submitting: bool = False) -> Answer:
    """The door's answer. `submitting`: it was the request that cannot be taken back, where their error is a doubt."""
    words, verdict = f"Maileva: {reply.words}", judge(reply)
    if submitting and (reply.status >= 500 or reply.status == 408 or verdict is Verdict.DOUBT):
        return Unknown(words)
    match verdict:
        case Verdict.ADDRESS:
            return Refused(Refusal.ADDRESS, words)
        case Verdict.CONTENT:
            return Refused(Refusal.CONTENT, words)
        case Verdict.DOOR:
            return Unavailable(Scope.CHANNEL, words, reply.not_before(now))
        case Verdict.LATER | Verdict.DOUBT:
            return Unavailable(Scope.MESSAGE, words, reply.not_before(now))

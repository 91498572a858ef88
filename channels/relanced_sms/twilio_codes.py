"""What Twilio's error codes mean, for a text that was refused and for one that did not arrive.

Where a code may speak of us (our account, our sender, a permission of ours) no debtor's number is struck for it.
Sources: twilio.com/docs/api/errors; the lists are short because what is not in them stops one text for a person.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from relanced.channel import Answer, Refusal, Refused, Scope, Unavailable, Unknown
from relanced_sms.provider import one_line

# The number: no such number, cannot be reached, no mobile.
_NUMBER = frozenset((21211, 21214, 21217, 21401, 21407, 21614))
_OPTED_OUT = 21610
# This text to this number: a region that is not enabled, no way from this sender. A person looks.
_HERE = frozenset((21408, 21612))
# Us: login, suspended or trial account, a sender that is not ours, a queue that is full.
_OURS = frozenset((10001, 20001, 20003, 20005, 20006, 20008, 20403, 20404, 21212, 21603, 21606, 21607, 21608, 21611))
_OURS |= {21618, 21659, 21660, 21701, 21702, 21703, 21704, 21705, 30001, 30002, 30034, 63038}
_QUEUE_FULL = frozenset((21611, 30001))
_QUEUE_WAIT = timedelta(minutes=10)

# A receipt that says the number will never take a text: unknown, or a fixed line.
_DEAD = frozenset((30005, 30006)) | _NUMBER


def refused(status: int, code: int, message: str, now: datetime) -> Answer:
    """The door's answer to an HTTP status of 300 or more, but for 429."""
    words = one_line(f"Twilio {code}: {message}")
    if status >= 500 or status == 408:
        return Unknown(words)  # the text may have been made all the same
    if code == _OPTED_OUT:
        return Refused(Refusal.OPTED_OUT, words)
    if code in _NUMBER:
        return Refused(Refusal.ADDRESS, words)
    if code in _HERE:
        return Refused(Refusal.CONTENT, words)
    if code in _OURS or status < 400 or status in (401, 402, 403, 404, 405, 407):
        return Unavailable(Scope.CHANNEL, words, now + _QUEUE_WAIT if code in _QUEUE_FULL else None)
    return Refused(Refusal.CONTENT, words)


def is_dead(code: int) -> bool:
    """Whether nobody lives at a number whose text came back with this code."""
    return code in _DEAD


def is_opted_out(code: int) -> bool:
    """Whether the person said stop."""
    return code == _OPTED_OUT

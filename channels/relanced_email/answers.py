"""What a relay's reply means: code, enhanced status (RFC 3463) and phase in, the door's answer out.

One table, read top-down, first match wins. Wherever a reply may speak of us (our address, our login, our sender) it is
the channel that waits, never a debtor who is written off.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import Enum, StrEnum

from msgspec import Struct

from relanced.channel import Answer, Refusal, Refused, Scope, Unavailable, Unknown


class Phase(StrEnum):
    """Where in the transaction a reply came."""

    OPENING = "opening"  # greeting, EHLO, STARTTLS, AUTH
    MAIL = "mail"  # our sender
    RCPT = "rcpt"  # the debtor's address
    COPY = "copy"  # the journal mailbox
    DATA = "data"  # may we begin?
    DOT = "dot"  # the whole message was handed over


_ENHANCED = re.compile(r"[2-5]\d\d[ -](?P<status>[245]\.\d{1,3}\.\d{1,3})(?!\d)")


class Reply(Struct, frozen=True):
    """One reply of the relay: its code and its own words, every line."""

    code: int
    said: str

    @property
    def status(self) -> str:
        """The enhanced status code, such as 5.1.1, or an empty string."""
        match = _ENHANCED.match(self.said)
        return match["status"] if match else ""


class Verdict(Enum):
    """What is wrong, and for how long."""

    ADDRESS = "nobody lives there"  # the next contact or road is tried
    CONTENT = "our message"  # a person looks at it
    DOOR = "our own address, login or relay"  # every message waits
    GREY = "greylisted"  # come back in a few minutes
    LATER = "not now"  # come back in a quarter of an hour
    FULL = "mailbox full"  # come back in some hours
    DOUBT = "perhaps taken"  # nobody knows


_DELAY = {
    Verdict.GREY: timedelta(minutes=5),
    Verdict.LATER: timedelta(minutes=15),
    Verdict.FULL: timedelta(hours=6),
}


class _Row(Struct, frozen=True):
    """Phases (empty: any), a pattern over "code status", a pattern over the words, and the verdict."""

    phases: frozenset[Phase]
    reply: re.Pattern[str]
    words: re.Pattern[str]
    verdict: Verdict


def _row(phases: str, reply: str, verdict: Verdict, words: str = "") -> _Row:
    where = frozenset(Phase(name) for name in phases.split())
    return _Row(where, re.compile(reply), re.compile(words, re.IGNORECASE), verdict)


_OURS = r"relay|spam|block|black ?list|reputation|polic|denied|authenticat|not allowed|not permitted|banned"
_CONTENT_WORDS = r"spam|virus|malware|phish|attachment|content|message rejected|url"

_TABLE = (
    _row("dot", r"421", Verdict.DOUBT),  # the relay closes: it may have kept the message, RFC 1047
    _row("", r"421", Verdict.DOOR),
    _row("opening copy", r".", Verdict.DOOR),
    # Nothing but our sender has been said so far.
    _row("mail", r"452", Verdict.LATER),
    _row("mail", r"552|5.. 5\.3\.4$", Verdict.CONTENT),  # SIZE was too much, RFC 1870
    _row("mail", r".", Verdict.DOOR),
    # Not now.
    _row("", r"4.. 4\.2\.[12]", Verdict.FULL),
    _row("", r"4..", Verdict.GREY, r"gr[ae]y ?-?list"),
    _row("rcpt", r"45[01] (-|4\.7\.\d+|4\.2\.0)$", Verdict.GREY),
    _row("", r"4", Verdict.LATER),
    # A full mailbox is no dead address.
    _row("", r"5.. 5\.2\.2$", Verdict.FULL),
    _row("rcpt", r"552 -", Verdict.FULL),
    # Nobody lives there: no such mailbox, moved, syntax, disabled, new owner (RFC 7293), no road to the domain.
    _row("", r"5.. 5\.1\.(1|2|3|6|10)$", Verdict.ADDRESS),
    _row("", r"5.. (5\.2\.1|5\.7\.1[378])$", Verdict.ADDRESS),
    _row("", r"5.. 5\.4\.5$", Verdict.DOOR),  # our daily limit
    _row("rcpt dot", r"5.. 5\.4\.\d+$", Verdict.ADDRESS),
    # Our message: too big, not convertible, unwanted.
    _row("", r"5.. (5\.2\.3|5\.3\.4|5\.6\.\d+)$", Verdict.CONTENT),
    _row("data dot", r"552", Verdict.CONTENT),
    _row("dot", r"5.. 5\.7\.\d+", Verdict.CONTENT, _CONTENT_WORDS),
    # Us: sender, policy, login, protocol.
    _row("", r"5.. (5\.1\.[78]|5\.[3457]\.\d+)$", Verdict.DOOR),
    _row("", r"50|53[0458]|555", Verdict.DOOR),
    _row("rcpt", r"5.. (-|5\.0\.0)", Verdict.DOOR, _OURS),
    # The rest, by where it was said.
    _row("rcpt", r"5", Verdict.ADDRESS),
    _row("dot", r"5", Verdict.CONTENT),
    _row("data", r"5", Verdict.DOOR),
)


def judge(phase: Phase, reply: Reply) -> Verdict:
    """The verdict on a reply that did not accept. A code nobody should say here: doubt after the dot, else the door."""
    said = f"{reply.code} {reply.status or '-'}"
    for row in _TABLE:
        if (not row.phases or phase in row.phases) and row.reply.match(said) and row.words.search(reply.said):
            return row.verdict
    return Verdict.DOUBT if phase is Phase.DOT else Verdict.DOOR


def answer(phase: Phase, reply: Reply, now: datetime) -> Answer:
    """The door's answer to a reply that did not accept."""
    verdict = judge(phase, reply)
    words = f"journal copy: {reply.said}" if phase is Phase.COPY else reply.said
    match verdict:
        case Verdict.DOUBT:
            return Unknown(words)
        case Verdict.ADDRESS:
            return Refused(Refusal.ADDRESS, words)
        case Verdict.CONTENT:
            return Refused(Refusal.CONTENT, words)
        case Verdict.DOOR:
            return Unavailable(Scope.CHANNEL, words)
        case Verdict.GREY | Verdict.LATER | Verdict.FULL:
            return Unavailable(Scope.MESSAGE, words, now + _DELAY[verdict])

"""The small languages of the YAML: "7 days", "20/min", "12 %", "3 days after due". Text in, exact values out.

Every reader raises ValueError with what was expected.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Literal

from msgspec import Struct

from relanced.rules.calendar import Hours
from relanced.rules.claim import LEGAL_DEFAULT, RateKind, RateRule
from relanced.rules.limits import SPANS, Cap, Rate
from relanced.rules.policy import AtMost, Tone, When

DAYS = r"^([0-9]{1,4}) days?$"
WORKING_DAYS = r"^([1-9][0-9]{0,2}) working days?$"
BANK_DAYS = r"^([1-9][0-9]?) bank days?$"
AFTER_PRESENTATION = r"^([1-9][0-9]{0,2}) days? after presentation$"
WHEN_DUE = r"^([0-9]{1,4}) days? (after|before) due$"
WHEN_PASSED = r"^deadline of ([A-Za-z0-9][A-Za-z0-9_.-]*) passed$"
TIMES = r"^([1-9][0-9]{0,3}) per ([1-9][0-9]{0,3}) days?$"
CAP = r"^([1-9][0-9]{0,3})/(day|week|month)$"
RATE = r"^([1-9][0-9]{0,6})/(sec|min|hour|day)$"
DOMAINS = r"^[A-Za-z0-9.-]+(?:[ ,]+[A-Za-z0-9.-]+)*$"
HOURS = r"^([0-9]{2}:[0-9]{2})-([0-9]{2}:[0-9]{2})$"
PERIOD = r"^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:\.\.([0-9]{4}-[0-9]{2}-[0-9]{2}))?$"
AMOUNT = r"^[0-9]{1,10}(\.[0-9]{1,2})?$"
PERCENT = r"^([0-9]{1,3}(?:\.[0-9]{1,4})?)(?: ?%)?$"
PENALTY = r"^(?:legal_default|([0-9.]{1,7}) %|([0-9.]{1,5}) times legal|ecb plus ([0-9.]{1,7}) points)$"
SIZE = r"^([1-9][0-9]{0,4}) (kB|MB)$"
MAIL = r"^[A-Za-z0-9.!#$%&*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+$"
SENDER = r"""^([^<>"\\,;:@\r\n\t]+?) <([^<>]+)>$"""
PHONE = r"^\+?[0-9][0-9 .()-]{4,22}[0-9]$"
NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
SEMESTER = r"^20[0-9]{2}-[12]$"
LISTEN = r"^(?:\[([0-9a-f:]{2,39})\]|([0-9A-Za-z.-]{1,253})):([1-9][0-9]{0,4})$"
PUBLIC = r"^(?:https://[A-Za-z0-9.-]+|http://(?:127\.0\.0\.1|localhost))(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~-]+)*/?$"
LINK = r"^https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[!-~]*)?$"
CLOCK = r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$"

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
RATE_SECONDS = {"sec": 1, "min": 60, "hour": 3600, "day": 86400}


class Mailbox(Struct, frozen=True):
    """A name and an address, as a From header shows them."""

    name: str
    address: str

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>"


class Listening(Struct, frozen=True):
    """Where a server waits: a host, and a port of it."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")


def _found(pattern: str, said: object, expected: str) -> re.Match[str]:
    found = re.fullmatch(pattern, said) if isinstance(said, str) else None
    if not found:
        raise ValueError(f"expected {expected}")
    return found


def number(pattern: str, expected: str) -> Callable[[object], int]:
    """A reader of the first number in a phrase."""
    return lambda said: int(_found(pattern, said, expected)[1])


def exactly(pattern: str, expected: str) -> Callable[[object], str]:
    """A reader of text that matches as a whole."""
    return lambda said: _found(pattern, said, expected)[0]


def when(said: object) -> When:
    """The moment of a step."""
    passed = re.fullmatch(WHEN_PASSED, said) if isinstance(said, str) else None
    if passed:
        return When(deadline_of=passed[1])
    found = _found(WHEN_DUE, said, '"3 days after due", "5 days before due" or "deadline of STEP passed"')
    return When(days=int(found[1]) * (1 if found[2] == "after" else -1))


def times(said: object) -> AtMost:
    """How often a step may be performed."""
    found = _found(TIMES, said, 'a number like "2 per 31 days"')
    return AtMost(int(found[1]), int(found[2]))


def cap(said: object) -> Cap:
    """How many reminders in rolling local days: a week is 7, a month 31."""
    found = _found(CAP, said, 'a cap like "1/day", "2/week" or "4/month"')
    return Cap(int(found[1]), SPANS[found[2]])


def rate(said: object) -> Rate:
    """How many messages in how many seconds."""
    found = _found(RATE, said, 'a rate like "20/min" or "150/hour"')
    return Rate(int(found[1]), RATE_SECONDS[found[2]])


def domains(said: object) -> str:
    """Domains of one provider of mailboxes, in lower case between single spaces; or `default`."""
    found = _found(DOMAINS, said, 'domains like "gmail.com" or "orange.fr wanadoo.fr", or default')[0].lower()
    named = found.replace(",", " ").split()
    if named != ["default"] and not all("." in name.strip(".") for name in named):
        raise ValueError('expected domains like "gmail.com" or "orange.fr wanadoo.fr", or default')
    return " ".join(named)


def hours(said: object) -> Hours:
    """A part of the local day."""
    expected = 'hours like "09:00-12:00"'
    found = _found(HOURS, said, expected)
    try:
        begin, end = time.fromisoformat(found[1]), time.fromisoformat(found[2])
    except ValueError:
        raise ValueError(f"expected {expected}") from None
    return Hours(begin, end)


def period(said: object) -> tuple[date, date]:
    """First and last day, both included."""
    expected = 'days like "2027-08-02..2027-08-20"'
    found = _found(PERIOD, said, expected)
    try:
        first, last = date.fromisoformat(found[1]), date.fromisoformat(found[2] or found[1])
    except ValueError:
        raise ValueError(f"expected {expected}: no such day") from None
    if first > last:
        raise ValueError("the first day must not come after the last")
    return first, last


def weekdays(said: object) -> frozenset[int]:
    """Days of the week, Monday is 0: "mon-fri" or "mon, wed, sat"."""
    parts = said.replace(" ", "").split(",") if isinstance(said, str) else []
    chosen = {day for part in parts for day in _span(part)}
    if not chosen:
        raise ValueError('expected days like "mon-fri" or "mon, wed, sat"')
    return frozenset(chosen)


def _span(part: str) -> range:
    first, _, last = part.partition("-")
    if first not in WEEK or (last or first) not in WEEK:
        raise ValueError('expected days like "mon-fri" or "mon, wed, sat"')
    return range(WEEK.index(first), WEEK.index(last or first) + 1)


def cents(said: object) -> int:
    """An amount in euros, exact, as integer cents."""
    text = str(said) if isinstance(said, int) and not isinstance(said, bool) else said
    return int(Decimal(_found(AMOUNT, text, "an amount in euros like 150 or 150.00")[0]) * 100)


def percent(said: object) -> Decimal:
    """A percentage, exact."""
    text = str(said) if isinstance(said, int) and not isinstance(said, bool) else said
    return Decimal(_found(PERCENT, text, "a percentage like 2.15")[1])


def penalty(said: object) -> RateRule:
    """The rule of the penalty rate."""
    expected = 'legal_default, "12 %", "3 times legal" or "ecb plus 10 points"'
    kinds = (RateKind.FIXED, RateKind.TIMES_LEGAL, RateKind.ECB_PLUS)
    numbers = _found(PENALTY, said, expected).groups()
    try:
        rules = [RateRule(kind, Decimal(n)) for kind, n in zip(kinds, numbers, strict=True) if n]
    except InvalidOperation:
        raise ValueError(f"expected {expected}") from None
    return rules[0] if rules else LEGAL_DEFAULT


def size(said: object) -> int:
    """A size in bytes (a kB is 1000)."""
    found = _found(SIZE, said, 'a size like "10 MB"')
    return int(found[1]) * {"kB": 1_000, "MB": 1_000_000}[found[2]]


def sender(said: object) -> Mailbox:
    """A name and an address."""
    expected = "Name <address@domain>, the name without , ; : @"
    found = _found(SENDER, said, expected)
    return Mailbox(found[1].strip(), _found(MAIL, found[2], expected)[0])


def listening(said: object) -> Listening:
    """A host and a port."""
    expected = 'an address like "127.0.0.1:8025"'
    found = _found(LISTEN, said, expected)
    if int(found[3]) > 65535:
        raise ValueError(f"expected {expected}: ports end at 65535")
    return Listening(found[1] or found[2], int(found[3]))


def public(said: object) -> str:
    """The address under which the world reaches us, without its last slash."""
    return _found(PUBLIC, said, "an address like https://relances.example.fr, https unless it is this machine")[
        0
    ].rstrip("/")


def morning(said: object) -> time | Literal[False]:
    """A time of day; False for never."""
    if said == "never":
        return False
    return time.fromisoformat(_found(CLOCK, said, 'a time like "07:45", or never')[0])


def tone(said: object) -> Tone:
    """How a step speaks."""
    words = {t.name.lower(): t for t in Tone}
    if not isinstance(said, str) or said not in words:
        raise ValueError(f"expected {', '.join(words)}")
    return words[said]


def one_line(said: str) -> str:
    """Text without line breaks, for headers and pages."""
    text = said.strip()
    if not text or "\n" in text or "\t" in text or len(text) > 200:
        raise ValueError("expected one line of text, 200 characters at most")
    return text


def checked(check: Callable[[str], str], expected: str) -> Callable[[object], str]:
    """A reader of numbers that carry their own checksum; digits without quotes are fine."""

    def read(said: object) -> str:
        try:
            return check(str(said))
        except ValueError:
            raise ValueError(f"expected {expected}: this number is wrong, look for a typing error") from None

    return read


def listed(said: object) -> object:
    """One value or a list of them."""
    return said if isinstance(said, list) else [said]

"""The small languages of the YAML."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest

from relanced.config import words
from relanced.rules.calendar import Hours
from relanced.rules.claim import LEGAL_DEFAULT, RateKind, RateRule
from relanced.rules.limits import Cap, Rate
from relanced.rules.policy import AtMost, Tone, When

Read = Callable[[Any], object]


@pytest.mark.parametrize(
    ("read", "said", "meant"),
    [
        (words.when, "3 days after due", When(days=3)),
        (words.when, "1 day before due", When(days=-1)),
        (words.when, "0 days after due", When(days=0)),
        (words.when, "deadline of mise-en-demeure passed", When(deadline_of="mise-en-demeure")),
        (words.times, "2 per 31 days", AtMost(2, 31)),
        (words.times, "1 per 1 day", AtMost(1, 1)),
        (words.cap, "1/day", Cap(1, 1)),
        (words.cap, "2/week", Cap(2, 7)),
        (words.cap, "4/month", Cap(4, 31)),
        (words.rate, "20/min", Rate(20, 60)),
        (words.rate, "150/hour", Rate(150, 3600)),
        (words.rate, "1/sec", Rate(1, 1)),
        (words.hours, "09:00-12:00", Hours(time(9), time(12))),
        (words.hours, "20:00-00:00", Hours(time(20), time(0))),
        (words.period, "2027-08-02..2027-08-20", (date(2027, 8, 2), date(2027, 8, 20))),
        (words.period, "2027-05-14", (date(2027, 5, 14), date(2027, 5, 14))),
        (words.weekdays, "mon-fri", frozenset(range(5))),
        (words.weekdays, "mon, wed-thu,sun", frozenset({0, 2, 3, 6})),
        (words.cents, "15.00", 1500),
        (words.cents, "12.1", 1210),
        (words.cents, 150, 15000),
        (words.cents, "0.29", 29),
        (words.percent, "2.15", Decimal("2.15")),
        (words.percent, 12, Decimal(12)),
        (words.penalty, "legal_default", LEGAL_DEFAULT),
        (words.penalty, "12 %", RateRule(RateKind.FIXED, Decimal(12))),
        (words.penalty, "12.5 %", RateRule(RateKind.FIXED, Decimal("12.5"))),
        (words.penalty, "3 times legal", RateRule(RateKind.TIMES_LEGAL, Decimal(3))),
        (words.penalty, "ecb plus 12 points", RateRule(RateKind.ECB_PLUS, Decimal(12))),
        (words.size, "10 MB", 10_000_000),
        (words.size, "500 kB", 500_000),
        (words.sender, "Claire Dubois <c@dubois.example>", words.Mailbox("Claire Dubois", "c@dubois.example")),
        (words.sender, "Hélène d'Arc (SARL) <c@d.example>", words.Mailbox("Hélène d'Arc (SARL)", "c@d.example")),
        (words.tone, "firm", Tone.FIRM),
    ],
)
def test_words_are_read_exactly(read: Read, said: object, meant: object) -> None:
    assert read(said) == meant


@pytest.mark.parametrize(
    ("read", "said", "expected"),
    [
        (words.when, "soon", 'expected "3 days after due", "5 days before due" or "deadline of STEP passed"'),
        (words.when, "3 days after", "expected"),
        (words.when, 3, "expected"),
        (words.times, "0 per 31 days", 'expected a number like "2 per 31 days"'),
        (words.cap, "1/year", "expected a cap"),
        (words.rate, "0/min", "expected a rate"),
        (words.rate, "20 / min", "expected a rate"),
        (words.hours, "9:00-12:00", 'expected hours like "09:00-12:00"'),
        (words.hours, "25:00-26:00", "expected hours"),
        (words.hours, "12:00-09:00", "hours must end after they start"),
        (words.period, "2027-02-30", "no such day"),
        (words.period, "2027-08-20..2027-08-02", "the first day must not come after the last"),
        (words.weekdays, "fri-mon", "expected days"),
        (words.weekdays, "lun-ven", "expected days"),
        (words.weekdays, [], "expected days"),
        (words.cents, "12,10", "expected an amount in euros like 150 or 150.00"),
        (words.cents, "1.005", "expected an amount"),
        (words.cents, -5, "expected an amount"),
        (words.cents, True, "expected an amount"),
        (words.percent, "deux", "expected a percentage"),
        (words.penalty, "1..2 %", 'expected legal_default, "12 %"'),
        (words.penalty, "12%", "expected legal_default"),
        (words.size, "10", 'expected a size like "10 MB"'),
        (words.sender, "c@dubois.example", "expected Name <address@domain>"),
        (words.sender, "Dubois, Claire <c@dubois.example>", "the name without , ; : @"),
        (words.sender, "Claire\nBcc <c@dubois.example>", "expected Name"),
        (words.sender, "Claire <c@d.example>\n", "expected Name"),
        (words.tone, "rude", "expected courteous, firm, formal"),
        (words.one_line, "a\nb", "expected one line"),
        (words.one_line, "  ", "expected one line"),
    ],
)
def test_other_words_are_refused_with_what_was_expected(read: Read, said: object, expected: str) -> None:
    with pytest.raises(ValueError) as told:
        read(said)
    assert expected in str(told.value)

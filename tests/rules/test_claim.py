"""Money and law: worked examples, and what must hold for any claim. Every rule is named by its article."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relanced.rules.claim import (
    LEGAL_DEFAULT,
    LEGAL_INTEREST,
    PUBLIC_BUYER,
    ClaimTerm,
    Paid,
    RateKind,
    RateRule,
    below_floor,
    claim,
    interest,
    outstanding,
)
from relanced.rules.model import Segment
from relanced.rules.rates import RATES, Published, RateTable, Reference, Semester

repeatable = settings(max_examples=100)
FIFTEEN = RateRule(RateKind.FIXED, Decimal(15))
TRIPLE = RateRule(RateKind.TIMES_LEGAL, Decimal(3))


def day(text: str) -> date:
    return date.fromisoformat(text)


# -- interest -----------------------------------------------------------------------------------------------------

VECTORS = [
    (
        "C. com. L441-10 II, over three semesters",
        (12_000_00, "2024-05-31", "2025-02-15", LEGAL_DEFAULT),
        [(30, "14.50", 143_01), (184, "14.25", 862_03), (46, "13.15", 198_87)],
    ),
    (
        "two semesters at the same rate are two lines",
        (1_200_00, "2025-12-15", "2026-01-20", LEGAL_DEFAULT),
        [(16, "12.15", 6_39), (20, "12.15", 7_99)],
    ),
    (
        "C. civ. 1231-6, from the notice",
        (850_40, "2025-11-10", "2026-02-28", LEGAL_INTEREST),
        [(51, "2.76", 3_28), (59, "2.62", 3_60)],
    ),
    ("three times the legal rate", (10_000_00, "2021-02-28", "2021-03-31", TRIPLE), [(31, "2.37", 20_13)]),
    ("a rate agreed in the contract", (2_000_00, "2026-01-31", "2026-03-17", FIFTEEN), [(45, "15", 36_99)]),
    (
        "the ECB rate and agreed points",
        (10_000_00, "2025-01-31", "2025-02-28", RateRule(RateKind.ECB_PLUS, Decimal(12))),
        [(28, "15.15", 116_22)],
    ),
    (
        "CCP R2192-31: the semester in which interest starts rules for ever",
        (10_000_00, "2024-06-30", "2025-01-31", PUBLIC_BUYER),
        [(184, "12.25", 617_53), (31, "12.25", 104_04)],
    ),
    (
        "CCP R2192-31: a term due one day earlier starts a semester earlier",
        (10_000_00, "2024-06-29", "2024-07-01", PUBLIC_BUYER),
        [(1, "12.50", 3_42), (1, "12.50", 3_42)],
    ),
    ("the due day itself bears nothing", (10_000_00, "2026-01-31", "2026-01-31", LEGAL_DEFAULT), []),
    ("the day after bears one day", (10_000_00, "2026-01-31", "2026-02-01", LEGAL_DEFAULT), [(1, "12.15", 3_33)]),
    ("a leap day counts, over 365", (10_000_00, "2024-02-28", "2024-03-01", LEGAL_DEFAULT), [(2, "14.50", 7_95)]),
    ("22.5 cents are 23", (182_50, "2026-01-31", "2026-02-03", FIFTEEN), [(3, "15", 23)]),
]


@pytest.mark.parametrize(("why", "given_", "lines"), VECTORS, ids=[v[0] for v in VECTORS])
def test_interest_worked_by_hand(
    why: str, given_: tuple[int, str, str, RateRule], lines: list[tuple[int, str, int]]
) -> None:
    cents, due_on, until, rule = given_
    found = interest(cents, day(due_on), day(until), rule, RATES)
    assert [(line.days, line.percent, line.cents) for line in found] == [(n, Decimal(p), c) for n, p, c in lines]


def test_a_payment_lowers_the_base_from_the_day_after_it() -> None:
    paid = [Paid(day("2026-02-01"), 4_000_00), Paid(day("2026-02-20"), 6_000_00)]
    found = interest(10_000_00, day("2026-01-31"), day("2026-03-31"), LEGAL_DEFAULT, RATES, paid=paid)
    assert [(line.base, line.first.day, line.last.day) for line in found] == [(10_000_00, 1, 1), (6_000_00, 2, 20)]


def test_a_payment_taken_back_raises_the_base_again() -> None:
    paid = [Paid(day("2026-02-10"), 10_000_00), Paid(day("2026-02-20"), -10_000_00)]
    found = interest(10_000_00, day("2026-01-31"), day("2026-02-28"), LEGAL_DEFAULT, RATES, paid=paid)
    assert [(line.first.day, line.last.day) for line in found] == [(1, 10), (21, 28)]


def test_what_was_credited_by_the_due_date_never_bore_interest() -> None:
    paid = [Paid(day("2026-01-31"), 4_000_00)]
    found = interest(10_000_00, day("2026-01-31"), day("2026-02-28"), FIFTEEN, RATES, paid=paid)
    assert [line.base for line in found] == [6_000_00]


def test_more_paid_than_owed_leaves_nothing_owed() -> None:
    paid = [Paid(day("2026-02-10"), 150)]
    assert [outstanding(100, paid, day(text)) for text in ("2026-02-10", "2026-02-11")] == [100, 0]


days = st.dates(date(2015, 1, 1), date(2026, 6, 30))
amounts = st.integers(1, 10_000_000_00)
rules = st.sampled_from([LEGAL_DEFAULT, PUBLIC_BUYER, LEGAL_INTEREST, FIFTEEN, TRIPLE])
payments = st.lists(st.builds(Paid, days, amounts), max_size=4)


@repeatable
@given(amounts, days, days, rules, payments)
def test_lines_follow_each_other_within_semesters_and_foot(
    cents: int, due_on: date, until: date, rule: RateRule, paid: list[Paid]
) -> None:
    lines = interest(cents, due_on, until, rule, RATES, paid=paid)
    for line in lines:
        assert due_on < line.first <= line.last <= until
        assert Semester.of(line.first) == Semester.of(line.last)
        assert abs(Decimal(line.cents) - line.base * line.percent * line.days / 36500) <= Decimal("0.5")
    assert all(a.last < b.first for a, b in pairwise(lines))
    if not paid:
        assert sum(line.days for line in lines) == max(0, (until - due_on).days)


@repeatable
@given(amounts, days, days, rules, payments)
def test_paying_never_costs_more_than_not_paying(
    cents: int, due_on: date, until: date, rule: RateRule, paid: list[Paid]
) -> None:
    with_payments = interest(cents, due_on, until, rule, RATES, paid=paid)
    without = interest(cents, due_on, until, rule, RATES)
    assert sum(a.cents for a in with_payments) <= sum(b.cents for b in without) + len(with_payments)


# -- the claim ----------------------------------------------------------------------------------------------------

LATE = ClaimTerm("F-1", day("2025-11-10"), 850_40)
NOTICED = ClaimTerm("F-1", day("2025-10-01"), 850_40, notice_on=day("2025-11-10"))
NOTICED_EARLY = ClaimTerm("F-1", day("2025-11-10"), 850_40, notice_on=day("2025-10-01"))


@pytest.mark.parametrize(
    ("segment", "term", "lines", "indemnity"),
    [
        (Segment.BUSINESS, LATE, [14_44, 16_70], 40_00),  # C. com. L441-10 II: by law, without any reminder
        (Segment.PUBLIC, LATE, [12_06, 13_95], 40_00),  # CCP R2192-31, D2192-35
        (Segment.CONSUMER, LATE, [], 0),  # C. civ. 1344-1: nothing before the notice
        (Segment.CONSUMER, NOTICED, [3_28, 3_60], 0),  # C. civ. 1231-6; CPCE L111-8: no fees
        (Segment.CONSUMER, NOTICED_EARLY, [3_28, 3_60], 0),  # nor before the due date
        (Segment.UNKNOWN, LATE, [], 0),  # the most protective rules
        (Segment.UNKNOWN, NOTICED, [3_28, 3_60], 0),
    ],
)
def test_each_debtor_owes_what_his_law_says(
    segment: Segment, term: ClaimTerm, lines: list[int], indemnity: int
) -> None:
    found = claim([term], segment, day("2026-02-28"), RATES)
    assert [line.cents for line in found.lines] == lines
    assert (found.principal, found.indemnity) == (850_40, indemnity)
    assert found.total == 850_40 + sum(lines) + indemnity


def test_a_contract_binds_professionals_only() -> None:
    articles = {
        segment: {line.article for line in claim([NOTICED], segment, day("2026-02-28"), RATES, FIFTEEN).lines}
        for segment in Segment
    }
    assert articles == {
        Segment.BUSINESS: {FIFTEEN.article},
        Segment.PUBLIC: {"CCP R2192-31"},
        Segment.CONSUMER: {"C. civ. 1231-6, 1344-1"},
        Segment.UNKNOWN: {"C. civ. 1231-6, 1344-1"},
    }


def test_d441_5_forty_euros_are_owed_once_per_invoice_whole_even_if_partly_paid() -> None:
    terms = [
        ClaimTerm("F-1", day("2026-01-31"), 500_00),
        ClaimTerm("F-1", day("2026-02-28"), 500_00),
        ClaimTerm("F-2", day("2026-01-31"), 500_00, (Paid(day("2026-02-10"), 499_00),)),
        ClaimTerm("F-3", day("2026-01-31"), 500_00, (Paid(day("2026-01-31"), 500_00),)),  # paid on the day
        ClaimTerm("F-4", day("2026-03-31"), 500_00),  # not late yet
    ]
    found = claim(terms, Segment.BUSINESS, day("2026-03-15"), RATES)
    assert [(charge.invoice, charge.cents) for charge in found.indemnities] == [("F-1", 40_00), ("F-2", 40_00)]
    assert found.principal == 1_501_00


def test_what_was_paid_late_still_owes_interest_and_the_charge() -> None:
    term = ClaimTerm("F-1", day("2024-05-31"), 12_000_00, (Paid(day("2025-02-15"), 12_000_00),))
    for until in ("2025-02-15", "2026-02-28"):
        found = claim([term], Segment.BUSINESS, day(until), RATES)
        assert (found.principal, found.interest, found.indemnity, found.total) == (0, 1_203_91, 40_00, 1_243_91)


def test_l622_28_nothing_accrues_on_a_term_due_after_the_judgment() -> None:
    terms = [ClaimTerm("F-1", day("2026-01-31"), 100_00), ClaimTerm("F-2", day("2026-03-31"), 100_00)]
    found = claim(terms, Segment.BUSINESS, day("2026-02-15"), RATES)
    assert {line.invoice for line in found.lines} == {charge.invoice for charge in found.indemnities} == {"F-1"}
    assert found.principal == 200_00


def test_a_missing_rate_makes_the_claim_provisional_on_the_last_known_one() -> None:
    found = claim([ClaimTerm("F-1", day("2026-05-31"), 10_000_00)], Segment.BUSINESS, day("2026-11-21"), RATES)
    assert (found.provisional, found.missing) == (True, ("2026-2 ecb",))
    assert [line.percent for line in found.lines] == [Decimal("12.15"), Decimal("12.15")]


@pytest.mark.parametrize(
    ("segment", "rule"),
    [(Segment.BUSINESS, FIFTEEN), (Segment.PUBLIC, LEGAL_DEFAULT), (Segment.CONSUMER, LEGAL_DEFAULT)],
)
def test_a_rate_nobody_needs_is_not_missed(segment: Segment, rule: RateRule) -> None:
    found = claim([ClaimTerm("F-1", day("2026-05-31"), 10_000_00)], segment, day("2026-11-21"), RATES, rule)
    assert (found.provisional, found.missing) == (False, ())


def test_the_claim_is_firm_once_the_rate_is_set() -> None:
    rates = RATES.with_overrides([Published(Semester(2026, 2), Decimal("2.40"), None, None, "set by claire")])
    found = claim([ClaimTerm("F-1", day("2026-05-31"), 10_000_00)], Segment.BUSINESS, day("2026-11-21"), rates)
    assert (found.provisional, found.lines[-1].percent, found.lines[-1].source) == (
        False,
        Decimal("12.40"),
        "set by claire",
    )


# -- the floor ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "on", "floor"),
    [
        (LEGAL_DEFAULT, "2024-03-01", None),  # 14.50 under 15.21, but the law is no clause
        (RateRule(RateKind.FIXED, Decimal(15)), "2024-03-01", "15.21"),
        (RateRule(RateKind.FIXED, Decimal("15.21")), "2024-03-01", None),
        (RateRule(RateKind.ECB_PLUS, Decimal(10)), "2024-08-01", "14.76"),
        (RateRule(RateKind.TIMES_LEGAL, Decimal(3)), "2024-03-01", None),
        (RateRule(RateKind.TIMES_LEGAL, Decimal(1)), "2026-03-01", "7.86"),
    ],
)
def test_l441_10_a_clause_under_three_times_the_legal_rate_is_told(rule: RateRule, on: str, floor: str | None) -> None:
    assert below_floor(rule, day(on), RATES) == (Decimal(floor) if floor else None)


# -- the published rates ------------------------------------------------------------------------------------------


def test_every_semester_from_2015_to_2026_is_listed_once_with_a_source() -> None:
    expected = [Semester(year, half) for year in range(2015, 2027) for half in (1, 2)][:-1]
    assert [row.semester for row in RATES.rows] == expected
    assert all(row.source for row in RATES.rows)


@pytest.mark.parametrize(
    ("semester", "reference", "percent", "known"),
    [
        ("2018-1", Reference.LEGAL_OTHER, "0.89", True),
        ("2019-1", Reference.LEGAL_OTHER, "0.86", True),
        ("2024-2", Reference.ECB, "4.25", True),  # the rate of 1 July, not the cut of September
        ("2026-1", Reference.LEGAL_PRIVATE, "6.67", True),
        ("2026-2", Reference.LEGAL_OTHER, "2.62", False),
        ("2031-1", Reference.ECB, "2.15", False),
        ("2014-2", Reference.ECB, "0.05", False),
    ],
)
def test_a_rate_is_the_one_of_its_semester_or_a_stand_in(
    semester: str, reference: Reference, percent: str, known: bool
) -> None:
    quote = RATES.quote(reference, Semester.parse(semester))
    assert (quote.percent, quote.known) == (Decimal(percent), known)


def test_an_override_wins_where_it_speaks() -> None:
    row = Published(Semester(2026, 1), None, None, Decimal("2.63"), "JO rectificatif")
    merged = RATES.with_overrides([row])
    assert merged.quote(Reference.LEGAL_OTHER, row.semester).percent == Decimal("2.63")
    assert merged.quote(Reference.ECB, row.semester).percent == Decimal("2.15")
    assert merged.rows[-1].source.startswith("JO rectificatif; ")
    assert len(merged.rows) == len(RATES.rows)


@pytest.mark.parametrize("text", ["2026", "2026-3", "2026-S1", "S1-2026"])
def test_what_is_no_semester_or_has_no_rate_at_all_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"semester|invalid literal"):
        Semester.parse(text)
    with pytest.raises(LookupError, match="no ecb rate"):
        RateTable(()).quote(Reference.ECB, Semester(2026, 1))


def test_a_semester_ends_on_its_last_day() -> None:
    ends = [Semester.of(day(text)).last for text in ("2026-01-01", "2026-06-30", "2026-07-01")]
    assert ends == [day("2026-06-30"), day("2026-06-30"), day("2026-12-31")]
    assert Semester.of(ends[0] + timedelta(days=1)) == Semester(2026, 2)

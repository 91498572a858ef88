"""The claim (*décompte*): principal, late interest semester by semester, and the 40 EUR. Cents, and rates in percent.

Interest runs from the day after the due date to the day of payment, both included, on what was still owed that day;
ACT/365; each line is rounded half-up and totals are sums of lines. Sources stand beside the rules they found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from msgspec import Struct

from relanced.rules.model import Segment
from relanced.rules.rates import RateTable, Reference, Semester

_DAY = timedelta(days=1)
INDEMNITY = 4000  # 40 EUR: C. com. D441-5, CCP D2192-35


# -- what is agreed -----------------------------------------------------------------------------------------------


class RateKind(StrEnum):
    """How the rate of late interest is fixed."""

    LEGAL_DEFAULT = "legal_default"  # nothing agreed: the ECB rate plus `value` points
    FIXED = "fixed"  # agreed: `value` percent a year
    TIMES_LEGAL = "times_legal"  # agreed: `value` times the legal rate
    ECB_PLUS = "ecb_plus"  # agreed: the ECB rate plus `value` points


class RateRule(Struct, frozen=True):
    """A rate as law or contract words it. `frozen`: the semester in which interest starts rules for ever."""

    kind: RateKind
    value: Decimal
    frozen: bool = False
    article: str = "C. com. L441-10 II"


LEGAL_DEFAULT = RateRule(RateKind.LEGAL_DEFAULT, Decimal(10))
PUBLIC_BUYER = RateRule(RateKind.ECB_PLUS, Decimal(8), frozen=True, article="CCP R2192-31")
LEGAL_INTEREST = RateRule(RateKind.TIMES_LEGAL, Decimal(1), article="C. civ. 1231-6, 1344-1")

_LAW = {Segment.PUBLIC: PUBLIC_BUYER, Segment.CONSUMER: LEGAL_INTEREST, Segment.UNKNOWN: LEGAL_INTEREST}
_OWES_INDEMNITY = frozenset({Segment.BUSINESS, Segment.PUBLIC})


def below_floor(rule: RateRule, day: date, rates: RateTable) -> Decimal | None:
    """The floor of three times the legal rate (percent) if an agreed rate lies under it that day; else None.

    C. com. L441-10 II: the floor binds the clause of a contract, never the default of the law.
    """
    semester = Semester.of(day)
    floor = 3 * rates.quote(Reference.LEGAL_OTHER, semester).percent
    agreed = rule.kind is not RateKind.LEGAL_DEFAULT
    return floor if agreed and _price(rule, semester, rates).percent < floor else None


# -- what is owed -------------------------------------------------------------------------------------------------


class Paid(Struct, frozen=True):
    """Principal that went away on a day; negative when a payment was reversed.

    A credit note corrects the price: give it the due date, so that no interest runs on what was never owed.
    """

    on: date
    cents: int


class ClaimTerm(Struct, frozen=True):
    """One term claimed: its principal before `paid`, in cents, and the day its formal notice took effect, if any.

    Where only an open amount is known, that is `cents`, with nothing `paid`: interest on less is never too much.
    """

    invoice: str
    due_on: date
    cents: int
    paid: tuple[Paid, ...] = ()
    notice_on: date | None = None


class InterestLine(Struct, frozen=True):
    """Interest on `base` cents from `first` to `last`, both included. `missing` names a rate not yet known."""

    invoice: str
    first: date
    last: date
    base: int
    percent: Decimal
    cents: int
    article: str
    source: str = ""
    missing: str = ""

    @property
    def days(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1


class Indemnity(Struct, frozen=True):
    """The fixed recovery charge of one invoice, in cents."""

    invoice: str
    cents: int = INDEMNITY


class Claim(Struct, frozen=True):
    """What is claimed at the end of the day `until`, in cents."""

    until: date
    principal: int
    lines: tuple[InterestLine, ...] = ()
    indemnities: tuple[Indemnity, ...] = ()

    @property
    def interest(self) -> int:
        """The sum of the rounded lines."""
        return sum(line.cents for line in self.lines)

    @property
    def indemnity(self) -> int:
        """The sum of the fixed charges."""
        return sum(charge.cents for charge in self.indemnities)

    @property
    def total(self) -> int:
        """Everything."""
        return self.principal + self.interest + self.indemnity

    @property
    def missing(self) -> tuple[str, ...]:
        """The rates that are not yet known, each once: "2026-2 ecb"."""
        return tuple(sorted({line.missing for line in self.lines if line.missing}))

    @property
    def provisional(self) -> bool:
        """Whether a rate is missing, so that neither notice nor dossier may state these amounts."""
        return bool(self.missing)


def claim(
    terms: Sequence[ClaimTerm], segment: Segment, until: date, rates: RateTable, rule: RateRule = LEGAL_DEFAULT
) -> Claim:
    """What these terms (one currency, one debtor) owe at the end of `until`.

    `rule` is what a contract between professionals agreed; public buyers, consumers and unknown debtors have their law.
    In a collective procedure `until` is the day of the judgment, on which interest stops (C. com. L622-28).
    """
    lines = tuple(line for term in terms for line in _accrued(term, segment, until, _LAW.get(segment, rule), rates))
    return Claim(
        until, sum(outstanding(t.cents, t.paid, until + _DAY) for t in terms), lines, _indemnities(lines, segment)
    )


def _accrued(
    term: ClaimTerm, segment: Segment, until: date, rule: RateRule, rates: RateTable
) -> tuple[InterestLine, ...]:
    after = _runs_after(term, segment)
    if after is None:
        return ()
    return interest(term.cents, after, until, rule, rates, paid=term.paid, invoice=term.invoice)


def _runs_after(term: ClaimTerm, segment: Segment) -> date | None:
    """The day before interest starts: the due date without any reminder, or for others the notice (C. civ. 1344-1)."""
    if segment in _OWES_INDEMNITY:
        return term.due_on
    return None if term.notice_on is None else max(term.due_on, term.notice_on)


def interest(
    cents: int,
    due_on: date,
    until: date,
    rule: RateRule,
    rates: RateTable,
    *,
    paid: Sequence[Paid] = (),
    invoice: str = "",
) -> tuple[InterestLine, ...]:
    """Interest on `cents` of principal from the day after `due_on` to `until`: a line per semester and payment."""
    start = Semester.of(due_on + _DAY) if rule.frozen else None
    spans = ((first, last, outstanding(cents, paid, first)) for first, last in _spans(due_on + _DAY, until, paid))
    return tuple(
        _line(invoice, first, last, base, rule, _price(rule, start or Semester.of(first), rates))
        for first, last, base in spans
        if base
    )


def _spans(first: date, until: date, paid: Sequence[Paid]) -> Iterator[tuple[date, date]]:
    while first <= until:
        last = min(until, Semester.of(first).last, *(p.on for p in paid if p.on >= first))
        yield first, last
        first = last + _DAY


def outstanding(cents: int, paid: Sequence[Paid], day: date) -> int:
    """The principal still owed at the start of `day`: a payment counts from the day after it (C. com. L441-9 I)."""
    return max(0, cents - sum(p.cents for p in paid if p.on < day))


def _line(invoice: str, first: date, last: date, base: int, rule: RateRule, price: _Price) -> InterestLine:
    days = (last - first).days + 1
    exact = base * price.percent * days / Decimal(36500)
    cents = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    return InterestLine(invoice, first, last, base, price.percent, cents, rule.article, price.source, price.missing)


class _Price(Struct, frozen=True):
    percent: Decimal
    source: str = ""
    missing: str = ""


def _price(rule: RateRule, semester: Semester, rates: RateTable) -> _Price:
    if rule.kind is RateKind.FIXED:
        return _Price(rule.value)
    reference = Reference.LEGAL_OTHER if rule.kind is RateKind.TIMES_LEGAL else Reference.ECB
    quote = rates.quote(reference, semester)
    percent = rule.value * quote.percent if rule.kind is RateKind.TIMES_LEGAL else quote.percent + rule.value
    return _Price(percent, quote.source, "" if quote.known else f"{semester} {reference}")


def _indemnities(lines: Sequence[InterestLine], segment: Segment) -> tuple[Indemnity, ...]:
    """One per invoice that was late at all, however many terms it has (C. com. D441-5, CJUE C-78/22)."""
    if segment not in _OWES_INDEMNITY:
        return ()
    return tuple(Indemnity(invoice) for invoice in dict.fromkeys(line.invoice for line in lines))

"""Payment by instalments: a sum cut into dated parts that add up to the cent, and the day each is announced."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise

from msgspec import Struct

from relanced.rules.calendar import add_working_days
from relanced.rules.given import Promise
from relanced.rules.model import CaseFacts, HoldKind
from relanced.rules.owed import askable
from relanced.rules.promises import covered

MOST = 36  # parts: beyond that it is a loan
LONGEST = 24  # months: a judge grants no more (C. civ. 1343-5)
NOTICE = 3  # working days between the notice and the date

# Somebody has said something, or is to be spoken to: no machine comes in between.
_SPOKEN = (
    HoldKind.REPLY,
    HoldKind.DISPUTE,
    HoldKind.PAUSE,
    HoldKind.PROMISE,
    HoldKind.CALL_BACK,
    HoldKind.VALIDATION,
    HoldKind.PAID_BUT_OPEN,
    HoldKind.INSOLVENCY,
    HoldKind.HISTORY,
)


class Instalment(Struct, frozen=True):
    """One part: the `n`-th, from 1; `upto` is the sum of all parts until then, this one included. Amounts in cents."""

    n: int
    on: date
    cents: int
    upto: int


def by_count(total: int, count: int, first: date) -> tuple[Instalment, ...]:
    """Equal parts, one a month from the first day on; the last one takes what does not divide. Raises ValueError."""
    if not 2 <= count <= MOST:
        raise ValueError(f"instalments are 2 to {MOST}")
    each = total // count
    if each < 1:
        raise ValueError("there is less to pay than instalments")
    amounts = [each] * (count - 1) + [total - each * (count - 1)]
    return _numbered([(months_on(first, n), cents) for n, cents in enumerate(amounts)])


def by_list(total: int, parts: Sequence[tuple[date, int]]) -> tuple[Instalment, ...]:
    """The parts as somebody wrote them. Raises ValueError when they are not in order, or do not add up."""
    if not 2 <= len(parts) <= MOST:
        raise ValueError(f"instalments are 2 to {MOST}")
    if any(cents < 1 for _, cents in parts):
        raise ValueError("an instalment is at least 0.01")
    days = [day for day, _ in parts]
    if any(later <= earlier for earlier, later in pairwise(days)):
        raise ValueError("the dates of the instalments follow one another")
    said = sum(cents for _, cents in parts)
    if said != total:
        raise ValueError(f"the instalments add up to {said / 100:.2f}, what they are for to {total / 100:.2f}")
    return _numbered(parts)


def too_long(parts: Sequence[Instalment], today: date) -> bool:
    """Whether the last part is farther away than a judge would grant."""
    return parts[-1].on > months_on(today, LONGEST)


def announced_on(on: date, postcode: str = "") -> date:
    """The day on which an instalment is announced: some working days before its date."""
    return add_working_days(on, -NOTICE, postcode)


def runs(facts: CaseFacts, part: Promise) -> bool:
    """Whether the agreement of an instalment runs: it keeps its invoices quiet, and no later one took its place."""
    mine, agreement = {term_id for term_id, _ in part.terms}, part.agreement or 0
    kept = any(h.kind is HoldKind.INSTALMENTS and h.term_id in {None, *mine} for h in facts.holds)
    return kept and not any((p.agreement or 0) > agreement and mine & set(dict(p.terms)) for p in facts.promises)


def hushed(facts: CaseFacts, part: Promise, now: datetime) -> str:
    """Why nothing is written by itself about an instalment, though its agreement runs; empty when it may be."""
    mine = {term_id for term_id, _ in part.terms}
    if facts.debtor.excluded:
        return "the debtor is excluded"
    if all(t.excluded or t.closed_on or t.handed_over_on for t in facts.terms if t.id in mine):
        return "it is not pursued any more"
    for hold in facts.holds:
        still = hold.kind in _SPOKEN and (hold.until is None or hold.until > now)
        if still and hold.cents is None and (hold.term_id is None or hold.term_id in mine):
            return f"on hold ({hold.kind.value}: {hold.reason})"
    left = askable(facts)
    agreed = max(p.upto for p in facts.promises if p.agreement == part.agreement)
    rest = agreed - covered(facts, part).cents
    return "a part of what was agreed is contested" if rest > sum(left.get(t, 0) for t in mine) else ""


def _numbered(parts: Sequence[tuple[date, int]]) -> tuple[Instalment, ...]:
    made, upto = [], 0
    for n, (on, cents) in enumerate(parts, 1):
        upto += cents
        made.append(Instalment(n, on, cents, upto))
    return tuple(made)


def months_on(first: date, months: int) -> date:
    """The same day so many months later; the last one of a month that is too short."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, min(first.day, calendar.monthrange(year, month + 1)[1]))

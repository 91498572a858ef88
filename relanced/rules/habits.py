"""How a debtor pays: how many invoices were paid in full, and how late the last twelve were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from relanced.rules.model import Habits, Money, Term
from relanced.rules.owed import Account, account

_LAST = 12


def habits(terms: Iterable[Term], money: Iterable[Money]) -> Habits:
    """Count and mean lateness in days (never negative), over invoices that owe nothing any more.

    An invoice that only credits have cleared was not paid.
    """
    listed, paid = tuple(terms), tuple(money)
    if not paid and not any(t.settled_on or t.stated_open == 0 for t in listed):
        return Habits()
    kept = account(listed, paid)
    parts, named = _grouped(listed, paid)
    ends = sorted(
        (end, max(0, (end - max(t.due_on for t in mine)).days))
        for invoice, mine in parts.items()
        if not any(kept.owed[t.id] for t in mine) and (end := _paid_on(mine, named[invoice], kept)) is not None
    )
    last = [late for _, late in ends[-_LAST:]]
    return Habits(len(ends), sum(last) / len(last) if last else 0.0)


def _grouped(terms: tuple[Term, ...], money: tuple[Money, ...]) -> tuple[dict[int, list[Term]], dict[int, list[Money]]]:
    parts: dict[int, list[Term]] = defaultdict(list)
    for term in terms:
        parts[term.invoice_id].append(term)
    named: dict[int, list[Money]] = defaultdict(list)
    for item in sorted(money, key=lambda m: (m.booked_on, m.id)):
        if item.invoice_id is not None:
            named[item.invoice_id].append(item)
    return parts, named


def _paid_on(parts: list[Term], named: list[Money], kept: Account) -> date | None:
    """The day the invoice was cleared: by its own payments, by loose ones, by a person's word, or in the books."""
    first, payments = parts[0], [m.booked_on for m in named if m.cents > 0 and not m.credit]
    if payments and (day := _cleared_on(sum(t.cents for t in parts), named)):
        return day
    days = payments + [day for t in parts if (day := kept.loosely_paid_on.get(t.id))]
    days += [t.settled_on for t in parts if t.settled_on]
    if not days and first.stated_open == 0 and first.stated_on:
        days = [first.stated_on]
    return max(days, default=None)


def _cleared_on(total: int, named: list[Money]) -> date | None:
    """The day they last reached the total, if they did: a second payment of the same invoice is not a late one."""
    paid, day = 0, None
    for item in named:
        before, paid = paid, paid + item.cents
        if before < total <= paid:
            day = item.booked_on
    return day


def in_words(known: Habits) -> str:
    """One line for whoever is about to speak with the debtor."""
    if not known.paid_invoices:
        return "no invoice fully paid yet"
    late = f"{known.mean_lateness:.0f} days late"
    if known.paid_invoices == 1:
        return f"1 invoice paid, {late}"
    last = f"the last {_LAST} of them " if known.paid_invoices > _LAST else ""
    return f"{known.paid_invoices} invoices paid, {last}{late} on average"

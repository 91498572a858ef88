"""How a debtor pays: how many invoices were paid in full, and how late the last twelve were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from relanced.rules.model import Habits, Money, Term
from relanced.rules.owed import outstanding


def habits(terms: Iterable[Term], money: Iterable[Money]) -> Habits:
    """Count and mean lateness in days (never negative), over invoices that owe nothing any more."""
    listed, paid = tuple(terms), tuple(money)
    owed = outstanding(listed, paid)
    parts: dict[int, list[Term]] = defaultdict(list)
    for term in listed:
        parts[term.invoice_id].append(term)
    ends = sorted(
        (end, max(0, (end - max(t.due_on for t in mine)).days))
        for invoice, mine in parts.items()
        if not any(owed[t.id] for t in mine) and (end := _paid_on(invoice, mine, paid)) is not None
    )
    last = [late for _, late in ends[-12:]]
    return Habits(len(ends), sum(last) / len(last) if last else 0.0)


def _paid_on(invoice_id: int, parts: list[Term], money: tuple[Money, ...]) -> date | None:
    """The day of the last payment of the invoice, or the day the books said it was settled."""
    days = [m.booked_on for m in money if m.invoice_id == invoice_id and not m.credit]
    days += [t.settled_on for t in parts if t.settled_on]
    if not days and parts[0].stated_open == 0 and parts[0].stated_on:
        days = [parts[0].stated_on]
    return max(days, default=None)

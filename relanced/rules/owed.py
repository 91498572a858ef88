"""What each term still owes: principal only, in cents.

The latest stated open amount of an invoice, minus the payments and credits booked after its day; without a statement,
the invoice minus all of them. Money that names no invoice, and what exceeds an invoice, pays the oldest term first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from relanced.rules.model import CaseFacts, Money, Term


def balances(facts: CaseFacts) -> dict[int, int]:
    """What every term of the case owes, by term id; never negative."""
    return outstanding(facts.terms, facts.money)


def outstanding(terms: Iterable[Term], money: Iterable[Money]) -> dict[int, int]:
    """The same for loose terms and money. Money of another currency, or already in a statement, pays nothing here."""
    oldest_first = sorted(terms, key=lambda t: (t.due_on, t.invoice, t.n))
    invoices = _by_invoice(oldest_first)
    owed, loose = {}, []
    named = _by_target(money, invoices)
    for invoice_id, parts in invoices.items():
        left, surplus = _pay_invoice(parts, named.get(invoice_id, ()))
        owed.update(left)
        loose += surplus
    _pay_oldest(oldest_first, owed, loose + list(named.get(None, ())))
    return {t.id: 0 if t.settled_on else max(owed[t.id], 0) for t in oldest_first}


def _by_invoice(terms: list[Term]) -> dict[int, list[Term]]:
    grouped: dict[int, list[Term]] = defaultdict(list)
    for term in terms:
        grouped[term.invoice_id].append(term)
    return grouped


def _by_target(money: Iterable[Money], invoices: Mapping[int, list[Term]]) -> dict[int | None, list[Money]]:
    grouped: dict[int | None, list[Money]] = defaultdict(list)
    for item in sorted(money, key=lambda m: (m.booked_on, m.id)):
        grouped[item.invoice_id if item.invoice_id in invoices else None].append(item)
    return grouped


def _pay_invoice(parts: list[Term], money: Iterable[Money]) -> tuple[dict[int, int], list[Money]]:
    """What the terms of one invoice owe, and what was paid beyond it."""
    first = parts[0]
    total = sum(t.cents for t in parts)
    stated = first.stated_open
    paid = 0 if stated is None else total - stated
    spare: list[Money] = []
    for item in money:
        if item.currency != first.currency or not _counts(item, first):
            continue
        paid += item.cents
        if paid > total:
            spare.append(Money(item.id, item.booked_on, min(paid - total, item.cents), item.currency))
            paid = total
    return _spread(parts, paid), spare


def _counts(item: Money, term: Term) -> bool:
    return term.stated_on is None or item.booked_on > term.stated_on


def _spread(parts: list[Term], paid: int) -> dict[int, int]:
    """Lay a sum over terms, oldest first; a negative sum (a reversal beyond the invoice) raises the oldest."""
    left = {}
    for term in parts:
        share = min(paid, term.cents)
        left[term.id] = term.cents - share
        paid -= share
    return left


def _pay_oldest(terms: list[Term], owed: dict[int, int], money: list[Money]) -> None:
    for item in sorted(money, key=lambda m: (m.booked_on, m.id)):
        rest = item.cents
        for term in terms:
            if rest == 0:
                break
            if item.currency != term.currency or not _counts(item, term) or term.settled_on:
                continue
            if rest > 0:
                share = min(rest, max(owed[term.id], 0))
            else:  # a reversal nobody could attribute: reopen what was paid, oldest first, never above the term
                share = -min(-rest, max(term.cents - owed[term.id], 0))
            owed[term.id] -= share
            rest -= share


def overdue(terms: Iterable[Term], owed: Mapping[int, int], today: date) -> int:
    """The principal past its due date, in cents."""
    return sum(owed[t.id] for t in terms if t.due_on < today)

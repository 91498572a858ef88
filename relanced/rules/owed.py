"""What each term still owes: principal only, in cents.

The latest stated open amount of an invoice, minus the payments and credits booked after its day; without a statement,
the invoice minus all of them. Money that names no invoice, and what exceeds an invoice, pays the oldest term first;
around the day on which a person said that a term is paid, it is the money that person spoke of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from functools import wraps
from typing import TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from relanced.rules.given import Offer, OfferState, Promise, PromiseState
from relanced.rules.model import CaseFacts, HoldKind, Money, Term

T = TypeVar("T")


def once(work: Callable[[CaseFacts], T]) -> Callable[[CaseFacts], T]:
    """Worked out when it is first asked of a case, and kept: its facts never change, `replace` makes another one."""

    @wraps(work)
    def answer(facts: CaseFacts) -> T:
        known = facts.__dict__
        if work.__name__ not in known:
            known[work.__name__] = work(facts)
        found: T = known[work.__name__]
        return found

    return answer


@once
def balances(facts: CaseFacts) -> Mapping[int, int]:
    """What every term of the case owes, by term id; never negative."""
    return outstanding(facts.terms, designated(facts))


@once
def designated(facts: CaseFacts) -> tuple[Money, ...]:
    """The money, where exactly what was promised, or what an offer asks, came in its time and names no invoice: it pays
    what that word is about.

    Who pays may say which debt it is for (C. civ. 1342-10), and the amount says it.
    """
    money = facts.money
    words: list[Offer | Promise] = [*facts.offers, *facts.promises]
    for word in words:
        meant = next((m for m in money if _takes(m, word)), None)
        if meant:
            at = money.index(meant)
            money = (*money[:at], *_laid_on(meant, word, facts.terms), *money[at + 1 :])
    return money


def _takes(item: Money, word: Offer | Promise) -> bool:
    """Whether it is exactly what was promised or offered, loose and in time."""
    runs = word.state in (OfferState.OPEN, OfferState.TAKEN, PromiseState.OPEN, PromiseState.KEPT)
    loose = item.invoice_id is None and not item.credit and item.cents == word.cents
    last = word.last if isinstance(word, Offer) else word.until
    return runs and loose and word.said_on is not None and word.said_on <= item.booked_on <= last


def _laid_on(item: Money, word: Offer | Promise, terms: Iterable[Term]) -> list[Money]:
    """That money on the invoices of a word, the oldest first."""
    then, pieces, rest = dict(word.terms), dict[int, int](), item.cents
    for term in oldest_first(t for t in terms if t.id in then):
        share = min(rest, then[term.id])
        pieces[term.invoice_id] = pieces.get(term.invoice_id, 0) + share
        rest -= share
    laid = [replace(item, cents=cents, invoice_id=invoice_id) for invoice_id, cents in pieces.items() if cents]
    return [*laid, replace(item, cents=rest)] if rest else laid


@once
def askable(facts: CaseFacts) -> Mapping[int, int]:
    """What may be asked for of every term: what it owes, less the part of it that is contested; nothing where an offer
    was paid in time."""
    left = dict(balances(facts))
    for hold in facts.holds:
        if hold.cents is not None and hold.term_id in left:
            left[hold.term_id] = max(0, left[hold.term_id] - hold.cents)
    return left | dict.fromkeys(let_go(facts), 0)


def contested(facts: CaseFacts, today: date) -> dict[int, int]:
    """What is contested of each term: all that it owes where no part was named. Terms of which nothing is are left
    out."""
    left, found = balances(facts), defaultdict[int, int](int)
    for hold in facts.holds:
        if hold.kind is HoldKind.DISPUTE and (hold.until is None or hold.until.date() >= today):
            for term_id in left if hold.term_id is None else (hold.term_id,):
                found[term_id] += left.get(term_id, 0) if hold.cents is None else hold.cents
    return {term_id: min(cents, left[term_id]) for term_id, cents in found.items() if left.get(term_id) and cents}


def let_go(facts: CaseFacts) -> set[int]:
    """The terms of which an offer was paid in time: what is left of them is waived (C. civ. 1350)."""
    return {term_id for offer in facts.offers if offer.state is OfferState.TAKEN for term_id, _ in offer.terms}


def outstanding(terms: Iterable[Term], money: Iterable[Money]) -> dict[int, int]:
    """The same for loose terms and money. Money of another currency, or already in a statement, pays nothing here."""
    return account(terms, money).owed


def overdue(terms: Iterable[Term], owed: Mapping[int, int], today: date) -> int:
    """The principal past its due date, in cents."""
    return sum(owed[t.id] for t in terms if t.due_on < today)


def oldest_first(terms: Iterable[Term]) -> list[Term]:
    """The order in which terms are paid, and named."""
    return sorted(terms, key=lambda t: (t.due_on, t.invoice, t.n, t.id))


class Account(Struct, frozen=True):
    """What every term owes, and the day on which money that named no invoice last paid a term."""

    owed: dict[int, int] = field(default_factory=dict)
    loosely_paid_on: dict[int, date] = field(default_factory=dict)


def account(terms: Iterable[Term], money: Iterable[Money]) -> Account:
    """Lay all the money over all the terms, oldest first."""
    listed = oldest_first(terms)
    invoices = _by_invoice(listed)
    named = _by_target(money, invoices)
    kept, loose = Account(), list(named.pop(None, ()))
    for invoice_id, parts in invoices.items():
        left, surplus = _pay_invoice(parts, named.get(invoice_id, ()))
        kept.owed.update(left)
        loose += surplus
    for currency in {m.currency for m in loose}:
        purse = _Purse(kept, [t for t in listed if t.currency == currency])
        purse.lay(m for m in loose if m.currency == currency)
    kept.owed.update({t.id: 0 for t in listed if t.settled_on})
    return kept


def _by_invoice(terms: list[Term]) -> dict[int, list[Term]]:
    grouped: dict[int, list[Term]] = defaultdict(list)
    for term in terms:
        grouped[term.invoice_id].append(term)
    return grouped


def _by_target(money: Iterable[Money], invoices: Mapping[int, list[Term]]) -> dict[int | None, list[Money]]:
    grouped: dict[int | None, list[Money]] = defaultdict(list)
    for item in sorted(money, key=_by_day):
        grouped[item.invoice_id if item.invoice_id in invoices else None].append(item)
    return grouped


def _by_day(item: Money) -> tuple[date, int]:
    return item.booked_on, item.id


def _pay_invoice(parts: list[Term], money: Iterable[Money]) -> tuple[dict[int, int], list[Money]]:
    """What the terms of one invoice owe, and what was paid beyond it.

    Reversals count first, so that only what nobody took back is spare; they never raise the debt above the invoice.
    """
    first = parts[0]
    total = sum(t.cents for t in parts)
    left = total if first.stated_open is None else first.stated_open
    most = max(total, left)
    spare: list[Money] = []
    for item in sorted(money, key=lambda m: m.cents > 0):
        if item.currency != first.currency or not _counts(item, first):
            continue
        left -= item.cents
        if left < 0:
            spare.append(replace(item, cents=min(item.cents, -left), invoice_id=None))
            left = 0
    return _spread(parts, total - min(max(left, 0), most)), [m for m in spare if m.cents > 0]


def _counts(item: Money, term: Term) -> bool:
    return term.stated_on is None or item.booked_on > term.stated_on


def _spread(parts: list[Term], paid: int) -> dict[int, int]:
    """Lay a sum over terms, oldest first; a statement above the invoice raises the oldest."""
    left = {}
    for term in parts:
        share = min(paid, term.cents)
        left[term.id] = term.cents - share
        paid -= share
    return left


_AROUND = timedelta(days=15)  # a person hears of a payment before, or some time after, the bank shows it


def _spoken_of(item: Money, term: Term) -> bool:
    """Whether this money may be what a person meant by saying that the term is paid."""
    return term.settled_on is not None and abs(item.booked_on - term.settled_on) <= _AROUND


class _Purse:
    """Money of one currency that names no invoice, laid day by day over the terms of that currency."""

    def __init__(self, kept: Account, terms: list[Term]) -> None:
        self._kept, self._terms = kept, [t for t in terms if not t.settled_on]
        self._settled = [t for t in terms if t.settled_on]
        self._laid: list[tuple[int, int]] = []  # term and cents, in the order paid

    def lay(self, money: Iterable[Money]) -> None:
        for item in sorted(money, key=_by_day):
            if item.cents > 0:
                self._pay(item)
            else:
                self._reopen(item, self._take_back(-item.cents))

    def _pay(self, item: Money) -> None:
        rest, owed = item.cents, self._kept.owed
        for term in [*(t for t in self._settled if _spoken_of(item, t)), *self._terms]:
            if rest == 0:
                break
            if owed[term.id] <= 0 or not _counts(item, term):
                continue
            share = min(rest, owed[term.id])
            owed[term.id] -= share
            rest -= share
            self._laid.append((term.id, share))
            if not item.credit and not term.settled_on:
                self._kept.loosely_paid_on[term.id] = item.booked_on

    def _take_back(self, cents: int) -> int:
        """A reversal undoes what loose money paid, the latest first; what it could not undo comes back."""
        while cents and self._laid:
            term_id, share = self._laid.pop()
            back = min(cents, share)
            self._kept.owed[term_id] += back
            cents -= back
            if share > back:
                self._laid.append((term_id, share - back))
        return cents

    def _reopen(self, item: Money, cents: int) -> None:
        """What else is paid owes again, oldest first, never more than the term."""
        for term in self._terms:
            back = min(cents, max(term.cents - self._kept.owed[term.id], 0)) if _counts(item, term) else 0
            self._kept.owed[term.id] += back
            cents -= back

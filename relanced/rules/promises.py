"""A debtor's word against the payments: kept, partly kept, broken. Days are local, grace is in bank days."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType

from msgspec import Struct

from relanced.rules.calendar import add_bank_days, bank_day_on_or_after
from relanced.rules.given import Offer, OfferState, Promise, PromiseState
from relanced.rules.model import CaseFacts, HoldKind, PaymentMode, Term
from relanced.rules.offers import about, ending, progress, ruled, since
from relanced.rules.owed import askable, balances, contested, designated, let_go, oldest_first

# How many bank days after the day named the money may still be on its way: a transfer ordered on that day shows on
# the second, a cheque has to be posted, paid in and credited first.
GRACE: Mapping[PaymentMode, int] = MappingProxyType(
    {
        PaymentMode.TRANSFER: 2,
        PaymentMode.CHEQUE: 6,
        PaymentMode.DIRECT_DEBIT: 3,
        PaymentMode.CARD: 2,
        PaymentMode.OTHER: 3,
    }
)
BROKEN = (PromiseState.PARTLY, PromiseState.BROKEN)


class Judged(Struct, frozen=True):
    """What became of a promise, and how much had been paid on it by then."""

    promise: Promise
    state: PromiseState
    paid: int


def last_day(on: date, means: PaymentMode) -> date:
    """The last day of grace of what was promised for a day."""
    return add_bank_days(bank_day_on_or_after(on), GRACE[means])


class Covered(Struct, frozen=True):
    """How much of a word is done: by payments, and by credit notes that leave less to pay than was promised."""

    paid: int
    credited: int

    @property
    def cents(self) -> int:
        """Both together."""
        return self.paid + self.credited


def covered(facts: CaseFacts, promise: Promise) -> Covered:
    """What has come on its terms since the word was given, for an instalment on all of its agreement.

    A credit note gives first what nobody had promised: the part that was contested, or left out.
    """
    paid, credited = since(facts, promise, designated(facts))
    spare = sum(then for _, then in promise.terms) - _whole(facts, promise)
    return Covered(paid, max(0, credited - max(0, spare)))


def _whole(facts: CaseFacts, promise: Promise) -> int:
    """All that was promised with it."""
    parts = [p.upto for p in facts.promises if p.agreement == promise.agreement] if promise.agreement else []
    return max([promise.upto, *parts])


def share_of(promise: Promise, come: Covered) -> Covered:
    """What of it falls to this word: the instalments before it are paid first, credit notes before payments."""
    before = promise.upto - promise.cents
    done, credited = (min(promise.cents, max(0, cents - before)) for cents in (come.cents, come.credited))
    return Covered(done - credited, credited)


def judge(facts: CaseFacts, promise: Promise, today: date, covers: date | None) -> Judged:
    """What becomes of an open promise: kept too, once nothing is left but what is contested. `covers` is the last day
    the bank data account for: until they cover the whole grace nobody can say that it was broken."""
    come = covered(facts, promise)
    mine = share_of(promise, come)
    if come.cents >= promise.upto or not _asked_for(facts, promise, today):
        return Judged(promise, PromiseState.KEPT, mine.paid)
    if today <= promise.until or covers is None or covers < promise.until:
        return Judged(promise, PromiseState.OPEN, mine.paid)
    return Judged(promise, PromiseState.PARTLY if mine.paid else PromiseState.BROKEN, mine.paid)


def _asked_for(facts: CaseFacts, promise: Promise, today: date) -> bool:
    """Whether something of its terms is owed, and not contested; an agreement runs on whatever is contested."""
    if promise.agreement is not None:
        return True
    owed, left, against = balances(facts), askable(facts), contested(facts, today)
    return any(left.get(t) and against.get(t, 0) < owed[t] for t, _ in promise.terms)


def judged(facts: CaseFacts, today: date, covers: date | None) -> tuple[Judged, ...]:
    """The promises of which something has become: of open ones, and of kept ones whose payment came back."""
    returned = [m.booked_on for m in facts.money if m.cents < 0]
    asked = (
        judge(facts, p, today, covers)
        for p in facts.promises
        if p.state is PromiseState.OPEN
        or (p.state is PromiseState.KEPT and any(p.said_on and day >= p.said_on for day in returned))
    )
    return tuple(one for one in asked if one.state not in (PromiseState.OPEN, one.promise.state))


def made_good(facts: CaseFacts, promise: Promise) -> bool:
    """Whether all of it has come after all, though too late."""
    return covered(facts, promise).cents >= promise.upto


def awaited(facts: CaseFacts, terms: Collection[int], today: date) -> Iterator[tuple[set[int], str]]:
    """Which of these terms wait for the bank data, and why: the time of a promise, or the day of an offer, is over, and
    nobody can tell yet what became of it."""
    for word in facts.promises:
        mine = {term_id for term_id, _ in word.terms} & set(terms)
        if word.state is PromiseState.OPEN and word.agreement is None and word.until < today and mine:
            yield mine, f"waits for bank data until {word.until}: a payment was promised for {word.on}"
    for offer in about(ending(facts.offers, today), terms) if facts.offers else ():
        mine = {term_id for term_id, _ in offer.terms} & set(terms)
        yield mine, f"waits for bank data until {offer.last}: an offer ended on {offer.until}"


def undecided(facts: CaseFacts, today: date, covers: date | None) -> bool:
    """Whether something has become of a promise or of an offer that nobody has written down yet: until then it is not
    known what may be asked for."""
    return bool(ruled(facts, today, covers) or judged(facts, today, covers))


def next_judgement(promises: Iterable[Promise], today: date) -> date | None:
    """The next day on which time alone may break an open promise."""
    days = [p.until + timedelta(days=1) for p in promises if p.state is PromiseState.OPEN]
    return min((day for day in days if day > today), default=None)


def word_of_the_last(promises: Iterable[Promise]) -> str:
    """How the debtor keeps promises, in one line; empty when none was ever judged."""
    ended = [p for p in promises if p.state in (PromiseState.KEPT, *BROKEN)]
    if not ended:
        return ""
    kept = sum(1 for p in ended if p.state is PromiseState.KEPT)
    return f"{kept} of {len(ended)} promises kept"


def meant(facts: CaseFacts, invoices: Sequence[str], today: date) -> tuple[Term, ...]:
    """The terms a debtor's word is about: of the invoices named, else all that are overdue, else all that owe.

    Raises ValueError for an invoice of which nothing is owed, and when nothing is.
    """
    left = balances(facts)
    owing = oldest_first(t for t in facts.terms if left[t.id] > 0)
    if unknown := sorted(set(invoices) - {t.invoice for t in owing}):
        raise ValueError(f"{facts.debtor.name} owes nothing of an invoice {unknown[0]}")
    if not owing:
        raise ValueError(f"{facts.debtor.name} owes nothing")
    named = tuple(t for t in owing if t.invoice in invoices)
    return named or tuple(t for t in owing if t.due_on < today) or tuple(owing)


def solvent(facts: CaseFacts) -> None:
    """Nothing is agreed upon with a debtor in a collective procedure. Raises ValueError."""
    if any(hold.kind is HoldKind.INSOLVENCY for hold in facts.holds):
        over = f"relanced release {facts.id} --kind insolvency"
        raise ValueError(f"a collective procedure is open, nothing is asked for any more: {over} comes first")


def promisable(facts: CaseFacts, invoices: Sequence[str], today: date) -> tuple[Term, ...]:
    """The terms a promise or an agreement is about: those meant, less what is contested whole or waived.

    Raises ValueError as `meant` and `free_of` do.
    """
    return free_of(facts, meant(facts, invoices, today), bool(invoices), today)


def free_of(facts: CaseFacts, terms: Sequence[Term], named: bool, today: date) -> tuple[Term, ...]:
    """Those of these terms that are not contested whole, nor waived. Raises ValueError where nothing is left, where a
    person named one of the others, and as `solvent` does."""
    solvent(facts)
    left, against, waived = balances(facts), contested(facts, today), let_go(facts)
    free = tuple(t for t in terms if t.id not in waived and against.get(t.id, 0) < left[t.id])
    if len(free) < len(terms) and (named or not free):
        other = next(t for t in terms if t not in free)
        if other.id in waived:
            raise ValueError("what is left of it is waived already: an earlier offer was paid in time")
        raise ValueError(f"{other.invoice} is contested: {_ends_it(facts)} comes first")
    return free


def uncontested(facts: CaseFacts, terms: Sequence[Term], today: date) -> None:
    """An offer settles its invoices whole. Raises ValueError where a part of one is contested."""
    against = contested(facts, today)
    if one := next((t for t in terms if t.id in against), None):
        part = f"{against[one.id] / 100:.2f} of {one.invoice} is contested, and an offer settles all of it"
        raise ValueError(f"{part}: {_ends_it(facts)} comes first")


def _ends_it(facts: CaseFacts) -> str:
    return f"relanced release {facts.id} --kind dispute"


def sum_promised(facts: CaseFacts, terms: Sequence[Term], on: date, cents: int | None = None) -> int:
    """How much a word for that day is: `cents`, else all that may be asked of the terms, while an offer of ours runs
    what it still asks.

    Raises ValueError for more than that, and for a word that does not fit a running offer.
    """
    left, offers = askable(facts), open_offers(facts, terms)
    total = sum(left[t.id] for t in terms) - sum(_let_off(facts, offer, terms, on) for offer in offers)
    said = total if cents is None else cents
    if not 0 < said <= total:
        owed = f"{total / 100:.2f} {one_currency(terms)} is owed"
        instead = f" while our offer runs: {_takes_back(facts)} comes first" if offers and said > total else ""
        raise ValueError(f"{said / 100:.2f} is promised, and {owed}{instead}")
    return said


def open_offers(facts: CaseFacts, terms: Sequence[Term]) -> tuple[Offer, ...]:
    """The offers of ours about any of these terms that were neither taken nor have lapsed."""
    return tuple(o for o in about(facts.offers, {t.id for t in terms}) if o.state is OfferState.OPEN)


def unoffered(facts: CaseFacts, terms: Sequence[Term]) -> None:
    """An agreement is about everything that is owed. Raises ValueError while less is asked by an offer that runs."""
    if open_offers(facts, terms):
        raise ValueError(f"our offer runs: {_takes_back(facts)} comes first")


def _let_off(facts: CaseFacts, offer: Offer, terms: Sequence[Term], on: date) -> int:
    """What an offer lets go of these terms. Raises ValueError where the word would pass it by."""
    come, named = progress(facts, offer), {t.id for t in terms}
    if on <= offer.until and {term_id for term_id, _ in offer.terms} <= named:
        return come.waived
    asks = f"our offer runs, {come.asks / 100:.2f} until {offer.until} for all it is about"
    raise ValueError(f"{asks}: promise that, or {_takes_back(facts)} comes first")


def _takes_back(facts: CaseFacts) -> str:
    return f"relanced offer {facts.id} --withdraw"


def one_currency(terms: Sequence[Term]) -> str:
    """The currency of these terms. Raises ValueError when they have several."""
    found = {t.currency for t in terms}
    if len(found) > 1:
        raise ValueError("several currencies are owed: name the invoices, one currency at a time")
    return found.pop()

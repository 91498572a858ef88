"""An offer with an end: taken by who pays in time, lapsed for who does not. Days are local, grace is in bank days."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from msgspec import Struct

from relanced.rules.given import Offer, OfferState, Promise
from relanced.rules.model import CaseFacts, Money
from relanced.rules.owed import balances, designated, outstanding

_DAY = timedelta(days=1)


class Ruled(Struct, frozen=True):
    """What became of an offer, how much had been paid on it, and what is still owed of its terms."""

    offer: Offer
    state: OfferState
    paid: int
    left: int


def share(total: int, percent: Decimal) -> int:
    """So many percent of an amount, in cents, half a cent up."""
    return int((total * percent / 100).quantize(Decimal(1), ROUND_HALF_UP))


def ruled(facts: CaseFacts, today: date, covers: date | None) -> tuple[Ruled, ...]:
    """The offers of which something has become. `covers` is the last day the bank data account for: until they cover
    the whole grace nobody can say that an offer was not taken."""
    known = [o for o in facts.offers if o.state in (OfferState.OPEN, OfferState.TAKEN)]
    if not known:
        return ()
    owed = balances(facts)
    found = (_ruled(offer, facts, owed, today, covers) for offer in known)
    return tuple(one for one in found if one.state is not one.offer.state)


def _ruled(offer: Offer, facts: CaseFacts, owed: Mapping[int, int], today: date, covers: date | None) -> Ruled:
    left = sum(owed.get(term_id, 0) for term_id, _ in offer.terms)
    if offer.state is OfferState.TAKEN:  # a payment that came back takes the waiver with it
        state = OfferState.LAPSED if left > offer.waived else offer.state
        return Ruled(offer, state, progress(facts, offer).paid, left)
    come = progress(facts, offer, offer.last)
    if come.asks == 0:
        return Ruled(offer, OfferState.TAKEN, come.paid, left)
    over = today > offer.last and covers is not None and covers >= offer.last
    return Ruled(offer, OfferState.LAPSED if over else OfferState.OPEN, come.paid, left)


class Progress(Struct, frozen=True):
    """How far an offer has come: what was paid on it, what it still asks, and what it would still let go."""

    paid: int
    asks: int
    waived: int


def progress(facts: CaseFacts, offer: Offer, until: date | None = None) -> Progress:
    """What became of it by the money booked until that day. A credit note pays nothing of it: it gives what was to be
    let go, and only beyond that is less asked."""
    money = [m for m in designated(facts) if until is None or m.booked_on <= until]
    paid, credited = since(facts, offer, money)
    wanted = max(0, offer.cents - max(0, credited - offer.waived))
    return Progress(paid, max(0, wanted - paid), max(0, offer.waived - credited))


def since(facts: CaseFacts, word: Offer | Promise, money: Sequence[Money]) -> tuple[int, int]:
    """What has gone off the terms of a word since it was given: by payments, and by credit notes."""
    owed = outstanding(facts.terms, money)
    given = _given_since(facts, word, money)
    bare = outstanding(facts.terms, [m for m in money if m not in given]) if given else owed
    gone = sum(max(0, then - owed.get(t, 0)) for t, then in word.terms)
    credited = sum(max(0, min(then, bare.get(t, 0)) - owed.get(t, 0)) for t, then in word.terms)
    return gone - credited, credited


def _given_since(facts: CaseFacts, word: Offer | Promise, money: Iterable[Money]) -> list[Money]:
    """The credit notes booked since it was given; those of that very day unless what was owed then counts them in."""
    made = word.said_on
    credits = [m for m in money if m.credit and made is not None and m.booked_on >= made]
    if any(m.booked_on == made for m in credits):
        known = _counted_in(facts, word)
        return [m for m in credits if m.id not in known]
    return credits


def _counted_in(facts: CaseFacts, word: Offer | Promise) -> set[int]:
    """Of the money of the day on which it was given, what was known then: as much as leads to what was owed."""
    made, money = word.said_on, designated(facts)
    before = [m for m in money if made is not None and m.booked_on < made]
    that_day = sorted((m for m in money if m.booked_on == made), key=lambda m: m.id)
    for known in range(len(that_day) + 1):
        then = outstanding(facts.terms, [*before, *that_day[:known]])
        if all(owed == then.get(t, 0) for t, owed in word.terms):
            return {m.id for m in that_day[:known]}
    then = outstanding(facts.terms, [*before, *that_day])
    return {m.id for m in that_day} if all(owed <= then.get(t, 0) for t, owed in word.terms) else set()


def running(offers: Iterable[Offer], today: date) -> tuple[Offer, ...]:
    """The offers that may still be taken."""
    return tuple(o for o in offers if o.state is OfferState.OPEN and today <= o.until)


def nothing_formal(offer: Offer) -> str:
    """Why nothing formal leaves while it runs: that would claim what was offered to be let go."""
    return f"nothing formal before the end of an offer on {offer.until}"


def ending(offers: Iterable[Offer], today: date) -> tuple[Offer, ...]:
    """The offers whose day is over, and of which nobody can tell yet whether they were taken."""
    return tuple(o for o in offers if o.state is OfferState.OPEN and today > o.until)


def about(offers: Iterable[Offer], terms: Collection[int]) -> tuple[Offer, ...]:
    """Those that speak of any of these terms."""
    return tuple(o for o in offers if {term_id for term_id, _ in o.terms} & set(terms))


def next_ruling(offers: Iterable[Offer], today: date) -> date | None:
    """The next day on which time alone may change what an offer means: it is over, or its grace is."""
    days = [day + _DAY for o in offers if o.state is OfferState.OPEN for day in (o.until, o.last)]
    return min((day for day in days if day > today), default=None)

"""After an offer: what a person is asked once it was taken, or has lapsed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from relanced.rules.given import Offer, OfferState
from relanced.rules.offers import Ruled
from relanced.store.facts import Loaded
from relanced.store.offering import credit_note_key
from relanced.store.tasks import Task, lapsed_offer_key


def after_an_offer(case: Loaded, one: Ruled) -> Task:
    """The credit note is to be booked; or somebody should know that nothing, or not enough, has come in time."""
    facts, offer = case.facts, one.offer
    mine = [t for t in facts.terms if t.id in dict(offer.terms)]
    head = f"{facts.debtor.name} ({', '.join(dict.fromkeys(t.invoice for t in mine))})"
    if one.state is OfferState.TAKEN:
        what = f"the offer of {offer.cents / 100:.2f} {mine[0].currency} until {offer.until} was paid in time"
        words = f"{head}: {what}: book a credit note of {one.left / 100:.2f}; it is not asked for any more"
        return Task("credit note", credit_note_key(offer.id), words, facts.creditor, facts.id, case.owner)
    came_back = offer.state is OfferState.TAKEN
    why = "the payment came back" if came_back else f"{one.paid / 100:.2f} of {offer.cents / 100:.2f} was paid"
    words = f"{head}: the offer until {offer.until} has lapsed, {why}: {one.left / 100:.2f} is owed"
    return Task("offer lapsed", lapsed_offer_key(offer.id), words, facts.creditor, facts.id, case.owner)


def settled(offers: Iterable[Offer], owed: Mapping[int, int]) -> tuple[str, ...]:
    """The tasks nobody has to look after any more: the credit note was booked, or all was paid after all."""
    over = (o for o in offers if o.state is not OfferState.OPEN and not any(owed.get(t) for t, _ in o.terms))
    return tuple(lapsed_offer_key(o.id) if o.state is OfferState.LAPSED else credit_note_key(o.id) for o in over)

"""What a reminder recalls of what was said since the last one: a word not kept, an agreement ended, an offer."""

from __future__ import annotations

from collections.abc import Iterator, Set
from datetime import date

from msgspec import Struct

from relanced.rules.given import Offer, OfferState, Promise
from relanced.rules.model import CaseFacts, HoldKind
from relanced.rules.offers import about, progress, running
from relanced.rules.owed import contested
from relanced.rules.promises import BROKEN, covered, made_good, share_of


class Recalls(Struct, frozen=True):
    """`missed` is an instalment of the agreement that was ended, `broken` a promise of its own."""

    broken: Promise | None = None
    missed: Promise | None = None
    offer: Offer | None = None

    def marks(self, facts: CaseFacts) -> Iterator[str]:
        """A short name for each, with the sums told of it: another one means that something else is recalled."""
        if self.broken:
            yield f"{self.broken.id}:{self.broken.state}:{share_of(self.broken, covered(facts, self.broken)).paid}"
        if self.missed:
            yield f"{self.missed.id}:{self.missed.state}"
        if self.offer:
            come = progress(facts, self.offer)
            yield f"offer:{self.offer.id}:{self.offer.state}:{come.asks}:{come.waived}"


def recalls(facts: CaseFacts, named: Set[int], last: date, today: date) -> Recalls:
    """What a reminder about these terms recalls today; `last` is the day of the last reminder before it."""
    if not facts.promises and not facts.offers:
        return Recalls()
    return Recalls(_broken(facts, named, last), _missed(facts, named, last), _offered(facts, named, last, today))


def _broken(facts: CaseFacts, named: Set[int], last: date) -> Promise | None:
    """The last promise about these terms that was found broken since the last reminder, and was not kept later."""
    words = [p for p in facts.promises if p.state in BROKEN and p.agreement is None and named & set(dict(p.terms))]
    since = [p for p in words if p.judged_on and p.judged_on > last]
    return since[-1] if since and not made_good(facts, since[-1]) else None


def _missed(facts: CaseFacts, named: Set[int], last: date) -> Promise | None:
    """Of the agreement about these terms that a person ended, what was missed since the last reminder."""
    if any(hold.kind is HoldKind.INSTALMENTS and hold.term_id in named for hold in facts.holds):
        return None
    mine = (p for p in facts.promises if p.agreement is not None and named & set(dict(p.terms)))
    missed = [p for p in mine if p.state in BROKEN and p.judged_on and p.judged_on > last]
    return missed[-1] if missed else None


def _offered(facts: CaseFacts, named: Set[int], last: date, today: date) -> Offer | None:
    """The offer about these terms that runs, else the last that has lapsed since the last reminder; none of which a
    part is contested, or that a credit note gave already."""
    known = about(facts.offers, named)
    against = contested(facts, today) if known else {}
    mine = [o for o in known if progress(facts, o).waived and not against.keys() & dict(o.terms)]
    lapsed = [o for o in mine if o.state is OfferState.LAPSED and o.judged_on and o.judged_on > last]
    found = running(mine, today) or lapsed
    return found[-1] if found else None

"""What La Poste told of a letter, and what it means: receipts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from relanced.channel import Enclosure, Heard, Receipt, Said
from relanced_letter.events import ENDS, NOBODY, PARIS, REFUSED, Event, Means
from relanced_letter.shipments import Shipment, shipments_in


def receipts_of(heard: Heard) -> tuple[Receipt, ...]:
    """The receipts in one fact. Raises ValueError for what cannot be understood."""
    about = heard.about
    event = Event(about["code"], about.get("label", ""), about["date"], bool(about.get("final")))
    if event.at is None:
        raise ValueError(f"La Poste gives {event.code or 'an event'} of {about['number']} no date")
    if not event.code:
        words = f"La Poste does not know the number {about['number']}"
        return (Receipt(Said.UNKNOWN, event.at, words, about["attempt"], number=about["number"]),)
    (shipment,) = shipments_in(heard.raw, 200)
    if event.last and not any(one.means in ENDS for one in (event, *shipment.events)):
        raise ValueError(f"La Poste has done with {about['number']}, and nobody here knows how: {event.words}")
    return tuple(_receipts(heard, event, event.at, shipment))


def _receipts(heard: Heard, event: Event, at: datetime, shipment: Shipment) -> Iterator[Receipt]:
    own, day = event.why, at.astimezone(PARIS).date()
    over = (_paper(heard),) if event.code == "DI2" or heard.about.get("final") else ()  # nothing more will be asked

    def said(what: Said, *proofs: Enclosure, dead: bool = False) -> Receipt:
        about = heard.about
        return Receipt(
            what,
            at,
            event.words,
            about["attempt"],
            code=event.code,
            address_dead=dead,
            on=day,
            number=about["number"],
            proofs=proofs,
        )

    match event.means:
        case Means.IN_CHARGE:
            yield said(Said.POSTED, _paper(heard))
        case Means.PRESENTED:
            yield said(Said.PRESENTED)
        case Means.ARRIVED:
            yield said(Said.DELIVERED, *over)
        case Means.BACK:
            if own is REFUSED:  # it was held out to somebody
                yield said(Said.PRESENTED)
            yield said(Said.RETURNED, *over, dead=(own or _cause(shipment)) is NOBODY)
        case Means.LATE:
            yield said(Said.DELAYED)
        case Means.NOTHING:
            yield said(Said.NOTED)


def _cause(shipment: Shipment) -> re.Pattern[str] | None:
    """Why the letter comes back, where only another of its events says so."""
    told = (one.why for one in reversed(shipment.events) if one.means is Means.BACK)
    return next(filter(None, told), None)


def _paper(heard: Heard) -> Enclosure:
    """Their answer itself, for the file."""
    return Enclosure(f"suivi-la-poste-{heard.about['number']}.json", "application/json", heard.raw)

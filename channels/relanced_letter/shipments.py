"""An answer of La Poste's tracking: the letters it tells of, and what is told of each as facts with keys. Pure.

The order of the events is no promise (only their dates are), and every answer repeats them all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Self

from msgspec import Struct

from relanced.channel import Heard
from relanced_letter.events import ENDS, Event

WHAT = "la poste"
MOST_EVENTS = 100  # of one letter: what tells of more is no letter
_UNSEEN = (101, 104, 400, 404)
_NEVER = datetime.min.replace(tzinfo=UTC)
_DECODER = json.JSONDecoder()


class Shipment(Struct, frozen=True):
    """One letter of an answer: the very bytes that tell of it, and no other letter's. `status` is its own."""

    number: str
    status: int
    raw: bytes
    events: tuple[Event, ...] = ()
    final: bool = False

    @classmethod
    def of(cls, raw: str, said: Mapping[str, Any], status: int) -> Self:
        """From one element of an answer."""
        told = said.get("shipment")
        shipment = told if isinstance(told, dict) else {}
        number = _text(shipment.get("idShip") or said.get("idShip")).replace(" ", "").upper()
        own = said.get("returnCode")
        listed = shipment.get("event")
        events = [
            Event(_text(one.get("code")), _text(one.get("label")), _text(one.get("date"))) for one in _dicts(listed)
        ]
        return cls(
            number,
            own if isinstance(own, int) else status,
            raw.encode("utf-8", "surrogatepass"),
            tuple(sorted(events, key=lambda e: (e.at or _NEVER, e.means in ENDS, e.code == "ND1"))),
            shipment.get("isFinal") is True,
        )

    @property
    def clear(self) -> bool:
        """Whether it says what became of the letter, or that nothing is known of it; else it is their own trouble."""
        return 0 < len(self.events) <= MOST_EVENTS or (not self.events and self.status in (200, 207, *_UNSEEN))


def shipments_in(body: bytes, status: int) -> Iterator[Shipment]:
    """The letters an answer tells of: it is one of them, or a list. Raises ValueError for what is neither."""
    text = body.decode("utf-8-sig").strip()
    if not text.startswith("["):
        said, _ = _DECODER.raw_decode(text)
        if not isinstance(said, dict):
            raise ValueError("La Poste answers what is no shipment")
        yield Shipment.of(text, said, status)
        return
    at, text = 1, text.removesuffix("]")
    while at < len(text):
        if text[at] in " \t\r\n,":
            at += 1
            continue
        said, end = _DECODER.raw_decode(text, at)
        if isinstance(said, dict):
            yield Shipment.of(text[at:end], said, status)
        at = end


def _dicts(listed: object) -> Iterator[Mapping[str, Any]]:
    yield from (one for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ()


def _text(said: object) -> str:
    return " ".join(said.split()) if isinstance(said, str) else ""


def facts_of(attempt: str, number: str, shipment: Shipment) -> Iterator[Heard]:
    """Every event of the letter, oldest first; the last one anew when they say that nothing follows."""
    for event in shipment.events:
        final = "final" if shipment.final and event is shipment.events[-1] else ""
        about = {"what": WHAT, "attempt": attempt, "number": number, "final": final}
        about |= {"code": event.code, "date": event.date, "label": event.label}
        words = hashlib.sha256(event.label.encode("utf-8", "replace")).hexdigest()[:12]
        yield Heard(":".join((attempt, number, event.date, event.code, words, final)), shipment.raw, about)


def unknown(attempt: str, number: str, raw: bytes, at: datetime) -> Heard:
    """They know of no such letter."""
    about = {"what": WHAT, "attempt": attempt, "number": number, "code": "", "date": at.isoformat()}
    return Heard(f"{attempt}:{number}:unknown", raw, about)

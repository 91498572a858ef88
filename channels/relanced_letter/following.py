"""Registered letters are followed: La Poste is asked, ten at a time, what became of those whose number is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count

from msgspec import Struct, field

from relanced.channel import Awaited, Heard, Keep, registered_number
from relanced_letter.faults import Closed
from relanced_letter.post_office import MOST, PostOffice, Shut, Told
from relanced_letter.settings import TrackingSettings
from relanced_letter.shipments import Shipment, facts_of, shipments_in, unknown

PATIENCE = timedelta(days=5)  # how long a posted letter may be unknown to the post
NOBODYS = "1A000000000"  # asked after to try the key
_NEVER = datetime.min.replace(tzinfo=UTC)
_EARLY = timedelta(minutes=1)  # a round may begin a moment sooner than the one before
_Letters = Mapping[str, Sequence[Awaited]]


class Unclear(Closed):
    """La Poste answers, and of this letter nothing that can be understood."""


class Known(Struct):
    """What this process knows of one number: what was kept, its place in the row, when it is asked about again."""

    kept: set[str] = field(default_factory=set)
    place: int = 0
    due: datetime = _NEVER


class Following:
    """Asks, and remembers. While La Poste does not answer, it is left alone until the next round."""

    def __init__(self, settings: TrackingSettings, now: Callable[[], datetime]) -> None:
        self.every: timedelta = settings.ask_every
        self._now = now
        self._office = PostOffice(settings)
        self._known: dict[str, Known] = {}
        self._places = count(1)
        self._shut: Shut | None = None
        self._shut_until = _NEVER

    async def ask(self, awaited: Sequence[Awaited], keep: Keep) -> None:
        """Ask about each letter that is due, those first that were asked longest ago. Raises OSError.

        A letter without a number is not asked about. What is unclear of one alone is told at the end.
        """
        letters = _by_number(awaited)
        self._known = {number: self._known.get(number, Known()) for number in letters}
        now = self._now()
        due = sorted((n for n in letters if self._known[n].due <= now), key=lambda n: self._known[n].place)
        if due and self._shut is not None and now < self._shut_until:
            raise Shut(f"is left alone until {self._shut_until:%H:%M %Z}: {self._shut}")
        unclear = [await self._ten(due[first : first + MOST], letters, keep) for first in range(0, len(due), MOST)]
        if any(unclear):
            raise next(filter(None, unclear))

    async def _ten(self, numbers: Sequence[str], letters: _Letters, keep: Keep) -> Unclear | None:
        """One question. Those that the answer passes over are asked about one by one."""
        told, now = await self._told(numbers), self._now()
        for number in numbers:
            known = self._known[number]
            known.place = next(self._places)
            for one in letters[number] if number in told else ():
                for heard in _facts(one, number, told[number], now):
                    await _keep(known, heard, keep)
            known.due = now + self.every - _EARLY
        rest = [number for number in numbers if number not in told]
        if len(numbers) == 1 and rest:
            return Unclear(f"La Poste: nothing that can be understood about {rest[0]}")
        unclear = [await self._ten([number], letters, keep) for number in rest]
        return next(filter(None, unclear), None)

    async def _told(self, numbers: Sequence[str]) -> dict[str, Shipment]:
        """What is told of each. Raises Shut."""
        try:
            answer = await self._office.asked(numbers)
        except Shut as shut:
            self._shut, self._shut_until = shut, self._now() + max(shut.wait or self.every - _EARLY, _EARLY)
            raise
        self._shut = None
        return {number: one for number, one in _shipments(answer, numbers) if number in numbers and one.clear}

    async def probe(self) -> list[str]:
        """Show the key, and ask after a letter that nobody has."""
        try:
            await self._office.asked([NOBODYS])
        except Shut as shut:
            return [f"{shut}: look at tracking.key, and at your application at developer.laposte.fr"]
        return []


def _by_number(awaited: Sequence[Awaited]) -> _Letters:
    """The letters whose number somebody typed; what was typed before numbers were looked at may be none."""
    found = defaultdict[str, list[Awaited]](list)
    for one in awaited:
        with suppress(ValueError):
            found[registered_number(one.number)].append(one)
    return found


def _shipments(answer: Told, numbers: Sequence[str]) -> Iterator[tuple[str, Shipment]]:
    """What is told, by number. A single letter is meant even where it is not named, and where they only say no."""
    alone = numbers[0] if len(numbers) == 1 else ""
    try:
        for one in shipments_in(answer.body, answer.status):
            yield one.number or alone, one
    except (ValueError, RecursionError):
        if alone and answer.status in (400, 404):
            yield alone, Shipment(alone, answer.status, answer.body)


def _facts(one: Awaited, number: str, shipment: Shipment, now: datetime) -> Iterator[Heard]:
    """What happened to it; once it was posted long enough ago, that they know nothing of it."""
    yield from facts_of(one.attempt, number, shipment)
    if not shipment.events and now - (one.sent or one.since) >= PATIENCE:
        yield unknown(one.attempt, number, shipment.raw, now)


async def _keep(known: Known, heard: Heard, keep: Keep) -> None:
    if heard.key not in known.kept:
        await keep(heard)
        known.kept.add(heard.key)

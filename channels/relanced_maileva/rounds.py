"""A round of questions: every awaited letter, what is new about it, and its proofs while they can be had."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

from msgspec import Struct, field

from relanced.channel import Awaited, Heard, Keep
from relanced_maileva.facts import Letter, Proof
from relanced_maileva.line import Closed
from relanced_maileva.sendings import Refusing, Sendings, is_id

QUIET = timedelta(days=1)  # how long a letter is left alone of which nothing new is to be expected soon
_NEVER = datetime.min.replace(tzinfo=UTC)
_THEIRS = (401, 402, 403, 429, 502, 503, 504)  # whatever is asked now, they will not answer


class Known(Struct):
    """What this process knows of one sending: what was kept, its place in the row, and when it is asked about again."""

    kept: set[str] = field(default_factory=set)
    place: int = 0
    due: datetime = _NEVER


class Rounds:
    """Asks, and remembers: a proof is downloaded once in the life of the process."""

    def __init__(self, sendings: Sendings, now: Callable[[], datetime], at_once: int, registered: bool) -> None:
        self._sendings, self._now, self._at_once, self._registered = sendings, now, at_once, registered
        self._known: dict[str, Known] = {}
        self._places = count(1)

    async def ask(self, awaited: Sequence[Awaited], keep: Keep) -> None:
        """Ask about each, those first that were asked longest ago. What fails for one letter alone is told at the end.

        A letter that may have left, and has no name of theirs, is not asked about: `find` looks for it. Raises OSError.
        """
        mine = {one.provider_id for one in awaited if is_id(one.provider_id)}
        self._known = {sending: self._known.get(sending, Known()) for sending in mine}
        due = sorted((s for s in mine if self._known[s].due <= self._now()), key=lambda s: self._known[s].place)
        failed: list[Exception] = []
        for first in range(0, len(due), self._at_once):
            some = (self._ask(sending, keep) for sending in due[first : first + self._at_once])
            for ended in await asyncio.gather(*some, return_exceptions=True):
                if isinstance(ended, Refusing | ValueError):
                    failed.append(_of_one_alone(ended))
                elif ended is not None:
                    raise ended
        if failed:
            raise Closed(f"Maileva: {failed[0]}") from failed[0]

    async def _ask(self, sending: str, keep: Keep) -> None:
        """What happened to it, then what proves it."""
        known = self._known[sending]
        known.place = next(self._places)
        letter = await self._letter(sending)
        if letter is None or (letter.is_produced and not self._registered):
            known.due = self._now() + QUIET  # unknown to them, or a plain one that can only come back
        if letter is None:
            return
        for heard in letter.facts():
            await _keep(known, heard, keep)
        for proof in letter.proofs():
            await self._fetch(known, proof, keep)

    async def _letter(self, sending: str) -> Letter | None:
        """As they tell of it; None where they know of no such sending. Raises ValueError as well."""
        try:
            one = await self._sendings.read(f"/sendings/{sending}")
            recipients = await self._sendings.read(f"/sendings/{sending}/recipients")
        except Refusing as refusing:
            if refusing.reply.status == 404:
                return None
            raise
        return Letter.of(one.body, recipients.body)

    async def _fetch(self, known: Known, proof: Proof, keep: Keep) -> None:
        """What they refuse, or what is no document, is asked for at the next round."""
        if proof.key in known.kept:
            return
        try:
            reply = await self._sendings.read(proof.path)
        except Refusing as refusing:
            _of_one_alone(refusing)
            return
        if proof.fits(reply.body):
            about = {**proof.about, "fetched": self._now().isoformat()}
            await _keep(known, Heard(proof.key, reply.body, about), keep)


async def _keep(known: Known, heard: Heard, keep: Keep) -> None:
    if heard.key not in known.kept:
        await keep(heard)
        known.kept.add(heard.key)


def _of_one_alone(trouble: Refusing | ValueError) -> Exception:
    """What is wrong with one letter alone. Raises Closed for what they would refuse of all."""
    if isinstance(trouble, Refusing) and trouble.reply.status in _THEIRS:
        raise Closed(f"Maileva: {trouble}") from trouble
    return trouble

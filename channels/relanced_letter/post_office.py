"""The line to La Poste's tracking: up to ten numbers in, the plain answer out.

`GET /idships/{number},{number}…`: 200 for one, 207 for several, 400 or 404 when no letter is meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import aiohttp
from msgspec import Struct

from relanced_letter.faults import Closed
from relanced_letter.line import plain
from relanced_letter.settings import TrackingSettings

MOST = 10  # numbers in one question
_TOLD = (200, 207, 400, 404)
_MOST_BYTES = 4_000_000
_WORDS = {
    401: "refuses the key, or thinks that it is used too often",  # the same status says both
    403: "lets this key, or this server, not in",
    429: "was asked too often",
}


class Shut(Closed):
    """La Poste tells nothing just now; `wait` is how long it wants to be left alone, if it says so."""

    def __init__(self, words: str, wait: timedelta | None = None) -> None:
        super().__init__(f"La Poste: {words}")
        self.wait = wait


class Told(Struct, frozen=True):
    """What was answered."""

    status: int
    body: bytes


class PostOffice:
    """A new connection for every question: there is one in some hours."""

    def __init__(self, settings: TrackingSettings) -> None:
        self._settings = settings
        self._patience = aiohttp.ClientTimeout(total=settings.timeout, sock_connect=min(settings.timeout, 10.0))

    async def asked(self, numbers: Sequence[str]) -> Told:
        """One question. Raises Shut."""
        url = f"{self._settings.url}/idships/{','.join(numbers)}"
        try:
            async with (
                aiohttp.ClientSession(timeout=self._patience, headers=self._headers()) as session,
                session.get(url, params={"lang": "fr_FR"}, allow_redirects=False) as answer,
            ):
                if answer.status not in _TOLD:
                    raise _shut(answer)
                return Told(answer.status, await _whole(answer))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Shut(f"no answer ({plain(error) or type(error).__name__})") from error

    def _headers(self) -> dict[str, str]:
        try:
            key = self._settings.key.get_secret_value()
        except OSError as error:
            raise Shut(f"the key cannot be read: {error.strerror}") from error
        if not key.isascii() or not key.isprintable():
            raise Shut("the key holds what no key holds")
        return {"X-Okapi-Key": key, "Accept": "application/json"}


async def _whole(answer: aiohttp.ClientResponse) -> bytes:
    """The body; what is longer than ten letters can be is no answer."""
    content = bytearray()
    async for chunk in answer.content.iter_chunked(65_536):
        content += chunk
        if len(content) > _MOST_BYTES:
            raise Shut("an answer without an end")
    return bytes(content)


def _shut(answer: aiohttp.ClientResponse) -> Shut:
    said, status = answer.headers.get("Retry-After", ""), answer.status
    wait = timedelta(seconds=min(int(said), 86_400)) if said.isascii() and said.isdigit() else None
    return Shut(f"{_WORDS.get(status, 'does not answer')} (HTTP {status})", wait)

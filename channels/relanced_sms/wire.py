"""Requests to a provider: one at a time, with a real timeout, without redirects, and never a second time unasked.

aiohttp keeps the head of a request back until the first byte of its body. A body that asks `go` before that byte thus
asks when the connection stands and nothing has left; and it knows, whatever happens then, whether anything has.
"""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from msgspec import Struct
from yarl import URL

from relanced.channel import Go

_LARGEST = 4 * 2**20  # bytes of an answer


class Trouble(OSError):
    """No answer came."""

    def __init__(self, words: str, left: bool = False) -> None:
        super().__init__(words)
        self.left = left  # whether a byte of ours may be with them


class Stopped(Exception):
    """`go` said no: nothing left."""


class Answered(Struct, frozen=True):
    """What came back."""

    status: int
    text: str
    headers: Mapping[str, str]


class Wire:
    """A provider's server. A text has a connection of its own: one that was kept may be closed under it, and leave a
    doubt. Questions share theirs."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout  # seconds, for everything from the name to the last byte
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None, go: Go | None = None
    ) -> Answered:
        """One request, as written. Raises Stopped, Trouble, and whatever `go` raises, when nothing left; Trouble with
        `left` when something may have."""
        held = _Held(body, headers.get("Content-Type", ""), go) if body is not None else None
        try:
            return await self._ask(method, url, headers, held)
        except (aiohttp.ClientError, TimeoutError, OSError, UnicodeError) as error:
            if held is not None and held.refused is not None:
                raise held.refused from None
            raise Trouble(_words(url, error), left=held is not None and held.left) from error

    async def _ask(self, method: str, url: str, headers: Mapping[str, str], body: _Held | None) -> Answered:
        target = URL(url, encoded=True)
        async with self._session(body is not None).request(
            method, target, headers=headers, data=body, allow_redirects=False
        ) as answer:
            return Answered(answer.status, await _whole(answer.content), answer.headers)

    def _session(self, alone: bool) -> aiohttp.ClientSession:
        if alone not in self._sessions:
            self._sessions[alone] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(force_close=True) if alone else aiohttp.TCPConnector(),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=self.timeout),
            )
        return self._sessions[alone]

    async def close(self) -> None:
        """Let go of the sessions."""
        while self._sessions:
            await self._sessions.popitem()[1].close()


class _Held(aiohttp.BytesPayload):
    """A body that asks once more before its first byte."""

    def __init__(self, content: bytes, content_type: str, go: Go | None) -> None:
        super().__init__(content, content_type=content_type)
        self._go = go
        self.left = False
        self.refused: Exception | None = None

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        """Ask, then write."""
        if self._go is not None:
            await self._ask(self._go)
        self.left = True
        await super().write_with_length(writer, content_length)

    async def _ask(self, go: Go) -> None:
        try:
            if not await go():
                raise Stopped
        except Exception as refusal:
            self.refused = refusal
            raise


async def _whole(content: aiohttp.StreamReader) -> str:
    read = bytearray()
    async for chunk in content.iter_any():
        read += chunk
        if len(read) > _LARGEST:
            raise aiohttp.ClientPayloadError("the answer has no end")
    return read.decode("utf-8", "replace")


def _words(url: str, error: Exception) -> str:
    """What a log may show: the host, and what went wrong."""
    host = URL(url, encoded=True).host or "the provider"
    return f"{host}: no answer in time" if isinstance(error, TimeoutError) else f"{host}: {type(error).__name__}"

"""The line to Maileva: a login, requests, and the plain truth about what came of each."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from msgspec import Struct

from relanced_maileva.settings import MailevaSettings

_TOKEN = "/auth/realms/services/protocol/openid-connect/token"
_MOST_BYTES = 25_000_000
_EARLY = 60.0  # seconds: a login that ends so soon is not used any more


class Closed(OSError):
    """Nothing was done: the door cannot be used just now. The text says why; `not_before` when it may be tried."""

    def __init__(self, words: str, not_before: datetime | None = None) -> None:
        super().__init__(words)
        self.not_before = not_before


class Unclear(OSError):
    """The request was made and nobody answered: it may have been done."""


class Reply(Struct, frozen=True):
    """What Maileva answered."""

    status: int
    body: bytes
    retry_after: str = ""
    location: str = ""

    @property
    def good(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300

    @property
    def said(self) -> dict[str, Any]:
        """The JSON object of the body; empty when it holds none."""
        try:
            said = json.loads(self.body)
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}

    @property
    def errors(self) -> tuple[tuple[str, str], ...]:
        """The codes and messages of ``{"errors": [{code, message}]}``, or of one error alone."""
        said = self.said
        listed = said.get("errors") if isinstance(said.get("errors"), list) else [said]
        return tuple((_text(e.get("code")), _text(e.get("message"))) for e in listed or () if isinstance(e, dict))

    @property
    def words(self) -> str:
        """The status and their own words, on one line."""
        told = "; ".join(" ".join(part for part in error if part) for error in self.errors).strip("; ")
        return _line(f"{self.status} {told}".strip())

    def not_before(self, now: datetime) -> datetime | None:
        """What Retry-After says: seconds, or a date (RFC 9110 §10.2.3)."""
        if self.retry_after.isdigit():
            return now + timedelta(seconds=min(int(self.retry_after), 86_400))
        try:
            said = parsedate_to_datetime(self.retry_after)
        except ValueError:
            return None
        return said if said.tzinfo else said.replace(tzinfo=UTC)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:400]


class Line:
    """Requests to one product of Maileva. Opened lazily; may be closed and used again."""

    def __init__(self, settings: MailevaSettings, now: Callable[[], datetime]) -> None:
        self._settings, self._now = settings, now
        api, self._login = settings.addresses
        self._base = f"{api}/{settings.product}"
        self._timeout = aiohttp.ClientTimeout(total=settings.timeout, sock_connect=min(settings.timeout, 20.0))
        self._session: aiohttp.ClientSession | None = None
        self._token, self._good_until = "", 0.0
        self._one_at_a_time = asyncio.Lock()

    async def log_in(self, again: bool = False) -> None:
        """Hold a token that lasts for the next requests; `again`: even if the one at hand looks good. Raises Closed."""
        async with self._one_at_a_time:
            if again or time.monotonic() > self._good_until - _EARLY:
                await self._ask_token()

    async def _ask_token(self) -> None:
        settings, self._good_until = self._settings, 0.0
        try:
            asked = {"grant_type": "client_credentials"}
            if settings.user and settings.password:
                secret = settings.password.get_secret_value()
                asked = {"grant_type": "password", "username": settings.user, "password": secret}
            credentials = aiohttp.encode_basic_auth(settings.client_id, settings.client_secret.get_secret_value())
        except OSError as error:
            raise Closed(f"a secret of this channel cannot be read: {error.strerror}") from error
        try:
            reply = await self._made("POST", self._login + _TOKEN, {"Authorization": credentials}, data=asked)
        except Unclear as error:
            raise Closed(str(error)) from error
        token = reply.said.get("access_token")
        if not reply.good or not (isinstance(token, str) and token.isascii() and token.isprintable()):
            raise Closed(f"Maileva refuses our login: {reply.words}", reply.not_before(self._now()))
        self._token = token
        self._good_until = time.monotonic() + _seconds(reply.said.get("expires_in"))

    async def call(self, method: str, path: str, **body: Any) -> Reply:
        """One request; a login that ended is renewed once. Raises Closed or Unclear."""
        await self.log_in()
        reply = await self.once(method, path, **body)
        if reply.status != 401:
            return reply
        await self.log_in(again=True)
        return await self.once(method, path, **body)

    async def once(self, method: str, path: str, **body: Any) -> Reply:
        """One request with the login at hand. Raises Closed: it never began; Unclear: it did."""
        made = {name: part() if callable(part) else part for name, part in body.items()}  # a form serves once
        return await self._made(method, self._base + path, {"Authorization": f"Bearer {self._token}"}, **made)

    async def _made(self, method: str, url: str, headers: dict[str, str], **body: Any) -> Reply:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        try:
            async with self._session.request(method, url, headers=headers, allow_redirects=False, **body) as answer:
                content = await _whole(answer)
                said = answer.headers
                return Reply(answer.status, content, said.get("Retry-After", ""), said.get("Location", ""))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Closed(f"Maileva cannot be reached: {_line(str(error))}") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unclear(f"Maileva did not answer: {type(error).__name__}") from error

    async def close(self) -> None:
        """Let go of the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


async def _whole(answer: aiohttp.ClientResponse) -> bytes:
    """The body, however slowly it comes; what is longer than any proof is no answer."""
    content = bytearray()
    async for chunk in answer.content.iter_chunked(65_536):
        content += chunk
        if len(content) > _MOST_BYTES:
            raise aiohttp.ClientPayloadError("longer than any answer of Maileva")
    return bytes(content)


def _seconds(said: object) -> float:
    try:
        return max(float(str(said)), _EARLY + 1)
    except ValueError:
        return 300.0

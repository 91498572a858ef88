"""Opens the door to the relay: name, connection, STARTTLS, login, EHLO. Never with less cipher than was asked."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from base64 import b64encode
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any, cast

import aiosmtplib
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from relanced_email.auth import Stale, bear
from relanced_email.envelope import Envelope
from relanced_email.settings import EmailSettings, SmtpSettings, Timeouts, Tls
from relanced_email.tokens import NoToken, Tokens

Resolve = Callable[[str, int], Awaitable[list[tuple[Any, ...]]]]
"""A host name and a port in, what `socket.getaddrinfo` returns out. Raises OSError."""

_TRIES = 3


class Closed(Exception):
    """The relay could not be reached, trusted or logged in to. The message holds its own words and no secret."""


class Opening:
    """Opens sessions to one relay. `resolve` looks up its name; without it, the system's resolver does, in a thread.

    With `tokens`, they are what it logs in with.
    """

    def __init__(self, settings: EmailSettings, resolve: Resolve | None = None, tokens: Tokens | None = None) -> None:
        self._smtp, self._timeouts, self._dsn = settings.smtp, settings.timeouts, settings.dsn
        self._resolve, self._tokens = resolve or _system_resolve, tokens

    async def __call__(self, hello: str) -> Envelope:
        """An open, logged-in session that said EHLO by the name `hello`. Raises Closed."""
        try:
            return await self._opened(hello)
        except Stale as stale:
            return await self._with_another_token(hello, stale)

    async def _with_another_token(self, hello: str, stale: Stale) -> Envelope:
        """A token may end before its time: the account was changed, or its password."""
        try:
            return await self._opened(hello, stale.token)
        except Stale as again:
            login = self._tokens.login if self._tokens else ""
            raise Closed(f"{self._clean(str(again))}: the relay takes no token of this sign-in: {login}") from None

    async def _opened(self, hello: str, refused: str = "") -> Envelope:
        again = AsyncRetrying(
            stop=stop_after_attempt(_TRIES),
            wait=wait_random_exponential(multiplier=0.1, max=2),
            retry=retry_if_exception(_worth_another_try),
            reraise=True,
        )
        try:
            return await again(self._open, self._smtp.hello or hello, refused)
        except (aiosmtplib.SMTPException, OSError, ValueError, NoToken) as error:
            raise Closed(self._clean(_words(error))) from None

    def _clean(self, words: str) -> str:
        return _without_secrets(words, self._smtp)

    async def _open(self, hello: str, refused: str) -> Envelope:
        context = None if self._smtp.tls is Tls.NONE else await asyncio.to_thread(lambda: self._context)
        relay = aiosmtplib.SMTP(
            hostname=self._smtp.host,
            local_hostname=hello,
            timeout=self._timeouts.greeting,
            sock=await _dial(self._smtp, self._timeouts, self._resolve),
            use_tls=self._smtp.tls is Tls.IMPLICIT,
            start_tls=self._smtp.tls is Tls.STARTTLS,
            tls_context=context,
            username=(self._smtp.user or None) if self._smtp.password else None,
            password=self._smtp.password.get_secret_value() if self._smtp.password else None,
        )
        try:
            await relay.connect()
            await _introduce(relay)
            if self._tokens:
                await bear(relay, self._smtp.user, self._smtp.host, self._tokens, refused)
            return Envelope(
                cast(asyncio.Transport, relay.transport), relay.esmtp_extensions, self._timeouts, dsn=self._dsn
            )
        except BaseException:
            relay.close()
            raise

    @cached_property
    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self._smtp.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


async def _system_resolve(host: str, port: int) -> list[tuple[Any, ...]]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return cast(list[tuple[Any, ...]], found)


async def _dial(smtp: SmtpSettings, timeouts: Timeouts, resolve: Resolve) -> socket.socket:
    """A connected socket to the first address that answers; all of it within the connect time. Raises OSError."""
    failure: OSError = OSError(f"{smtp.host} has no address")
    async with asyncio.timeout(timeouts.connect):
        try:
            addresses = await resolve(smtp.host, smtp.port)
        except socket.gaierror as error:
            raise OSError(error.errno, f"{smtp.host}: {error.strerror}") from None
        for family, kind, proto, _, where in addresses:
            try:
                async with asyncio.timeout(timeouts.connect / len(addresses)):
                    return await _connected(family, kind, proto, where)
            except OSError as error:
                failure = error
    raise failure if failure.errno is None else _unanswered(failure, smtp)


def _unanswered(error: OSError, smtp: SmtpSettings) -> OSError:
    """The same trouble in words that name the relay."""
    return type(error)(error.errno, f"{smtp.host}:{smtp.port}: {os.strerror(error.errno or 0)}")


async def _connected(family: int, kind: int, proto: int, where: tuple[Any, ...]) -> socket.socket:
    sock = socket.socket(family, kind, proto)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, where)
    except BaseException:
        sock.close()
        raise
    return sock


async def _introduce(relay: aiosmtplib.SMTP) -> None:
    """EHLO, unless it was already said on this line as it is now."""
    if relay.is_ehlo_or_helo_needed:
        try:
            await relay.ehlo()
        except aiosmtplib.SMTPHeloError:
            await relay.helo()


def _worth_another_try(error: BaseException) -> bool:
    """A line that was cut or not taken up may come; a silence was already waited for, a refusal was an answer."""
    if isinstance(error, aiosmtplib.SMTPResponseException | TimeoutError | ssl.SSLError):
        return False
    return isinstance(error, ConnectionError) and not isinstance(error.__cause__, ssl.SSLError)


def _words(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {error.message}"
    if isinstance(error, TimeoutError) and not str(error):
        return "no connection within the time allowed"
    if isinstance(error, OSError) and error.strerror and not isinstance(error, ssl.SSLError):
        return error.strerror
    return str(error) or type(error).__name__


def _without_secrets(words: str, smtp: SmtpSettings) -> str:
    """A relay may echo what it was told."""
    if smtp.password is None:
        return words
    password = smtp.password.get_secret_value()
    for secret in (password, _encoded(password), _encoded(f"\0{smtp.user}\0{password}")):
        words = words.replace(secret, "…")
    return words


def _encoded(text: str) -> str:
    return b64encode(text.encode("utf-8")).decode("ascii")

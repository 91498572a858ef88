"""Twilio, through its own SDK: texts are created, listed and fetched; its calls are recognised by their signature.

The SDK's own asynchronous client knows no timeout and repeats what may have been taken, so it speaks over ours.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.base.page import Page
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from relanced.channel import Answer, Awaited, Go, Heard, Keep, Parcel, Receipt, Reply, Request, Scope, Sent, Unavailable
from relanced_sms import twilio_heard as heard_
from relanced_sms.provider import SKEW, STOPPED, Sighting, one_line, throttled, unanswered
from relanced_sms.settings import SmsSettings
from relanced_sms.twilio_codes import refused
from relanced_sms.wire import Answered, Stopped, Trouble, Wire

_LONGEST_VALIDITY = 36_000  # seconds
_PAGES, _PAGE = 40, 500
_TOLD_WITHIN = timedelta(days=4)
_NOWHERE = {"TWILIO_REGION": ""}  # the SDK reads the process's environment unless it is given another

Message = Mapping[str, Any]


class Twilio:
    """One account. Every call makes its own client of the SDK, which is cheap, and asks `go` for that call alone."""

    def __init__(self, settings: SmsSettings, now: Callable[[], datetime]) -> None:
        self._settings, self._now = settings, now
        self._asked: set[str] = set()  # the attempts of the last round
        self._wire = Wire(settings.timeout)

    async def close(self) -> None:
        """Let go of sessions."""
        await self._wire.close()

    # -- a text leaves --------------------------------------------------------------------------------------------

    async def send(self, parcel: Parcel, go: Go) -> Answer:
        """Create the message, valid for as long as it may still leave."""
        left = int((parcel.deadline - self._now()).total_seconds())
        if left < 1:
            return Unavailable(Scope.MESSAGE, "too late: it would not leave in its time")
        try:
            return await self._create(parcel, min(left, _LONGEST_VALIDITY), go)
        except Stopped:
            return STOPPED
        except Trouble as trouble:
            return unanswered(trouble)
        except (OSError, TwilioException) as error:
            return Unavailable(Scope.CHANNEL, one_line(f"the account cannot be opened: {error}"))

    async def _create(self, parcel: Parcel, validity: int, go: Go) -> Answer:
        http = _Http(self._wire, self._settings.base, go)
        client = self._client(http)
        sender = "messaging_service_sid" if self._settings.by_service else "from_"
        wanted: dict[str, Any] = {sender: parcel.envelope["from"], "validity_period": validity}
        if self._settings.callback_url:
            wanted["status_callback"] = f"{self._settings.callback_url}?{urlencode({'attempt': parcel.attempt})}"
        try:
            made = await client.messages.create_async(to=parcel.address, body=parcel.wire.decode(), **wanted)
        except (TwilioRestException, TwilioServiceException) as error:
            if error.status == 429:
                return throttled(http.last.headers, self._now())
            message = error.msg if isinstance(error, TwilioRestException) else error.title
            return refused(error.status, error.code or 0, message, self._now())
        except ValueError as error:
            raise Trouble("the answer cannot be read", left=True) from error
        if not made.sid:
            raise Trouble("the answer names no message", left=True)
        return _taken(made.sid, made.status)

    # -- what became of it ----------------------------------------------------------------------------------------

    async def look(self, parcel: Parcel, since: datetime, after: datetime) -> Sighting:
        """Look through the texts to this number for the very words, which hold a reference of their own."""
        text = parcel.wire.decode()
        async for message in self._listed(since - SKEW, to=parcel.address):
            if heard_.is_outbound(message) and str(message.get("body", "")).endswith(text):
                return Sighting(_taken(str(message["sid"]), message.get("status")))
        async for message in self._listed(after):
            if heard_.is_outbound(message):
                return Sighting(None, later=True)
        return Sighting(None)

    async def ask(self, awaited: Sequence[Awaited], since: datetime, keep: Keep) -> None:
        """Fetch each text by its SID; list what came in, where a debtor can write back at all."""
        wanted = self._worth_asking(awaited)
        for start in range(0, len(wanted), self._settings.connections):
            await self._follow(wanted[start : start + self._settings.connections], keep)
        self._asked = {one.attempt for one in awaited}
        if self._settings.answerable:
            ours = {} if self._settings.by_service else {"to": self._settings.sender}
            async for message in self._listed(since - SKEW, **ours):
                if message.get("direction") == "inbound":
                    await keep(heard_.polled(message, ""))

    def _worth_asking(self, awaited: Sequence[Awaited]) -> list[Awaited]:
        """The newest first. What was told nothing in days is told nothing any more: it is asked about once."""
        old = self._now() - _TOLD_WITHIN
        wanted = [one for one in awaited if one.provider_id and (one.since >= old or one.attempt not in self._asked)]
        return sorted(wanted, key=lambda one: one.since, reverse=True)

    async def _follow(self, some: Sequence[Awaited], keep: Keep) -> None:
        found = await asyncio.gather(*(self._fetched(one.provider_id) for one in some), return_exceptions=True)
        for one, message in zip(some, found, strict=True):
            if isinstance(message, BaseException):
                raise message
            if message is not None:
                await keep(heard_.polled(message, one.attempt))

    async def _fetched(self, sid: str) -> Message | None:
        """One message; None when the account has none of that name (any more)."""
        http = _Http(self._wire, self._settings.base)
        try:
            await self._client(http).messages(sid).fetch_async()
        except TwilioRestException as error:
            if error.status == 404:
                return None
            raise _unasked(error) from None
        except (TwilioException, ValueError) as error:
            raise _unasked(error) from None
        return heard_.parsed(http.last.text)

    async def _listed(self, since: datetime, **wanted: str) -> AsyncIterator[Message]:
        """Messages created since then. A page that holds only older ones is the last."""
        http = _Http(self._wire, self._settings.base)
        try:
            page: Page | None = await self._client(http).messages.page_async(page_size=_PAGE, **wanted)
            for _ in range(_PAGES):
                recent = [m for m in heard_.parsed(http.last.text)["messages"] if _is_since(m, since)]
                for message in recent:
                    yield message
                page = await page.next_page_async() if page and recent else None
                if page is None:
                    return
        except (TwilioException, ValueError, KeyError) as error:
            raise _unasked(error) from None
        raise Trouble(f"more than {_PAGES * _PAGE} messages since {since:%d %B %H:%M}: they cannot be looked through")

    async def probe(self) -> list[str]:
        """Whether the account is in working order."""
        try:
            account = await self._client(_Http(self._wire, self._settings.base)).api.v2010.account.fetch_async()
        except (TwilioException, ValueError) as error:
            raise _unasked(error) from None
        status, kind = str(account.status), str(account.type)  # annotated as classes of names
        told = [] if status == "active" else [f"the Twilio account is {status}: see its console"]
        trial = "a trial account of Twilio texts only to numbers verified in its console: upgrade it"
        return told + ([trial] if kind == "Trial" else [])

    # -- what comes by itself -------------------------------------------------------------------------------------

    def read(self, heard: Heard) -> tuple[Receipt | Reply, ...]:
        """A receipt or a reply, whichever way it came."""
        return heard_.read(heard)

    def genuine(self, request: Request) -> bool:
        """Twilio signed these parameters for our callback address."""
        url = self._settings.callback_url
        return bool(url) and heard_.genuine(request, url, self._settings.account, self._token)

    def heard(self, request: Request) -> Heard:
        """The parameters as they came, and when."""
        return heard_.called(request, self._now())

    def _client(self, http: _Http) -> Client:
        return Client(self._settings.account, self._token, http_client=http, environment=_NOWHERE)

    @property
    def _token(self) -> str:
        """Raises OSError when it is not where the configuration says."""
        token = self._settings.token
        return token.get_secret_value() if token is not None else ""


class _Http(AsyncHttpClient):
    """The SDK's requests over our wire; `last` is the answer as it came."""

    def __init__(self, wire: Wire, base: str, go: Go | None = None) -> None:
        super().__init__(logging.getLogger(__name__), True, wire.timeout)
        self._wire, self._base, self._go = wire, base, go
        self.last = Answered(0, "", {})

    async def request(  # type: ignore[override] # asynchronous, as its base class is
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """One request. Raises Stopped and Trouble."""
        path = urlsplit(uri)
        query = "&".join(part for part in (path.query, urlencode(params or {})) if part)
        url = self._base + path.path + (f"?{query}" if query else "")
        sent = dict(headers or {}) | ({"Authorization": aiohttp.encode_basic_auth(*auth)} if auth else {})
        body = urlencode(data, doseq=True).encode() if method.upper() == "POST" and data else None
        self.last = await self._wire.ask(method.upper(), url, sent, body, self._go)
        return Response(self.last.status, self.last.text, self.last.headers)


def _taken(sid: str, status: object) -> Sent:
    return Sent(sid, one_line(f"Twilio: {status}"))


def _is_since(message: Message, since: datetime) -> bool:
    return heard_.moment(message, "date_created") >= since.astimezone(UTC).replace(microsecond=0) - timedelta(seconds=1)


def _unasked(error: Exception) -> Trouble:
    said = getattr(error, "msg", "") or type(error).__name__
    return Trouble(one_line(f"Twilio could not be asked: {said}"))

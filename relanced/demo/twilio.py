"""A Twilio on the loopback: the Messages resource as the official SDK speaks to it, with some of life's refusals.

It speaks the wire format of api.twilio.com/2010-04-01: Basic authentication, forms in, JSON out, errors with their
codes, lists with pages; and it calls back, signed, where a message asks for it. No telephone rings.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha1
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlencode

import aiohttp
from aiohttp import web
from msgspec import Struct

from relanced.channel import text_length

ROOT = "/2010-04-01/Accounts/{account}/Messages"
ERRORS = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    21211: (400, "The 'To' number {to} is not a valid phone number."),
    21602: (400, "Message body is required."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21614: (400, "'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
}
LONGEST_BODY = 1600


class Text(Struct):
    """One message of the account."""

    sid: str
    to: str
    sender: str
    body: str
    created: datetime
    direction: str = "outbound-api"
    status: str = "queued"
    error: int | None = None
    callback: str = ""
    validity: int = 36_000

    def shown(self, account: str) -> dict[str, Any]:
        """As the API tells it."""
        service = self.sender.startswith("MG")
        return {
            "account_sid": account,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": _rfc2822(self.created),
            "date_sent": None if self.status in ("accepted", "queued", "sending") else _rfc2822(self.created),
            "date_updated": _rfc2822(self.created),
            "direction": self.direction,
            "error_code": self.error,
            "error_message": None,
            "from": None if service else self.sender,
            "messaging_service_sid": self.sender if service else None,
            "num_media": "0",
            "num_segments": str(text_length(self.body).segments),
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {},
            "to": self.to,
            "uri": f"{ROOT.format(account=account)}/{self.sid}.json",
        }


def _rfc2822(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC).replace(microsecond=0))


@dataclass
class Twilio:
    """One account. `refuses` maps numbers to the error of a create, `fates` to how a text ends: a status and a code.

    A text that has no fate of its own is delivered. It gets there by `deliver`, or when it is looked at once it was on
    its way for as long as it `takes`. `seen` is told of each one that is new, or has met its fate.
    """

    account: str
    token: str
    now: Callable[[], datetime]
    refuses: Mapping[str, int] = field(default_factory=dict)
    fates: Mapping[str, tuple[str, int | None]] = field(default_factory=dict)
    texts: list[Text] = field(default_factory=list)
    status: str = "active"  # or "suspended", "closed"
    type: str = "Full"  # or "Trial"
    seen: Callable[[Text], None] = lambda _text: None
    takes: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        self._numbers = count(1)
        self._runner: web.AppRunner | None = None

    # -- it opens and closes --------------------------------------------------------------------------------------

    async def open(self) -> str:
        """Listen on a free port of the loopback, and say under which address."""
        app, root = web.Application(), ROOT.format(account="{account}")
        app.router.add_post(f"{root}.json", self._create)
        app.router.add_get(f"{root}.json", self._list)
        app.router.add_get(f"{root}/{{sid}}.json", self._fetch)
        app.router.add_get("/2010-04-01/Accounts/{account}.json", self._itself)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def close(self) -> None:
        """Take no more texts."""
        if self._runner is not None:
            await self._runner.cleanup()

    # -- what the world does --------------------------------------------------------------------------------------

    @property
    def sent(self) -> list[Text]:
        """The texts the account wrote, in their order."""
        return [text for text in self.texts if text.direction != "inbound"]

    def receive(self, sender: str, to: str, body: str) -> Text:
        """Somebody writes to a number of the account."""
        text = Text(self._sid(), to, sender, body, self.now(), direction="inbound", status="received")
        self._keep(text)
        return text

    def _keep(self, text: Text) -> None:
        self.texts.append(text)
        self.seen(text)

    def deliver(self, text: Text) -> None:
        """A text meets its fate."""
        if text.status == "queued":
            text.status, text.error = self.fates.get(text.to, ("delivered", None))
            self.seen(text)

    async def call_back(self, text: Text, url: str = "", **more: str) -> int:
        """Tell a status, or a text that came in, to the address that asked for it. Returns the status of the answer."""
        url = url or text.callback
        fields = {**self._fields(text), **more}
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=fields, headers={"X-Twilio-Signature": self.signature(url, fields)}) as answer,
        ):
            return answer.status

    def _fields(self, text: Text) -> dict[str, str]:
        known = {
            "AccountSid": self.account,
            "ApiVersion": "2010-04-01",
            "From": text.sender,
            "MessageSid": text.sid,
            "SmsSid": text.sid,
            "SmsStatus": text.status,
            "To": text.to,
        }
        if text.direction == "inbound":
            return known | {"Body": text.body, "NumMedia": "0", "NumSegments": "1", "SmsMessageSid": text.sid}
        return known | {"MessageStatus": text.status} | ({"ErrorCode": str(text.error)} if text.error else {})

    def signature(self, url: str, fields: Mapping[str, str]) -> str:
        """As Twilio signs a call: names and values in the order of the names, behind the address, under the token."""
        signed = url + "".join(name + fields[name] for name in sorted(fields))
        return base64.b64encode(hmac.new(self.token.encode(), signed.encode(), sha1).digest()).decode()

    # -- what it is asked -----------------------------------------------------------------------------------------

    async def _create(self, request: web.Request) -> web.StreamResponse:
        if refusal := self._stranger(request):
            return refusal
        form = dict(parse_qsl((await request.read()).decode(), keep_blank_values=True))
        if error := self._error(form):
            return _error(error, form.get("To", ""))
        text = self._made(form)
        return web.json_response(text.shown(self.account), status=201)

    def _made(self, form: Mapping[str, str]) -> Text:
        sender = form.get("From") or form["MessagingServiceSid"]
        text = Text(self._sid(), form["To"], sender, form["Body"], self.now(), callback=form.get("StatusCallback", ""))
        text.validity = int(form.get("ValidityPeriod", text.validity))
        self._keep(text)
        return text

    def _error(self, form: Mapping[str, str]) -> int:
        if not form.get("Body"):
            return 21602
        if len(form["Body"]) > LONGEST_BODY:
            return 21617
        return self.refuses.get(form["To"], 0)

    async def _fetch(self, request: web.Request) -> web.StreamResponse:
        if refusal := self._stranger(request):
            return refusal
        found = next((text for text in self.texts if text.sid == request.match_info["sid"]), None)
        if found is None:
            return _error(20404)
        if self.now() >= found.created + self.takes:
            self.deliver(found)
        return web.json_response(found.shown(self.account))

    async def _itself(self, request: web.Request) -> web.StreamResponse:
        told = {"sid": self.account, "friendly_name": "demo", "status": self.status, "type": self.type}
        return self._stranger(request) or web.json_response(told)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        if refusal := self._stranger(request):
            return refusal
        asked = request.query
        listed = [t for t in self.listed() if asked.get("To") in (None, t.to) and asked.get("From") in (None, t.sender)]
        size, page = int(asked.get("PageSize", 50)), int(asked.get("Page", 0))
        shown = listed[page * size : (page + 1) * size]
        path = f"{ROOT.format(account=self.account)}.json"
        following = f"{path}?{urlencode({**asked, 'Page': page + 1, 'PageToken': f'PT{page}'})}"
        told = {
            "messages": [text.shown(self.account) for text in shown],
            "first_page_uri": f"{path}?Page=0",
            "next_page_uri": following if len(listed) > (page + 1) * size else None,
            "previous_page_uri": None,
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": page * size + len(shown) - 1,
            "uri": path,
        }
        return web.json_response(told)

    def listed(self) -> list[Text]:
        """What a list shows, newest first."""
        return self.texts[::-1]

    def _stranger(self, request: web.Request) -> web.Response | None:
        """Who does not know the token is refused; an account that is not there is not found."""
        login = base64.b64encode(f"{self.account}:{self.token}".encode()).decode()
        if not hmac.compare_digest(request.headers.get("Authorization", ""), f"Basic {login}"):
            return _error(20003)
        return None if request.match_info["account"] == self.account else _error(20404)

    def _sid(self) -> str:
        return f"SM{next(self._numbers):032x}"


def _error(code: int, to: str = "") -> web.Response:
    status, message = ERRORS[code]
    told = {
        "code": code,
        "message": message.format(to=to),
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return web.json_response(told, status=status, headers={"Retry-After": "7"} if status == 429 else None)

"""A mail house that speaks like Maileva's API: login, drafts, documents, recipients, submission, statuses, proofs.

After the public specifications registered_mail 4.9, mail 2.9 and authentication 2.1.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from itertools import count
from typing import Any

from aiohttp import web

CLIENT, SECRET, USER, PASSWORD = "appli.123", "s3cret-of-the-application", "compta.dubois", "correct horse battery"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Order:
    """A sending as the mail house keeps it."""

    id: str
    asked: dict[str, Any]
    status: str = "DRAFT"
    documents: list[bytes] = field(default_factory=list)
    recipients: list[dict[str, Any]] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)
    made_on: str = "2027-03-01T09:00:00.000+00:00"

    @property
    def said(self) -> dict[str, Any]:
        """As the API shows it."""
        made = {"creation_date": self.made_on, "documents_count": len(self.documents)}
        return {"id": self.id, **self.asked, **made, "status": self.status, **self.told}


@dataclass
class Cut:
    """The line is cut at the n-th request (from 1): before the house did it, or after. `first`: what else happens."""

    at: int
    done: bool
    first: Callable[[], Awaitable[None]] | None = None


@dataclass
class MailHouse:
    """Use as `async with house.open() as url`. `fault(request)` may answer in its place; None lets it through."""

    product: str = "registered_mail/v4"
    page: int = 500  # the most it lists at once
    newest_first: bool = True
    orders: dict[str, Order] = field(default_factory=dict)
    proofs: dict[str, bytes] = field(default_factory=dict)  # "recipient/download_…" -> bytes
    requests: list[str] = field(default_factory=list)
    logins: int = 0
    expires_in: int = 300
    now: Callable[[], datetime] = lambda: datetime(2027, 3, 1, 9, tzinfo=UTC)
    cut: Cut | None = None
    fault: Callable[[web.Request], web.Response | None] = lambda request: None
    url: str = ""
    black_hole: str = ""  # requests that hold this are never answered
    _names: count[int] = field(default_factory=lambda: count(1))
    _tokens: set[str] = field(default_factory=set)
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """Its base URL, for API and login alike."""
        app = web.Application(middlewares=[self._door], client_max_size=25_000_000)
        base = f"/{self.product}/sendings"
        app.add_routes(
            [
                web.post("/auth/realms/services/protocol/openid-connect/token", self._login),
                web.post(base, self._create),
                web.get(base, self._list),
                web.get(base + "/{id}", self._show),
                web.delete(base + "/{id}", self._delete),
                web.post(base + "/{id}/documents", self._attach),
                web.post(base + "/{id}/recipients", self._address),
                web.get(base + "/{id}/recipients", self._recipients),
                web.post(base + "/{id}/submit", self._submit),
                web.get(base + "/{id}/recipients/{recipient}/{download}", self._download),
            ]
        )
        runner = web.AppRunner(app, shutdown_timeout=0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield self.url
        finally:
            self._over.set()
            await runner.cleanup()

    # -- what the tests look at -----------------------------------------------------------------------------------

    def submitted(self) -> list[Order]:
        """What will be printed."""
        return [order for order in self.orders.values() if order.status != "DRAFT"]

    def printed(self) -> list[bytes]:
        """Their documents."""
        return [b"".join(order.documents) for order in self.submitted()]

    def drafts(self) -> list[Order]:
        """What was never submitted."""
        return [order for order in self.orders.values() if order.status == "DRAFT"]

    def forget_logins(self) -> None:
        """Every token ends now."""
        self._tokens.clear()

    # -- the API --------------------------------------------------------------------------------------------------

    @web.middleware
    async def _door(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.requests.append(f"{request.method} {request.path}")
        cut = self.cut if self.cut and len(self.requests) == self.cut.at else None
        if cut and not cut.done:
            return await self._hang_up(request, cut)
        if self.black_hole and self.black_hole in self.requests[-1]:
            await self._over.wait()
        if said := self.fault(request):
            return said
        if not request.path.endswith("/token") and not self._knows(request):
            return _no(401, "UNAUTHORIZED", "This action requires an authorization")
        answer = await handler(request)
        return await self._hang_up(request, cut) if cut else answer

    async def _hang_up(self, request: web.Request, cut: Cut) -> web.Response:
        transport = request.transport
        if cut.first:
            await cut.first()
        if transport:
            transport.abort()
        return web.Response()

    def _knows(self, request: web.Request) -> bool:
        return request.headers.get("Authorization", "").removeprefix("Bearer ") in self._tokens

    async def _login(self, request: web.Request) -> web.Response:
        asked = await request.post()
        client = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        itself = asked.get("grant_type") == "client_credentials"
        user = (asked.get("grant_type"), asked.get("username"), asked.get("password")) == ("password", USER, PASSWORD)
        if request.headers.get("Authorization") != f"Basic {client}" or not (itself or user):
            return _no(401, "CLIENT_ERROR", "Authentication failed")
        self.logins += 1
        self._tokens.add(token := f"jeton-{self.logins}")
        return web.json_response({"access_token": token, "expires_in": self.expires_in, "token_type": "Bearer"})

    async def _create(self, request: web.Request) -> web.Response:
        order = Order(f"110e8400-e29b-11d4-a716-{next(self._names):012d}", await request.json(), made_on=self._moment())
        self.orders[order.id] = order
        return web.json_response(order.said, status=201, headers={"Location": f"{request.path}/{order.id}"})

    async def _list(self, request: web.Request) -> web.Response:
        start, size = int(request.query.get("start_index", 1)), min(int(request.query.get("count", 50)), self.page)
        listed = list(self.orders.values())[:: -1 if self.newest_first else 1]
        shown = [order.said for order in listed[start - 1 : start - 1 + size]]
        return web.json_response({"sendings": shown, "paging": {"total_results": len(listed)}})

    def _moment(self, after: int = 0) -> str:
        return (self.now() + timedelta(seconds=after)).isoformat(timespec="milliseconds")

    def _order(self, request: web.Request) -> Order:
        order = self.orders.get(request.match_info["id"])
        if order is None:
            said = _no(404, "SENDING_NOT_FOUND", "Ressource SENDING introuvable")
            raise web.HTTPNotFound(text=said.text, content_type="application/json")
        return order

    def _draft(self, request: web.Request) -> Order:
        order = self._order(request)
        if order.status != "DRAFT":
            said = _no(400, "SENDING_STATUS_IS_NOT_DRAFT", "L'envoi n'est pas en état draft")
            raise web.HTTPBadRequest(text=said.text, content_type="application/json")
        return order

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(self._order(request).said)

    async def _delete(self, request: web.Request) -> web.Response:
        del self.orders[self._draft(request).id]
        return web.Response(status=204)

    async def _attach(self, request: web.Request) -> web.Response:
        order = self._draft(request)
        parts = _form(request.headers["Content-Type"], await request.read())
        metadata, document = (parts[name].get_payload(decode=True) for name in ("metadata", "document"))
        assert isinstance(metadata, bytes)
        assert isinstance(document, bytes)
        assert parts["document"].get_content_type() == "application/pdf"
        order.documents.append(document)
        return web.json_response({"id": "d1", "type": "application/pdf", **json.loads(metadata)}, status=201)

    async def _address(self, request: web.Request) -> web.Response:
        order, asked = self._draft(request), await request.json()
        errors = [
            {"code": f"ADDRESS_LINE_{n}_TOO_LONG", "message": f"La ligne d'adresse n°{n} est limitée à 38 caractères"}
            for n in range(1, 7)
            if len(asked.get(f"address_line_{n}", "")) > 38
        ]
        if errors:
            return web.json_response({"errors": errors}, status=400)
        recipient = {"id": f"d905a65e-aa46-4f37-8480-{next(self._names):012d}", **asked, "status": "DRAFT"}
        order.recipients.append(recipient)
        return web.json_response(recipient, status=201)

    async def _recipients(self, request: web.Request) -> web.Response:
        listed = self._order(request).recipients
        return web.json_response({"recipients": listed, "paging": {"total_results": len(listed)}})

    async def _submit(self, request: web.Request) -> web.Response:
        order = self._draft(request)
        if not order.documents or not order.recipients:
            return _no(400, "INVALID_RECIPIENTS_COUNT", "Ni document ni destinataire")
        order.status, order.told["submission_date"] = "PENDING", self._moment(after=1)
        for recipient in order.recipients:
            recipient["status"] = "PENDING"
        return web.Response(status=200)

    async def _download(self, request: web.Request) -> web.Response:
        self._order(request)
        proof = self.proofs.get("{recipient}/{download}".format(**request.match_info))
        if proof is None:
            return _no(404, "PROOF_NOT_FOUND", "Preuve introuvable")
        return web.Response(body=proof, content_type="application/pdf")


def _form(content_type: str, body: bytes) -> dict[str, MIMEPart]:
    """The parts of a form (RFC 7578) by name."""
    form = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body, policy=policy.HTTP)
    assert isinstance(form, EmailMessage)
    return {str(part.get_param("name", header="Content-Disposition")): part for part in form.iter_parts()}


def _no(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"errors": [{"code": code, "message": message}]}, status=status)

"""A token server that speaks as Microsoft's and Google's do: codes, tokens that rotate, refusals."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass
class Authority:
    """`asked` are the forms as they came. `pending` polls are told to wait; `refusal` is what is said instead of a
    token; a refresh token is good once only, if it `rotates`."""

    rotates: bool = True
    pending: int = 0
    lasts: int = 3600
    refusal: dict[str, str] = field(default_factory=dict)
    status: int = 0
    challenge: str = ""
    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    good: set[str] = field(default_factory=lambda: {"first-refresh"})
    given: list[str] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    @property
    def grants(self) -> list[str]:
        """What tokens were asked for with, in order."""
        return [form["grant_type"] for form in self.asked if "grant_type" in form]

    async def device(self, request: web.Request) -> web.Response:
        """RFC 8628 §3.1."""
        self.asked.append({k: str(v) for k, v in (await request.post()).items()})
        told = {"device_code": "dev-1", "user_code": "ABCD-1234", "verification_uri": "https://login.example/device"}
        return web.json_response({**told, "expires_in": 900, "interval": 0})

    async def token(self, request: web.Request) -> web.Response:
        """RFC 6749 §5."""
        form = {k: str(v) for k, v in (await request.post()).items()}
        self.asked.append(form)
        if self.status:
            return web.Response(status=self.status, text="<html>sorry</html>")
        if self.refusal:
            return web.json_response(self.refusal, status=400)
        if form["grant_type"] == DEVICE and self.pending:
            self.pending -= 1
            return web.json_response({"error": "authorization_pending"}, status=400)
        return self._judged(form)

    def _judged(self, form: dict[str, str]) -> web.Response:
        match form["grant_type"]:
            case "refresh_token" if form["refresh_token"] not in self.good:
                said = {"error": "invalid_grant", "error_description": "AADSTS70008: expired.\r\nTrace ID: 1"}
                return web.json_response(said, status=400)
            case "authorization_code" if self._digest(form["code_verifier"]) != self.challenge:
                return web.json_response({"error": "invalid_grant"}, status=400)
            case "client_credentials" if form.get("client_secret") != "s3cret":
                said = {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret."}
                return web.json_response(said, status=401)
        return web.json_response(self._granted(form))

    def _digest(self, verifier: str) -> str:
        return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")

    def _granted(self, form: dict[str, str]) -> dict[str, Any]:
        number = next(self._numbers)
        self.given.append(f"access-{number}")
        told: dict[str, Any] = {"access_token": self.given[-1], "expires_in": self.lasts, "token_type": "Bearer"}
        if form["grant_type"] == "client_credentials":
            return told
        if form["grant_type"] == "refresh_token" and not self.rotates:
            return told
        self.good = {f"refresh-{number}"}
        return {**told, "refresh_token": f"refresh-{number}"}


@asynccontextmanager
async def authority(**said: Any) -> AsyncIterator[Authority]:
    """One that listens on this machine, at the paths of both providers."""
    here = Authority(**said)
    app = web.Application()
    for tenant in ("organizations", "atelier.example"):
        app.router.add_post(f"/{tenant}/oauth2/v2.0/devicecode", here.device)
        app.router.add_post(f"/{tenant}/oauth2/v2.0/token", here.token)
    app.router.add_post("/token", here.token)
    async with TestServer(app) as server:
        here.url = str(server.make_url("")).rstrip("/")
        yield here

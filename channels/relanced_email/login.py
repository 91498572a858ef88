"""How a person lets us into a mailbox: by a code typed on any device (RFC 8628), or a browser that comes back to us."""

from __future__ import annotations

import asyncio
import secrets
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from relanced.channel import Say, Typed
from relanced_email.signin import Grant
from relanced_email.tokens import NoToken, Tokens, told

_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
_BROWSER_WAITS = 900.0  # seconds for a person to find the password and the telephone
_PAGE = "Merci, relanced peut maintenant utiliser cette boîte. Vous pouvez fermer cette page.\n"


async def login(tokens: Tokens, user: str, say: Say, typed: Typed) -> None:
    """Obtain and keep a first token for the mailbox of `user`. Raises NoToken."""
    if tokens.settings.grant is Grant.APPLICATION:
        await tokens.access()
    elif tokens.provider.device_url:
        await _by_code(tokens, user, say)
    else:
        await _by_browser(tokens, user, say, typed)


async def _by_code(tokens: Tokens, user: str, say: Say) -> None:
    """The person types a code on the provider's page, on whatever device; we ask until it is done."""
    given = await tokens.ask(tokens.provider.device_url, {})
    if "device_code" not in given:
        raise NoToken(f"{tokens.provider.name} gives no code: {told(given)}")
    say(f"Open {given['verification_uri']} on any device, type the code {given['user_code']}, sign in as {user}.")
    async with _patience(float(given.get("expires_in") or 900)):
        _keep(tokens, await _polled(tokens, str(given["device_code"]), float(given.get("interval", 5))))


async def _polled(tokens: Tokens, code: str, interval: float) -> dict[str, Any]:
    while True:
        await asyncio.sleep(interval)
        said = await tokens.ask(tokens.provider.token_url, {"grant_type": _DEVICE, "device_code": code})
        match said.get("error"):
            case "authorization_pending":
                continue
            case "slow_down":
                interval += 5  # RFC 8628 §3.5
            case _:
                return said


async def _by_browser(tokens: Tokens, user: str, say: Say, typed: Typed) -> None:
    """The person agrees in a browser, which then calls a port of this machine; from elsewhere, the person tells us
    the address it ended on (RFC 8252 §7.3, RFC 7636)."""
    state, verifier = secrets.token_urlsafe(16), secrets.token_urlsafe(48)
    async with _ear() as (back, called):
        say(f"Open this page in a browser and sign in as {user}:")
        say(_consent(tokens, user, back, state, verifier))
        say("On another machine the last page cannot be shown: copy its address from the browser and paste it here.")
        async with _patience(_BROWSER_WAITS):
            answer = await _first(called, typed)
    if answer.get("state") != state or "code" not in answer:
        raise NoToken(f"{tokens.provider.name} did not agree: {told(answer)}")
    asked = {"grant_type": "authorization_code", "code": answer["code"], "redirect_uri": back}
    _keep(tokens, await tokens.ask(tokens.provider.token_url, {**asked, "code_verifier": verifier}))


def _consent(tokens: Tokens, user: str, back: str, state: str, verifier: str) -> str:
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {
        "client_id": tokens.settings.client_id,
        "redirect_uri": back,
        "response_type": "code",
        "scope": tokens.provider.scope,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "access_type": "offline",  # a refresh token, please
        "prompt": "consent",  # each time: Google gives one only with the consent
        "login_hint": user,
    }
    return f"{tokens.provider.consent_url}?{urlencode(asked)}"


@asynccontextmanager
async def _ear() -> AsyncIterator[tuple[str, asyncio.Future[str]]]:
    """A port of this machine that waits for one browser: its address, and what the browser will have asked for."""
    called: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.readline()).decode("latin-1").split(" ")
        page = _PAGE.encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(page)}\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n".encode() + page)
        await writer.drain()
        writer.close()
        if len(asked) == 3 and "?" in asked[1] and not called.done():
            called.set_result(asked[1])

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", called
    finally:
        server.close()


async def _first(called: asyncio.Future[str], typed: Typed) -> dict[str, str]:
    """What the browser brought, or the person pasted, whichever comes first."""
    pasted = asyncio.ensure_future(typed())
    try:
        done, _ = await asyncio.wait({called, pasted}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        pasted.cancel()
    return {name: values[0] for name, values in parse_qs(urlsplit(done.pop().result().strip()).query).items()}


@asynccontextmanager
async def _patience(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise NoToken("nobody signed in: run the command again when you have the password at hand") from None


def _keep(tokens: Tokens, said: dict[str, Any]) -> None:
    if "access_token" not in said:
        raise NoToken(f"{tokens.provider.name} did not agree: {told(said)}")
    if not said.get("refresh_token"):
        raise NoToken(f"{tokens.provider.name} gave no refresh token: the application must be one for desktops")
    try:
        tokens.keep(said)
    except OSError as error:
        raise NoToken(f"the token cannot be kept: {error.filename}: {error.strerror}") from error

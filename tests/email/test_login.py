"""A person lets us into a mailbox: with a code on any device, or in a browser that comes back to this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from relanced.channel import LogsIn, NoEntry, Surroundings
from relanced_email import EmailChannel
from relanced_email.tokens import FILE, read
from tests.email.authority import DEVICE, Authority, authority
from tests.email.things import Clock, settings


def channel(server: Authority, state: Path, auth: str, **sign_in: Any) -> EmailChannel:
    smtp = {"auth": auth, "user": "compta@atelier.example"}
    said = settings(9, smtp=smtp, sign_in={"client_id": "app-1", "authority": server.url, **sign_in})
    return EmailChannel(said, Surroundings("compta", state, Clock()))


async def nobody_types() -> str:
    return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]


async def test_a_code_typed_on_another_device_lets_us_in(tmp_path: Path) -> None:
    said: list[str] = []
    async with authority(pending=2) as server:
        door = channel(server, tmp_path, "microsoft")
        assert isinstance(door, LogsIn)
        told = await door.login(said.append, nobody_types)
        assert server.grants == [DEVICE] * 3
    assert told == "compta may use the mailbox compta@atelier.example at Microsoft"
    assert said == [
        "Open https://login.example/device on any device, type the code ABCD-1234, sign in as compta@atelier.example."
    ]
    kept = read(tmp_path / FILE)
    assert kept and (kept.access_token, kept.refresh_token, kept.client_id) == ("access-1", "refresh-1", "app-1")


@pytest.mark.parametrize("error", ["authorization_declined", "expired_token", "access_denied"])
async def test_a_person_who_declines_leaves_nothing_behind(tmp_path: Path, error: str) -> None:
    async with authority(refusal={"error": error}) as server:
        with pytest.raises(NoEntry, match=f"Microsoft did not agree: {error}"):
            await channel(server, tmp_path, "microsoft").login(lambda _: None, nobody_types)
    assert not (tmp_path / FILE).exists()


class Browser:
    """Opens the page it is shown, agrees, and goes where it is sent; or hands the last address to its person."""

    def __init__(
        self, server: Authority, change: Callable[[dict[str, str]], dict[str, str]] = lambda back: back
    ) -> None:
        self._server, self._change = server, change
        self.shown: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.asked: dict[str, str] = {}

    def say(self, line: str) -> None:
        if line.startswith("https://accounts.google.com/") and not self.shown.done():
            self.shown.set_result(line)

    async def agree(self) -> str:
        """The address the browser ends on."""
        query = parse_qs(urlsplit(await self.shown).query)
        self.asked = {name: values[0] for name, values in query.items()}
        self._server.challenge = self.asked["code_challenge"]
        back = self._change({"state": self.asked["state"], "code": "4/abc", "scope": self.asked["scope"]})
        return f"{self.asked['redirect_uri']}/?" + "&".join(f"{k}={v}" for k, v in back.items())

    async def follow(self) -> str:
        async with aiohttp.ClientSession() as session, session.get(await self.agree()) as page:
            return await page.text()


async def test_a_browser_on_this_machine_comes_back_by_itself(tmp_path: Path) -> None:
    async with authority() as server:
        browser = Browser(server)
        following = asyncio.create_task(browser.follow())
        told = await channel(server, tmp_path, "google").login(browser.say, nobody_types)
        assert "relanced peut maintenant utiliser cette boîte" in await following
        assert told == "compta may use the mailbox compta@atelier.example at Google"
        form = server.asked[-1]
    assert (browser.asked["access_type"], browser.asked["scope"]) == ("offline", "https://mail.google.com/")
    assert browser.asked["login_hint"] == "compta@atelier.example"
    assert (form["grant_type"], form["code"], form["client_id"]) == ("authorization_code", "4/abc", "app-1")
    assert form["redirect_uri"] == browser.asked["redirect_uri"]
    assert "scope" not in form


async def test_from_another_machine_the_address_is_pasted(tmp_path: Path) -> None:
    async with authority() as server:
        browser = Browser(server)

        async def typed() -> str:
            return f"  {await browser.agree()}\n"

        await channel(server, tmp_path, "google").login(browser.say, typed)
    assert read(tmp_path / FILE)


TRICKS: list[tuple[Callable[[dict[str, str]], dict[str, str]], str]] = [
    (lambda back: {**back, "state": "another"}, "did not agree"),
    (lambda back: {"state": back["state"], "error": "access_denied"}, "did not agree: access_denied"),
]


@pytest.mark.parametrize(("trick", "words"), TRICKS)
async def test_an_answer_that_is_not_to_our_question_lets_nobody_in(
    tmp_path: Path, trick: Callable[[dict[str, str]], dict[str, str]], words: str
) -> None:
    """Another page cannot slip its own sign-in in (RFC 6749 §10.12)."""
    async with authority() as server:
        browser = Browser(server, trick)
        following = asyncio.create_task(browser.follow())
        with pytest.raises(NoEntry, match=words):
            await channel(server, tmp_path, "google").login(browser.say, nobody_types)
        await following
        assert not server.asked


async def test_an_application_tries_its_secret_at_once(tmp_path: Path) -> None:
    async with authority() as server:
        app = {"grant": "application", "client_secret": "s3cret", "tenant": "atelier.example"}
        assert "may use" in await channel(server, tmp_path, "microsoft", **app).login(lambda _: None, nobody_types)


async def test_a_channel_with_a_password_has_nothing_to_sign_in_to() -> None:
    door = EmailChannel(settings(9), Surroundings("compta", Path(), Clock()))
    with pytest.raises(NoEntry, match="compta logs in with a password"):
        await door.login(lambda _: None, nobody_types)

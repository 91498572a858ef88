"""A relay that is logged in to with a token: XOAUTH2 and OAUTHBEARER over a real aiosmtpd, and every way to fail."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from relanced.channel import Scope, Sent, Surroundings, Unavailable
from relanced_email import EmailChannel
from relanced_email.tokens import FILE, Token, write
from tests.email.authority import Authority, authority
from tests.email.relay import Relay
from tests.email.things import Clock, Go, a_draft, settings

USER = "compta@atelier.example"


@dataclass
class TokenRelay:
    """A real aiosmtpd that takes tokens, as long as they are among the good ones."""

    good: set[str]
    mechanisms: tuple[str, ...] = ("XOAUTH2", "OAUTHBEARER")
    port: int = 0
    kept: list[bytes] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        if not session.authenticated:
            return "530 5.7.57 Client not authenticated"
        self.kept.append(envelope.content)
        return "250 2.0.0 OK <x1@prod.outlook.example> [Hostname=H]"

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        return await self._judge(server, args, f"user={USER}\x01auth=Bearer ", b"")

    async def auth_OAUTHBEARER(self, server: SMTP, args: list[str]) -> AuthResult:
        return await self._judge(server, args, f"n,a={USER},\x01host=127.0.0.1\x01auth=Bearer ", b"\x01")

    async def _judge(self, server: SMTP, args: list[str], expected: str, cancel: bytes) -> AuthResult:
        said = b64decode(args[1]).decode()
        token = said.removeprefix(expected).removesuffix("\x01\x01")
        self.logins.append((args[0], token))
        if said.startswith(expected) and token in self.good:
            return AuthResult(success=True, handled=False)
        answer = await server.challenge_auth('{"status":"401","schemes":"bearer"}')
        assert answer == cancel
        return AuthResult(success=False, handled=False, message="535 5.7.3 Authentication unsuccessful")


@asynccontextmanager
async def token_relay(
    *good: str, mechanisms: tuple[str, ...] = ("XOAUTH2", "OAUTHBEARER")
) -> AsyncIterator[TokenRelay]:
    here = TokenRelay(set(good))
    left_out = {"LOGIN", "PLAIN", "XOAUTH2", "OAUTHBEARER"} - set(mechanisms)

    def serve() -> SMTP:
        return SMTP(here, hostname="relay.example", auth_require_tls=False, auth_exclude_mechanism=left_out)

    server = await asyncio.get_running_loop().create_server(serve, "127.0.0.1", 0)
    async with server:
        here.port = server.sockets[0].getsockname()[1]
        yield here


@asynccontextmanager
async def door(port: int, server: Authority, state: Path, auth: str = "microsoft") -> AsyncIterator[EmailChannel]:
    smtp = {"auth": auth, "user": USER}
    said = settings(port, smtp=smtp, sign_in={"client_id": "app-1", "authority": server.url})
    channel = EmailChannel(said, Surroundings("compta", state, Clock()))
    yield channel
    await channel.close()


def signed_in(state: Path, lasts: timedelta = timedelta(hours=1)) -> None:
    write(state / FILE, Token("access-0", (Clock()() + lasts).timestamp(), "first-refresh", "app-1"))


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
@pytest.mark.parametrize("auth", ["microsoft", "google"])
async def test_a_message_goes_through_a_login_with_a_token(tmp_path: Path, mechanism: str, auth: str) -> None:
    signed_in(tmp_path)
    async with (
        authority() as server,
        token_relay("access-0", mechanisms=(mechanism,)) as relay,
        door(relay.port, server, tmp_path, auth) as channel,
    ):
        parcel = channel.compose(a_draft())
        answer = await channel.submit(parcel, Go())
    assert answer == Sent("<x1@prod.outlook.example>", "250 2.0.0 OK <x1@prod.outlook.example> [Hostname=H]")
    assert relay.logins == [(mechanism, "access-0")]
    assert relay.kept == [parcel.wire]


async def test_a_token_that_ended_is_renewed_before_it_is_shown(tmp_path: Path) -> None:
    signed_in(tmp_path, timedelta(0))
    async with authority() as server, token_relay("access-1") as relay, door(relay.port, server, tmp_path) as channel:
        assert isinstance(await channel.submit(channel.compose(a_draft()), Go()), Sent)
    assert relay.logins == [("XOAUTH2", "access-1")]


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
async def test_a_token_that_was_revoked_is_renewed_once_and_nothing_is_lost(tmp_path: Path, mechanism: str) -> None:
    signed_in(tmp_path)
    async with (
        authority() as server,
        token_relay("access-1", mechanisms=(mechanism,)) as relay,
        door(relay.port, server, tmp_path) as channel,
    ):
        go = Go()
        assert isinstance(await channel.submit(channel.compose(a_draft()), go), Sent)
    assert [token for _, token in relay.logins] == ["access-0", "access-1"]
    assert go.asked == 1


async def test_fault_31_a_relay_that_takes_no_token_closes_the_channel_and_names_the_command(tmp_path: Path) -> None:
    signed_in(tmp_path)
    async with authority() as server, token_relay() as relay, door(relay.port, server, tmp_path) as channel:
        answer = await channel.submit(channel.compose(a_draft()), Go())
    assert isinstance(answer, Unavailable) and answer.scope is Scope.CHANNEL
    assert answer.words.startswith("535 5.7.3 Authentication unsuccessful")
    assert answer.words.endswith("relanced login compta")
    assert len(relay.logins) == 2


async def test_fault_31_a_refused_renewal_closes_the_channel_and_names_the_command(tmp_path: Path) -> None:
    signed_in(tmp_path, timedelta(0))
    async with authority(good=set()) as server, token_relay() as relay, door(relay.port, server, tmp_path) as channel:
        go = Go()
        answer = await channel.submit(channel.compose(a_draft()), go)
    why = "Microsoft does not renew the sign-in (invalid_grant: AADSTS70008: expired.): run relanced login compta again"
    assert answer == Unavailable(Scope.CHANNEL, why)
    assert go.asked == 0


async def test_a_channel_nobody_signed_in_for_says_so(tmp_path: Path) -> None:
    async with authority() as server, token_relay() as relay, door(relay.port, server, tmp_path) as channel:
        answer = await channel.submit(channel.compose(a_draft()), Go())
    assert answer == Unavailable(Scope.CHANNEL, "nobody has signed in to Microsoft yet: run relanced login compta")


async def test_a_relay_without_such_a_login_says_what_it_offers(tmp_path: Path) -> None:
    signed_in(tmp_path)
    async with (
        authority() as server,
        token_relay("access-0", mechanisms=("LOGIN", "PLAIN")) as relay,
        door(relay.port, server, tmp_path) as channel,
    ):
        answer = await channel.submit(channel.compose(a_draft()), Go())
    assert isinstance(answer, Unavailable)
    assert answer.words == "the relay takes no token; it offers LOGIN PLAIN"


SAYINGS: list[tuple[str, str]] = [
    (
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.",
        "allow authenti",
    ),
    ("454 4.7.0 Temporary authentication failure", "454 4.7.0 Temporary"),
]


@pytest.mark.parametrize(("reply", "words"), SAYINGS)
async def test_what_no_other_token_would_mend_is_asked_once(tmp_path: Path, reply: str, words: str) -> None:
    signed_in(tmp_path)
    said: dict[str, Any] = {"AUTH": reply}
    async with (
        authority() as server,
        Relay(said, extensions=("AUTH XOAUTH2",)) as relay,
        door(relay.port, server, tmp_path) as channel,
    ):
        answer = await channel.submit(channel.compose(a_draft()), Go())
        assert isinstance(answer, Unavailable) and words in answer.words
        assert relay.verbs.count("AUTH") == 1
        assert not server.asked


async def test_a_relay_that_echoes_the_token_does_not_make_us_tell_it(tmp_path: Path) -> None:
    """Attack 31."""
    signed_in(tmp_path)
    server_good = {"first-refresh"}
    async with (
        authority(good=server_good) as server,
        Relay({"AUTH": "535 no access-0 or access-1 here"}, extensions=("AUTH XOAUTH2",)) as relay,
        door(relay.port, server, tmp_path) as channel,
    ):
        answer = await channel.submit(channel.compose(a_draft()), Go())
    assert isinstance(answer, Unavailable)
    assert "access-1" not in answer.words

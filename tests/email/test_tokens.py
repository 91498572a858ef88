"""Tokens instead of passwords: kept, renewed, shared by processes, refused, against a real HTTP server."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from relanced_email.settings import EmailSettings
from relanced_email.signin import Auth, SignInSettings, provider
from relanced_email.tokens import FILE, NoToken, Token, Tokens, read, write
from tests.email.authority import Authority, authority
from tests.email.things import Clock

HOUR = timedelta(hours=1)


@pytest.fixture
async def server() -> AsyncIterator[Authority]:
    async with authority() as here:
        yield here


def tokens(server: Authority, state: Path, clock: Clock | None = None, **said: Any) -> Tokens:
    settings = SignInSettings.model_validate({"client_id": "app-1", "authority": server.url, **said})
    return Tokens("compta", provider(Auth.MICROSOFT, settings, reads=False), settings, state, clock or Clock())


def signed_in(state: Path, clock: Clock, client_id: str = "app-1", lasts: timedelta = HOUR) -> None:
    write(state / FILE, Token("access-0", (clock() + lasts).timestamp(), "first-refresh", client_id))


async def test_a_token_serves_until_shortly_before_its_end_and_is_then_renewed(
    server: Authority, tmp_path: Path
) -> None:
    clock = Clock()
    signed_in(tmp_path, clock)
    mine = tokens(server, tmp_path, clock)
    assert await mine.access() == "access-0"
    clock.pass_by(HOUR - timedelta(minutes=3))
    assert await mine.access() == "access-0"
    clock.pass_by(timedelta(minutes=2))
    assert await mine.access() == "access-1"
    assert server.asked == [
        {
            "client_id": "app-1",
            "grant_type": "refresh_token",
            "refresh_token": "first-refresh",
            "scope": "https://outlook.office.com/SMTP.Send offline_access",
        }
    ]


async def test_a_refresh_token_that_rotates_is_on_the_disk_and_only_its_owner_may_read_it(
    server: Authority, tmp_path: Path
) -> None:
    signed_in(tmp_path, Clock(), lasts=timedelta(0))
    await tokens(server, tmp_path).access()
    kept = read(tmp_path / FILE)
    assert kept and kept.refresh_token == "refresh-1"
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == [FILE, "token.lock"]


async def test_a_provider_that_keeps_its_refresh_token_is_asked_with_it_again(
    server: Authority, tmp_path: Path
) -> None:
    server.rotates = False
    clock = Clock()
    signed_in(tmp_path, clock)
    mine = tokens(server, tmp_path, clock)
    for _ in range(3):
        clock.pass_by(2 * HOUR)
        await mine.access()
    assert {form["refresh_token"] for form in server.asked} == {"first-refresh"}


async def test_many_who_need_one_at_the_same_time_renew_it_once(server: Authority, tmp_path: Path) -> None:
    signed_in(tmp_path, Clock(), lasts=timedelta(0))
    one, other = tokens(server, tmp_path), tokens(server, tmp_path)
    given = await asyncio.gather(*(who.access() for who in (one, other) for _ in range(10)))
    assert set(given) == {"access-1"}
    assert len(server.asked) == 1


_OTHER = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from relanced_email.signin import Auth, SignInSettings, provider
from relanced_email.tokens import Tokens
settings = SignInSettings(client_id="app-1", authority=sys.argv[1])
where = provider(Auth.MICROSOFT, settings, reads=False)
print(asyncio.run(Tokens("compta", where, settings, Path(sys.argv[2]), lambda: datetime.now(UTC)).access()))
"""


async def test_processes_that_renew_together_never_use_a_refresh_token_twice(server: Authority, tmp_path: Path) -> None:
    """The daemon and a check beside it."""
    write(tmp_path / FILE, Token("access-0", 0.0, "first-refresh", "app-1"))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _OTHER, server.url, str(tmp_path)]
    started = [
        await asyncio.create_subprocess_exec(*command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    said = [await process.communicate() for process in started]
    assert [out.decode().strip() for out, _ in said] == ["access-1"] * 3, said
    assert len(server.asked) == 1


async def test_a_token_that_a_server_refused_before_its_end_is_renewed(server: Authority, tmp_path: Path) -> None:
    signed_in(tmp_path, Clock())
    mine = tokens(server, tmp_path)
    assert await mine.access(refused="access-0") == "access-1"
    assert await mine.access(refused="access-0") == "access-1"
    assert len(server.asked) == 1


async def test_an_application_in_its_own_name_needs_no_person(server: Authority, tmp_path: Path) -> None:
    clock = Clock()
    app: dict[str, Any] = {"grant": "application", "client_secret": "s3cret", "tenant": "atelier.example"}
    mine = tokens(server, tmp_path, clock, **app)
    assert await mine.access() == "access-1"
    clock.pass_by(2 * HOUR)
    assert await mine.access() == "access-2"
    assert server.grants == ["client_credentials"] * 2
    assert server.asked[0]["scope"] == "https://outlook.office365.com/.default"
    wrong = tokens(server, tmp_path, clock, **{**app, "client_secret": "wr0ng", "client_id": "app-2"})
    with pytest.raises(NoToken, match="does not accept the application") as refused:
        await wrong.access()
    assert "wr0ng" not in str(refused.value)
    assert "AADSTS7000215" in str(refused.value)


REFUSALS = [
    (
        {"error": "invalid_grant", "error_description": "AADSTS50173: changed.\r\nTrace"},
        "run relanced login compta again",
    ),
    ({"error": "interaction_required"}, "run relanced login compta again"),
    ({"error": "unauthorized_client"}, "look at sign_in: of compta"),
]


@pytest.mark.parametrize(("refusal", "todo"), REFUSALS)
async def test_a_refusal_says_in_one_line_why_and_what_to_do(
    server: Authority, tmp_path: Path, refusal: dict[str, str], todo: str
) -> None:
    server.refusal = refusal
    signed_in(tmp_path, Clock(), lasts=timedelta(0))
    with pytest.raises(NoToken) as told:
        await tokens(server, tmp_path).access()
    words = str(told.value)
    assert words.endswith(todo) and refusal["error"] in words
    assert words.isprintable() and "first-refresh" not in words and "Trace" not in words
    kept = read(tmp_path / FILE)
    assert kept and kept.refresh_token == "first-refresh"  # a person may have to look, nothing is thrown away


async def test_a_provider_that_cannot_be_asked_is_no_refusal(server: Authority, tmp_path: Path) -> None:
    signed_in(tmp_path, Clock(), lasts=timedelta(0))
    server.status = 503
    with pytest.raises(NoToken, match="cannot be asked for a token: it answered 503"):
        await tokens(server, tmp_path).access()
    server.url = "http://127.0.0.1:9"
    with pytest.raises(NoToken, match="cannot be asked for a token") as told:
        await tokens(server, tmp_path).access()
    assert "login" not in str(told.value)


FILES = [
    ("", 0o600, "nobody has signed in to Microsoft yet: run relanced login compta"),
    ("{", 0o600, "is damaged: remove it and sign in again"),
    ('{"access_token": "a", "expires_at": 9e9, "refresh_token": "r", "client_id": "app-1"}', 0o644, "chmod 600"),
    (
        '{"access_token": "a", "expires_at": 9e9, "refresh_token": "r", "client_id": "app-9"}',
        0o600,
        "another client_id",
    ),
]


@pytest.mark.parametrize(("text", "mode", "words"), FILES)
async def test_a_file_that_cannot_be_used_says_so(
    server: Authority, tmp_path: Path, text: str, mode: int, words: str
) -> None:
    """Attack 33."""
    if text:
        (tmp_path / FILE).write_text(text)
        (tmp_path / FILE).chmod(mode)
    with pytest.raises(NoToken, match=words):
        await tokens(server, tmp_path).access()
    assert not (tmp_path / "token.lock").exists()
    assert not server.asked


async def test_a_folder_that_is_not_there_is_made_by_nobody(server: Authority, tmp_path: Path) -> None:
    with pytest.raises(NoToken, match="nobody has signed in"):
        await tokens(server, tmp_path / "none").access()
    assert not (tmp_path / "none").exists()


def test_a_write_that_is_cut_short_leaves_the_token_that_was_there(tmp_path: Path) -> None:
    write(tmp_path / FILE, Token("old", 1.0, "r", "app-1"))
    (tmp_path / f"token.{os.getpid()}").write_text("half a tok")
    assert json.loads((tmp_path / FILE).read_text())["access_token"] == "old"
    write(tmp_path / FILE, Token("new", 1.0, "r", "app-1"))
    assert json.loads((tmp_path / FILE).read_text())["access_token"] == "new"


SMTP = {"host": "smtp.office365.com", "user": "compta@atelier.example", "auth": "microsoft"}
APP = {"client_id": "app-1"}
SETTINGS: list[tuple[dict[str, Any], str]] = [
    ({"smtp": SMTP}, "go together"),
    ({"smtp": {"host": "h"}, "sign_in": APP}, "go together"),
    ({"smtp": {**SMTP, "password": "p"}, "sign_in": APP}, "needs user, the mailbox, and no password"),
    ({"smtp": {**SMTP, "tls": "none"}, "sign_in": APP}, "never crosses a network in clear"),
    ({"smtp": SMTP, "sign_in": {**APP, "authority": "http://login.example"}}, "expected an https address"),
    ({"smtp": SMTP, "sign_in": {**APP, "grant": "application"}}, "needs client_secret and the tenant"),
]


@pytest.mark.parametrize(("said", "words"), SETTINGS)
def test_settings_that_cannot_work_are_refused(said: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        EmailSettings.model_validate(said)


def test_a_mailbox_that_is_read_too_asks_for_both() -> None:
    settings = SignInSettings(client_id="app-1", tenant="atelier.example")
    both = provider(Auth.MICROSOFT, settings, reads=True)
    assert both.scope.split() == [
        "https://outlook.office.com/SMTP.Send",
        "https://outlook.office.com/IMAP.AccessAsUser.All",
        "offline_access",
    ]
    assert both.device_url == "https://login.microsoftonline.com/atelier.example/oauth2/v2.0/devicecode"
    google = provider(Auth.GOOGLE, settings, reads=True)
    assert (google.token_url, google.scope) == ("https://oauth2.googleapis.com/token", "https://mail.google.com/")

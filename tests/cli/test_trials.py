"""Trying channels from the command line: check --online, send-test, login; with a daemon, and without one."""

from __future__ import annotations

import asyncio
import os
import pwd
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from relanced_email.tokens import read
from tests.cli.atelier import Atelier, Done
from tests.cli.test_with_a_daemon import Running
from tests.email.authority import authority
from tests.email.nameserver import Zone, nameserver
from tests.email.relay import EXTENSIONS, Relay
from tests.email.test_repute import KEY

PLAIN = "host: 127.0.0.1, port: 9, tls: none"
SHORT = """\
policies:
  short:
    for: {debtor: business}
    steps: [{name: relance-1, tone: courteous, when: 3 days after due, via: [email]}]
"""
SOUND: Zone = {
    "MX atelier.example": ["10 mx.atelier.example."],
    "TXT atelier.example": ["v=spf1 mx -all"],
    "TXT s1._domainkey.atelier.example": [KEY],
    "TXT _dmarc.atelier.example": ["v=DMARC1; p=reject"],
}


async def typed(atelier: Atelier, *words: str, style: str = "tsv") -> Done:
    """A command, while the servers of the test go on answering."""
    return await asyncio.to_thread(atelier.relanced, *words, style=style)


@asynccontextmanager
async def world(atelier: Atelier, zone: Zone, smtp: str = "") -> AsyncIterator[Relay]:
    """A relay and a name server that the configuration points at."""
    async with Relay({"AUTH": "235 2.7.0 Ok"}, (*EXTENSIONS, "AUTH PLAIN")) as relay, nameserver(zone) as dns:
        text = atelier.config.read_text().replace(PLAIN, f"host: 127.0.0.1, port: {relay.port}, tls: none{smtp}")
        text = text.replace("{kind: email,", f'{{kind: email, dns: "{dns}", dkim_selectors: [s1],')
        text = text.replace("user: root", f"user: {pwd.getpwuid(os.getuid()).pw_name}")
        atelier.write("config.yaml", text.replace("policies: default", SHORT))
        yield relay


def everything(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


# -- check --online ---------------------------------------------------------------------------------------------------


async def test_a_sound_house_is_sound_on_line_too_and_nothing_is_made(atelier: Atelier) -> None:
    async with world(atelier, SOUND) as relay:
        before = everything(atelier.folder)
        done = await typed(atelier, "check", "--online")
        assert done.status == 0, done.out
        assert "the configuration is sound" in done.out
        assert relay.verbs == ["EHLO", "QUIT"]
        assert everything(atelier.folder) == before


async def test_each_fault_is_told_with_its_place_and_what_to_do(atelier: Atelier) -> None:
    zone = {**SOUND, "TXT atelier.example": ["v=spf1 mx"]}
    zone.pop("TXT _dmarc.atelier.example")
    async with world(atelier, zone):
        done = await typed(atelier, "check", "--online")
    assert done.status == 1
    faults = [line for line in done.out.splitlines() if line.startswith("FAULT")]
    assert faults == [
        "FAULT channels.compta: atelier.example: SPF does not say what holds for all others: end it with ~all or -all",
        "FAULT channels.compta: atelier.example has no DMARC record: publish TXT _dmarc.atelier.example "
        "“v=DMARC1; p=none; rua=mailto:…”",
    ]


async def test_what_the_daemon_alone_may_know_it_tries_itself(
    atelier: Atelier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever types the command needs no secret."""
    async with world(atelier, SOUND, ', user: compta, password: "${env:RELAY_PASSWORD}"') as relay:
        done = await typed(atelier, "check", "--online")
        assert "channels.compta was not tried: the daemon alone has its secrets" in done.out
        assert relay.verbs == []
        monkeypatch.setenv("RELAY_PASSWORD", "hunter2")
        running = await asyncio.to_thread(Running, atelier)
        monkeypatch.delenv("RELAY_PASSWORD")
        try:
            done = await typed(atelier, "check", "--online")
            sent = await typed(atelier, "send-test", "compta", "--wait", "0")
        finally:
            await asyncio.to_thread(running.stop)
    assert "the configuration is sound" in done.out
    assert relay.verbs[:3] == ["EHLO", "AUTH", "QUIT"]
    assert "went through compta" in sent.out
    assert len(relay.messages) == 1
    asked = [told["verb"] for told in running.said("asked")]
    assert (asked[0], asked[-1]) == ("probe", "send-test")
    assert "hunter2" not in done.out + running.log.read_text()


# -- send-test --------------------------------------------------------------------------------------------------------


async def test_a_test_reaches_whoever_types_the_command(atelier: Atelier) -> None:
    async with world(atelier, SOUND) as relay:
        done = await typed(atelier, "send-test", "compta", "--wait", "0")
        assert done.status == 0, done.err
        assert "went through compta to claire@atelier.example: 250 2.0.0 Ok: queued as 4F2A1B" in done.out
        assert len(relay.messages) == 1
        away = await typed(atelier, "send-test", "compta", "--wait", "0", "--to", "it@other.example")
        assert "to it@other.example" in away.out
        assert "no case is open" in (await typed(atelier, "cases")).out


def test_a_relay_that_is_not_there_ends_with_status_1(atelier: Atelier) -> None:
    done = atelier.relanced("send-test", "compta", "--to", "claire@atelier.example")
    assert done.status == 1
    assert "no test went through compta: " in done.out


# -- login ------------------------------------------------------------------------------------------------------------


def microsoft(atelier: Atelier, url: str) -> None:
    said = f"sign_in: {{client_id: app-1, authority: {url}}}"
    smtp = f"{PLAIN}, auth: microsoft, user: compta@atelier.example"
    text = atelier.config.read_text().replace(PLAIN, smtp).replace("{kind: email,", f"{{kind: email, {said},")
    atelier.write("config.yaml", text)


async def test_a_login_keeps_a_token_where_the_daemon_finds_it(atelier: Atelier) -> None:
    async with authority(pending=1) as server:
        microsoft(atelier, server.url)
        done = await typed(atelier, "login", "compta")
    assert done.status == 0, done.err
    assert "type the code ABCD-1234" in done.out
    assert "compta may use the mailbox compta@atelier.example at Microsoft" in done.out
    kept = read(atelier.folder / "state" / "channels" / "compta" / "token.json")
    assert kept and kept.refresh_token == "refresh-1"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
async def test_what_root_obtains_belongs_to_the_account_that_runs_the_daemon(atelier: Atelier) -> None:
    os.chown(atelier.folder, 65534, 65534)
    async with authority() as server:
        microsoft(atelier, server.url)
        await typed(atelier, "login", "compta")
    made = [atelier.folder / "state", *everything(atelier.folder / "state")]
    assert {path.stat().st_uid for path in made} == {65534}
    assert (made[-1].name, made[-1].stat().st_mode & 0o777) == ("token.json", 0o600)


async def test_a_login_that_fails_is_one_line(atelier: Atelier) -> None:
    async with authority(refusal={"error": "access_denied"}) as server:
        microsoft(atelier, server.url)
        done = await typed(atelier, "login", "compta")
    assert (done.status, done.err) == (1, "Microsoft did not agree: access_denied\n")


@pytest.mark.parametrize(
    ("channel", "status", "words"),
    [
        ("compta", 1, "compta logs in with a password: there is nothing to sign in to"),
        ("office", 1, "office: a channel of kind letter needs nobody to sign in"),
        ("fax", 2, "there is no channel fax in the configuration (there are: compta, office, tray)"),
    ],
)
def test_a_channel_that_needs_no_login_says_so(atelier: Atelier, channel: str, status: int, words: str) -> None:
    done = atelier.relanced("login", channel)
    assert (done.status, done.err) == (status, f"{words}\n")

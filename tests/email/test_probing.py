"""Trying the door without sending: it opens, logs in and says EHLO, reads the DNS, and nothing leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from relanced.channel import Probes, Surroundings
from relanced_email import EmailChannel
from tests.email.authority import authority
from tests.email.certificates import Certificate, certificate
from tests.email.nameserver import nameserver
from tests.email.relay import Farewell, Relay, Silence
from tests.email.test_auth import signed_in, token_relay
from tests.email.test_channel import office
from tests.email.test_repute import SOUND
from tests.email.things import Clock, settings

SENDERS = ("compta@dubois.example", "claire@Dubois.example")


@pytest.fixture(scope="session")
def expired(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("probed") / "expired", end="20210101")


async def probed(port: int, state: Path = Path(), senders: tuple[str, ...] = (), **changes: Any) -> list[str]:
    channel = EmailChannel(settings(port, **changes), Surroundings("compta", state, Clock(), senders))
    assert isinstance(channel, Probes)
    try:
        return await channel.probe()
    finally:
        await channel.close()


async def test_a_door_in_order_has_no_fault_and_nothing_left() -> None:
    async with nameserver(SOUND) as dns, Relay() as relay:
        assert await probed(relay.port, senders=SENDERS, dns=dns) == []
        assert relay.verbs == ["EHLO", "QUIT"]
        assert relay.commands[0] == "EHLO dubois.example"


async def test_every_domain_that_writes_is_looked_at_once() -> None:
    async with nameserver({}) as dns, Relay() as relay:
        told = await probed(relay.port, senders=(*SENDERS, "x@other.example"), dns=dns)
    assert [line.partition(" ")[0] for line in told] == ["dubois.example"] * 4 + ["other.example"] * 4


SAYS: list[tuple[dict[str, Any], str]] = [
    ({"GREETING": Farewell("554 5.7.1 your address is blocked")}, "554 5.7.1 your address is blocked"),
    ({"GREETING": "554 no service"}, "554 no service"),
    ({"GREETING": Silence()}, "imed out"),
]


@pytest.mark.parametrize(("says", "words"), SAYS)
async def test_a_relay_that_does_not_let_us_in_is_one_line(says: dict[str, Any], words: str) -> None:
    async with Relay(says) as relay:
        (told,) = await probed(relay.port)
    assert told.startswith(f"127.0.0.1:{relay.port}: ")
    assert words in told


async def test_a_relay_that_is_not_there_is_one_line() -> None:
    (told,) = await probed(9)
    assert told.startswith("127.0.0.1:9: ")


async def test_fault_32_a_certificate_that_ended_is_one_line(expired: Certificate) -> None:
    tls = {"tls": "starttls", "ca_file": expired.chain, "user": "compta", "password": "any-word"}
    async with office(expired) as relay:
        (told,) = await probed(relay.port, smtp=tls)
    assert "certificate has expired" in told


async def test_a_wrong_password_is_one_line_without_it(tmp_path: Path) -> None:
    good = certificate(tmp_path / "good")
    tls = {"tls": "starttls", "ca_file": good.chain, "user": "compta", "password": "wr0ng-one"}
    async with office(good) as relay:
        (told,) = await probed(relay.port, smtp=tls)
    assert "535" in told
    assert "wr0ng-one" not in told


async def test_a_sign_in_is_tried_too(tmp_path: Path) -> None:
    async with authority() as server, token_relay("access-0") as relay:
        smtp = {"auth": "microsoft", "user": "compta@atelier.example"}
        said: dict[str, Any] = {"smtp": smtp, "sign_in": {"client_id": "app-1", "authority": server.url}}
        (told,) = await probed(relay.port, tmp_path, **said)
        assert told.endswith("nobody has signed in to Microsoft yet: run relanced login compta")
        signed_in(tmp_path)
        assert await probed(relay.port, tmp_path, **said) == []
    assert relay.kept == []


async def test_a_relay_that_takes_less_than_we_enclose_is_said() -> None:
    async with Relay(extensions=("SIZE 4000000",)) as relay:
        (told,) = await probed(relay.port)
    assert told.endswith("takes messages of 4000000 bytes at most: set enclosures to 3000000 or less")


async def test_a_journal_copy_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    async with Relay() as relay:
        told = await probed(relay.port, copy={"to": "copies@dubois.example", "maildir": tmp_path})
    assert told == [f"copy.maildir: {tmp_path / name} cannot be read by this account" for name in ("new", "cur")]

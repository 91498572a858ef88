"""Maileva's notifications: nobody signs them, so they show the login we gave, and only make us ask sooner."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from relanced.channel import Asks, Hooked, Receipt, Request, Said
from tests.maileva.letters import channel, office

URL = "https://relances.example/hooks/registered"
LOGIN = {"user": "maileva", "password": "a long secret of ours"}
SAID = {
    "source": "api.maileva.com",
    "user_id": "12345678-c014-4923-9bb9-497addd5e901",
    "client_id": "f5e22e36-c014-4923-9bb9-497addd5e901",
    "event_type": "ON_MAIN_DELIVERY_STATUS_FIRST_PRESENTATION",
    "resource_type": "registered_mail/v4/recipients",
    "event_date": "2027-03-04T23:30:00.000Z",
    "event_location": "FR",
    "resource_id": "e6118f29-89c3-41e5-82e8-00cb0b7b1b0c",
    "resource_location": "http://169.254.169.254/latest/meta-data",
    "resource_custom_id": "a1",
    "resource_custom_data": "R-1",
}


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def request(headers: dict[str, str] | None = None, body: bytes = b"", method: str = "POST") -> Request:
    shown = basic(LOGIN["user"], LOGIN["password"]) if headers is None else headers
    return Request(method, URL, shown, body or json.dumps(SAID).encode())


FORGED: list[dict[str, str]] = [
    {},
    {"authorization": ""},
    {"authorization": "Basic"},
    {"authorization": "Basic !!!"},
    {"authorization": "Basic é"},
    {"authorization": "Bearer " + basic(LOGIN["user"], LOGIN["password"])["authorization"][6:]},
    basic("maileva", ""),
    basic("maileva", "another secret"),
    basic("", "a long secret of ours"),
    basic("maileva:a long", "secret of ours"),
]


@pytest.mark.parametrize("headers", FORGED)
def test_attack_12_a_notification_without_our_login_is_forged(headers: dict[str, str]) -> None:
    assert not channel(notifications=LOGIN).genuine(request(headers))


def test_a_notification_with_our_login_is_genuine_however_its_header_is_spelt() -> None:
    door = channel(notifications=LOGIN)
    shown = basic(LOGIN["user"], LOGIN["password"])["authorization"]
    assert door.genuine(request())
    assert door.genuine(request({"Authorization": shown}))
    assert not door.genuine(request(method="GET"))


def test_nobody_may_call_a_door_that_gave_no_login() -> None:
    assert not channel().genuine(request())
    assert not channel().genuine(request(basic("", "")))


def test_a_notification_is_noted_without_any_effect() -> None:
    door = channel(notifications=LOGIN)
    heard = door.heard(request())
    assert heard.raw == json.dumps(SAID).encode()
    assert door.read(heard) == (
        Receipt(
            Said.NOTED,
            datetime(2027, 3, 4, 23, 30, tzinfo=UTC),
            "ON_MAIN_DELIVERY_STATUS_FIRST_PRESENTATION of registered_mail/v4/recipients",
            "a1",
            code="ON_MAIN_DELIVERY_STATUS_FIRST_PRESENTATION",
        ),
    )


def test_attack_13_a_notification_that_comes_again_is_the_same() -> None:
    door = channel(notifications=LOGIN)
    assert door.heard(request()).key == door.heard(request()).key
    later = SAID | {"event_date": "2027-03-05T08:00:00.000Z"}
    assert door.heard(request(body=json.dumps(later).encode())).key != door.heard(request()).key


NONSENSE: list[bytes] = [
    b"\xff",
    b"null",
    b"[]",
    b"{}",
    json.dumps(SAID | {"event_date": None}).encode(),
    json.dumps(SAID | {"resource_id": "x" * 301}).encode(),
    json.dumps(SAID | {"event_type": "a\nb"}).encode(),
]


@pytest.mark.parametrize("body", NONSENSE)
def test_attack_15_what_is_no_notification_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        channel(notifications=LOGIN).heard(request(body=body))


async def test_after_a_notification_we_ask_soon_and_go_nowhere_it_says() -> None:
    """Attack 23: the address in it is never called."""
    async with office(notifications=LOGIN) as here:
        await here.send()
        assert here.door.ask_every == timedelta(hours=1)
        here.door.heard(request())
        assert here.door.ask_every == timedelta(minutes=1)
        await here.ask()
        assert here.door.ask_every == timedelta(hours=1)
        assert all("meta-data" not in asked for asked in here.house.requests)


def test_the_door_says_how_it_hears() -> None:
    door = channel()
    assert isinstance(door, Hooked)
    assert isinstance(door, Asks)
    assert door.acknowledge == 201

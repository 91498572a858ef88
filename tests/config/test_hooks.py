"""A provider that is told to call us finds the door: otherwise it is a fault, told with its line like any other."""

from __future__ import annotations

import pytest

from relanced.config.channels import InstalledKinds
from tests.config.samples import SMALL, faults, read

PUBLIC = "desk: {listen: 127.0.0.1:8025, public_url: https://relances.dubois.example/r}\n"
KEYS = "account: AC0123456789abcdef0123456789abcdef, token: secret, from: DUBOIS"
TEXTS = f"  texts: {{{{kind: sms, {KEYS}, callback_url: {{}}}}}}\n"
HERE = "https://relances.dubois.example/r/hook/texts"
LETTERS = """\
  lettres:
    kind: maileva
    host: sandbox
    client_id: appli
    client_secret: secret
    notifications: {user: maileva, password: secret}
"""
OTHERS = """\
channels:
  compta:
    kind: email
    smtp: {host: smtp.example, tls: none}
  office: {kind: letter, out: folder, folder: /srv/letters}
  tray: {kind: letter, out: folder, folder: /srv/registered, registered: true}
"""
HOUSE = SMALL[: SMALL.index("channels:")] + OTHERS


def _told(text: str) -> list[str]:
    return [one for one in faults(text, kinds=InstalledKinds()) if "in the clear" not in one]


def test_a_provider_that_calls_needs_a_public_address_and_all_who_lack_it_are_told_at_once() -> None:
    text = HOUSE + TEXTS.format(HERE) + LETTERS
    texts, letters = (1 + text[: text.index(word)].count("\n") for word in ("callback_url", "notifications"))
    told = _told(text)
    assert len(told) == 2
    assert told[0].startswith(f"{texts}:") and "texts.callback_url: needs desk.public_url" in told[0]
    assert told[1].startswith(f"{letters}:") and "lettres.notifications: needs desk.public_url" in told[1]


@pytest.mark.parametrize(
    "url", [HERE.replace("/hook/", "/hooks/"), HERE.replace("texts", "twilio"), HERE.replace("/r/", "/")]
)
def test_it_calls_at_the_address_where_its_channel_is(url: str) -> None:
    (told,) = _told(PUBLIC + HOUSE + TEXTS.format(url))
    assert told.endswith(f"channels.texts.callback_url: expected {HERE}: nobody would answer at {url}")


def test_what_is_right_is_no_fault() -> None:
    right = PUBLIC + HOUSE + TEXTS.format(HERE) + LETTERS
    assert sorted(read(right, kinds=InstalledKinds()).channels) == ["compta", "lettres", "office", "texts", "tray"]


def test_the_address_that_a_fault_suggests_is_one_that_answers() -> None:
    (told,) = _told(PUBLIC + HOUSE + TEXTS.format("nonsense"))
    assert "expected an address like https://relances.example.fr/hook/texts" in told

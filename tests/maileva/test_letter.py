"""What a letter must be to leave by Maileva, and what an operator may set."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from msgspec.structs import replace
from pydantic import ValidationError

from relanced.channel import PaperDraft, Unfit
from relanced_maileva import MailevaSettings
from relanced_maileva.letter import country
from tests.channels.contract import rebuilt
from tests.maileva.letters import ADDRESS, SENDER, channel, letter, settings

# -- address lines ------------------------------------------------------------------------------------------------

TOWN = "35000 RENNES"
PLACED: list[tuple[tuple[str, ...], tuple[int, ...]]] = [
    (("DUPONT SARL", TOWN), (1, 6)),
    (("DUPONT SARL", "12 RUE DES FORGES", TOWN), (1, 4, 6)),
    (("DUPONT SARL", "MADAME DUPONT", "12 RUE DES FORGES", TOWN), (1, 2, 4, 6)),
    (("DUPONT SARL", "MADAME DUPONT", "BAT C", "12 RUE DES FORGES", TOWN), (1, 2, 3, 4, 6)),
    (("DUPONT SARL", "MADAME DUPONT", "BAT C", "12 RUE DES FORGES", "BP 356", TOWN), (1, 2, 3, 4, 5, 6)),
]


@pytest.mark.parametrize(("lines", "places"), PLACED)
def test_lines_of_nf_z10_011_become_address_lines_in_their_order(
    lines: tuple[str, ...], places: tuple[int, ...]
) -> None:
    asked = json.loads(channel().compose(letter(to=lines)).envelope["recipient"])
    assert asked == {
        "custom_id": "a1",
        "country_code": "FR",
        **{f"address_line_{n}": line for n, line in zip(places, lines, strict=True)},
    }


@pytest.mark.parametrize(
    ("town", "code"),
    [
        ("75001 PARIS", "FR"),
        ("20000 AJACCIO", "FR"),
        ("97110 POINTE A PITRE", "GP"),
        ("97133 GUSTAVIA", "BL"),
        ("97150 MARIGOT", "MF"),
        ("97200 FORT DE FRANCE", "MQ"),
        ("97300 CAYENNE", "GF"),
        ("97400 SAINT DENIS", "RE"),
        ("97600 MAMOUDZOU", "YT"),
        ("98000 MONACO", "MC"),
        ("98800 NOUMEA", "NC"),
    ],
)
def test_a_postcode_names_its_country(town: str, code: str) -> None:
    assert country(town) == code


SEVEN = ("A", "B", "C", "D", "E", "F", TOWN)
ABROAD = ("A", "RUE HAUTE 1", "1000 BRUXELLES")
UNFIT: list[tuple[str, PaperDraft, str]] = [
    ("not a PDF", replace(letter(), pdf=b"<html>"), "the letter is not a PDF: it does not start with %PDF-"),
    ("too heavy", replace(letter(), pdf=b"%PDF-" + bytes(20_000_000)), "the letter has 20000005 bytes, 20000000 at"),
    ("no page", replace(letter(), pages=0), "the letter says it has 0 pages"),
    ("too thick", replace(letter(), pages=89), "the letter has 45 sheets, 44 at most"),
    ("attempt", letter("a" * 33), "the attempt id may hold only 32 ASCII letters"),
    ("title", replace(letter(), title="a\nb"), "the title is empty or holds a control character"),
    ("reference", replace(letter(), reference="a\x1b[2J"), "the reference is empty or holds a control character"),
    ("no address", letter(to=()), "the address has 0 lines, 2 to 6 are expected"),
    ("seven lines", letter(to=SEVEN), "the address has 7 lines, 2 to 6 are expected"),
    ("a long line", letter(to=("A", "B" * 39, TOWN)), "line 2 of the address has 39 characters, 38 at most"),
    ("an empty line", letter(to=("A", " ", TOWN)), "line 2 of the address is empty or holds a control character"),
    ("right to left", letter(to=("A\u202eB", TOWN)), "line 1 of the address is empty or holds a control character"),
    ("lone surrogate", letter(to=("A\udc80", TOWN)), "line 1 of the address is empty or holds a control character"),
    ("abroad", letter(to=ABROAD), "the address does not end with a French postcode and town; Maileva posts within"),
]


@pytest.mark.parametrize(("draft", "reason"), [row[1:] for row in UNFIT], ids=[row[0] for row in UNFIT])
def test_attack_2_an_unfit_letter_is_told_by_line_and_not_repeated(draft: PaperDraft, reason: str) -> None:
    with pytest.raises(Unfit) as unfit:
        channel().compose(draft)
    assert str(unfit.value).startswith(reason)


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(Unfit, match=r"not a PDF.*; the address has 0 lines"):
        channel().compose(replace(letter(to=()), pdf=b""))


def test_a_letter_printed_on_one_side_may_have_fewer_pages() -> None:
    assert channel().compose(replace(letter(), pages=88))
    with pytest.raises(Unfit, match="88 sheets"):
        channel(duplex=False).compose(replace(letter(), pages=88))


def test_the_requests_are_the_same_before_and_after_a_crash() -> None:
    parcel = channel().compose(letter())
    assert rebuilt(parcel).envelope == parcel.envelope
    assert parcel.address.split("\n") == list(ADDRESS)


# -- settings -----------------------------------------------------------------------------------------------------

WRONG: list[tuple[dict[str, object], str]] = [
    ({"host": "staging"}, "expected production, sandbox, or a URL"),
    ({"host": "http://api.maileva.example"}, "expected production, sandbox, or a URL"),
    ({"host": "https://"}, "expected production, sandbox, or a URL"),
    ({"password": None}, "user and password go together"),
    ({"user": ""}, "user and password go together"),
    ({"sender": ()}, "registered letters need a sender"),
    ({"sender": ("A",)}, "two to six lines"),
    ({"sender": ("A" * 39, TOWN)}, "line 1: expected 1 to 38"),
    ({"sender": ("A", "RENNES")}, "the last line: expected a French postcode"),
    ({"postage": "economic"}, "registered letters leave urgent or fast"),
    ({"archive_years": 0}, "kept 3, 6 or 10 years"),
    ({"archive_years": 5}, "Input should be 0, 1, 3, 6 or 10"),
    ({"ask_every": timedelta(seconds=1)}, "greater than or equal"),
    ({"notifications": {"user": "a:b", "password": "x"}}, "String should match pattern"),
    ({"client_id": "a:b"}, "String should match pattern"),
    ({"colour": True}, "Extra inputs are not permitted"),
]


@pytest.mark.parametrize(("wrong", "reason"), WRONG)
def test_a_wrong_setting_is_refused(wrong: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        settings("sandbox", **wrong)


@pytest.mark.parametrize(
    ("host", "api", "login"),
    [
        ("production", "https://api.maileva.com", "https://connexion.maileva.com"),
        ("sandbox", "https://api.sandbox.maileva.net", "https://connexion.sandbox.maileva.net"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_the_host_names_api_and_login(host: str, api: str, login: str) -> None:
    assert settings(host).addresses == (api, login)


def test_a_plain_letter_asks_for_little() -> None:
    plain = MailevaSettings.model_validate({"host": "sandbox", "client_id": "a", "client_secret": "b"})
    assert (plain.product, plain.sender, plain.registered) == ("mail/v2", (), False)
    assert settings(sender=list(SENDER)).product == "registered_mail/v4"


def test_settings_reach_the_door_and_show_no_secret() -> None:
    door = channel(settle=timedelta(minutes=1), connections=2, ask_every=timedelta(hours=2))
    assert (door.settle, door.connections, door.ask_every) == (timedelta(minutes=1), 2, timedelta(hours=2))
    assert "correct horse" not in repr(settings())

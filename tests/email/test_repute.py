"""What the DNS says of a domain that writes: SPF, DKIM, DMARC, MX, read from a real name server."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence

import pytest

from relanced_email.names import Names
from relanced_email.repute import faults_of_domain
from tests.email.nameserver import nameserver

KEY = "v=DKIM1; k=rsa; p=" + b64encode(bytes(294)).decode()
SOUND: dict[str, Sequence[str]] = {
    "MX dubois.example": ["10 mx1.mail.example."],
    "TXT dubois.example": ["google-site-verification=x", "v=spf1 include:mx.ovh.com ~all"],
    "TXT mx.ovh.com": ["v=spf1 ptr:mail-out.ovh.net ip4:192.0.2.1 ?all"],
    "TXT ovhmo-selector-1._domainkey.dubois.example": [KEY],
    "TXT _dmarc.dubois.example": ["v=DMARC1; p=none; rua=mailto:it@dubois.example"],
}
OVH = "ssl0.ovh.net"


async def faults(
    changes: Mapping[str, Sequence[str] | None], selectors: Sequence[str] = (), relay: str = OVH
) -> list[str]:
    zone = {key: rows for key, rows in {**SOUND, **changes}.items() if rows is not None}
    async with nameserver(zone) as where:
        return await faults_of_domain("dubois.example", relay, selectors, Names(where))


async def test_a_domain_in_order_has_no_fault() -> None:
    assert await faults({}) == []
    assert await faults({}, ["ovhmo-selector-1"]) == []


SPF, DMARC, DKIM = "TXT dubois.example", "TXT _dmarc.dubois.example", "TXT ovhmo-selector-1._domainkey.dubois.example"
TWELVE = " ".join(f"a:h{n}.example" for n in range(12))
MINE, KEYED = "dubois.example", "dubois.example: the DKIM key ovhmo-selector-1"
NO_SPF = f"{MINE} has no SPF record: publish TXT “v=spf1 include:mx.ovh.com ~all”"
NO_MAIL = f"{MINE} takes no mail: answers would be lost; publish an MX"
USUAL = "switch DKIM on at your provider, or name its key in dkim_selectors"
WRONG: list[tuple[dict[str, Sequence[str] | None], str]] = [
    ({SPF: None}, NO_SPF),
    ({SPF: ["v=spf10 -all"]}, NO_SPF),
    (
        {SPF: ["v=spf1 include:mx.ovh.com -all", "v=spf1 -all"]},
        f"{MINE} has 2 SPF records, which counts as none: join them into one",
    ),
    ({SPF: ["v=spf1 a mx ~all"]}, f"{MINE}: SPF does not name the relay ssl0.ovh.net: add include:mx.ovh.com"),
    (
        {SPF: ["v=spf1 include:mx.ovh.com +all"]},
        f"{MINE}: SPF says +all, anybody may send: end it with ~all or -all",
    ),
    (
        {SPF: ["v=spf1 include:mx.ovh.com"]},
        f"{MINE}: SPF does not say what holds for all others: end it with ~all or -all",
    ),
    (
        {SPF: [f"v=spf1 include:mx.ovh.com {TWELVE} -all"]},
        f"{MINE}: SPF asks the DNS 14 times, more than 10: leave includes out",
    ),
    ({SPF: []}, f"{MINE}: the DNS does not tell TXT of dubois.example (NoNameservers)"),
    ({DKIM: None}, f"{MINE} has no DKIM key under any usual selector: {USUAL}"),
    ({DKIM: ["v=DKIM1; p="]}, f"{KEYED} is revoked (p= is empty): sign with another"),
    ({DKIM: ["v=DKIM1; p=AA#A"]}, f"{KEYED} cannot be read: publish it again, in one piece"),
    (
        {DKIM: [f"v=DKIM1; p={b64encode(bytes(94)).decode()}"]},
        f"{KEYED} has fewer than 1,024 bits, which nobody accepts: make a new one of 2,048",
    ),
    ({DMARC: None}, f"{MINE} has no DMARC record: publish TXT _dmarc.{MINE} “v=DMARC1; p=none; rua=mailto:…”"),
    ({DMARC: ["v=DMARC1; p=maybe"]}, f"_dmarc.{MINE}: p=maybe is no policy: say p=none, p=quarantine or p=reject"),
    (
        {DMARC: ["v=DMARC1; p=none", "v=DMARC1; p=reject"]},
        f"_dmarc.{MINE} has 2 records, which counts as none: leave one",
    ),
    ({"MX dubois.example": None}, NO_MAIL),
    ({"MX dubois.example": ["0 ."]}, NO_MAIL),
]


@pytest.mark.parametrize(("changes", "told"), WRONG, ids=[told[:60] for _, told in WRONG])
async def test_each_fault_is_one_line_with_what_to_do(changes: dict[str, Sequence[str] | None], told: str) -> None:
    assert await faults(changes) == [told]


async def test_a_selector_that_was_named_must_be_there() -> None:
    told = await faults({}, ["2026"])
    assert told == ["dubois.example: there is no DKIM key 2026._domainkey.dubois.example: publish it"]


async def test_an_ed25519_key_is_short_and_good() -> None:
    assert await faults({DKIM: [f"v=DKIM1; k=ed25519; p={b64encode(bytes(32)).decode()}"]}) == []


async def test_the_policy_of_a_domain_above_holds_below() -> None:
    zone = {key.replace("dubois.example", "mail.dubois.example"): rows for key, rows in SOUND.items()}
    zone.pop("TXT _dmarc.mail.dubois.example")
    zone[DMARC] = SOUND[DMARC]
    async with nameserver(zone) as where:
        assert await faults_of_domain("mail.dubois.example", OVH, (), Names(where)) == []


async def test_a_domain_with_an_address_only_takes_mail() -> None:
    assert await faults({"MX dubois.example": None, "A dubois.example": ["192.0.2.7"]}) == []


async def test_an_unknown_relay_needs_no_include_we_know() -> None:
    assert await faults({SPF: ["v=spf1 ip4:192.0.2.1 -all"]}, relay="relay.dubois.example") == []


async def test_records_that_include_each_other_come_to_an_end() -> None:
    zone = {SPF: ["v=spf1 include:mx.ovh.com ~all"], "TXT mx.ovh.com": ["v=spf1 include:dubois.example ~all"]}
    assert await faults(zone) == []


async def test_a_name_server_that_is_not_there_is_said_and_not_blamed_on_the_domain() -> None:
    told = await faults_of_domain("dubois.example", OVH, ["s1"], Names("127.0.0.1:9", lifetime=0.3))
    assert len(told) == 4
    assert all("the DNS does not tell" in line for line in told)

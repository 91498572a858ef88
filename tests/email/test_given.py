"""Relays that name what they took, write their own Message-ID over ours, or forbid an envelope sender with a token."""

from __future__ import annotations

import email
from typing import Any

import pytest

from relanced.channel import Scope, Sent, Unavailable
from relanced_email import mime
from relanced_email.given import given, rewrites_ids
from relanced_email.verp import attempt_in
from tests.email.relay import EXTENSIONS, Relay
from tests.email.test_channel import channel_to
from tests.email.things import Go, a_draft

OURS = "<m1.1@atelier-dubois.example>"
PARIS, VIRGINIA = "email-smtp.eu-west-3.amazonaws.com", "email-smtp.us-east-1.amazonaws.com"
SES = "0102018f3c2a1b5d-7c1e9f00-1a2b-3c4d-5e6f-0123456789ab-000000"

REPLIES = [
    (f"250 Ok {SES}", PARIS, f"<{SES}@eu-west-3.amazonses.com>"),
    (f"250 Ok {SES}", VIRGINIA, f"<{SES}@email.amazonses.com>"),
    (f"250 Ok {SES}", "smtp.example", OURS),
    ("250 2.0.0 OK <P1@P1.EURP193.PROD.OUTLOOK.COM> [H=1]", "smtp.office365.com", "<P1@P1.EURP193.PROD.OUTLOOK.COM>"),
    ("250 2.6.0 <a@b.prod> [InternalId=1] Queued mail for delivery", "smtp.office365.com", "<a@b.prod>"),
    ("250 2.0.0 OK  1732351200 ffacd0b85a97d-3825sm123.45 - gsmtp", "smtp.gmail.com", "ffacd0b85a97d-3825sm123.45"),
    ("250 2.0.0 Ok: queued as 4XyZ1B2c3D", "ssl0.ovh.net", "4XyZ1B2c3D"),
    ("250 OK id=1tE2aB-0000Xy-3k", "mail.infomaniak.com", "1tE2aB-0000Xy-3k"),
    ("250 2.0.0 4AN9x0aB012345 Message accepted for delivery", "relay.example", "4AN9x0aB012345"),
    ("250-2.0.0 Ok\n250 2.0.0 queued as ABCDEF12", "relay.example", "ABCDEF12"),
    ("250 2.0.0 Ok", "relay.example", OURS),
    ("250 queued", "relay.example", OURS),
]


@pytest.mark.parametrize(("said", "host", "name"), REPLIES)
def test_the_name_a_relay_gives_is_read_from_its_reply(said: str, host: str, name: str) -> None:
    assert given(said, host, OURS) == name


@pytest.mark.parametrize("said", ["250 " + "<" * 40_000, "250 id=" + "a" * 40_000, "250 Ok " + "0-" * 20_000])
def test_an_endless_reply_costs_no_time(said: str) -> None:
    given(said, PARIS, OURS)


async def test_the_name_is_kept_with_the_words() -> None:
    async with Relay({"DOT": "250 2.0.0 Ok: queued as 4F2A1B"}) as relay, channel_to(relay.port) as channel:
        answer = await channel.submit(channel.compose(a_draft()), Go())
    assert answer == Sent("4F2A1B", "250 2.0.0 Ok: queued as 4F2A1B")


# -- a Message-ID that does not survive -------------------------------------------------------------------------------


def headers(wire: bytes) -> tuple[str | None, list[str]]:
    mail = email.message_from_bytes(wire)
    return mail["In-Reply-To"], (mail["References"] or "").split()


def test_where_the_relay_writes_over_it_references_hold_our_message_id_too() -> None:
    first = mime.compose(a_draft(), enclosures_limit=0, anchored=True)
    assert headers(first.wire) == (None, [OURS])
    second = a_draft(attempt="a2", message_id="<m2.1@atelier-dubois.example>", references=(OURS,))
    anchored = mime.compose(second, enclosures_limit=0, anchored=True)
    assert headers(anchored.wire) == (OURS, [OURS, "<m2.1@atelier-dubois.example>"])


def test_elsewhere_a_message_does_not_refer_to_itself() -> None:
    assert headers(mime.compose(a_draft(), enclosures_limit=0).wire) == (None, [])


def test_a_long_thread_keeps_its_root_and_our_own() -> None:
    thread = tuple(f"<m{n}.1@atelier-dubois.example>" for n in range(40))
    _, quoted = headers(mime.compose(a_draft(references=thread), enclosures_limit=0, anchored=True).wire)
    assert (quoted[0], quoted[-2], quoted[-1], len(quoted)) == (thread[0], thread[-1], OURS, 20)


@pytest.mark.parametrize(
    ("host", "known", "anchored"),
    [(PARIS, None, True), ("smtp-mail.outlook.com", None, True), ("127.0.0.1", None, False), ("127.0.0.1", True, True)],
)
async def test_it_is_known_by_the_name_of_the_relay_or_said(host: str, known: bool | None, anchored: bool) -> None:
    assert rewrites_ids(host) is (anchored and known is None)
    said: dict[str, Any] = {"rewrites_ids": known, "smtp": {"host": host}}
    async with channel_to(9, **said) as channel:
        assert headers(channel.compose(a_draft()).wire)[1] == ([OURS] if anchored else [])


# -- an envelope sender that names the attempt ------------------------------------------------------------------------

NAMED = "compta+rl-01JD-7Q3@atelier-dubois.example"
PLAIN = "compta@atelier-dubois.example"


async def test_the_envelope_sender_names_the_attempt_where_asked() -> None:
    """Attack 19: only who had the message in hand can know it."""
    async with Relay() as relay, channel_to(relay.port, verp=True) as channel:
        parcel = channel.compose(a_draft())
        assert isinstance(await channel.submit(parcel, Go()), Sent)
    assert relay.commands[1].startswith(f"MAIL FROM:<{NAMED}>")
    assert b"From: Claire Dubois <compta@atelier-dubois.example>" in parcel.wire
    assert attempt_in(NAMED) == attempt_in(f"<{NAMED}>") == parcel.attempt


@pytest.mark.parametrize("address", [PLAIN, "", "compta+rl-@x.fr", "compta+foo@x.fr", "a@b@c"])
def test_any_other_address_names_none(address: str) -> None:
    assert attempt_in(address) == ""


def test_a_name_without_room_stays_plain() -> None:
    long = "c" * 60 + "@atelier-dubois.example"
    parcel = mime.compose(a_draft(sender=long), enclosures_limit=0, verp=True)
    assert parcel.envelope["from"] == long


@pytest.mark.parametrize("code", ["550 5.1.7 Sender rejected", "553 5.7.1 not owned by user", "501 bad address"])
@pytest.mark.parametrize("extensions", [EXTENSIONS, ()])
async def test_where_it_is_forbidden_the_same_message_leaves_at_once_from_the_plain_one(
    code: str, extensions: tuple[str, ...]
) -> None:
    """Fault 31: the relay refuses our sender, not the debtor; and it is not asked again."""
    said: Any = {f"MAIL {NAMED}": code, "MAIL compta+rl-a2@atelier-dubois.example": code}
    async with Relay(said, extensions) as relay, channel_to(relay.port, verp=True) as channel:
        parcels = [channel.compose(a_draft()), channel.compose(a_draft(attempt="a2"))]
        go = Go()
        answers = [await channel.submit(parcel, go) for parcel in parcels]
        assert [type(answer) for answer in answers] == [Sent, Sent]
        tried = [c.partition("<")[2].partition(">")[0] for c in relay.commands if c.startswith("MAIL")]
    assert tried == [NAMED, PLAIN, PLAIN]
    assert go.asked == 2
    assert len(relay.messages) == 2
    assert [parcel.envelope["from"] for parcel in parcels] == [NAMED, NAMED.replace("01JD-7Q3", "a2")]


@pytest.mark.parametrize(
    ("verb", "reply"),
    [
        ("MAIL", "530 5.7.0 Authentication required"),
        ("MAIL", "452 4.3.1 no room"),
        ("RCPT", "550 5.7.1 relaying denied"),
    ],
)
async def test_another_refusal_is_no_reason_to_drop_it(verb: str, reply: str) -> None:
    async with Relay({verb: reply}) as relay, channel_to(relay.port, verp=True) as channel:
        answer = await channel.submit(channel.compose(a_draft()), Go())
        assert isinstance(answer, Unavailable)
        assert relay.verbs.count("MAIL") == 1


async def test_a_relay_that_forbids_both_closes_the_channel() -> None:
    async with Relay({"MAIL": "550 5.1.8 sender rejected"}) as relay, channel_to(relay.port, verp=True) as channel:
        answer = await channel.submit(channel.compose(a_draft()), Go())
    assert answer == Unavailable(Scope.CHANNEL, "550 5.1.8 sender rejected")

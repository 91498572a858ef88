"""What comes back from Twilio, called or polled; and what does not come from Twilio."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace

from relanced.channel import Asks, Awaited, Hooked, Receipt, Reply, Request, Said
from relanced.demo.twilio import Text
from relanced_sms import SmsChannel
from tests.sms.doors import ACCOUNT, MOBILE, NOW, OTHER, TOKEN, Kept, Watch, draft, twilio_door, yes
from tests.sms.grumpy import Grumpy

OURS = "+33974590012"
URL = "https://relances.example.fr/hooks/texts"


@pytest.fixture
def called(watch: Watch) -> SmsChannel:
    """A door that Twilio may call."""
    return twilio_door("http://127.0.0.1:9", watch, callback_url=URL, **{"from": OURS})


async def left(door: SmsChannel, twilio: Grumpy, attempt: str = "a1", to: str = MOBILE) -> Awaited:
    await door.submit(door.compose(draft(attempt, to=to)), yes)
    return Awaited(attempt, twilio.sent[-1].sid, to, NOW)


def call(twilio: Grumpy, text: Text, url: str = f"{URL}?attempt=a1", **more: str) -> Request:
    fields = {**twilio._fields(text), **more}
    headers = {
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        "X-TWILIO-SIGNATURE": twilio.signature(url, fields),
    }
    return Request("POST", url, headers, urlencode(fields).encode())


def text(status: str = "delivered", error: int | None = None) -> Text:
    return Text("SM" + "a" * 32, MOBILE, OURS, "Bonjour", NOW, status=status, error=error)


def test_it_is_asked_and_called(called: SmsChannel) -> None:
    assert isinstance(called, Asks)
    assert isinstance(called, Hooked)
    assert called.ask_every == timedelta(minutes=10)


# -- asked ------------------------------------------------------------------------------------------------------------


async def test_polling_alone_tells_what_became_of_a_text(door: SmsChannel, twilio: Grumpy) -> None:
    one, kept = await left(door, twilio), Kept()
    await door.ask([one], NOW, kept)
    assert kept.means(door) == [
        Receipt(Said.DELIVERED, NOW, "delivered", attempt="a1", provider_id=one.provider_id, code="")
    ]


FATES = [
    ("delivered", None, Said.DELIVERED, False, False),
    ("sent", None, Said.TAKEN, False, False),
    ("undelivered", 30003, Said.BOUNCED, False, False),  # switched off
    ("undelivered", 30004, Said.BOUNCED, False, False),  # blocked
    ("undelivered", 30005, Said.BOUNCED, True, False),  # unknown number
    ("undelivered", 30006, Said.BOUNCED, True, False),  # a fixed line
    ("undelivered", 30007, Said.BOUNCED, False, False),  # filtered: our words, not the number
    ("failed", 21610, Said.BOUNCED, False, True),
    ("failed", None, Said.BOUNCED, False, False),
    ("canceled", None, Said.BOUNCED, False, False),
    ("partially_delivered", None, Said.NOTED, False, False),
]


@pytest.mark.parametrize(("status", "code", "said", "dead", "out"), FATES)
async def test_fault_39_what_a_status_and_its_code_mean(
    door: SmsChannel, twilio: Grumpy, status: str, code: int | None, said: Said, dead: bool, out: bool
) -> None:
    one, kept = await left(door, twilio), Kept()
    twilio.fates = {MOBILE: (status, code)}
    await door.ask([one], NOW, kept)
    [receipt] = kept.means(door)
    assert (receipt.said, receipt.address_dead, receipt.opted_out) == (said, dead, out)
    assert receipt.code == str(code or "")
    assert receipt.words.startswith(status)


async def test_a_text_that_is_still_on_its_way_is_only_taken(door: SmsChannel, twilio: Grumpy) -> None:
    one, kept = await left(door, twilio), Kept()
    twilio.fates = {MOBILE: ("sending", None)}
    await door.ask([one], NOW, kept)
    assert [r.said for r in kept.means(door)] == [Said.TAKEN]


async def test_one_that_twilio_does_not_know_does_not_hide_the_others(door: SmsChannel, twilio: Grumpy) -> None:
    one, kept = await left(door, twilio), Kept()
    strange = replace(one, provider_id="SM" + "9" * 32, attempt="a9")
    await door.ask([strange, replace(one, provider_id=""), one], NOW, kept)
    assert [r.attempt for r in kept.means(door)] == ["a1"]


async def test_what_was_told_nothing_in_days_is_asked_about_once_more(door: SmsChannel, twilio: Grumpy) -> None:
    """Operators are silent about some texts for ever; after an outage the old ones are still looked at."""
    twilio.fates = {MOBILE: ("sent", None)}
    new, old = await left(door, twilio, "a2"), await left(door, twilio)
    old = replace(old, since=NOW - timedelta(days=5))
    for asked in (["a2", "a1"], ["a2"], ["a2"]):
        kept = Kept()
        await door.ask([old, new], NOW, kept)
        assert [r.attempt for r in kept.means(door)] == asked


async def test_many_are_asked_about_in_one_round(door: SmsChannel, twilio: Grumpy) -> None:
    ones, kept = [await left(door, twilio, f"a{n}") for n in range(30)], Kept()
    await door.ask(ones, NOW, kept)
    assert {r.attempt for r in kept.means(door)} == {one.attempt for one in ones}


async def test_what_people_wrote_is_listed_where_they_can_write_at_all(twilio: Grumpy, watch: Watch) -> None:
    door = twilio_door(await twilio.open(), watch, **{"from": OURS})
    twilio.receive(MOBILE, OURS, "J'ai payé hier")
    twilio.receive(MOBILE, OTHER, "à quelqu'un d'autre")
    watch.ahead(minutes=1)
    twilio.receive(OTHER, OURS, "Arrêt.")
    await left(door, twilio)
    kept = Kept()
    for _ in range(2):
        await door.ask([], NOW, kept)
    await door.close()
    assert kept.told == 4
    assert kept.means(door) == [
        Reply(NOW + timedelta(minutes=1), OTHER, OURS, "Arrêt.", stop=True),
        Reply(NOW, MOBILE, OURS, "J'ai payé hier", stop=False),
    ]


async def test_nobody_is_listed_who_cannot_answer(door: SmsChannel, twilio: Grumpy) -> None:
    twilio.receive(MOBILE, OURS, "pour un autre service")
    kept = Kept()
    await door.ask([], NOW, kept)
    assert not kept.rows


async def test_a_messaging_service_hears_all_its_numbers(twilio: Grumpy, watch: Watch) -> None:
    door = twilio_door(await twilio.open(), watch, **{"from": "MG" + "1" * 32})
    twilio.texts += [Text(f"SM{n:032x}", OURS, MOBILE, f"{n}", NOW, direction="inbound") for n in range(1000, 2200)]
    kept = Kept()
    await door.ask([], NOW, kept)
    await door.close()
    assert len(kept.rows) == 1200


async def test_what_is_older_is_not_listed_again(twilio: Grumpy, watch: Watch) -> None:
    door = twilio_door(await twilio.open(), watch, **{"from": OURS})
    twilio.receive(MOBILE, OURS, "hier")
    watch.ahead(hours=24)
    kept = Kept()
    await door.ask([], watch.at, kept)
    await door.close()
    assert not kept.rows


@pytest.mark.parametrize("trouble", ["gone", "login"])
async def test_a_provider_that_does_not_answer_is_asked_again_later(
    door: SmsChannel, twilio: Grumpy, trouble: str
) -> None:
    one = await left(door, twilio)
    if trouble == "gone":
        await twilio.close()
    twilio.token = "another"
    with pytest.raises(OSError, match=r"127\.0\.0\.1|could not be asked") as raised:
        await door.ask([one], NOW, Kept())
    assert TOKEN not in str(raised.value)


async def test_when_the_house_cannot_keep_it_the_round_ends_and_nothing_is_lost(
    door: SmsChannel, twilio: Grumpy
) -> None:
    """Fault 43, as far as it concerns polling: the next round says it again."""
    one = await left(door, twilio)

    async def full(heard: object) -> None:
        raise LookupError("the disk is full")

    with pytest.raises(LookupError):
        await door.ask([one], NOW, full)
    kept = Kept()
    await door.ask([one], NOW, kept)
    assert len(kept.rows) == 1


# -- called -----------------------------------------------------------------------------------------------------------


def test_a_call_is_known_by_its_signature_and_names_the_attempt(called: SmsChannel, twilio: Grumpy) -> None:
    request = call(twilio, text())
    assert called.genuine(request)
    heard = called.heard(request)
    assert heard.raw == request.body
    assert called.read(heard) == (
        Receipt(Said.DELIVERED, NOW, "delivered", attempt="a1", provider_id="SM" + "a" * 32, code=""),
    )


def test_a_reply_that_is_called_and_listed_is_one(called: SmsChannel, twilio: Grumpy) -> None:
    came = twilio.receive(MOBILE, OURS, "STOP")
    request = call(twilio, came, URL)
    assert called.genuine(request)
    heard = called.heard(request)
    assert called.read(heard) == (Reply(NOW, MOBILE, OURS, "STOP", stop=True),)
    assert heard.key == f"{came.sid}:received"


async def test_the_same_thing_called_and_polled_has_one_key(
    door: SmsChannel, called: SmsChannel, twilio: Grumpy
) -> None:
    """Faults 41 and 42: the call may come first, and again, and the answer of the create last."""
    one, kept = await left(door, twilio), Kept()
    twilio.deliver(twilio.sent[0])
    for _ in range(3):
        await kept(called.heard(call(twilio, twilio.sent[0])))
    await door.ask([one], NOW, kept)
    assert len(kept.rows) == 1


def test_fault_42_receipts_mean_the_same_in_any_order(called: SmsChannel, twilio: Grumpy) -> None:
    """All orders of five calls, one of them double: the same rows, the same meanings."""
    calls = [call(twilio, text(status)) for status in ("sending", "sent", "delivered", "delivered", "read")]
    seen = set()
    for order in permutations(calls):
        rows = {heard.key: heard for heard in map(called.heard, order)}
        seen.add(frozenset((key, called.read(heard)[0].said) for key, heard in rows.items()))  # type: ignore[union-attr]
    assert len(seen) == 1
    assert {said for _, said in next(iter(seen))} == {Said.TAKEN, Said.DELIVERED, Said.READ}


def test_advanced_opt_out_is_a_stop_whatever_the_words(called: SmsChannel, twilio: Grumpy) -> None:
    request = call(twilio, twilio.receive(MOBILE, OURS, "fini"), URL, OptOutType="STOP")
    assert called.genuine(request)
    [reply] = called.read(called.heard(request))
    assert isinstance(reply, Reply)
    assert reply.stop


def forged(request: Request, **change: object) -> Request:
    return replace(request, **change)


def test_attack_12_a_forged_call_is_not_genuine(called: SmsChannel, twilio: Grumpy, watch: Watch) -> None:
    good = call(twilio, text())
    assert called.genuine(good)
    body = good.body.decode()
    stranger = Grumpy(ACCOUNT, "another token", watch)
    forgeries = [
        forged(good, headers={**good.headers, "X-TWILIO-SIGNATURE": "AAAA"}),
        forged(good, headers={k: v for k, v in good.headers.items() if k == "content-type"}),
        forged(good, headers={**good.headers, "X-Twilio-Webhooks-Signature-Settings": "algorithm=HMAC_MD5"}),
        forged(good, body=body.replace("delivered", "undelivered").encode()),
        forged(good, body=(body + "&ErrorCode=30005").encode()),
        forged(good, url=f"{URL}?attempt=a2"),
        forged(good, url=URL),
        forged(good, method="GET"),
        call(stranger, text()),
        call(Grumpy("AC" + "1" * 32, TOKEN, watch), text()),
    ]
    for forgery in forgeries:
        assert not called.genuine(forgery), forgery


def test_attack_13_a_replay_says_nothing_new_and_glued_parameters_are_refused(
    called: SmsChannel, twilio: Grumpy
) -> None:
    """The signature covers names and values without anything between them."""
    good = call(twilio, text("undelivered", 30003))
    assert called.heard(good) == called.heard(good)
    body = good.body.decode()
    assert "ErrorCode=30003&" in body + "&"
    for glued in ("ErrorCode3=0003", "Error=Code30003", "ErrorCode=3&0003="):
        moved = forged(good, body=body.replace("ErrorCode=30003", glued).encode())
        assert not called.genuine(moved), glued
    came = call(twilio, twilio.receive(MOBILE, OURS, "STOP"), URL)
    assert not called.genuine(forged(came, body=came.body.replace(b"Body=STOP", b"BodySTOP=")))
    unknown = call(twilio, text(), Evil="1")
    assert not called.genuine(unknown)


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example/hooks/texts?attempt=a1",
        "https://10.0.0.1:8025/hooks/texts?attempt=a1",
        "/hooks/texts?attempt=a1",
    ],
)
def test_attack_14_the_address_is_ours_whatever_the_request_says_of_itself(
    called: SmsChannel, twilio: Grumpy, url: str
) -> None:
    good = call(twilio, text())
    headers = {**good.headers, "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "Host": "evil.example"}
    assert called.genuine(forged(good, url=url, headers=headers))
    signed_elsewhere = call(twilio, text(), url)
    assert not called.genuine(signed_elsewhere)


def test_attack_15_doubled_and_bulky_parameters_are_refused(called: SmsChannel, twilio: Grumpy) -> None:
    good = call(twilio, text())
    for body in (
        good.body + b"&MessageStatus=read",
        good.body + b"&" + good.body,
        b"Body=" + b"x" * 100_000,
        b"\xff\xfe",
        b"=",
        b"",
        b'{"MessageSid": "SM1"}',
    ):
        assert not called.genuine(forged(good, body=body))
    with pytest.raises(ValueError, match="no call of Twilio's"):
        called.heard(forged(good, body=b""))


def test_without_a_callback_url_nothing_is_genuine(twilio: Grumpy, watch: Watch) -> None:
    silent = twilio_door("http://127.0.0.1:9", watch)
    assert not silent.genuine(call(twilio, text()))


def test_the_newer_signature_is_known_too(called: SmsChannel, twilio: Grumpy) -> None:
    """Under a shared key Twilio signs with SHA-256, and says so."""
    import base64
    import hmac

    request = call(twilio, text())
    fields = twilio._fields(text())
    signed = request.url + "".join(name + fields[name] for name in sorted(fields))
    mac = base64.b64encode(hmac.digest(TOKEN.encode(), signed.encode(), "sha256")).decode()
    headers = {
        **request.headers,
        "X-TWILIO-SIGNATURE": mac,
        "X-Twilio-Webhooks-Signature-Settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256",
    }
    assert called.genuine(forged(request, headers=headers))


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b"null", b"<xml>", b'{"direction": "outbound-api", "sid": "SM1"}'])
def test_what_cannot_be_understood_is_said_to_be_so(called: SmsChannel, twilio: Grumpy, raw: bytes) -> None:
    heard = called.heard(call(twilio, text()))
    with pytest.raises(ValueError):
        called.read(replace(heard, raw=raw, about={"by": "poll"}))
    with pytest.raises(ValueError):
        called.read(replace(heard, raw=raw))

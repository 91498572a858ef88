"""The official SDK against an account on the loopback: what leaves, what is refused, what nobody knows."""

from __future__ import annotations

import asyncio
import logging
import socket
from datetime import timedelta

import pytest
from aiohttp import web

from relanced.channel import Absent, Answer, Found, Refusal, Refused, Scope, Sent, Unavailable, Unknown
from relanced.config.secrets import Secret
from relanced.demo import twilio as wire
from relanced.demo.twilio import Text
from relanced_sms import SmsChannel
from relanced_sms.provider import throttled
from relanced_sms.twilio_codes import refused
from tests.sms.doors import MOBILE, NOW, OTHER, TOKEN, Watch, draft, twilio_door, yes
from tests.sms.grumpy import Grumpy


async def sent(door: SmsChannel, attempt: str = "a1", to: str = MOBILE) -> Answer:
    return await door.submit(door.compose(draft(attempt, to=to)), yes)


# -- what leaves ------------------------------------------------------------------------------------------------------


async def test_a_text_is_taken_with_its_sid_and_their_word_for_it(door: SmsChannel, twilio: Grumpy) -> None:
    answer = await sent(door)
    [text] = twilio.sent
    assert answer == Sent(text.sid, "Twilio: queued")
    assert (text.to, text.sender) == (MOBILE, "DUBOIS")
    assert text.body == "Atelier Dubois : 1 234,50 € restent à régler (réf. R-a1). Réglé ? Merci."


@pytest.mark.parametrize(
    ("left", "validity"),
    [
        (timedelta(hours=4), 14_400),
        (timedelta(days=3), 36_000),
        (timedelta(seconds=90), 90),
        (timedelta(seconds=1, milliseconds=900), 1),
    ],
)
async def test_it_is_valid_for_as_long_as_it_may_leave(
    door: SmsChannel, twilio: Grumpy, left: timedelta, validity: int
) -> None:
    await door.submit(door.compose(draft(deadline=NOW + left)), yes)
    assert twilio.sent[0].validity == validity


async def test_fault_8_what_would_leave_too_late_does_not_leave(door: SmsChannel, twilio: Grumpy, watch: Watch) -> None:
    parcel = door.compose(draft())
    watch.ahead(hours=5)
    answer = await door.submit(parcel, yes)
    assert isinstance(answer, Unavailable)
    assert answer.scope is Scope.MESSAGE
    assert not twilio.sent


async def test_the_attempt_travels_in_the_callback_url_where_we_can_be_called(twilio: Grumpy, watch: Watch) -> None:
    url = "https://relances.example.fr/hooks/texts"
    door = twilio_door(await twilio.open(), watch, callback_url=url)
    await sent(door, "6f1e0c2b")
    assert twilio.sent[0].callback == f"{url}?attempt=6f1e0c2b"
    await door.close()


async def test_without_a_callback_url_none_is_named(door: SmsChannel, twilio: Grumpy) -> None:
    await sent(door)
    assert twilio.sent[0].callback == ""


async def test_a_messaging_service_picks_the_number(twilio: Grumpy, watch: Watch) -> None:
    service = "MG" + "1" * 32
    door = twilio_door(await twilio.open(), watch, **{"from": service})
    await sent(door)
    assert twilio.sent[0].shown("AC")["messaging_service_sid"] == service
    await door.close()


# -- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "why"),
    [(21211, Refusal.ADDRESS), (21614, Refusal.ADDRESS), (21610, Refusal.OPTED_OUT), (21617, Refusal.CONTENT)],
)
async def test_fault_39_a_number_that_takes_no_text_is_refused_for_good(
    door: SmsChannel, twilio: Grumpy, code: int, why: Refusal
) -> None:
    twilio.refuses = {MOBILE: code}
    answer = await sent(door)
    assert isinstance(answer, Refused), answer
    assert answer.why is why
    assert answer.words.startswith(f"Twilio {code}: ")
    assert not twilio.sent


async def test_fault_40_a_suspended_account_closes_the_door_and_counts_against_nobody(
    door: SmsChannel, twilio: Grumpy
) -> None:
    twilio.token = "another"
    answer = await sent(door)
    assert isinstance(answer, Unavailable), answer
    assert answer.scope is Scope.CHANNEL
    assert "20003" in answer.words
    assert TOKEN not in answer.words


async def test_fault_37_too_many_requests_close_the_door_until_they_say(
    door: SmsChannel, twilio: Grumpy, watch: Watch
) -> None:
    twilio.refuses = {MOBILE: 20429}
    answer = await sent(door)
    assert answer == Unavailable(Scope.CHANNEL, "too many requests (429)", watch.at + timedelta(seconds=7))
    assert not twilio.sent


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("0", None),
        ("30", timedelta(seconds=30)),
        ("999999", timedelta(hours=1)),
        ("soon", None),
        ("", None),
        (f"{NOW + timedelta(minutes=2):%a, %d %b %Y %H:%M:%S} GMT", timedelta(minutes=2)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_its_forms(said: str, wait: timedelta | None) -> None:
    assert throttled({"retry-after": said}, NOW).not_before == (NOW + wait if wait else None)


REFUSALS: list[tuple[int, int, Refusal | Scope | None]] = [
    (400, 21211, Refusal.ADDRESS),
    (400, 21214, Refusal.ADDRESS),
    (400, 21614, Refusal.ADDRESS),
    (400, 21610, Refusal.OPTED_OUT),
    (403, 21610, Refusal.OPTED_OUT),
    (400, 21602, Refusal.CONTENT),
    (400, 21408, Refusal.CONTENT),  # a region that is not enabled: our doing, and only there
    (403, 21408, Refusal.CONTENT),
    (400, 21612, Refusal.CONTENT),
    (400, 99999, Refusal.CONTENT),
    (400, 21606, Scope.CHANNEL),  # a sender that is not ours
    (400, 21608, Scope.CHANNEL),  # a trial account
    (400, 21611, Scope.CHANNEL),  # our queue is full
    (401, 20003, Scope.CHANNEL),
    (403, 20005, Scope.CHANNEL),
    (404, 20404, Scope.CHANNEL),
    (301, 301, Scope.CHANNEL),
    (500, 20500, None),
    (502, 502, None),
    (503, 20503, None),
    (408, 408, None),
]


@pytest.mark.parametrize(("status", "code", "meaning"), REFUSALS)
def test_every_refusal_has_one_meaning_and_no_number_is_struck_for_our_faults(
    status: int, code: int, meaning: Refusal | Scope | None
) -> None:
    """Faults 38, 39 and 40."""
    answer = refused(status, code, "no\nway", NOW)
    found = answer.why if isinstance(answer, Refused) else answer.scope if isinstance(answer, Unavailable) else None
    assert found is meaning
    assert isinstance(answer, Unknown) is (meaning is None)
    assert not isinstance(answer, Sent)
    assert answer.words == f"Twilio {code}: no way"


# -- what nobody knows ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loses", ["slow", "cut", "500", "503", "garbage"])
async def test_fault_38_a_text_that_was_made_although_its_answer_was_lost_is_in_doubt_and_then_found(
    door: SmsChannel, twilio: Grumpy, watch: Watch, loses: str
) -> None:
    """Faults 4, 33 and 38: the POST is never repeated; what it made is found by its words."""
    twilio.loses = loses
    parcel, since = door.compose(draft()), watch.at
    assert isinstance(await door.submit(parcel, yes), Unknown)
    assert len(twilio.sent) == 1
    twilio.loses = ""
    watch.ahead(minutes=2)
    assert await door.find(parcel, since) == Found(Sent(twilio.sent[0].sid, "Twilio: queued"))
    assert len(twilio.sent) == 1


async def test_fault_2_what_never_left_is_absent_once_the_list_shows_what_came_later(
    door: SmsChannel, twilio: Grumpy, watch: Watch
) -> None:
    """Two empty lists a minute apart, and a later text in them: only then is it planned again."""
    lost, since = door.compose(draft("lost")), watch.at
    await sent(door, "before", to=OTHER)
    watch.ahead(minutes=3)
    assert isinstance(await door.find(lost, since), Unknown)  # nothing later: the list may lag
    watch.ahead(minutes=3)
    assert isinstance(await door.find(lost, since), Unknown)
    await sent(door, "later", to=OTHER)
    assert isinstance(await door.find(lost, since), Unknown)  # the first empty list that counts
    watch.ahead(seconds=30)
    assert isinstance(await door.find(lost, since), Unknown)
    watch.ahead(seconds=30)
    assert isinstance(await door.find(lost, since), Absent)


async def test_a_list_that_lags_proves_nothing(door: SmsChannel, twilio: Grumpy, watch: Watch) -> None:
    twilio.loses = "cut"
    parcel, since = door.compose(draft()), watch.at
    await door.submit(parcel, yes)
    twilio.loses, twilio.lag = "", 1
    for _ in range(3):
        watch.ahead(minutes=2)
        assert isinstance(await door.find(parcel, since), Unknown)
    twilio.lag = 0
    assert isinstance(await door.find(parcel, since), Found)


async def test_the_same_words_of_another_day_or_to_another_number_are_not_it(
    door: SmsChannel, twilio: Grumpy, watch: Watch
) -> None:
    parcel = door.compose(draft())
    await sent(door)
    await sent(door, to=OTHER)
    twilio.receive(MOBILE, "DUBOIS", parcel.wire.decode())
    watch.ahead(hours=24)
    assert isinstance(await door.find(parcel, watch.at), Unknown)


async def test_the_words_of_a_trial_account_before_ours_do_not_hide_it(door: SmsChannel, twilio: Grumpy) -> None:
    await sent(door)
    twilio.sent[0].body = "Sent from your Twilio trial account - " + twilio.sent[0].body
    assert isinstance(await door.find(door.compose(draft()), NOW), Found)


async def test_it_is_found_behind_many_others(door: SmsChannel, twilio: Grumpy) -> None:
    await sent(door)
    twilio.texts += [Text(f"SM{n:032x}", MOBILE, "DUBOIS", f"Autre {n}", NOW) for n in range(1000, 2200)]
    assert isinstance(await door.find(door.compose(draft()), NOW), Found)


async def test_a_list_that_cannot_be_read_is_no_proof(door: SmsChannel, twilio: Grumpy) -> None:
    await twilio.close()
    found = await door.find(door.compose(draft()), NOW)
    assert isinstance(found, Unknown)
    assert "could not be asked" in found.words


# -- nothing left -----------------------------------------------------------------------------------------------------


async def test_a_provider_that_is_not_there_closes_the_door_and_nothing_has_left(
    door: SmsChannel, twilio: Grumpy
) -> None:
    await twilio.close()
    answer = await sent(door)
    assert isinstance(answer, Unavailable), answer
    assert answer.scope is Scope.CHANNEL
    assert "127.0.0.1" in answer.words


async def test_a_provider_that_takes_no_connection_in_time_leaves_no_doubt(watch: Watch) -> None:
    """Fault 33: the handshake hangs; `go` was never asked, so nothing can have left."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as silent:
        door = twilio_door(f"https://127.0.0.1:{silent.getsockname()[1]}", watch, timeout=0.2)
        answer = await sent(door)
        await door.close()
    assert isinstance(answer, Unavailable), answer
    assert answer.scope is Scope.CHANNEL


async def test_go_is_asked_when_the_line_stands_and_before_a_single_byte(watch: Watch) -> None:
    """Fault 55: the last look is as late as it can be, and a no leaves not even the head of the request."""
    read, here, gone = bytearray(), asyncio.Event(), asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        here.set()
        read.extend(await reader.read())
        writer.close()
        gone.set()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    door = twilio_door(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", watch)

    async def no() -> bool:
        await asyncio.wait_for(here.wait(), 30)  # it is connected
        await asyncio.sleep(0.05)
        return bool(read)

    answer = await door.submit(door.compose(draft()), no)
    await asyncio.wait_for(gone.wait(), 30)  # hung up
    await door.close()
    server.close()
    assert answer == Unavailable(Scope.MESSAGE, "stopped at the last moment: nothing left")
    assert not read


async def test_a_redirect_is_not_followed(watch: Watch) -> None:
    """Attack 23."""
    asked: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=307, headers={"Location": "/inside"})

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", elsewhere)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    door = twilio_door("http://{}:{}".format(*runner.addresses[0][:2]), watch)
    answer = await sent(door)
    await door.close()
    await runner.cleanup()
    assert isinstance(answer, Unavailable)
    assert len(asked) == 1


# -- a probe ----------------------------------------------------------------------------------------------------------


async def test_a_probe_looks_at_the_account_and_sends_nothing(door: SmsChannel, twilio: Grumpy) -> None:
    assert await door.probe() == []
    twilio.status, twilio.type = "suspended", "Trial"
    suspended, trial = await door.probe()
    assert "the Twilio account is suspended" in suspended
    assert "only to numbers verified" in trial
    twilio.token = "another"
    assert ["Authenticate" in line for line in await door.probe()] == [True]
    await twilio.close()
    assert ["cannot be asked" in line for line in await door.probe()] == [True]
    assert not twilio.sent


# -- secrets ----------------------------------------------------------------------------------------------------------


async def test_nothing_of_a_text_is_logged(door: SmsChannel, twilio: Grumpy, caplog: pytest.LogCaptureFixture) -> None:
    """Attack 31: the SDK would log requests and their parameters."""
    caplog.set_level(logging.DEBUG)
    await sent(door)
    twilio.refuses = {MOBILE: 21211}
    await sent(door, "a2")
    said = "\n".join(record.getMessage() for record in caplog.records if record.name != "aiohttp.access")
    for secret in (TOKEN, MOBILE, "Atelier Dubois"):
        assert secret not in said


async def test_attack_32_what_a_provider_says_is_one_clean_line(
    door: SmsChannel, twilio: Grumpy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(wire.ERRORS, 21211, (400, "no\r\n\x1b[31mway \u202e " + "x" * 900))
    twilio.refuses = {MOBILE: 21211}
    answer = await sent(door)
    assert isinstance(answer, Refused)
    assert answer.words.isprintable()
    assert answer.words.startswith("Twilio 21211: ")
    assert len(answer.words) <= 300


async def test_a_token_that_cannot_be_read_closes_the_door(twilio: Grumpy, watch: Watch) -> None:
    door = twilio_door(await twilio.open(), watch, token=Secret("${file:/nowhere/twilio}", {}))
    answer = await sent(door)
    await door.close()
    assert isinstance(answer, Unavailable)
    assert answer.scope is Scope.CHANNEL
    assert "/nowhere/twilio" in answer.words
    assert not twilio.sent

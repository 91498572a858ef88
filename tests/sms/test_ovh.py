"""OVHcloud on the loopback: signed requests, jobs, receipts and answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import web

from relanced.channel import (
    Absent,
    Answer,
    Awaited,
    Found,
    Refusal,
    Refused,
    Reply,
    Request,
    Said,
    Scope,
    Sent,
    Unavailable,
    Unknown,
)
from relanced_sms import SmsChannel
from relanced_sms.ovh_codes import refused
from tests.sms.doors import MOBILE, NOW, OTHER, Kept, Watch, draft, ovh_door, yes
from tests.sms.ovh_server import CONSUMER, SECRET, SERVICE, Ovh


@pytest.fixture
def door(ovh_opened: SmsChannel) -> SmsChannel:
    return ovh_opened


ATTEMPT = "6f1e0c2b9a8d7e6f5a4b3c2d"


async def sent(door: SmsChannel, attempt: str = ATTEMPT, to: str = MOBILE) -> Answer:
    return await door.submit(door.compose(draft(attempt, to=to)), yes)


def awaited(answer: Answer, attempt: str = ATTEMPT) -> Awaited:
    assert isinstance(answer, Sent), answer
    return Awaited(attempt, answer.id, MOBILE, NOW)


# -- what leaves ------------------------------------------------------------------------------------------------------


async def test_a_job_is_posted_signed_and_its_number_is_kept(door: SmsChannel, ovh: Ovh) -> None:
    answer = await sent(door)
    [(number, job)] = ovh.jobs.items()
    assert answer == Sent(str(number), "OVHcloud: taken, 1.0 credits")
    assert job["asked"] == {
        "message": f"Atelier Dubois : 1 234,50 € restent à régler (réf. R-{ATTEMPT}). Réglé ? Merci.",
        "receivers": [MOBILE],
        "noStopClause": True,
        "priority": "high",
        "charset": "UTF-8",
        "validityPeriod": 240,
        "tag": ATTEMPT[:20],
        "senderForResponse": True,
    }


async def test_a_text_beyond_the_gsm_alphabet_says_so(door: SmsChannel, ovh: Ovh) -> None:
    parcel = door.compose(draft(text="Monsieur Łukasz Żak : 12,00 € restent à régler. Merci."))
    await door.submit(parcel, yes)
    [job] = ovh.jobs.values()
    assert (parcel.envelope["alphabet"], job["asked"]["coding"]) == ("UCS-2", "8bit")


async def test_a_name_is_sent_as_the_sender_and_cannot_be_answered(ovh: Ovh, watch: Watch) -> None:
    door = ovh_door(await ovh.open(), watch, **{"from": "DUBOIS"})
    await sent(door)
    await door.ask([], NOW, Kept())
    await door.close()
    [job] = ovh.jobs.values()
    assert job["asked"]["sender"] == "DUBOIS"
    assert "senderForResponse" not in job["asked"]
    assert not [path for path in ovh.asked if "incoming" in path]


@pytest.mark.parametrize(
    ("left", "validity"), [(timedelta(minutes=90), 90), (timedelta(days=9), 2880), (timedelta(seconds=119), 1)]
)
async def test_it_is_dropped_by_them_when_it_could_only_leave_too_late(
    door: SmsChannel, ovh: Ovh, left: timedelta, validity: int
) -> None:
    await door.submit(door.compose(draft(deadline=NOW + left)), yes)
    assert [job["asked"]["validityPeriod"] for job in ovh.jobs.values()] == [validity]


async def test_fault_8_what_has_less_than_a_minute_left_does_not_leave(door: SmsChannel, ovh: Ovh) -> None:
    answer = await door.submit(door.compose(draft(deadline=NOW + timedelta(seconds=59))), yes)
    assert isinstance(answer, Unavailable)
    assert answer.scope is Scope.MESSAGE
    assert not ovh.jobs


@pytest.mark.parametrize("ahead", [-4000, 4000])
async def test_requests_are_signed_by_their_clock_and_it_is_asked_for_once(
    door: SmsChannel, ovh: Ovh, ahead: int
) -> None:
    ovh.ahead = ahead
    for attempt in ("a1", "a2"):
        assert isinstance(await sent(door, attempt), Sent)
    assert [path for path in ovh.asked if "time" in path] == ["GET /auth/time"]


async def test_a_clock_that_was_set_is_looked_at_again(door: SmsChannel, ovh: Ovh) -> None:
    await sent(door, "a1")
    ovh.ahead = 3600
    refusal = await sent(door, "a2")
    assert isinstance(refusal, Unavailable)
    assert refusal.scope is Scope.CHANNEL
    assert isinstance(await sent(door, "a2"), Sent)


# -- what is refused --------------------------------------------------------------------------------------------------


async def test_an_invalid_number_is_refused_for_good(door: SmsChannel, ovh: Ovh) -> None:
    ovh.invalid = frozenset({MOBILE})
    answer = await sent(door)
    assert answer == Refused(Refusal.ADDRESS, "OVHcloud: invalid receiver")


@pytest.mark.parametrize(
    ("status", "message", "meaning"),
    [
        (400, "Invalid receiver +336", Refusal.ADDRESS),
        (400, "The receiver is blacklisted", Refusal.OPTED_OUT),
        (400, "The message is too long", Refusal.CONTENT),
        (400, "Sender DUBOIS does not exist", Scope.CHANNEL),
        (400, "Invalid sender of the message", Scope.CHANNEL),
        (400, "Invalid signature", Scope.CHANNEL),
        (400, "Query out of time", Scope.CHANNEL),
        (402, "You do not have enough credits", Scope.CHANNEL),
        (403, "This credential is not valid", Scope.CHANNEL),
        (404, "This service does not exist", Scope.CHANNEL),
        (500, "Internal error", None),
        (503, "Unavailable", None),
    ],
)
def test_every_error_has_one_meaning_and_no_number_is_struck_for_our_faults(
    status: int, message: str, meaning: Refusal | Scope | None
) -> None:
    answer = refused(status, f'{{"message": "{message}"}}')
    found = answer.why if isinstance(answer, Refused) else answer.scope if isinstance(answer, Unavailable) else None
    assert found is meaning
    assert isinstance(answer, Unknown) is (meaning is None)


async def test_fault_40_wrong_keys_close_the_door_and_no_key_is_told(ovh: Ovh, watch: Watch) -> None:
    door = ovh_door(await ovh.open(), watch, consumer_key="another")
    answer = await sent(door)
    await door.close()
    assert isinstance(answer, Unavailable), answer
    assert answer.scope is Scope.CHANNEL
    assert "not valid" in answer.words
    assert not any(key in answer.words for key in (SECRET, CONSUMER, "another"))


async def test_fault_37_too_many_requests(door: SmsChannel, ovh: Ovh) -> None:
    ovh.trouble = (429, "Too many requests")
    answer = await sent(door)
    assert isinstance(answer, Unavailable)
    assert answer.scope is Scope.CHANNEL


async def test_a_service_that_is_not_there_leaves_no_doubt(door: SmsChannel, ovh: Ovh) -> None:
    await ovh.close()
    answer = await sent(door)
    assert isinstance(answer, Unavailable)
    assert answer.scope is Scope.CHANNEL


# -- what nobody knows ------------------------------------------------------------------------------------------------


class Lossy(Ovh):
    """The answer to a job gets lost."""

    loses = "hangs"
    hung: asyncio.Event

    async def _post(self, request: web.Request) -> web.StreamResponse:
        answer = await super()._post(request)
        if self.loses == "hangs":
            await self.hung.wait()
        if self.loses == "cut":
            assert request.transport
            request.transport.abort()
        return web.Response(text="{}") if self.loses == "empty" else answer


@pytest.fixture
async def lossy(watch: Watch) -> AsyncIterator[Lossy]:
    service = Lossy(watch)
    service.hung = asyncio.Event()
    yield service
    service.hung.set()
    await service.close()


@pytest.mark.parametrize("loses", ["hangs", "cut", "empty"])
@pytest.mark.parametrize("moved", [False, True])
async def test_fault_38_a_job_whose_answer_was_lost_is_found_wherever_it_is_by_now(
    lossy: Lossy, watch: Watch, loses: str, moved: bool
) -> None:
    """Faults 4, 33 and 38."""
    lossy.loses = loses
    door = ovh_door(await lossy.open(), watch, timeout=1.0)
    parcel, since = door.compose(draft(ATTEMPT)), watch.at
    assert isinstance(await door.submit(parcel, yes), Unknown)
    [number] = lossy.jobs
    if moved:
        lossy.moves()
    watch.ahead(minutes=2)
    found = await door.find(parcel, since)
    await door.close()
    assert isinstance(found, Found)
    assert found.answer == Sent(str(number), f"OVHcloud: {'sent' if moved else 'pending'}")


async def test_fault_2_what_never_left_is_absent_once_something_later_is_listed(
    door: SmsChannel, ovh: Ovh, watch: Watch
) -> None:
    lost, since = door.compose(draft(ATTEMPT)), watch.at
    watch.ahead(minutes=3)
    assert isinstance(await door.find(lost, since), Unknown)
    await sent(door, "later", to=OTHER)
    ovh.moves()
    assert isinstance(await door.find(lost, since), Unknown)
    watch.ahead(minutes=1)
    assert isinstance(await door.find(lost, since), Absent)


async def test_too_many_pending_jobs_to_look_through_are_no_proof(door: SmsChannel, ovh: Ovh) -> None:
    ovh.jobs.update({number: {"id": number} for number in range(201)})
    found = await door.find(door.compose(draft()), NOW)
    assert isinstance(found, Unknown)
    assert "201 pending jobs" in found.words


# -- what comes back --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("receipt", "ptt", "said", "dead", "out"),
    [
        (1, 4, Said.DELIVERED, False, False),
        (4, 0, Said.DELAYED, False, False),
        (8, 0, Said.TAKEN, False, False),
        (2, 1001, Said.BOUNCED, True, False),  # unknown subscriber, for good
        (2, 1022, Said.BOUNCED, False, False),  # switched off
        (16, 1033, Said.BOUNCED, False, False),  # filtered: our words, not the number
        (2, 1012, Said.BOUNCED, False, True),
    ],
)
async def test_fault_39_what_a_receipt_and_its_code_mean(
    door: SmsChannel, ovh: Ovh, receipt: int, ptt: int, said: Said, dead: bool, out: bool
) -> None:
    one, kept = awaited(await sent(door)), Kept()
    ovh.fates = {MOBILE: (receipt, ptt)}
    ovh.moves()
    await door.ask([one], NOW, kept)
    [told] = kept.means(door)
    assert (told.said, told.address_dead, told.opted_out) == (said, dead, out)
    assert (told.attempt, told.provider_id, told.at) == (ATTEMPT, one.provider_id, NOW)


async def test_only_receipts_that_have_changed_are_fetched(door: SmsChannel, ovh: Ovh) -> None:
    ones = [awaited(await sent(door, f"a{n}"), f"a{n}") for n in range(5)]
    ovh.moves()
    for n, text in enumerate(ovh.sent.values()):
        text["deliveryReceipt"] = 1 if n == 3 else 0
    ovh.asked.clear()
    kept = Kept()
    await door.ask(ones, NOW, kept)
    assert [r.attempt for r in kept.means(door)] == ["a3"]
    assert len([path for path in ovh.asked if "/outgoing/" in path]) == 1


async def test_a_text_that_is_still_a_job_says_nothing(door: SmsChannel, ovh: Ovh) -> None:
    one, kept = awaited(await sent(door)), Kept()
    await door.ask([one], NOW, kept)
    assert not kept.rows


async def test_an_answer_is_heard_once_and_its_number_is_written_like_ours(door: SmsChannel, ovh: Ovh) -> None:
    ovh.receives("0033612345678", "Je paie vendredi")
    ovh.receives("+33698765432", "stop")
    kept = Kept()
    for _ in range(3):
        await door.ask([], NOW, kept)
    assert kept.told == 2
    assert kept.means(door) == [
        Reply(NOW, "+33612345678", "", "Je paie vendredi"),
        Reply(NOW, "+33698765432", "", "stop", stop=True),
    ]


async def test_an_answer_that_could_not_be_kept_is_heard_again(door: SmsChannel, ovh: Ovh) -> None:
    """Fault 43, as far as it concerns polling."""
    ovh.receives(MOBILE, "Je paie vendredi")

    async def full(heard: object) -> None:
        raise LookupError("the disk is full")

    with pytest.raises(LookupError):
        await door.ask([], NOW, full)
    kept = Kept()
    await door.ask([], NOW, kept)
    assert len(kept.rows) == 1


async def test_a_service_that_does_not_answer_is_asked_again_later(door: SmsChannel, ovh: Ovh) -> None:
    one = awaited(await sent(door))
    await ovh.close()
    with pytest.raises(OSError, match=r"127\.0\.0\.1"):
        await door.ask([one], NOW, Kept())


def test_attack_12_it_signs_nothing_so_no_call_of_it_is_believed(door: SmsChannel) -> None:
    request = Request("GET", f"https://relances.example.fr/hooks/texts?id=1&dlr=1&service={SERVICE}", {}, b"")
    assert not door.genuine(request)
    with pytest.raises(ValueError, match="signs nothing"):
        door.heard(request)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({}, []),
        ({"credits": 0}, ["no credits left"]),
        ({"status": "disable"}, ["is disable"]),
        ({"senders": {"DUBOIS": "waitingValidation"}}, ["the sender DUBOIS is waitingValidation"]),
        ({"senders": {}}, ["knows no sender DUBOIS"]),
    ],
)
async def test_a_probe_looks_at_the_service_and_sends_nothing(
    ovh: Ovh, watch: Watch, state: dict[str, object], told: list[str]
) -> None:
    ovh.senders = {"DUBOIS": "enable"}
    for name, value in state.items():
        setattr(ovh, name, value)
    door = ovh_door(await ovh.open(), watch, **{"from": "DUBOIS"})
    found = await door.probe()
    await door.close()
    assert len(found) == len(told)
    assert all(words in line for words, line in zip(told, found, strict=True))
    assert not ovh.jobs


async def test_a_probe_of_a_service_that_is_not_there_says_so(ovh: Ovh, watch: Watch) -> None:
    door = ovh_door(await ovh.open(), watch, account="sms-zz99999-9")
    assert ["knows no SMS service" in line for line in await door.probe()] == [True]
    await ovh.close()
    assert ["cannot be asked" in line for line in await door.probe()] == [True]
    await door.close()

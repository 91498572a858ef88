"""Handing a letter over: what Maileva is asked, what its replies mean, and what is looked for afterwards."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from aiohttp import web
from msgspec.structs import replace

from relanced.channel import Answer, CallDraft, Refusal, Refused, Scope, Sent, Unavailable, Unfit
from relanced.channel import Unknown as Doubt
from tests.maileva.letters import ADDRESS, DEADLINE, NOW, channel, letter, never, office, reopened, yes
from tests.maileva.mail_house import PASSWORD, SECRET, MailHouse

# -- what is asked ------------------------------------------------------------------------------------------------


async def test_a_registered_letter_is_drafted_filled_and_submitted() -> None:
    async with office(mail="compta@atelier-dubois.example") as here:
        order = await here.send()
        (recipient,) = order.recipients
    assert order.asked == {
        "name": "Mise en demeure – factures échues",
        "custom_id": "a1",
        "custom_data": "R-1",
        "color_printing": False,
        "duplex_printing": True,
        "optional_address_sheet": True,
        "postage_type": "FAST",
        "print_sender_address": True,
        "notification_email": "compta@atelier-dubois.example",
        "sender_address_line_1": "ATELIER DUBOIS SARL",
        "sender_address_line_4": "12 RUE DES FORGES",
        "sender_address_line_6": "35000 RENNES",
        "sender_country_code": "FR",
        "acknowledgement_of_receipt": True,
        "returned_mail_scanning": True,
        "archiving_duration": 3,
    }
    lines = [recipient[f"address_line_{n}"] for n in (1, 2, 4, 6)]
    assert lines == list(ADDRESS)
    assert (recipient["custom_id"], recipient["country_code"]) == ("a1", "FR")
    assert order.documents == [letter().pdf]
    assert [request.rpartition("/")[2] for request in here.house.requests] == [
        "token",
        "sendings",
        "documents",
        "recipients",
        "submit",
    ]


async def test_a_plain_letter_goes_through_the_other_product() -> None:
    async with office("mail/v2", sender=(), postage="economic") as here:
        order = await here.send()
    assert order.asked["envelope_windows_type"] == "SIMPLE"
    assert order.asked["postage_type"] == "ECONOMIC"
    assert order.asked["treat_undelivered_mail"] is True
    assert "acknowledgement_of_receipt" not in order.asked
    assert not [name for name in order.asked if name.startswith("sender_")]


async def test_what_was_sealed_is_what_leaves_whatever_the_settings_say_now() -> None:
    async with office(color=True) as here:
        sealed = here.door.compose(letter())
        async with reopened(here.house) as later:
            await later.submit(sealed, yes)
        assert here.house.submitted()[0].asked["color_printing"] is True


async def test_a_letter_composed_for_the_other_product_is_not_sent() -> None:
    plain = channel(registered=False).compose(letter())
    async with office() as here:
        assert isinstance(await here.door.submit(plain, never), Refused)
        assert here.house.requests == []


async def test_an_application_may_log_in_for_itself() -> None:
    async with office(user="", password=None) as here:
        await here.send()
        assert here.house.logins == 1


# -- the login ----------------------------------------------------------------------------------------------------


async def test_one_login_serves_many_letters() -> None:
    async with office() as here:
        letters = [here.door.compose(letter(f"a{n}")) for n in range(5)]
        await asyncio.gather(*(here.door.submit(parcel, yes) for parcel in letters))
        assert (here.house.logins, len(here.house.submitted())) == (1, 5)


async def test_a_login_about_to_end_is_renewed_before_it_does() -> None:
    async with office() as here:
        here.house.expires_in = 1
        await here.send("a1")
        here.door._line._good_until -= 1.0
        await here.send("a2")
        assert here.house.logins == 2


@pytest.mark.parametrize("request_", ["POST /registered_mail/v4/sendings", "documents", "recipients"])
async def test_a_login_that_ended_is_renewed_once_and_nobody_notices(request_: str) -> None:
    async with office() as here:
        await here.send("a1")
        ended = iter([True])

        def end(request: web.Request) -> None:
            if f"{request.method} {request.path}".endswith(request_) and next(ended, False):
                here.house.forget_logins()

        here.house.fault = end
        order = await here.send("a2")
        assert order.documents == [letter("a2").pdf]
        assert here.house.logins == 2


async def test_a_login_that_ends_at_the_last_request_makes_the_house_be_asked_again() -> None:
    """A stop may have come meanwhile: `go` stands before every byte that cannot be taken back."""
    async with office() as here:
        asked = []

        async def go() -> bool:
            asked.append(len(here.house.submitted()))
            here.house.forget_logins() if len(asked) == 1 else None
            return len(asked) < 3

        parcel = here.door.compose(letter())
        assert isinstance(await here.door.submit(parcel, go), Sent)
        assert asked == [0, 0]
        assert len(here.house.submitted()) == 1


async def test_fault_40_a_login_that_is_refused_closes_the_channel_and_tells_no_secret() -> None:
    async with office(password="another one") as here:
        answer = await here.door.submit(here.door.compose(letter()), never)
    assert answer == Unavailable(Scope.CHANNEL, "Maileva refuses our login: 401 CLIENT_ERROR Authentication failed")
    assert not [secret for secret in (PASSWORD, SECRET, "another one") if secret in repr(answer)]


# -- what replies mean --------------------------------------------------------------------------------------------


def reply(status: int, code: str = "", **headers: str) -> web.Response:
    said = {"errors": [{"code": code, "message": "ligne 1\nligne 2"}]} if code else {}
    return web.json_response(said, status=status, headers=headers)


IN_A_MINUTE = NOW + timedelta(minutes=1)
REPLIES: list[tuple[str, web.Response, Answer]] = [
    ("recipients", reply(400, "ADDRESS_LINE_4_TOO_LONG"), Refused(Refusal.ADDRESS, "")),
    ("recipients", reply(400, "INVALID_ADDRESS_LINE_6"), Refused(Refusal.ADDRESS, "")),
    ("recipients", reply(400, "INVALID_COUNTRY_CODE"), Refused(Refusal.ADDRESS, "")),
    ("sendings", reply(400, "SENDER_ADDRESS_LINE_6_WRONG_FORMAT"), Unavailable(Scope.CHANNEL, "")),
    ("sendings", reply(400, "INVALID_NOTIFICATION_EMAIL"), Unavailable(Scope.CHANNEL, "")),
    ("sendings", reply(402), Unavailable(Scope.CHANNEL, "")),
    ("sendings", reply(403), Unavailable(Scope.CHANNEL, "")),
    ("sendings", reply(302, Location="https://elsewhere.example/"), Unavailable(Scope.CHANNEL, "")),
    ("documents", reply(400, "DOCUMENT_TYPE_NOT_ACCEPTED"), Refused(Refusal.CONTENT, "")),
    ("documents", reply(413), Refused(Refusal.CONTENT, "")),
    ("documents", reply(404, "SENDING_NOT_FOUND"), Unavailable(Scope.MESSAGE, "")),
    ("documents", reply(500), Unavailable(Scope.MESSAGE, "")),
    ("sendings", reply(503, **{"Retry-After": "60"}), Unavailable(Scope.CHANNEL, "", IN_A_MINUTE)),
    ("recipients", reply(429, **{"Retry-After": "60"}), Unavailable(Scope.CHANNEL, "", IN_A_MINUTE)),
    (
        "recipients",
        reply(429, **{"Retry-After": "Sat, 20 Mar 2027 12:01:00 GMT"}),
        Unavailable(Scope.CHANNEL, "", IN_A_MINUTE),
    ),
    ("submit", reply(400, "INVALID_TOTAL_SENDING_SIZE"), Refused(Refusal.CONTENT, "")),
    ("submit", reply(429, **{"Retry-After": "60"}), Unavailable(Scope.CHANNEL, "", IN_A_MINUTE)),
    *(("submit", reply(status, "SENDING_STATUS_IS_NOT_DRAFT"), Doubt("")) for status in (400, 403, 404, 409, 429)),
    ("submit", reply(500), Doubt("")),
    ("submit", reply(503, **{"Retry-After": "60"}), Doubt("")),
]


@pytest.mark.parametrize(("where", "said", "means"), REPLIES, ids=lambda one: getattr(one, "status", None))
async def test_a_reply_means(where: str, said: web.Response, means: Answer) -> None:
    """Fault 37: too many at once; what they cannot do now is not held against the letter."""
    async with office() as here:
        body = said.text

        def fault(request: web.Request) -> web.Response | None:
            here_now = request.method == "POST" and request.path.endswith(where)
            return web.Response(status=said.status, text=body, headers=said.headers) if here_now else None

        here.house.fault = fault
        answer = await here.door.submit(here.door.compose(letter()), yes)
        assert answer.words.isprintable()
        assert replace(answer, words="") == means
        assert here.house.submitted() == []
        assert here.house.drafts() == [] or isinstance(answer, Doubt)


async def test_a_stopped_letter_leaves_no_draft() -> None:
    async with office() as here:

        async def no() -> bool:
            return False

        answer = await here.door.submit(here.door.compose(letter()), no)
        assert answer == Unavailable(Scope.MESSAGE, "stopped before it was submitted")
        assert here.house.orders == {}


async def test_fault_33_a_mail_house_that_never_answers() -> None:
    async with office(timeout=0.2) as here:
        for where, kind in (("documents", Unavailable), ("submit", Doubt)):
            here.house.black_hole = where
            assert isinstance(await here.door.submit(here.door.compose(letter(where)), yes), kind)


async def test_a_mail_house_that_cannot_be_reached_closes_the_channel() -> None:
    async with MailHouse().open() as url:
        pass
    door = channel(url)
    answer = await door.submit(door.compose(letter()), never)
    assert isinstance(answer, Unavailable)
    assert answer.scope is Scope.CHANNEL
    await door.close()


async def test_attack_24_no_name_of_theirs_leads_to_another_path() -> None:
    async with office() as here:
        here.house.fault = lambda request: (
            web.json_response({"id": "../../users"}, status=201) if request.path.endswith("/sendings") else None
        )
        answer = await here.door.submit(here.door.compose(letter()), never)
        assert isinstance(answer, Unavailable)
        assert not [request for request in here.house.requests if "users" in request]


def test_a_call_is_no_letter() -> None:
    with pytest.raises(Unfit, match="finished PDFs only"):
        channel().compose(CallDraft("a1", "R-1", DEADLINE, "+33612345678", "Bonjour"))


# -- trying the door ----------------------------------------------------------------------------------------------


async def test_a_probe_says_what_is_wrong_and_makes_nothing() -> None:
    async with office() as here:
        assert await here.door.probe() == []
        here.house.fault = lambda request: reply(403, "FORBIDDEN") if request.method == "GET" else None
        assert "registered_mail/v4" in (await here.door.probe())[0]
        assert here.house.orders == {}
    async with office(password="wrong") as here:
        assert "Maileva refuses our login" in (await here.door.probe())[0]


async def test_the_requests_of_a_parcel_are_json_of_their_own() -> None:
    envelope = channel().compose(letter()).envelope
    assert json.loads(envelope["document"]) == {"priority": 1, "name": "R-1.pdf"}
    assert set(envelope) == {"product", "sending", "recipient", "document"}

"""Rounds of questions: proofs that are downloaded while they can be had, and a mail house that answers badly."""

from __future__ import annotations

from contextlib import suppress

import pytest
from aiohttp import web
from msgspec.structs import replace

from relanced.channel import Awaited, Heard, Said
from relanced_maileva.line import Closed
from tests.maileva.letters import DEADLINE, distributed, event, office, proved

POSTED = event("LP01", "2027-03-02T15:00:00.000Z", "Pris en charge")
FIRST = event("LP09", "2027-03-04T23:30:00.000Z", "Première présentation", "FIRST_PRESENTATION")
DELIVERED = event("LP15", "2027-03-08T10:00:00.000Z", "Distribué", "DELIVERED")
STRANGER = event("LP21", "2027-03-08T10:00:00.000Z", "Destinataire inconnu à l'adresse", "UNDELIVERED")

# -- proofs -------------------------------------------------------------------------------------------------------


async def test_proofs_are_downloaded_at_once_and_say_what_they_prove() -> None:
    async with office() as here:
        order = await here.send()
        distributed(order, POSTED, FIRST)
        proved(here.house, order, "deposit_proof", "2027-03-02T16:00:00.000Z")
        proved(here.house, order, "content_proof", "2027-03-02T16:00:00.000Z")
        await here.ask()
        by_code = {r.code: r for r in here.kept.receipts(here.door) if r.proofs}
    assert {code: r.said for code, r in by_code.items()} == {
        "deposit_proof": Said.POSTED,
        "content_proof": Said.NOTED,
    }
    (paper,) = by_code["deposit_proof"].proofs
    assert (paper.name, paper.media_type) == ("preuve-de-depot.pdf", "application/pdf")
    assert paper.content == b"%PDF-1.4 proofdeposit_proof"
    assert (by_code["deposit_proof"].attempt, by_code["deposit_proof"].number) == ("a1", "1E00232062142")


async def test_the_receipt_that_the_debtor_signed_is_told_with_its_end() -> None:
    async with office() as here:
        order = await here.send()
        distributed(order, POSTED, FIRST, DELIVERED)
        proved(here.house, order, "acknowledgement_of_receipt", "2027-03-08T11:00:00.000Z")
        await here.ask()
        (signed,) = [r for r in here.kept.receipts(here.door) if r.proofs]
    assert (signed.said, signed.code) == (Said.DELIVERED, "acknowledgement_of_receipt")
    assert signed.proofs[0].name == "avis-de-reception.pdf"


async def test_the_image_of_a_returned_letter_says_why_it_came_back() -> None:
    async with office() as here:
        order = await here.send()
        distributed(order, POSTED, STRANGER)["undelivered_mail_reason"] = "N02"
        proved(here.house, order, "undelivered_mail", "2027-03-09T11:00:00.000Z")
        await here.ask()
        (scanned,) = [r for r in here.kept.receipts(here.door) if r.proofs]
    assert (scanned.said, scanned.address_dead) == (Said.RETURNED, True)


@pytest.mark.parametrize("content", [None, b"<html>patience</html>"])
async def test_a_proof_that_cannot_be_had_yet_is_asked_for_again(content: bytes | None) -> None:
    async with office() as here:
        order = await here.send()
        distributed(order, DELIVERED)
        proved(here.house, order, "acknowledgement_of_receipt", "2027-03-08T11:00:00.000Z", content or b"")
        if content is None:
            here.house.proofs.clear()
        await here.ask()
        assert not [heard for heard in here.kept.rows.values() if heard.about["what"] == "proof"]
        proved(here.house, order, "acknowledgement_of_receipt", "2027-03-08T11:00:00.000Z")
        await here.ask()
        assert len([heard for heard in here.kept.rows.values() if heard.about["what"] == "proof"]) == 1


# -- asking -------------------------------------------------------------------------------------------------------


async def test_a_letter_in_doubt_is_left_to_find() -> None:
    async with office() as here:
        await here.send()
        here.awaited = (replace(here.awaited[0], provider_id=""),)
        assert await here.ask() == set()


async def test_a_sending_they_do_not_know_hides_no_other_and_is_left_alone_for_a_day() -> None:
    async with office() as here:
        await here.send()
        here.awaited = (Awaited("a0", "unknown-at-maileva", "x", DEADLINE), *here.awaited)
        assert Said.TAKEN in await here.ask()
        await here.ask()
        assert sum("unknown-at-maileva" in request for request in here.house.requests) == 1


async def test_a_plain_letter_that_was_produced_is_asked_about_once_a_day() -> None:
    async with office("mail/v2") as here:
        order = await here.send()
        distributed(order)
        for _ in range(3):
            await here.ask()
        assert sum(request.endswith(f"GET /mail/v2/sendings/{order.id}") for request in here.house.requests) == 1


async def test_letters_are_asked_about_in_turn_those_first_that_waited_longest() -> None:
    """A round that is cut short begins where it ended."""
    async with office(connections=1) as here:
        orders = [await here.send(f"a{n}") for n in range(3)]
        tiring = iter([False, True])

        def tired(request: web.Request) -> web.Response | None:
            looked = request.method == "GET" and request.path.endswith("/recipients")
            return web.Response(status=503) if looked and next(tiring, False) else None

        here.house.fault = tired
        with suppress(Closed):
            await here.ask()
        here.house.requests.clear()
        await here.ask()
        shown = [request.rpartition("/")[2] for request in here.house.requests if "recipients" not in request]
        assert set(shown[:1]) <= {order.id for order in orders} - {here.kept.receipts(here.door)[0].provider_id}
        assert {r.provider_id for r in here.kept.receipts(here.door)} == {order.id for order in orders}


async def test_an_answer_that_cannot_be_understood_is_told_after_the_others() -> None:
    async with office() as here:
        first, second = await here.send("a1"), await here.send("a2")
        here.house.fault = lambda request: web.Response(body=b"[]") if request.path.endswith(first.id) else None
        with pytest.raises(OSError, match="no sending of Maileva"):
            await here.ask()
        assert {r.provider_id for r in here.kept.receipts(here.door)} == {second.id}


async def test_when_the_database_is_away_it_is_kept_at_the_next_round() -> None:
    async with office() as here:
        await here.send()

        async def away(heard: Heard) -> None:
            raise OSError("the database is away")

        with pytest.raises(OSError, match="the database is away"):
            await here.door.ask(here.awaited, DEADLINE, away)
        assert Said.TAKEN in await here.ask()


@pytest.mark.parametrize("status", [401, 403, 429, 503])
async def test_a_mail_house_that_answers_nobody_ends_the_round_at_once(status: int) -> None:
    async with office(connections=1) as here:
        await here.send("a1")
        await here.send("a2")
        here.house.requests.clear()
        here.house.fault = lambda request: web.Response(status=status) if request.method == "GET" else None
        with pytest.raises(Closed):
            await here.ask()
        assert len({request for request in here.house.requests if request.startswith("GET")}) == 1


async def test_one_letter_that_makes_them_stumble_does_not_hide_the_next() -> None:
    async with office() as here:
        first, second = await here.send("a1"), await here.send("a2")
        here.house.fault = lambda request: web.Response(status=500) if request.path.endswith(first.id) else None
        with pytest.raises(OSError, match="500"):
            await here.ask()
        assert {r.provider_id for r in here.kept.receipts(here.door)} == {second.id}


async def test_a_draft_says_nothing() -> None:
    async with office() as here:
        order = await here.send()
        order.status = "DRAFT"
        assert await here.ask() == set()

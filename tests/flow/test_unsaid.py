"""What the desk says to addresses that are dead, or are not there: a person is told, and which road remains."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.flow import answers, paper
from tests.flow.company import Company, Said
from tests.flow.conftest import Found

DUE, DAY = date(2026, 3, 2), date(2026, 3, 5)
CALLS = {"roads": ", phone: calls", "channels": "  calls: {kind: phone}"}
LETTER = "a letter to 1 RUE DU BAC, 75007 PARIS"


async def _reminded(company: Company, **said: Any) -> None:
    await company.bills(paper.invoice("F-1", DUE, **said))
    await company.morning(DAY)


async def _unsaid(company: Company) -> list[str]:
    rows = (await company.desk("inbox"))["record"]
    return [row["words"] for row in rows if row["kind"] == "unsaid"]


async def _bounces(company: Company, *mails: bytes) -> None:
    for mail in mails:
        await company.desk("ingest", files={"message": mail})
    await company.works()


# -- nobody to write to -------------------------------------------------------------------------------------------


async def test_a_promise_that_no_mail_can_confirm_asks_a_person(company: Company) -> None:
    await _reminded(company, email="")
    said = "; ".join((await company.desk("promise", case="C1", date="2026-03-16"))["lines"])
    assert "not confirmed in writing: Client C1: the confirmation of a promise could not be written" in said
    (words,) = await _unsaid(company)
    assert words.endswith(f"no usable mail address is known; what remains: {LETTER}")
    await company.desk("promise", case="C1", date="2026-03-17", unconfirmed=True)
    assert len(await _unsaid(company)) == 1


async def test_an_instalment_that_cannot_be_announced_asks_once(company: Company) -> None:
    await _reminded(company, email="")
    await company.desk("instalments", case="C1", count=2, first="2026-03-16", unconfirmed=True)
    for day in (11, 12):
        await company.morning(date(2026, 3, day))
    (words,) = await _unsaid(company)
    assert words.startswith("Client C1: the announcement of an instalment could not be written")
    (task,) = [t for t in await company.house.store.views.tasks() if t["kind"] == "unsaid"]
    await company.desk("done", task=task["id"])
    await company.morning(date(2026, 3, 13))
    assert await _unsaid(company) == []


async def test_a_reply_to_nobody_is_refused_with_what_remains(found: Found) -> None:
    company = await found(**CALLS)
    await _reminded(company, email="")
    await company.imports("contacts", "code client;téléphone\nC1;02 99 00 12 34\n".encode())
    with pytest.raises(Said, match=f"no usable mail address .*; what remains: {LETTER}, a call to .33299001234"):
        await company.desk("reply", case="C1", subject="Votre question", files={"r.txt": b"Bonjour."})


# -- an address that is dead --------------------------------------------------------------------------------------


async def test_a_confirmation_that_bounces_asks_a_person(company: Company) -> None:
    await _reminded(company)
    await company.desk("promise", case="C1", date="2026-03-16")
    (mail,) = await company.works()
    await _bounces(company, answers.bounce(mail))
    (words,) = await _unsaid(company)
    assert words.startswith("Client C1: the confirmation of a promise did not reach c1@client.example: ")
    assert words.endswith(f"; what remains: {LETTER}")


async def test_an_offer_whose_address_dies_before_it_leaves_asks_a_person(company: Company) -> None:
    await _reminded(company)
    await company.desk("stop")
    await company.desk("offer", case="C1", off="100", until="2026-03-20")
    await company.desk("contact dead", case="C1", where="c1@client.example")
    await company.desk("start")
    company.clock.later(minutes=6)
    assert await company.works() == []
    assert await company.told() == ["relance-1 email sent", "offer email cancelled"]
    (words,) = await _unsaid(company)
    assert words.startswith("Client C1: our offer did not reach c1@client.example: the address is gone, dead")


async def test_a_reply_that_a_relay_refuses_goes_to_another_contact_when_a_person_says_so(company: Company) -> None:
    await _reminded(company)
    await company.imports("contacts", paper.contacts(("C1", "patron@client.example", 1)))
    company.relay.answers("RCPT", "550 5.1.1 User unknown")
    await company.desk("reply", case="C1", subject="Votre question", files={"r.txt": "Voici le bon signé.".encode()})
    assert await company.works() == []
    (words,) = await _unsaid(company)
    number = (await company.last())["id"]
    mail = f"a mail to patron@client.example (relanced resend {number} --reason …)"
    assert words.startswith("Client C1: your reply did not reach c1@client.example: ")
    assert words.endswith(f"; what remains: {mail}, {LETTER}")
    said = await company.desk("resend", message=number, reason="au patron")
    assert said["lines"][0].endswith("once more, to patron@client.example")
    company.relay.answers("RCPT", "250 2.1.5 Ok")
    (mail_sent,) = await company.works()
    assert (mail_sent.to, "Voici le bon signé." in mail_sent.text) == ("patron@client.example", True)
    assert await _unsaid(company) == []


async def test_what_holds_no_more_is_not_missed(company: Company) -> None:
    await _reminded(company)
    await company.desk("promise", case="C1", date="2026-03-16")
    (mail,) = await company.works()
    await company.desk("promise", case="C1", date="2026-03-17", unconfirmed=True)
    await _bounces(company, answers.bounce(mail))
    assert await _unsaid(company) == []

"""What was agreed against what is contested, offered and credited: one invoice of 1 234,50 EUR, due on 2 March 2026."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import delete

from relanced.console.desk import answer
from relanced.counter import Desk
from relanced.store.tables import requests
from tests.flow import paper
from tests.flow.company import Company, Said
from tests.flow.relay import Mail
from tests.store.rows import run

DUE = date(2026, 3, 2)


async def _reminded(company: Company, *bills: str) -> None:
    await company.bills(*(bills or (paper.invoice("F-1", DUE),)))
    assert len(await company.morning(date(2026, 3, 5))) == 1


async def _told(company: Company, verb: str, **words: Any) -> str:
    return " | ".join((await company.desk(verb, case="C1", **words))["lines"])


async def _contests(company: Company, **words: Any) -> None:
    await company.desk("dispute", case="C1", reason="porte rayée", **words)


async def _offers(company: Company, **words: Any) -> None:
    await company.desk("offer", case="C1", **{"off": "10%", "until": "2026-03-20", **words})


async def _inbox(company: Company) -> list[str]:
    return [f"{row['kind']}: {row['words']}" for row in (await company.desk("inbox"))["record"]]


def _reads(mail: Mail) -> str:
    return " ".join(mail.text.split())


# -- what is contested is not promised ----------------------------------------------------------------------------


async def test_the_contested_part_is_neither_promised_nor_missed(company: Company) -> None:
    await _reminded(company)
    await _contests(company, invoices="F-1", amount="200")
    assert "1034.50 EUR promised for 2026-03-10" in await _told(company, "promise", date="2026-03-10")
    (mail,) = await company.works()
    assert "un règlement de 1 034,50 €" in _reads(mail)
    company.clock.set(date(2026, 3, 11), "08:00")
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 10), "1 034,50"), date(2026, 3, 10))
    await company.morning(date(2026, 3, 16))
    assert "promise kept" in await company.events()
    with pytest.raises(Said, match="F-1 is contested"):
        await company.desk("promise", case="C1", date="2026-03-20")


async def test_the_contested_part_is_not_in_an_agreement(company: Company) -> None:
    await _reminded(company)
    await _contests(company, invoices="F-1", amount="200")
    said = await _told(company, "instalments", count="2", first="2026-03-20")
    assert "1034.50 EUR (F-1) in 2 instalments" in said and "517.25 EUR" in said
    (mail,) = await company.works()
    assert "517,25 €" in _reads(mail) and "617,25" not in _reads(mail)


async def test_what_is_contested_whole_is_promised_by_nobody(company: Company) -> None:
    await _reminded(company, paper.invoice("F-1", DUE), paper.invoice("F-2", DUE))
    await _contests(company, invoices="F-1")
    assert "1234.50 EUR promised for 2026-03-10 (F-2)" in await _told(company, "promise", date="2026-03-10")
    why = "F-1 is contested: relanced release 1 --kind dispute comes first"
    with pytest.raises(Said, match=why):
        await company.desk("promise", case="C1", date="2026-03-10", invoices="F-1")
    with pytest.raises(Said, match=why):
        await company.desk("instalments", case="C1", count="2", first="2026-03-20", invoices="F-1,F-2")
    with pytest.raises(Said, match=why):
        await company.desk("call", which="C1", result="promised", date="2026-03-10", invoices="F-1", incoming=True)
    await _contests(company, invoices="F-2")
    with pytest.raises(Said, match=why):
        await company.desk("promise", case="C1", date="2026-03-10")


async def test_an_offer_settles_an_invoice_whole_so_nothing_of_it_is_contested(company: Company) -> None:
    await _reminded(company)
    await _contests(company, invoices="F-1", amount="200")
    with pytest.raises(Said, match=r"200\.00 of F-1 is contested, and an offer settles all of it"):
        await _offers(company)
    await company.desk("release", case="C1", kind="dispute", reason="geste commercial")
    await _offers(company)
    await company.works()
    await _contests(company, invoices="F-1", amount="200")
    (mail,) = await company.morning(date(2026, 3, 12))
    assert "1 034,50 €" in _reads(mail) and "Notre proposition" not in _reads(mail)


# -- a credit note pays nothing of an offer -----------------------------------------------------------------------


@pytest.mark.parametrize("booked", [date(2026, 3, 5), date(2026, 3, 9)])
async def test_a_discount_that_was_credited_at_once_is_not_given_twice(company: Company, booked: date) -> None:
    await _reminded(company)
    await _offers(company)
    await company.works()
    company.clock.set(date(2026, 3, 11), "08:00")
    await company.imports("credits", paper.credit_note("F-1", booked, "123,45"))
    (mail,) = await company.morning(date(2026, 3, 12))
    assert "987,60" not in _reads(mail) and "1 111,05 €" in _reads(mail)
    await company.morning(date(2026, 3, 13))
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 12), "987,60"), date(2026, 3, 12))
    await company.works()
    assert "offer taken" not in await company.events()
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 12), "123,45"), date(2026, 3, 12))
    await company.works()
    assert "offer taken" in await company.events()
    assert not [one for one in await _inbox(company) if one.startswith("credit note")]


async def test_a_credit_note_of_the_day_that_the_offer_counted_in_is_no_part_of_it(company: Company) -> None:
    await _reminded(company)
    await company.imports("credits", paper.credit_note("F-1", date(2026, 3, 5), "234,50"))
    await _offers(company)
    await company.works()
    await company.morning(date(2026, 3, 11))
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 10), "900,00"), date(2026, 3, 10))
    await company.works()
    assert "offer taken" in await company.events()
    (task,) = [one for one in await _inbox(company) if one.startswith("credit note")]
    assert "book a credit note of 100.00" in task


# -- an offer under a promise, and under an agreement -------------------------------------------------------------


async def test_a_promise_while_an_offer_runs_is_what_the_offer_asks(company: Company) -> None:
    await _reminded(company)
    await _offers(company)
    await company.works()
    too_much: list[dict[str, Any]] = [{"date": "2026-03-23"}, {"date": "2026-03-18", "amount": "1234.50"}]
    for words in too_much:
        with pytest.raises(Said, match=r"our offer runs.*relanced offer 1 --withdraw comes first"):
            await company.desk("promise", case="C1", **words)
    assert "1111.05 EUR promised for 2026-03-18" in await _told(company, "promise", date="2026-03-18")
    (mail,) = await company.works()
    assert "un règlement de 1 111,05 €" in _reads(mail)
    assert "si votre règlement de 1 111,05 € nous parvient au plus tard le 20 mars 2026" in _reads(mail)
    await company.morning(date(2026, 3, 19))
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 18), "1 111,05"), date(2026, 3, 18))
    for day in (date(2026, 3, 19), date(2026, 3, 23), date(2026, 3, 24)):
        assert await company.morning(day) == []
    assert "offer taken" in await company.events() and "promise partly" not in await company.events()


async def test_a_promise_stands_when_the_payment_of_an_older_one_comes_back(company: Company) -> None:
    await _reminded(company)
    await _told(company, "promise", date="2026-03-09", amount="500", unconfirmed=True)
    await company.morning(date(2026, 3, 9))
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 6), "500,00"), date(2026, 3, 6))
    await company.works()
    assert "promise kept" in await company.events()
    await _told(company, "promise", date="2026-03-25", unconfirmed=True)
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 9), "-500,00"), date(2026, 3, 9))
    await company.morning(date(2026, 3, 13))
    assert "promise broken" in await company.events()
    assert await company.holds() == ["promise"]
    assert await company.morning(date(2026, 3, 20)) == []


async def test_a_promise_by_telephone_is_what_the_offer_asks_too(company: Company) -> None:
    await _reminded(company)
    await _offers(company)
    await company.works()
    with pytest.raises(Said, match="our offer runs"):
        await company.desk("call", which="C1", result="promised", date="2026-03-23", incoming=True)
    await company.desk("call", which="C1", result="promised", date="2026-03-18", incoming=True)
    (mail,) = await company.works()
    assert "un règlement de 1 111,05 €" in _reads(mail)


async def test_no_agreement_while_an_offer_runs(company: Company) -> None:
    await _reminded(company)
    await _offers(company)
    with pytest.raises(Said, match="our offer runs: relanced offer 1 --withdraw comes first"):
        await company.desk("instalments", case="C1", count="2", first="2026-03-20")
    await company.desk("offer", case="C1", withdraw=True, reason="refusée")
    await company.desk("instalments", case="C1", count="2", first="2026-03-20")


# -- how it is to be paid, by whom it was said, and for how long ---------------------------------------------------


async def test_a_promise_is_confirmed_with_its_means_and_with_who_gave_it(company: Company) -> None:
    await _reminded(company)
    await company.desk("promise", case="C1", date="2026-03-12", amount="500", means="cheque", said_by="Mme Petit")
    (mail,) = await company.works()
    said = "ce dont nous sommes convenus avec Mme Petit : un règlement de 500,00 € par chèque le 12 mars 2026"
    assert said in _reads(mail)
    assert "Merci d’établir votre chèque à l’ordre suivant : Atelier Dubois" in _reads(mail)
    assert "virement" not in _reads(mail) and "IBAN" not in _reads(mail)


async def test_instalments_are_asked_for_by_the_means_agreed(company: Company) -> None:
    await _reminded(company)
    await company.desk("instalments", case="C1", count="2", first="2026-03-20", means="cheque")
    (mail,) = await company.works()
    assert "Chaque règlement est à effectuer par chèque, en rappelant la référence" in _reads(mail)
    assert "virement" not in _reads(mail) and "coordonnées bancaires" not in _reads(mail)
    (mail,) = await company.morning(date(2026, 3, 17))
    assert "virement" not in _reads(mail).lower() and "chèque" in _reads(mail)
    await company.morning(date(2026, 3, 20))
    (mail,) = await company.morning(date(2026, 4, 1))
    assert "ne nous est pas parvenu" in _reads(mail) and "virement" not in _reads(mail).lower()


async def test_more_than_two_years_are_said_aloud(company: Company) -> None:
    await _reminded(company)
    words: dict[str, Any] = {"case": "C1", "count": "36", "first": "2026-03-31"}
    with pytest.raises(Said, match=r"2029-02-28 is more than 24 months away \(C. civ. 1343-5\): say --anyway"):
        await company.desk("instalments", **words)
    await company.desk("instalments", **words, anyway=True)
    said = await _told(company, "instalments", revoke=True, reason="rien n'est venu")
    assert "it promises a formal notice first, and eight days" in said


async def test_the_page_to_be_signed_tells_what_a_judge_would_ask(company: Company) -> None:
    await _reminded(company)
    await _contests(company, invoices="F-1", amount="200")
    await company.desk("instalments", case="C1", count="2", first="2026-03-20", unconfirmed=True)
    pdf = (await company.desk("instalments", case="C1", paper=True))["files"]["ACCORD-1.pdf"]
    page = " ".join(" ".join(p.extract_text() for p in PdfReader(BytesIO(b64decode(pdf))).pages).split())
    for clause in (
        "Les règlements s’imputent sur le principal, en commençant par la facture la plus ancienne.",
        "ne sont pas comprises dans l’échéancier et demeurent réservées. La part contestée, soit 200,00 €, n’est pas "
        "visée par le présent accord.",
        "Tout différend relèvera de la juridiction compétente selon les règles du droit commun.",
    ):
        assert clause in page


# -- days that cannot be meant, and requests that come again -------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("promise", {"date": "9999-12-31"}),
        ("offer", {"off": "10%", "until": "9999-12-31"}),
        ("pause", {"until": "9999-12-31", "reason": "vacances"}),
        ("insolvency", {"what": "redressement", "on": "2026-03-01", "published": "9999-12-01"}),
        ("insolvency", {"what": "redressement", "on": "0001-01-01"}),
        ("instalments", {"count": "3", "first": "9999-12-01"}),
        ("instalments", {"parts": "2026-03-31=500.00;9999-12-31=734.50"}),
        ("call", {"which": "C1", "result": "promised", "at": "9999-12-31", "incoming": True}),
    ],
)
async def test_a_day_far_away_is_refused(company: Company, verb: str, words: dict[str, Any]) -> None:
    await _reminded(company)
    with pytest.raises(Said, match="is more than 20 years away"):
        await company.desk(verb, **{"case": "C1", **words})


async def test_a_reply_that_is_asked_for_again_after_a_crash_leaves_once(company: Company) -> None:
    """The daemon died between the reply and the answer to its request, so nobody remembers the request."""
    await _reminded(company)
    house = company.house
    desk = Desk(house.store, house.premises, house.doors, house.clock)
    words, files = {"case": "C1", "subject": "Votre facture"}, {"reply.txt": b64encode(b"Bonjour.").decode()}
    for _ in range(2):
        request = {"verb": "reply", "words": words, "files": files, "request_id": "r-1"}
        assert "error" not in await answer(desk, request, "claire")
        await run(house.store, delete(requests))
    assert len(await company.works()) == 1

"""Words that were given, and what happens meanwhile: a reply, a credit note, a dispute, a payment that is late.

One invoice of 1 234,50 EUR, due on 2 March 2026 and reminded of on the 5th; three instalments from 20 March on.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.flow import answers, paper
from tests.flow.company import Company, Said
from tests.flow.relay import Mail

DUE = date(2026, 3, 2)


async def _reminded(company: Company, *bills: str) -> None:
    await company.bills(*(bills or (paper.invoice("F-1", DUE),)))
    assert len(await company.morning(date(2026, 3, 5))) == 1


async def _agreed(company: Company, **words: Any) -> Mail:
    """Returns the confirmation."""
    await _reminded(company)
    await company.desk("instalments", case="C1", **{"count": 3, "first": "2026-03-20", **words})
    (mail,) = await company.works()
    return mail


async def _mornings(company: Company, *days: date) -> list[Mail]:
    return [mail for day in days for mail in await company.morning(day)]


async def _pays(company: Company, on: date, amount: str, number: str = "F-1") -> None:
    await company.imports("payments", paper.payment(number, on, amount), on)


async def _inbox(company: Company) -> list[str]:
    return [f"{row['kind']}: {row['words']}" for row in (await company.desk("inbox"))["record"]]


def _march(*days: int) -> list[date]:
    return [date(2026, 3, day) for day in days]


def _reads(mail: Mail) -> str:
    return " ".join(mail.text.split())


# -- nothing is written by itself to who waits for a word of ours ---------------------------------------------------


async def test_who_wrote_is_told_of_no_instalment_until_they_have_their_answer(company: Company) -> None:
    confirmed = await _agreed(company)
    await company.morning(date(2026, 3, 16))
    await company.desk("ingest", files={"message": answers.reply(company, confirmed, "La porte est rayée.")})
    await company.works()
    assert await _mornings(company, *_march(17, 19, 25)) == []
    assert "instalment broken" in await company.events()
    await company.answered()
    (mail,) = await company.works()
    assert "Échéance du 20 mars 2026 en attente de règlement" in " ".join(mail.subject.split())


async def test_a_reply_that_comes_before_an_announcement_leaves_stops_it(company: Company) -> None:
    confirmed = await _agreed(company)
    assert await company.morning(date(2026, 3, 17), "07:00") == []
    assert (await company.told())[-1] == "upcoming email planned"
    await company.desk("ingest", files={"message": answers.reply(company, confirmed, "Je ne pourrai pas.")})
    await company.works()
    assert await company.morning(date(2026, 3, 17)) == []
    assert (await company.last())["state"] == "planned"


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("close", {"reason": "irrécouvrable"}),
        ("debtor", {"excluded": "yes"}),
        ("pause", {"until": "2026-04-30", "reason": "deuil"}),
        ("dispute", {"reason": "porte rayée"}),
        ("dispute", {"reason": "porte rayée", "invoices": "F-1", "amount": "200"}),
    ],
)
async def test_nothing_is_announced_of_what_is_asked_for_no_more(
    company: Company, verb: str, words: dict[str, Any]
) -> None:
    await _agreed(company)
    await company.desk(verb, case="C1", **words)
    assert await _mornings(company, *_march(17, 20, 25, 26)) == []
    assert "instalments" in await company.holds() and "instalment kept" not in await company.events()


async def test_what_was_contested_before_the_agreement_keeps_none_of_it_quiet(company: Company) -> None:
    await _reminded(company)
    await company.desk("dispute", case="C1", reason="porte rayée", invoices="F-1", amount="200")
    await company.desk("instalments", case="C1", count=2, first="2026-03-20")
    await company.works()
    (mail,) = await company.morning(date(2026, 3, 17))
    assert "de 517,25 € (1 sur 2)" in _reads(mail)


async def test_what_was_missed_of_an_agreement_is_no_matter_of_the_next_one(company: Company) -> None:
    await _agreed(company)
    await company.desk("stop")
    assert await company.morning(date(2026, 3, 25)) == []
    assert "instalment broken" in await company.events()
    await company.desk("instalments", case="C1", revoke=True, reason="rien reçu")
    await company.desk("instalments", case="C1", count=2, first="2026-04-20")
    await company.desk("start")
    (mail,) = await company.works()
    assert mail.subject == "Votre échéancier de règlement"
    assert "missed email cancelled" in await company.told()


async def test_who_has_just_agreed_is_not_told_again(company: Company) -> None:
    await _agreed(company, first="2026-03-09")
    assert await company.morning(date(2026, 3, 6)) == []


# -- credit notes -------------------------------------------------------------------------------------------------


async def test_the_credit_note_for_what_was_contested_pays_no_instalment(company: Company) -> None:
    await _reminded(company)
    await company.desk("dispute", case="C1", reason="porte rayée", invoices="F-1", amount="200")
    await company.desk("instalments", case="C1", count=2, first="2026-03-20")
    await company.imports("credits", paper.credit_note("F-1", date(2026, 3, 6), "200,00"))
    await company.desk("release", case="C1", kind="dispute", reason="avoir émis")
    await company.works()
    (mail,) = await company.morning(date(2026, 3, 17))
    assert "517,25 €" in mail.subject.replace("\xa0", " ") and "reçu" not in _reads(mail)


async def test_a_credit_note_on_an_agreement_is_called_by_its_name(company: Company) -> None:
    await _agreed(company)
    await company.morning(date(2026, 3, 11))
    await company.imports("credits", paper.credit_note("F-1", date(2026, 3, 10), "200,00"))
    (mail,) = await company.morning(date(2026, 3, 17))
    assert "arrive le 20 mars 2026. Notre avoir déduit, il reste 211,50 € à régler." in _reads(mail)
    (mail,) = await _mornings(company, *_march(20, 25))
    assert "Nous vous remercions d’en régler sans attendre le solde, soit 211,50 €, avoir déduit, " in _reads(mail)


async def test_a_credit_note_is_not_told_as_a_payment_of_a_promise(company: Company) -> None:
    await _reminded(company)
    await company.desk("promise", case="C1", date="2026-03-16")
    await company.morning(date(2026, 3, 11))
    await company.imports("credits", paper.credit_note("F-1", date(2026, 3, 10), "200,00"))
    (mail,) = await _mornings(company, *_march(17, 18, 19))
    assert "pour le 16 mars 2026 : sauf erreur de notre part, il ne nous est pas parvenu." in _reads(mail)
    assert "au virement de 1 034,50 €" in _reads(mail)
    assert "0.00 EUR of 1234.50 EUR paid in time" in "".join((await company.desk("report", report="promises"))["lines"])


# -- late, and paid after all ---------------------------------------------------------------------------------------


async def test_who_is_one_instalment_behind_is_told_what_came_and_what_is_missing(company: Company) -> None:
    """April's instalment came on its day, and pays March's: nobody is told that it did not."""
    await _agreed(company)
    await _mornings(company, *_march(17, 20, 25), date(2026, 4, 15))
    company.clock.set(date(2026, 4, 21))
    await _pays(company, date(2026, 4, 20), "411,50")
    (mail,) = await _mornings(company, date(2026, 4, 22), date(2026, 4, 23))
    assert (
        "nous avons reçu à ce jour 411,50 € sur les 823,00 € que notre échéancier prévoyait au 20 avril 2026. Nous "
        "vous remercions de régler sans attendre le solde à cette date, soit 411,50 €" in _reads(mail)
    )


async def test_who_missed_two_instalments_is_asked_for_both(company: Company) -> None:
    await _agreed(company)
    (mail,) = (await _mornings(company, *_march(17, 20, 25), date(2026, 4, 15), date(2026, 4, 23)))[-1:]
    assert "aucun règlement ne nous est parvenu à ce jour sur les 823,00 € que notre échéancier prévoyait" in (
        _reads(mail)
    )
    assert mail.subject.replace("\xa0", " ").endswith("– 823,00 €")


async def test_a_missed_instalment_that_came_after_all_waits_for_nobody(company: Company) -> None:
    await _agreed(company)
    await _mornings(company, *_march(17, 20, 25))
    assert [one.partition(":")[0] for one in await _inbox(company)] == ["missed instalment"]
    await company.morning(date(2026, 3, 27))
    await _pays(company, date(2026, 3, 26), "411,50")
    await company.works()
    assert await _inbox(company) == []


async def test_a_promise_that_was_kept_late_is_not_recalled(company: Company) -> None:
    await _reminded(company)
    await company.desk("promise", case="C1", date="2026-03-10", amount="500")
    (confirmed,) = await company.works()
    await company.morning(date(2026, 3, 12))
    await company.desk("ingest", files={"message": answers.reply(company, confirmed, "Je vérifie.")})
    await _mornings(company, *_march(13, 16))
    assert "promise broken" in await company.events()
    await _pays(company, date(2026, 3, 16), "500,00")
    await company.morning(date(2026, 3, 18))
    await company.answered()
    (mail,) = await company.works()
    assert "734,50 €" in _reads(mail) and "annoncé" not in _reads(mail)
    assert await _inbox(company) == []


async def test_a_promise_whose_payment_came_back_is_broken_after_all(company: Company) -> None:
    await _reminded(company)
    await company.desk("promise", case="C1", date="2026-03-10", unconfirmed=True)
    await company.morning(date(2026, 3, 11))
    await _pays(company, date(2026, 3, 10), "1 234,50")
    await company.works()
    assert "promise kept" in await company.events()
    await company.morning(date(2026, 3, 13))
    await _pays(company, date(2026, 3, 12), "-1 234,50")
    (mail,) = await company.works()
    assert "un règlement de 1 234,50 € pour le 10 mars 2026 : sauf erreur de notre part, il ne nous est" in _reads(mail)
    assert await _inbox(company) == [
        "broken promise: Client C1: promise for 2026-03-10, 0.00 of 1234.50 was paid: a payment came back"
    ]
    assert "0 of 1 promises kept" in "\n".join((await company.desk("show", case="C1", brief=True))["lines"])


# -- disputes and judgments -----------------------------------------------------------------------------------------


async def test_a_part_that_is_contested_ends_no_promise_of_the_rest(company: Company) -> None:
    await _reminded(company, paper.invoice("F-1", DUE), paper.invoice("F-2", DUE))
    await company.desk("promise", case="C1", date="2026-03-16")
    await company.works()
    await company.morning(date(2026, 3, 9))
    await company.desk("dispute", case="C1", reason="porte rayée", invoices="F-1", amount="200")
    assert await _mornings(company, *_march(10, 12, 16)) == []
    company.clock.set(date(2026, 3, 17))
    await _pays(company, date(2026, 3, 16), "1 034,50")
    await _pays(company, date(2026, 3, 16), "1 234,50", "F-2")
    assert await _mornings(company, *_march(18, 19, 25)) == []
    assert "promise kept" in await company.events()


async def test_an_invoice_that_is_contested_ends_no_promise_of_the_others(company: Company) -> None:
    await _reminded(company, paper.invoice("F-1", DUE), paper.invoice("F-2", DUE))
    await company.desk("promise", case="C1", date="2026-03-16")
    await company.works()
    await company.desk("dispute", case="C1", reason="porte rayée", invoices="F-1")
    assert await _mornings(company, *_march(12, 16)) == []
    (mail,) = await _mornings(company, *_march(18, 19))
    assert "Vous nous aviez annoncé, le 5 mars 2026, un règlement de 2 469,00 €" in _reads(mail)
    assert "au virement de 1 234,50 €" in _reads(mail)
    await company.desk("promise", case="C1", date="2026-03-24", unconfirmed=True)
    await company.desk("dispute", case="C1", reason="porte rayée", invoices="F-2")
    assert [row["state"] for row in (await company.desk("show", case="C1"))["record"]["promises"]] == [
        "broken",
        "replaced",
    ]


async def test_who_contests_is_told_of_what_was_agreed_before(company: Company) -> None:
    await _agreed(company)
    said = await company.desk("dispute", case="C1", reason="porte rayée")
    assert said["lines"][1:] == [
        "its instalments run on, none is announced: relanced instalments 1 --revoke --reason …"
    ]
    await company.desk("release", case="C1", kind="dispute", reason="réglé")
    await company.desk("instalments", case="C1", revoke=True, reason="autre accord")
    await company.desk("offer", case="C1", off="10%", until="2026-03-20", unconfirmed=True)
    said = await company.desk("dispute", case="C1", reason="porte rayée", invoices="F-1", amount="200")
    assert said["lines"][1:] == ["our offer runs on, no reminder recalls it: relanced offer 1 --withdraw --reason …"]


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("promise", {"date": "2026-03-16"}),
        ("offer", {"off": "10%", "until": "2026-03-20"}),
        ("instalments", {"count": 3, "first": "2026-03-20"}),
        ("call", {"which": "C1", "result": "promised", "date": "2026-03-16", "incoming": True}),
    ],
)
async def test_nothing_is_agreed_upon_with_who_is_in_a_procedure(
    company: Company, verb: str, words: dict[str, Any]
) -> None:
    await _reminded(company)
    await company.desk("insolvency", case="C1", what="redressement", on="2026-03-04")
    with pytest.raises(Said, match="a collective procedure is open, nothing is asked for any more: relanced release 1"):
        await company.desk(verb, **{"case": "C1", **words})
    assert await company.works() == []


async def test_what_the_debtor_was_told_before_is_over_and_said_so(company: Company) -> None:
    await _agreed(company)
    await _mornings(company, *_march(17, 20, 25))
    await company.desk("instalments", case="C1", revoke=True, reason="rien n'est venu")
    (mail,) = await company.works()
    assert (
        "L’échéancier dont nous étions convenus le 5 mars 2026 a pris fin : le solde est de nouveau à régler en "
        "totalité." in _reads(mail)
    )


async def test_a_conversation_after_a_broken_promise_is_acknowledged_too(company: Company) -> None:
    await _reminded(company)
    await company.desk("promise", case="C1", date="2026-03-10")
    await company.works()
    await company.morning(date(2026, 3, 12))
    await company.desk("dispute", case="C1", reason="porte rayée", invoices="F-1", amount="200")
    (mail,) = await company.morning(date(2026, 3, 13))
    assert "Nous faisons suite à notre échange du 12 mars 2026. Vous nous aviez annoncé, le 5 mars 2026," in _reads(
        mail
    )


async def test_an_agreement_that_was_paid_too_late_is_over(company: Company) -> None:
    await _reminded(company)
    parts = "2026-03-10=617.25;2026-03-20=617.25"
    await company.desk("instalments", case="C1", parts=parts, unconfirmed=True)
    await _mornings(company, *_march(13, 25))
    await company.morning(date(2026, 3, 27))
    await _pays(company, date(2026, 3, 26), "1 234,50")
    await company.works()
    assert await company.holds() == [] and "instalments paid" in await company.events()
    await company.bills(paper.invoice("F-2", date(2026, 3, 27), issued=date(2026, 3, 1)))
    await company.desk("instalments", case="C1", count=2, first="2026-04-20")


# -- money that names no invoice ------------------------------------------------------------------------------------

LOOSE = "date;montant;code client;libellé;référence bancaire\n{on:%d/%m/%Y};{amount};C1;VIR CLIENT C1;{on}-{amount}\n"


async def _sends(company: Company, on: date, amount: str) -> None:
    await company.imports("payments", LOOSE.format(on=on, amount=amount).encode(), on)


async def test_exactly_what_was_promised_is_meant_for_it_though_what_is_contested_is_older(company: Company) -> None:
    await _reminded(company, *(paper.invoice(number, DUE) for number in ("F-1", "F-2", "F-3")))
    await company.desk("dispute", case="C1", reason="porte rayée", invoices="F-1")
    await company.desk("promise", case="C1", date="2026-03-16")
    await company.works()
    company.clock.set(date(2026, 3, 17))
    await _sends(company, date(2026, 3, 16), "2 469,00")
    assert await _mornings(company, *_march(17, 18, 19, 25)) == []
    assert "promise kept" in await company.events()


async def test_an_instalment_without_a_reference_is_no_payment_of_an_older_invoice(company: Company) -> None:
    await _reminded(company, paper.invoice("F-1", DUE), paper.invoice("F-2", DUE))
    await company.desk("dispute", case="C1", reason="porte rayée", invoices="F-1")
    await company.desk("instalments", case="C1", count=2, first="2026-03-20", invoices="F-2", unconfirmed=True)
    await company.morning(date(2026, 3, 17))
    company.clock.set(date(2026, 3, 23))
    await _sends(company, date(2026, 3, 20), "617,25")
    assert await _mornings(company, *_march(24, 25, 26)) == []
    assert "instalment kept" in await company.events()


# -- several currencies -----------------------------------------------------------------------------------------------


async def test_each_currency_has_a_sum_of_its_own(company: Company) -> None:
    head = f"{paper.HEADINGS};devise"
    lines = [f"{paper.invoice('F-1', DUE)};EUR", f"{paper.invoice('F-2', date(2026, 4, 2), amount='100,00')};USD"]
    company.clock.set(date(2026, 3, 3))
    await company.imports("invoices", "\n".join([head, *lines, ""]).encode())
    (row,) = (await company.desk("cases"))["record"]
    assert (row["owed"], row["overdue"]) == ("1234.50 EUR, 100.00 USD", "1234.50 EUR")
    causes = (await company.desk("report", report="causes"))["record"]
    assert sorted((one["cases"], one["owed"]) for one in causes) == [(1, "100.00 USD"), (1, "1234.50 EUR")]


async def test_the_parts_of_an_agreement_are_told_as_amounts(company: Company) -> None:
    await _agreed(company, count=2)
    shown = "\n".join((await company.desk("show", case="C1"))["lines"])
    assert "parts=2026-03-20 617.25; 2026-04-20 617.25" in shown


async def test_a_new_word_answers_what_was_asked_about_the_old(company: Company) -> None:
    await _reminded(company)
    await company.desk("promise", case="C1", date="2026-03-10", unconfirmed=True)
    await company.morning(date(2026, 3, 13))
    assert [one.partition(":")[0] for one in await _inbox(company)] == ["broken promise"]
    await company.desk("offer", case="C1", off="10%", until="2026-03-17", unconfirmed=True)
    await _mornings(company, *_march(16, 20))
    assert [one.partition(":")[0] for one in await _inbox(company)] == ["offer lapsed"]
    await company.desk("instalments", case="C1", count=2, first="2026-04-20", unconfirmed=True)
    assert await _inbox(company) == []

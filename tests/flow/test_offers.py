"""Offers with an end: said, recalled, taken or lapsed. One invoice of 1 234,50 EUR, due on 2 March 2026."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from tests.flow import answers, paper
from tests.flow.company import Company, Said, reads
from tests.flow.conftest import Found
from tests.flow.relay import Mail

DUE = date(2026, 3, 2)
HELD = """
  quiet:
    for: {debtor: business}
    during_offer: hold
    steps:
      - {name: relance-1, tone: courteous, when: 3 days after due, via: [email]}
      - {name: relance-2, tone: firm, when: 10 days after due, via: [email]}
"""


async def _reminded(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    assert len(await company.morning(date(2026, 3, 5))) == 1


def _reads(mail: Mail) -> str:
    """Its words in one line, every blank a plain one."""
    return " ".join(mail.text.split())


async def _copy_waits(found: Found) -> Company:
    """The mail has left, sending was stopped before its copy could."""
    company = await found(policies=paper.COPIED)
    await company.bills(paper.invoice("F-1", DUE))
    company.clock.set(date(2026, 3, 5))
    await company.bank(date(2026, 3, 4))
    await company.stops_after_the_mail()
    assert await company.told() == ["relance-1 email sent", "relance-1 letter planned"]
    return company


async def _offer(company: Company, **words: Any) -> str:
    usual: Mapping[str, Any] = {"off": "10%", "until": "2026-03-20"}
    return " | ".join((await company.desk("offer", case="C1", **{**usual, **words}))["lines"])


async def _tasks(company: Company) -> list[str]:
    """What the inbox says waits, each in its words."""
    return [f"{row['kind']}: {row['words']}" for row in (await company.desk("inbox"))["record"]]


async def _shown(company: Company) -> str:
    return "\n".join((await company.desk("show", case="C1"))["lines"])


async def test_an_offer_is_said_in_the_thread_and_recalled_until_its_end(company: Company) -> None:
    await _reminded(company)
    said = await _offer(company)
    assert "123.45 EUR off (F-1) for 1111.05 EUR paid by 2026-03-20" in said
    assert "reminders go on and recall it" in said and "offered by mail to c1@client.example" in said
    (mail,) = await company.works()
    assert " ".join(mail.subject.split()) == "Notre proposition – 1 111,05 € au plus tard le 20 mars 2026"
    assert (
        "nous vous proposons une remise de 123,45 € : si votre règlement de 1 111,05 € nous parvient au plus tard le "
        "20 mars 2026, nous considérerons cette facture comme soldée" in _reads(mail)
    )
    assert "la somme de 1 234,50 € restera due en totalité." in _reads(mail)
    assert mail.references
    assert await _tasks(company) == [
        "offer: Client C1 (F-1): our offer runs, 1111.05 EUR by 2026-03-20 instead of 1234.50"
    ]
    assert "offer of 123.45 EUR off for 1111.05 EUR paid by 2026-03-20: open" in await _shown(company)
    (mail,) = await company.morning(date(2026, 3, 12))
    assert (
        "Notre proposition du 5 mars 2026 reste valable : si votre règlement de 1 111,05 € nous parvient au plus tard "
        "le 20 mars 2026, nous considérerons la facture F-1 comme soldée." in _reads(mail)
    )


async def test_paid_in_time_the_rest_is_waived_until_its_credit_note_is_booked(company: Company) -> None:
    await _reminded(company)
    await _offer(company)
    await company.works()
    await company.morning(date(2026, 3, 10))
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 9), "1 111,05"), date(2026, 3, 9))
    assert await company.works() == []
    what = "the offer of 1111.05 EUR until 2026-03-20 was paid in time: book a credit note of 123.45"
    assert await _tasks(company) == [f"credit note: Client C1 (F-1): {what}; it is not asked for any more"]
    for day in (date(2026, 3, 12), date(2026, 3, 23), date(2026, 4, 1)):
        assert await company.morning(day) == []
    assert "offer taken" in await company.events()
    why = "\n".join((await company.desk("why", case="C1"))["lines"])
    assert "what is left is waived: an offer was paid in time" in why
    await company.imports("credits", paper.credit_note("F-1", date(2026, 4, 1), "123,45"))
    await company.works()
    assert await _tasks(company) == []
    assert await company.told() == ["relance-1 email sent", "offer email sent"]


async def test_an_offer_paid_before_it_left_is_not_said(company: Company) -> None:
    await _reminded(company)
    await company.desk("stop")
    await _offer(company)
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 4), "1 111,05"), date(2026, 3, 4))
    await company.desk("start")
    await company.sends()  # before the planner has looked at the payment
    assert (await company.told())[-1] == "offer email cancelled"


async def test_a_copy_does_not_ask_for_what_an_offer_let_go_a_moment_ago(found: Found) -> None:
    company = await _copy_waits(found)
    await _offer(company, unconfirmed=True)
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 5), "1 111,05"), date(2026, 3, 5))
    await company.desk("start")
    await company.sends()  # before the planner has seen that the offer was taken
    assert (await company.told())[-1] == "relance-1 letter planned"
    await company.works()
    assert (await company.told())[-1] == "relance-1 letter cancelled"


async def test_a_copy_waits_until_the_bank_data_tell_whether_an_offer_was_taken(found: Found) -> None:
    company = await _copy_waits(found)
    await _offer(company, unconfirmed=True, until="2026-03-05")
    company.clock.set(date(2026, 3, 6))
    await company.desk("start")
    await company.works()
    assert (await company.told())[-1] == "relance-1 letter planned"
    assert "waits for bank data until 2026-03-09: an offer ended on 2026-03-05" in (await company.last())["reason"]
    await company.morning(date(2026, 3, 10))
    assert (await company.told())[-1] == "relance-1 letter in_tray"


async def test_an_offer_waits_while_what_it_is_about_is_contested(company: Company) -> None:
    await _reminded(company)
    await company.desk("stop")
    await _offer(company)
    await company.desk("dispute", case="C1", reason="une porte manque", invoices="F-1", amount="100")
    await company.desk("start")
    assert await company.works() == []
    assert (await company.told())[-1] == "offer email planned"
    await company.desk("release", case="C1", kind="dispute", reason="porte livrée")
    company.clock.later(hours=1)
    (mail,) = await company.works()
    assert mail.subject.startswith("Notre proposition")


async def test_a_transfer_ordered_on_the_last_day_is_in_time(company: Company) -> None:
    await _reminded(company)
    await _offer(company, hold=True)
    for day in (date(2026, 3, 12), date(2026, 3, 23), date(2026, 3, 24)):
        await company.morning(day)
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 24), "1 111,05"), date(2026, 3, 24))
    assert [mail.subject[:5] for mail in await company.morning(date(2026, 3, 25))] == []
    assert "offer taken" in await company.events() and await company.holds() == []


async def test_not_paid_in_time_it_lapses_and_everything_is_owed_again(company: Company) -> None:
    """It ends on Friday the 20th; a transfer of that day shows on the 24th at the latest."""
    await _reminded(company)
    await _offer(company)
    await company.works()
    assert len(await company.morning(date(2026, 3, 12))) == 1
    for day in (date(2026, 3, 23), date(2026, 3, 24)):  # the firm letter is due since the 23rd
        await company.morning(day)
        assert (await company.told())[-1] == "relance-2 email sent"
    why = "\n".join((await company.desk("why", case="C1"))["lines"])
    assert "waits for bank data until 2026-03-24: an offer ended on 2026-03-20" in why
    await company.morning(date(2026, 3, 25))
    lapsed = "the offer until 2026-03-20 has lapsed, 0.00 of 1111.05 was paid: 1234.50 is owed"
    assert f"offer lapsed: Client C1 (F-1): {lapsed}" in await _tasks(company)
    assert "offer lapsed" in await company.events()
    assert "relance-ferme letter in_tray" in await company.told()
    (sheet,) = company.lying()
    assert "Notre proposition du 5 mars 2026, valable jusqu’au 20 mars 2026, est arrivée à son terme" in reads(sheet)


async def test_nothing_formal_leaves_while_an_offer_runs(company: Company) -> None:
    await _reminded(company)
    for day in (date(2026, 3, 12), date(2026, 3, 23)):
        await company.morning(day)
    await company.desk("letters posted", references=(await company.last())["reference"])
    await _offer(company, until="2026-04-10")
    await company.works()
    await company.morning(date(2026, 4, 3))
    why = "\n".join((await company.desk("why", case="C1"))["lines"])
    assert "nothing formal before the end of an offer on 2026-04-10" in why
    assert not any("mise-en-demeure" in one for one in await company.told())
    await company.morning(date(2026, 4, 15))
    assert (await company.told())[-1] == "mise-en-demeure registered parked"


async def test_a_person_or_the_policy_may_want_quiet_meanwhile(found: Found) -> None:
    company = await found(policies=HELD)
    await _reminded(company)
    assert "quiet while it runs" in await _offer(company)
    await company.works()
    assert await company.holds() == ["offer"]
    for day in (date(2026, 3, 12), date(2026, 3, 20), date(2026, 3, 24)):
        assert await company.morning(day) == []
    assert len(await company.morning(date(2026, 3, 25))) == 1
    assert "reminders go on" in await _offer(company, until="2026-04-20", remind=True)


async def test_a_payment_that_comes_back_takes_the_waiver_with_it(company: Company) -> None:
    await _reminded(company)
    await _offer(company)
    await company.works()
    await company.morning(date(2026, 3, 10))
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 9), "1 111,05"), date(2026, 3, 9))
    await company.works()
    await company.morning(date(2026, 3, 12))
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 11), "-1 111,05"), date(2026, 3, 11))
    await company.morning(date(2026, 3, 13))
    (task,) = await _tasks(company)
    assert task.endswith("the offer until 2026-03-20 has lapsed, the payment came back: 1234.50 is owed")
    assert (await company.told())[-1] == "relance-2 email sent"


async def test_what_was_paid_on_it_is_taken_off_what_it_asks(company: Company) -> None:
    await _reminded(company)
    await _offer(company)
    await company.works()
    await company.morning(date(2026, 3, 10))
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 9), "1 000,00"), date(2026, 3, 9))
    (mail,) = await company.morning(date(2026, 3, 12))
    assert "si votre règlement de 111,05 € nous parvient au plus tard le 20 mars 2026" in _reads(mail)


async def test_a_later_offer_takes_the_place_of_the_first(company: Company) -> None:
    await _reminded(company)
    await _offer(company)
    await _offer(company, off="234,50", until="2026-03-27")
    (mail,) = await company.works()
    assert "1\xa0000,00\xa0€" in mail.subject
    assert await company.told() == ["relance-1 email sent", "offer email cancelled", "offer email sent"]
    rows = (await company.desk("offer", case="C1"))["record"]
    assert [(row["state"], row["off"]) for row in rows] == [("replaced", "123.45 EUR"), ("open", "234.50 EUR")]


async def test_who_takes_back_an_offer_that_was_said_is_told_that_it_binds(company: Company) -> None:
    await _reminded(company)
    await _offer(company)
    said = await company.desk("offer", case="C1", withdraw=True, reason="erreur de montant")
    assert said["lines"] == ["case 1: the offer is withdrawn; all of it is owed again"]
    assert await company.works() == []
    await _offer(company)
    await company.works()
    said = await company.desk("offer", case="C1", withdraw=True, reason="erreur de montant")
    assert "C. civ. 1116" in said["lines"][1]
    with pytest.raises(Said, match="case 1 has no offer that runs"):
        await company.desk("offer", case="C1", withdraw=True, reason="encore")


async def test_an_offer_that_makes_no_sense_is_refused(company: Company) -> None:
    await _reminded(company)
    for words, why in (
        ({"off": "1 234,50"}, "1234.50 would be let go, and 1234.50 EUR is owed"),
        ({"off": "100%"}, "neither an amount like 100.00 nor a part like 10%"),
        ({"off": "dix%"}, "neither an amount like 100.00 nor a part like 10%"),
        ({"until": "2026-03-04"}, "2026-03-04 is past"),
        ({"invoices": "F-9"}, "owes nothing of an invoice F-9"),
    ):
        with pytest.raises(Said, match=why):
            await _offer(company, **words)
    await company.desk("instalments", case="C1", count=3, first="2026-03-16", unconfirmed=True)
    with pytest.raises(Said, match="instalments are running"):
        await _offer(company)
    assert await company.works() == []


async def test_an_offer_whose_mail_could_not_leave_before_its_end_is_refused(company: Company) -> None:
    await _reminded(company)
    company.clock.set(date(2026, 3, 6), "20:00")  # a Friday
    why = r"until: nothing leaves before 2026-03-09 \d\d:\d\d \(hours of contact\): say a later day, or --unconfirmed"
    with pytest.raises(Said, match=why):
        await _offer(company, until="2026-03-08")
    assert (await company.desk("offer", case="C1"))["record"] == []
    assert "123.45 EUR off" in await _offer(company, until="2026-03-08", unconfirmed=True)


async def test_an_offer_answers_what_the_debtor_wrote(company: Company) -> None:
    await _reminded(company)
    wrote = answers.letter(company, "Pouvez-vous faire un geste ?", "c1@client.example", **{"Message-ID": "<q@c.fr>"})
    await company.desk("ingest", files={"message": wrote})
    await company.works()
    await _offer(company)
    (mail,) = await company.works()
    assert "<q@c.fr>" in mail.references


async def test_an_offer_is_a_letter_where_no_mail_goes(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE, email=""))
    await company.morning(date(2026, 3, 3))
    said = await _offer(company)
    assert "not offered in writing: Client C1: our offer could not be written: no usable mail address is known" in said
    assert "what remains: a letter to 1 RUE DU BAC, 75007 PARIS" in said
    assert [one.split(":")[0] for one in await _tasks(company)] == ["offer", "unsaid"]
    pdf = (await company.desk("offer", case="C1", paper=True))["files"]["OFFRE-1.pdf"]
    text = " ".join(PdfReader(BytesIO(b64decode(pdf))).pages[0].extract_text().split())
    assert "nous vous proposons une remise de 123,45" in text and "1 RUE DU BAC" in text


async def test_an_offer_that_is_contested_before_it_left_is_not_written_either(company: Company) -> None:
    await _reminded(company)
    company.clock.set(date(2026, 3, 5), "20:00")
    await _offer(company)
    await company.desk("dispute", case="C1", reason="porte rayée", invoices="F-1", amount="200")
    assert await company.morning(date(2026, 3, 6)) == []
    assert (await company.told())[-1] == "offer email planned"
    with pytest.raises(Said, match="not to be said now: what it is about is contested"):
        await company.desk("offer", case="C1", paper=True)


async def test_what_is_paid_on_the_day_of_an_offer_is_no_credit_note(company: Company) -> None:
    """A credit note, the offer, and its payment, all on one day: it is taken."""
    await _reminded(company)
    await company.imports("credits", paper.credit_note("F-1", date(2026, 3, 5), "234,50"))
    await _offer(company, unconfirmed=True)
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 5), "900,00"), date(2026, 3, 5))
    assert await company.works() == []
    assert "offer taken" in await company.events()

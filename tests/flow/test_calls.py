"""The telephone: a call is asked for, made or not made, and what is said stops the machine. Due on 2 March 2026."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from relanced.channel import Said as Delivery
from tests.flow import paper
from tests.flow.company import Company, Said, reads
from tests.flow.conftest import Found
from tests.flow.pigeons import CHANNELS, ROADS, Loft, word
from tests.flow.relay import Mail

DUE = date(2026, 3, 2)
DAY = date(2026, 3, 16)  # a Monday: the call is due
CALLS = {"roads": ", phone: calls", "channels": "  calls: {kind: phone, per_day: 2}"}
SHORT = """
  short:
    for: {debtor: business}
    steps:
      - {name: appel,         tone: firm, when: 14 days after due, via: [phone], within: 5 working days}
      - {name: relance-ferme, tone: firm, when: 21 days after due, via: [letter]}
"""
TEXTED = """
  texted:
    for: {debtor: business}
    steps:
      - {name: relance-1, tone: courteous, when: 3 days after due, via: [sms]}
      - {name: appel, tone: firm, when: 14 days after due, via: [phone], within: 5 working days}
"""


@pytest.fixture
async def company(found: Found) -> Company:
    """A company whose people phone, two calls a day, before they write."""
    return await found(policies=SHORT, **CALLS)


async def _numbers(company: Company, *lines: tuple[str, str, int]) -> None:
    said = [f"{debtor};{number};{rank};Mme Durand" for debtor, number, rank in lines]
    await company.imports("contacts", "\n".join(("code client;téléphone;rang;contact", *said, "")).encode())


async def _until_the_call(company: Company, amount: str = "1 234,50", *numbers: str) -> None:
    """This morning a call waits."""
    await company.bills(paper.invoice("F-1", DUE, amount=amount))
    await _numbers(company, *(("C1", number, rank) for rank, number in enumerate(numbers or ("02 99 00 12 34",))))
    await company.morning(DAY)
    assert await company.told() == ["appel phone in_tray"]


async def _calls(company: Company, **words: Any) -> list[dict[str, Any]]:
    return list((await company.desk("calls", **words))["record"])


def _plain(mail: Mail) -> str:
    """Its text in one line."""
    return " ".join(mail.text.split())


async def _call(company: Company, result: str, which: str = "C1", **words: Any) -> str:
    return "; ".join((await company.desk("call", which=which, result=result, **words))["lines"])


# -- asked for ----------------------------------------------------------------------------------------------------


async def test_the_call_lies_before_the_person_with_script_facts_and_last_words(found: Found) -> None:
    company = await found(**CALLS)
    await company.bills(paper.invoice("F-1", DUE))
    await _numbers(company, ("C1", "02 99 00 12 34", 0))
    for day in (date(2026, 3, 5), date(2026, 3, 12), DAY):
        await company.morning(day)
    await _call(company, "reached", incoming=True, note="rappelle lundi, dit-elle")
    (call,) = await _calls(company, today=True)
    assert (call["debtor"], call["contact"], call["number"]) == ("Client C1", "Mme Durand", "+33299001234")
    assert (call["amount"], call["until"], call["person"], call["note"]) == ("1234.50 EUR", "2026-03-23", "claire", "")
    assert call["script"].startswith(
        "Facture F-1, 1\u202f234,50\u00a0€, 14 jours de retard\n\n«\u00a0Bonjour, je vous appelle"
    )
    script = " ".join(call["script"].split())
    assert "Je souhaite joindre Mme Durand, s’il vous plaît." in script
    assert "– 12 mars 2026 : deuxième rappel par courriel." in script
    assert call["facts"]["invoices"] == "F-1 of 2026-02-01, due 2026-03-02, owes 1234.50 EUR"
    assert call["facts"]["reminders"] == "relance-1 by email on 2026-03-05; relance-2 by email on 2026-03-12"
    assert call["facts"]["habits"] == "no invoice fully paid yet"
    assert call["last_words"] == ["2026-03-16 09:30 claire, call received: rappelle lundi, dit-elle"]


async def test_the_last_words_are_those_of_people_and_never_of_machines(found: Found) -> None:
    loft = Loft()
    words = {"roads": f"{ROADS}, phone: calls", "channels": f"{CHANNELS}\n{CALLS['channels']}"}
    company = await found(kinds=loft.kinds, policies=TEXTED, **words)
    await company.bills(paper.invoice("F-1", DUE))
    await company.imports("contacts", b"code client;mobile pour sms\nC1;06 12 34 56 78\n")
    await _numbers(company, ("C1", "02 99 00 12 34", 0))
    await company.morning(date(2026, 3, 5))
    loft.says(Delivery.DELIVERED, words="handed to the phone")
    loft.news["r1"] = word("wrote", sender="+33612345678", text="Je vous règle vendredi,\npromis.")
    company.clock.later(minutes=11)
    await company.works()
    company.clock.later(minutes=4)
    await company.desk("note", case="C1", words="comptable en congé")
    await company.answered()
    await company.morning(DAY)
    (call,) = await _calls(company)
    assert call["last_words"] == [
        "2026-03-05 09:45 claire, note: comptable en congé",
        "2026-03-05 09:41 +33612345678 wrote: « Je vous règle vendredi, promis. »",
    ]


async def test_reminders_of_an_invoice_that_was_paid_since_are_not_held_against_another(found: Found) -> None:
    company = await found(**CALLS)
    await company.bills(paper.invoice("F-1", DUE), paper.invoice("F-2", date(2026, 4, 1)))
    await _numbers(company, ("C1", "02 99 00 12 34", 0))
    await company.morning(date(2026, 3, 5))
    await company.desk("paid", invoice="F-1")
    for day in (date(2026, 4, 7), date(2026, 4, 14), date(2026, 4, 20)):
        await company.morning(day)
    (call,) = await _calls(company)
    assert call["facts"]["reminders"] == "relance-1 by email on 2026-04-07; relance-2 by email on 2026-04-14"


async def test_the_morning_mail_tells_of_the_calls_of_the_day(found: Found) -> None:
    company = await found(house='digest: "07:45"', policies=SHORT, **CALLS)
    await company.bills(paper.invoice("F-1", DUE))
    await _numbers(company, ("C1", "02 99 00 12 34", 0))
    await company.morning(DAY, "07:30")
    (mail,) = await company.morning(DAY, "07:45", fresh=False)
    assert "1 appel à passer : – Client C1, 1 234,50 € : 02 99 00 12 34 (Mme Durand)" in _plain(mail)
    assert "Sans contrordre" not in mail.text
    await company.morning(DAY)
    await _call(company, "voicemail")
    (mail,) = await company.morning(date(2026, 3, 17), "07:45")
    assert "1 appel à passer" in mail.text


async def test_the_morning_mail_gives_nobody_more_calls_than_the_list_of_the_day(found: Found) -> None:
    company = await found(house='digest: "07:45"', policies=SHORT, **CALLS)
    bills = [paper.invoice(f"F-{n}", DUE, f"C{n}", amount=f"{n}00,00", address=f"{n} RUE X") for n in range(1, 6)]
    await company.bills(*bills)
    await _numbers(company, *((f"C{n}", f"02 99 00 12 3{n}", 0) for n in range(1, 6)))
    await company.morning(DAY)
    (mail,) = await company.morning(date(2026, 3, 17), "07:45")
    assert "2 appels à passer" in mail.text
    told = re.findall("– (Client C.),", mail.text)
    assert told == ["Client C5", "Client C4"] == [c["debtor"] for c in await _calls(company, today=True)]


async def test_who_asked_to_be_called_back_is_a_matter_of_that_day_and_hour(found: Found) -> None:
    company = await found(house='digest: "07:45"', policies=SHORT, **CALLS)
    await _until_the_call(company)
    await _call(company, "call-back", date="2026-03-20", at="10:30")
    for day in (17, 18, 19):
        assert await company.morning(date(2026, 3, day), "07:45") == []
    for day in (20, 23):
        (mail,) = await company.morning(date(2026, 3, day), "07:45")
        asks = "Client C1, dossier 1 : ce client a demandé à être rappelé le 20 mars 2026 à 10 h 30"
        assert asks in _plain(mail)


async def test_what_was_promised_by_phone_is_asked_for_on_its_day_and_once(found: Found) -> None:
    company = await found(house='digest: "07:45"', policies=SHORT, **CALLS)
    await _until_the_call(company)
    await _call(company, "promised", date="2026-03-19", unconfirmed=True)
    for day in (17, 18):
        assert await company.morning(date(2026, 3, day), "07:45") == []
    for day in (19, 20):
        (mail,) = await company.morning(date(2026, 3, day), "07:45")
        said = _plain(mail)
        told = "1 règlement promis est attendu : – Client C1, 1 234,50 €, dossier 1 : promis pour le 19 mars 2026"
        assert told in said
        assert "est-il arrivé" not in said
    (mail,) = await company.morning(date(2026, 3, 23), "07:45")
    assert "dossier 1 : un règlement est promis pour le 19 mars 2026, est-il arrivé ?" in _plain(mail)
    await company.morning(date(2026, 3, 24))
    (mail,) = await company.morning(date(2026, 3, 25), "07:45")
    assert "une promesse de règlement n’a pas été tenue" in _plain(mail)
    assert "est-il arrivé" not in _plain(mail)


async def test_a_debtor_without_a_number_is_not_called(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(DAY)
    assert await _calls(company) == []
    await company.morning(date(2026, 3, 23))
    assert await company.told() == ["relance-ferme letter in_tray"]


async def test_a_person_gets_so_many_calls_a_day_the_largest_amounts_first(company: Company) -> None:
    bills = [paper.invoice(f"F-{n}", DUE, f"C{n}", amount=f"{n}00,00", address=f"{n} RUE X") for n in range(1, 5)]
    await company.bills(*bills)
    await _numbers(company, *((f"C{n}", f"02 99 00 12 3{n}", 0) for n in range(1, 5)))
    await company.morning(DAY)
    assert [c["debtor"] for c in await _calls(company)] == ["Client C4", "Client C3", "Client C2", "Client C1"]
    assert [c["debtor"] for c in await _calls(company, today=True)] == ["Client C4", "Client C3"]
    said = await company.desk("calls", today=True)
    assert said["lines"][-1] == "2 more calls wait for another day"
    await _call(company, "voicemail", "C4")
    assert [c["debtor"] for c in await _calls(company, today=True)] == ["Client C3"]
    assert [c["debtor"] for c in await _calls(company, today=True, of="jean")] == ["Client C3", "Client C2"]
    await company.morning(date(2026, 3, 17))
    assert [(c["debtor"], c["tries"]) for c in await _calls(company, today=True)] == [
        ("Client C4", 1),
        ("Client C3", 0),
    ]


async def test_whoever_stands_in_takes_the_calls_over(company: Company) -> None:
    await _until_the_call(company)
    (call,) = await _calls(company, of="claire", today=True)
    assert (call["person"], call["backup"]) == ("claire", "jean")
    (call,) = await _calls(company, of="jean", today=True)
    assert call["person"] == "jean"
    with pytest.raises(Said, match="nobody is named paul"):
        await _calls(company, of="paul")


async def test_who_has_paid_this_minute_is_not_called(company: Company) -> None:
    await _until_the_call(company)
    await company.desk("paid", invoice="F-1")
    said = await company.desk("calls", today=True)
    assert said["record"] == []
    assert any("do not call Client C1" in line for line in said["lines"])
    await company.works()
    assert (await company.told())[-1] == "appel phone cancelled"
    assert (await company.desk("calls"))["lines"] == ["nobody has to be called"]
    assert await company.house.store.tray.to_pull() == []


async def test_nobody_is_called_at_night_or_on_old_knowledge(company: Company) -> None:
    await _until_the_call(company)
    company.clock.set(DAY, "20:00")
    ((late),) = await _calls(company)
    assert late["note"].startswith("not now: outside the hours of contact")
    company.clock.set(date(2026, 3, 20), "10:00")
    ((stale),) = await _calls(company)
    assert stale["note"].startswith("not now: bank data cover until 2026-03-13")


async def test_in_shadow_nobody_is_asked_to_phone(found: Found) -> None:
    company = await found(mode="shadow", policies=SHORT, **CALLS)
    await company.bills(paper.invoice("F-1", DUE))
    await _numbers(company, ("C1", "02 99 00 12 34", 0))
    await company.morning(DAY)
    assert (await company.told())[-1] == "appel phone sent"
    assert await _calls(company) == []


async def test_a_call_can_be_looked_at_like_any_message(company: Company) -> None:
    await _until_the_call(company)
    said = await company.desk("preview", message=(await company.last())["id"])
    assert "Je souhaite joindre Mme Durand" in " ".join(" ".join(said["lines"]).split())
    assert list(said["files"]) == [f"message-{(await company.last())['id']}.json"]
    assert (await company.desk("letters"))["lines"] == ["the trays are empty"]
    assert (await company.desk("letters take"))["lines"] == ["no letter to take"]


# -- not made, or made in vain ------------------------------------------------------------------------------------


async def test_a_call_that_nobody_makes_is_passed_over_and_the_ladder_goes_on(company: Company) -> None:
    await _until_the_call(company)
    await company.morning(date(2026, 3, 23))
    assert (await company.told())[-1] == "appel phone in_tray"
    await company.morning(date(2026, 3, 24))
    assert (await company.told())[-2:] == ["appel phone expired", "relance-ferme letter in_tray"]
    assert "échange" not in reads(company.lying()[-1])
    assert await _calls(company) == []


async def test_three_times_the_voicemail_and_the_ladder_goes_on(company: Company) -> None:
    await _until_the_call(company)
    assert "tried again from 2026-03-17 on (try 1)" in await _call(company, "voicemail")
    assert await _calls(company, today=True) == []
    for day, outcome in ((17, "tried again from 2026-03-18 on (try 2)"), (18, "counts as performed (not reached)")):
        await company.morning(date(2026, 3, day))
        assert outcome in await _call(company, "voicemail")
    assert (await company.told())[-1] == "appel phone sent"
    assert await company.holds() == []
    await company.morning(date(2026, 3, 25))
    assert (await company.told())[-1] == "relance-ferme letter in_tray"
    assert "échange" not in reads(company.lying()[-1])  # nobody was spoken to, and we do not say so
    assert (await company.events()).count("call made") == 3


async def test_a_letter_names_the_call_in_which_somebody_was_spoken_to(company: Company) -> None:
    await _until_the_call(company)
    await _call(company, "reached", note="paiera bientôt")
    await company.morning(date(2026, 3, 23))
    assert "16 mars 2026 : échange par téléphone." in reads(company.lying()[-1])


async def test_a_wrong_number_leads_to_the_next_and_at_last_to_the_next_step(company: Company) -> None:
    await _until_the_call(company, "1 234,50", "02 99 00 12 34", "02 99 00 56 78")
    first = (await company.last())["reference"]
    assert "the next number or road is taken" in await _call(company, "wrong-number", first)
    await company.works()
    (call,) = await _calls(company)
    assert (call["number"], call["tries"]) == ("+33299005678", 0)
    await _call(company, "wrong number")
    await company.works()
    assert await _calls(company) == []
    await company.morning(date(2026, 3, 23))
    assert (await company.told())[-1] == "relance-ferme letter in_tray"


# -- what is said -------------------------------------------------------------------------------------------------


async def test_promised_by_phone_then_paid(company: Company) -> None:
    await _until_the_call(company)
    said = await _call(company, "promised", date="2026-03-27", note="virement en fin de mois")
    assert "stands still until 2026-04-01 00:00" in said and "confirmed by mail to c1@client.example" in said
    (mail,) = await company.works()
    confirmed = "un règlement de 1 234,50 € par virement le 27 mars 2026, au titre de la facture suivante."
    assert confirmed in " ".join(mail.text.split())
    assert await company.holds() == ["promise"]
    assert await company.tasks() == ["promise"]
    for day in (23, 26, 30):
        await company.morning(date(2026, 3, day))
    assert await company.told() == ["appel phone sent", "promise email sent"]
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 27)), date(2026, 3, 30))
    await company.works()
    assert await company.tasks() == []
    await company.morning(date(2026, 4, 7))
    assert await company.told() == ["appel phone sent", "promise email sent"]


async def test_a_promise_by_phone_is_not_confirmed_where_a_person_or_no_address_forbids_it(company: Company) -> None:
    await _until_the_call(company)
    assert "confirmed" not in await _call(company, "promised", date="2026-03-27", unconfirmed=True)
    assert await company.works() == []
    await company.desk("contact dead", case="C1", where="c1@client.example")
    said = await _call(company, "promised", date="2026-03-30", incoming=True)
    assert "not confirmed in writing: Client C1: the confirmation of a promise could not be written" in said
    assert await company.works() == []
    assert sorted(await company.tasks()) == ["promise", "unsaid"]


async def test_a_promise_that_is_not_kept_lets_the_ladder_go_on_after_its_grace(company: Company) -> None:
    await _until_the_call(company)
    await _call(company, "transfer", date="2026-03-27", unconfirmed=True)
    await company.morning(date(2026, 3, 31))
    assert (await company.told())[-1] == "appel phone sent"
    await company.morning(date(2026, 4, 1))
    assert (await company.told())[-1] == "relance-ferme letter in_tray"
    assert await company.tasks() == ["broken promise"]


async def test_a_promise_holds_its_invoice_and_no_other(company: Company) -> None:
    await _until_the_call(company)
    await company.bills(paper.invoice("F-2", date(2026, 3, 16), amount="80,00"))
    await _call(company, "promised", date="2026-04-30", invoices="F-1", unconfirmed=True)
    await company.morning(date(2026, 3, 30))
    assert await company.told() == ["appel phone sent", "appel phone in_tray"]
    (call,) = await _calls(company)
    assert call["amount"] == "80.00 EUR"


async def test_a_dispute_stands_until_a_person_ends_it(company: Company) -> None:
    await _until_the_call(company)
    assert "until relanced release 1 --kind dispute" in await _call(
        company, "disputed", note="la livraison était incomplète"
    )
    await company.morning(date(2026, 6, 15))
    assert (await company.told())[-1] == "appel phone sent"
    assert await company.tasks() == ["dispute"]
    await company.desk("release", case="C1", kind="dispute", reason="avoir émis")
    await company.works()
    assert (await company.told())[-1] == "relance-ferme letter in_tray"


async def test_what_was_contested_by_phone_is_looked_into_whatever_is_said_later(company: Company) -> None:
    await _until_the_call(company)
    await company.bills(paper.invoice("F-2", date(2026, 3, 9), amount="80,00"))
    await _call(company, "disputed", invoices="F-1", note="la livraison était incomplète")
    await _call(company, "promised", incoming=True, invoices="F-2", date="2026-03-20", unconfirmed=True)
    assert sorted(await company.tasks()) == ["dispute", "promise"]
    await _call(company, "reached", incoming=True)
    assert await company.tasks() == ["dispute"]
    await company.desk("paid", invoice="F-1")
    await company.works()
    assert await company.tasks() == []


async def test_a_duplicate_is_asked_for(company: Company) -> None:
    await _until_the_call(company)
    assert "task: send the duplicate again" in await _call(company, "not-received")
    assert await company.holds() == ["validation"]
    (task,) = (await company.desk("tasks"))["record"]
    assert task["words"].startswith("Client C1 (F-1): send the duplicate again")


async def test_called_back_as_asked(company: Company) -> None:
    await _until_the_call(company)
    await _call(company, "call-back", at="2026-03-18 10:30", note="elle est en réunion")
    (task,) = (await company.desk("tasks"))["record"]
    assert "call back; call-back by phone for 2026-03-18 10:30" in task["words"]
    await company.morning(date(2026, 3, 18))
    await _call(company, "in-validation", note="le directeur signe")
    assert await company.holds() == ["validation"]
    assert await company.tasks() == ["validation"]


async def test_the_debtor_calls_first_and_nobody_has_to_call(company: Company) -> None:
    await _until_the_call(company)
    await _call(company, "promised", incoming=True, date="2026-03-20")
    await company.works()
    assert await _calls(company) == []
    assert await company.told() == ["appel phone cancelled", "promise email sent"]
    await company.morning(date(2026, 3, 25))
    assert (await company.told())[-1] == "appel phone in_tray"  # the promise was not kept: now we do call


async def test_a_call_made_from_yesterdays_paper_is_kept(company: Company) -> None:
    await _until_the_call(company)
    reference = (await company.last())["reference"]
    await company.desk("paid", invoice="F-1")
    await company.works()
    said = await _call(company, "reached", reference, note="payé hier")
    assert "CROSSED, message" in said
    assert await company.crossed()


async def test_what_makes_no_sense_is_said_in_one_line(company: Company) -> None:
    await _until_the_call(company)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"result": "sang"}, "result: 'sang' is none of reached, voicemail"),
        ({"result": "voicemail", "incoming": True}, "voicemail is no end of a call that we received"),
        ({"result": "promised"}, "promised needs the day they named"),
        ({"result": "promised", "date": "2026-03-13"}, "2026-03-13 is past"),
        ({"result": "call-back", "at": "late"}, "at: 'late' is not a moment like 10:30"),
        ({"result": "reached", "which": "C9"}, "no case, debtor or invoice goes by 'C9'"),
    ]
    for words, why in wrong:
        with pytest.raises(Said, match=why):
            await _call(company, **{"which": "C1", **words})
    assert (await company.told())[-1] == "appel phone in_tray"


async def test_a_number_that_is_a_call_here_and_a_case_there_is_not_guessed(company: Company) -> None:
    """The call is message 1, of case 2; case 1 is another debtor's."""
    await company.bills(paper.invoice("G-1", date(2026, 5, 1), "C2", address="2 RUE X"))
    await _until_the_call(company)
    assert ((await company.last())["id"], await company.case("C2")) == (1, 1)
    with pytest.raises(Said, match="1 is a call of case 2, and another case too: say the reference or the debtor"):
        await _call(company, "reached", "1")

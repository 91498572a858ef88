"""A person at work: promises, disputes of a part, notes, cases in hand. One invoice, due on 2 March 2026."""

from __future__ import annotations

from base64 import b64decode
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from tests.flow import answers, paper
from tests.flow.company import Company, Said
from tests.flow.relay import Mail

DUE = date(2026, 3, 2)


async def _reminded(company: Company, *more: str) -> None:
    """An invoice of 1 234,50 EUR, reminded of on 5 March."""
    await company.bills(paper.invoice("F-1", DUE), *more)
    (mail,) = await company.morning(date(2026, 3, 5))
    assert "échange" not in _reads(mail)


def _reads(mail: Mail) -> str:
    """Its words in one line, every blank a plain one."""
    return " ".join(mail.text.split())


async def _said(company: Company, verb: str, by: str = "claire", **words: Any) -> str:
    return " | ".join((await company.desk(verb, by=by, case="C1", **words))["lines"])


async def _inbox(company: Company, **words: Any) -> list[tuple[str, str, str]]:
    rows = (await company.desk("inbox", **words))["record"]
    return [(row["kind"], row["debtor"], row["owner"]) for row in rows]


# -- promises -----------------------------------------------------------------------------------------------------


async def test_a_promise_that_is_kept_is_the_end_of_it(company: Company) -> None:
    await _reminded(company)
    said = await _said(company, "promise", date="2026-03-13", said_by="Mme Durand")
    assert "1234.50 EUR promised for 2026-03-13 (F-1)" in said and "quiet until 2026-03-17" in said
    await company.morning(date(2026, 3, 16))
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 13)), date(2026, 3, 16))
    assert await company.works() == []
    assert (await company.holds(), await company.tasks()) == ([], [])
    assert "promise kept" in await company.events()
    assert "1 of 1 promises kept" in "\n".join((await company.desk("show", case="C1"))["lines"])


async def test_a_broken_promise_is_one_step_on_and_recalled_by_its_date(company: Company) -> None:
    """The second reminder is due on 12 March; the promise is for the 16th, its grace ends on the 18th."""
    await _reminded(company)
    assert "confirmed by mail to c1@client.example" in await _said(company, "promise", date="2026-03-16")
    (mail,) = await company.works()
    assert mail.subject.startswith("Votre règlement de")
    assert "un règlement de 1 234,50 € par virement le 16 mars 2026, au titre de la facture suivante." in _reads(mail)
    for day in (12, 17, 18):
        assert await company.morning(date(2026, 3, day)) == []
    (mail,) = await company.morning(date(2026, 3, 19))
    assert "Vous nous aviez annoncé, le 5 mars 2026, un règlement de 1 234,50 € pour le 16 mars 2026" in _reads(mail)
    assert (await company.told())[-1] == "relance-2 email sent"
    assert await _inbox(company) == [("broken promise", "Client C1", "claire")]
    await company.morning(date(2026, 3, 20))
    assert (await company.told())[-1] == "relance-2 email sent"


async def test_before_its_day_a_broken_promise_brings_the_next_step_forward(company: Company) -> None:
    await _reminded(company)
    await company.morning(date(2026, 3, 6))
    await _said(company, "promise", date="2026-03-06", means="card", unconfirmed=True)
    (mail,) = await company.morning(date(2026, 3, 11))
    assert "pour le 6 mars 2026" in _reads(mail)
    assert (await company.told())[-1] == "relance-2 email sent"


async def test_a_promise_kept_in_part_says_what_came(company: Company) -> None:
    await _reminded(company)
    await _said(company, "promise", date="2026-03-16")
    await company.morning(date(2026, 3, 17))
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 16), "1 000,00"), date(2026, 3, 16))
    (mail,) = await company.morning(date(2026, 3, 19))
    assert "nous n’en avons reçu que 1 000,00 €." in _reads(mail)
    (row,) = (await company.desk("report", report="promises"))["record"]
    assert (row["state"], row["amount"], row["paid"]) == ("partly", "1234.50 EUR", "1000.00 EUR")


async def test_nothing_is_called_broken_before_the_bank_data_tell(company: Company) -> None:
    await _reminded(company)
    await _said(company, "promise", date="2026-03-16", unconfirmed=True)
    assert await company.morning(date(2026, 3, 19), fresh=False) == []
    assert "promise broken" not in await company.events()
    await company.bank(date(2026, 3, 18))
    assert len(await company.works()) == 1


# -- conversations ------------------------------------------------------------------------------------------------


async def test_the_next_message_after_a_conversation_acknowledges_it(company: Company) -> None:
    await _reminded(company)
    await company.morning(date(2026, 3, 9))
    await _said(company, "dispute", reason="une porte manque", invoices="F-1")
    assert await company.morning(date(2026, 3, 12)) == []
    await _said(company, "release", kind="dispute", reason="porte livrée")
    (mail,) = await company.works()
    assert "Nous faisons suite à notre échange du 12 mars 2026." in _reads(mail)


# -- a part is contested ------------------------------------------------------------------------------------------


async def test_a_part_is_contested_and_the_rest_keeps_climbing(company: Company) -> None:
    await _reminded(company)
    said = await _said(company, "dispute", reason="une porte manque", invoices="F-1", amount="234,50")
    assert "234.50 EUR of F-1 is contested" in said
    told = (await company.desk("why", case="F-1"))["lines"]
    assert told[told.index("    234.50 EUR of it on hold (dispute: une porte manque)") - 1].startswith("  F-1 due")
    (mail,) = await company.morning(date(2026, 3, 12))
    assert "au virement de 1 000,00 €" in _reads(mail)
    assert "part contestée, non réclamée ici : 234,50 €" in _reads(mail)
    assert (await company.desk("report", report="causes"))["record"][0]["cause"] == "dispute"
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 12), "1 000,00"), date(2026, 3, 12))
    await company.morning(date(2026, 3, 23))
    assert (await company.told())[-1] == "relance-2 email sent"


# -- the desk -----------------------------------------------------------------------------------------------------


async def test_the_inbox_shows_who_has_what_and_who_stands_in(company: Company) -> None:
    await _reminded(company)
    await _said(company, "dispute", reason="une porte manque")
    assert await _inbox(company) == [("dispute", "Client C1", "claire")]
    assert await _inbox(company, by="jean") == [("dispute", "Client C1", "claire")]  # her backup
    await _said(company, "take", by="jean")
    assert await _inbox(company) == [] == await _inbox(company, of="claire")
    assert await _inbox(company, all=True) == [("dispute", "Client C1", "jean")]


async def test_two_hands_on_one_case_get_one_clear_refusal(company: Company) -> None:
    await _reminded(company)
    await _said(company, "take", by="jean")
    with pytest.raises(Said, match=r"jean has case 1 in hand since .* relanced take 1 --anyway"):
        await _said(company, "promise", date="2026-03-16")
    await _said(company, "release", by="jean")
    version = (await company.desk("show", case="C1"))["record"]["version"]
    await _said(company, "promise", by="jean", date="2026-03-16", seen=version)
    with pytest.raises(Said, match=r"has changed since you looked \(jean: promise given\)"):
        await _said(company, "promise", date="2026-03-20", seen=version)


async def test_after_a_judgment_nothing_is_asked_for_any_more(company: Company) -> None:
    await _reminded(company)
    said = await _said(company, "insolvency", what="redressement", on="2026-03-04", published="2026-03-05")
    assert "declare the claim until 2026-05-05" in said
    await _said(company, "resume", reason="a mistake")
    for day in (date(2026, 3, 12), date(2026, 3, 23), date(2026, 4, 30)):
        assert await company.morning(day) == []
    assert sorted(await company.tasks()) == ["insolvency", "insolvency ends"]
    assert await company.told() == ["relance-1 email sent"]


async def test_a_corrected_judgment_has_the_corrected_deadline(company: Company) -> None:
    await _reminded(company)
    judged = {"what": "redressement", "on": "2026-03-01"}
    with pytest.raises(Said, match="published: 2026-02-01 is before the judgment of 2026-03-01"):
        await _said(company, "insolvency", **judged, published="2026-02-01")
    await _said(company, "insolvency", **judged, published="2026-12-03")
    await _said(company, "insolvency", **judged, published="2026-03-03")
    assert await company.holds() == ["insolvency"]
    words = {row["kind"]: row["words"] for row in (await company.desk("inbox", all=True))["record"]}
    assert words == {"insolvency": "Client C1: redressement of 2026-03-01: declare the claim until 2026-05-03"}
    await company.morning(date(2026, 4, 20))
    told = {row["kind"]: row["words"] for row in (await company.desk("inbox", all=True))["record"]}
    assert told["insolvency ends"] == "Client C1: insolvency until 2026-05-03: redressement of 2026-03-01"
    await _said(company, "insolvency", **judged, published="2026-04-03")
    assert await company.tasks() == ["insolvency"]


async def test_who_opts_out_of_mail_is_written_to_by_post(company: Company) -> None:
    await _reminded(company)
    assert "nothing is sent any more to c1@client.example" in await _said(company, "optout")
    assert await company.morning(date(2026, 3, 12)) == []
    assert (await company.told())[-1] == "relance-2 letter in_tray"


# -- instalments --------------------------------------------------------------------------------------------------


async def test_instalments_are_confirmed_announced_and_keep_the_ladder_quiet(company: Company) -> None:
    await _reminded(company)
    said = await _said(company, "instalments", parts="2026-03-16=1000;2026-04-15=234.50")
    assert "1234.50 EUR (F-1) in 2 instalments" in said
    (mail,) = await company.works()
    assert mail.subject == "Votre échéancier de règlement" and "16 mars 2026" in _reads(mail)
    assert await company.morning(date(2026, 3, 10)) == []
    (mail,) = await company.morning(date(2026, 3, 11))
    assert "votre première échéance, de 1 000,00 € (1 sur 2), arrive le 16 mars 2026." in _reads(mail)
    assert await company.morning(date(2026, 3, 12)) == []
    await company.morning(date(2026, 3, 17))
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 16), "1 000,00"), date(2026, 3, 16))
    (mail,) = await company.morning(date(2026, 4, 14))
    assert "votre dernière échéance, de 234,50 € (2 sur 2), arrive le 15 avril 2026." in _reads(mail)
    await company.imports("payments", paper.payment("F-1", date(2026, 4, 14), "234,50"), date(2026, 4, 14))
    await company.works()
    assert (await company.holds(), await company.tasks()) == ([], [])
    assert (await company.events()).count("instalment kept") == 2
    assert [one.split(" ")[0] for one in await company.told()] == ["relance-1", "instalments", "upcoming", "upcoming"]


async def test_an_instalment_paid_before_its_notice_left_is_not_announced(company: Company) -> None:
    await _reminded(company)
    await _said(company, "instalments", parts="2026-03-16=1000;2026-04-15=234.50", unconfirmed=True)
    await company.desk("stop")
    await company.morning(date(2026, 3, 11))
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 10), "1 000,00"), date(2026, 3, 10))
    await company.desk("start")
    await company.sends()  # before the planner has looked at the payment
    assert (await company.told())[-1] == "upcoming email cancelled"
    assert await company.works() == []


async def test_a_missed_instalment_asks_a_person_who_alone_may_revoke(company: Company) -> None:
    await _reminded(company)
    await _said(company, "instalments", count=3, first="2026-03-16", unconfirmed=True)
    await company.morning(date(2026, 3, 16))
    (mail,) = await company.morning(date(2026, 3, 19))
    assert "l'échéance de 411,50 € prévue le 16 mars 2026 par notre échéancier (1 sur 3)" in _reads(mail).replace(
        "’", "'"
    )
    assert await _inbox(company) == [("missed instalment", "Client C1", "claire")]
    assert await company.morning(date(2026, 3, 26)) == []
    assert "are revoked; all of it is due again" in await _said(company, "instalments", revoke=True, reason="rien reçu")
    await company.works()
    assert (await company.told())[-1] == "relance-2 email sent"
    assert await company.tasks() == []


async def test_the_agreement_is_a_page_to_be_signed(company: Company) -> None:
    await _reminded(company)
    await _said(company, "instalments", count=3, first="2026-03-16")
    said = await company.desk("instalments", case="C1", paper=True)
    (pdf,) = said["files"].values()
    pages = PdfReader(BytesIO(b64decode(pdf))).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    assert "accord d’échelonnement – 3 échéances" in text
    assert "bon pour accord" in text and "411,50" in text and "1 234,50" in text


# -- replies ------------------------------------------------------------------------------------------------------


async def test_a_reply_leaves_in_the_thread_at_any_hour(company: Company) -> None:
    await _reminded(company)
    words = "Bonjour Madame,\n\nVoici le bon de livraison signé.\n".encode()
    company.clock.set(date(2026, 3, 5), "21:30")
    with pytest.raises(Said, match="subject is missing"):
        await company.desk("reply", case="C1", files={"reply.txt": words})
    await company.desk("reply", case="C1", subject="Votre question", files={"reply.txt": words})
    (mail,) = await company.works()
    assert mail.subject == "Votre question"
    assert _reads(mail).startswith("Bonjour Madame, Voici le bon de livraison signé.")
    assert mail.references
    (mail,) = await company.morning(date(2026, 3, 12))
    assert "Nous faisons suite à notre échange du 5 mars 2026." in _reads(mail)


async def test_a_reply_keeps_the_lines_of_whoever_typed_it(company: Company) -> None:
    await _reminded(company)
    words = "Bonjour,\n\nIl manque :\n- la porte <3> ;\n- la poignée.\n \nBien à vous,\nClaire\n".encode()
    await company.desk("reply", case="C1", subject="Votre question", files={"reply.txt": words})
    (mail,) = await company.works()
    assert mail.text.replace("\r\n", "\n").startswith(
        "Bonjour,\n\nIl manque :\n- la porte <3> ;\n- la poignée.\n\nBien à vous,\nClaire\n\nClaire Dubois\n"
    )
    page = message_from_bytes(company.relay.messages[-1], EmailMessage, policy=policy.default).get_body(("html",))
    assert page is not None
    assert "<p>Il manque :<br>- la porte &lt;3&gt; ;<br>- la poignée.</p>" in page.get_content()


async def test_what_became_of_an_address_is_told(company: Company) -> None:
    await _reminded(company)
    await company.desk("contact add", case="C1", where="chef@client.example", name="Mme Petit")
    await company.desk("contact dead", case="C1", where="c1@client.example")
    await company.desk("optout", case="C1", where="chef@client.example")
    shown = "\n".join((await company.desk("show", case="C1", brief=True))["lines"])
    assert "email chef@client.example (Mme Petit), opted out" in shown
    assert "contact added: road=email, place=chef@client.example, name=Mme Petit" in shown
    assert "contact edited: road=email, place=c1@client.example, dead_since=2026-03-05" in shown


async def test_a_confirmation_counts_what_came_before_it_left(company: Company) -> None:
    await _reminded(company)
    await company.desk("stop")
    await _said(company, "promise", date="2026-03-16", said_by="Mme Durand")
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 4), "1 000,00"), date(2026, 3, 4))
    await company.desk("start")
    await company.sends()
    (mail,) = await company.works()
    assert mail.subject.replace("\xa0", " ") == "Votre règlement de 234,50 € annoncé pour le 16 mars 2026"
    assert "un règlement de 1 234,50 € par virement le 16 mars 2026" in _reads(mail)
    assert "Nous en avons déjà reçu 1 000,00 € et vous en remercions : il reste 234,50 € à régler." in _reads(mail)
    assert "Montant : 234,50 €" in _reads(mail)


async def test_a_promise_is_not_confirmed_after_its_day(company: Company) -> None:
    await _reminded(company)
    await company.desk("stop")
    await _said(company, "promise", date="2026-03-06")
    await company.morning(date(2026, 3, 9))
    await company.desk("start")
    await company.sends()
    assert (await company.told())[-1] == "promise email cancelled"


async def test_an_instalment_is_not_announced_on_its_day(company: Company) -> None:
    await _reminded(company)
    await _said(company, "instalments", parts="2026-03-16=1000;2026-04-15=234.50", unconfirmed=True)
    await company.desk("stop")
    await company.morning(date(2026, 3, 13))
    company.clock.set(date(2026, 3, 16))
    await company.desk("start")
    await company.sends()  # before anybody has seen that its time is over
    assert (await company.told())[-1] == "upcoming email cancelled"


async def test_who_has_written_is_told_of_no_instalment_before_somebody_has_answered(company: Company) -> None:
    await _reminded(company)
    await _said(company, "instalments", count=3, first="2026-03-16", unconfirmed=True)
    await company.desk("stop")
    await company.morning(date(2026, 3, 11))
    wrote = answers.letter(company, "J'ai viré hier, voyez avec votre banque.", "c1@client.example")
    await company.desk("ingest", files={"message": wrote})
    await company.desk("start")
    assert await company.works() == []
    for day in (date(2026, 3, 16), date(2026, 3, 19)):  # it is missed
        assert await company.morning(day) == []
    assert (await company.told())[1:] in (["upcoming email expired"], ["upcoming email cancelled"])
    await company.answered()
    (mail,) = await company.works()
    assert "en attente de règlement" in mail.subject


async def test_what_was_missed_long_ago_is_no_news(company: Company) -> None:
    await _reminded(company)
    await _said(company, "instalments", count=3, first="2026-03-16", unconfirmed=True)
    await company.desk("stop")
    for day in (date(2026, 3, 19), date(2026, 3, 26)):
        await company.morning(day)
    await company.desk("start")
    await company.sends()
    assert (await company.told())[-1] == "missed email cancelled"


async def test_in_a_procedure_nothing_is_promised_agreed_or_offered(company: Company) -> None:
    await _reminded(company)
    await _said(company, "insolvency", what="redressement", on="2026-03-04")
    for verb, words in (
        ("promise", {"date": "2026-03-16"}),
        ("instalments", {"count": 3, "first": "2026-03-16"}),
        ("offer", {"off": "10%", "until": "2026-03-20"}),
    ):
        with pytest.raises(Said, match="relanced release 1 --kind insolvency comes first"):
            await _said(company, verb, **words)
    assert await company.works() == []


async def test_a_promise_that_was_paid_late_is_not_held_against_anybody(company: Company) -> None:
    await _reminded(company)
    await _said(company, "promise", date="2026-03-16", amount="150", unconfirmed=True)
    await company.desk("stop")
    await company.morning(date(2026, 3, 19))
    assert "promise broken" in await company.events()
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 19), "150,00"), date(2026, 3, 19))
    await company.desk("start")
    (mail,) = await company.works()
    assert "au virement de 1 084,50 €" in _reads(mail) and "annoncé" not in _reads(mail)

"""What came back and found no case, or no reader: a person looks at it, puts it with a case, or sets it aside."""

from __future__ import annotations

from base64 import b64decode
from datetime import date
from typing import Any

import pytest

from relanced.channel import heard_mail
from relanced.store.tables import heard, holds
from tests.flow import answers, paper
from tests.flow.company import Company, Said
from tests.flow.conftest import Found
from tests.flow.relay import Mail
from tests.store.rows import every

DUE, DAY, NEXT = date(2026, 3, 2), date(2026, 3, 5), date(2026, 3, 12)
STRANGER = "direction@autre.example"
WORDS = "Bonjour,\n\nNous contestons la facture F-1 : une porte manque.\n\nCordialement"


async def _reminded(company: Company) -> Mail:
    await company.bills(paper.invoice("F-1", DUE))
    (mail,) = await company.morning(DAY)
    return mail


async def _arrives(company: Company, *mails: bytes) -> None:
    for mail in mails:
        await company.desk("ingest", files={"message": mail})
    await company.works()


@pytest.fixture
async def written(company: Company) -> Company:
    """The debtor was reminded; then somebody wrote whom nobody knows."""
    await _reminded(company)
    await _arrives(company, answers.letter(company, WORDS, STRANGER, "Facture"))
    return company


async def _inbox(company: Company, **words: Any) -> list[tuple[str, str, str]]:
    rows = (await company.desk("inbox", **words))["record"]
    return [(row["kind"], row["what"], row["owner"]) for row in rows]


async def _said(company: Company, verb: str, by: str = "claire", **words: Any) -> str:
    return " | ".join((await company.desk(verb, by=by, **words))["lines"])


# -- looked at ----------------------------------------------------------------------------------------------------


async def test_it_stands_in_the_inbox_of_who_reads_the_answers_under_a_number(written: Company) -> None:
    assert await _inbox(written) == [("unmatched", "h1", "claire")] == await _inbox(written, by="jean")
    (row,) = (await written.desk("unmatched"))["record"]
    assert (row["what"], row["why"], row["channel"], row["from"]) == ("h1", "unmatched", "compta", STRANGER)
    assert row["words"].startswith(f"{STRANGER} wrote: « Bonjour, Nous contestons la facture F-1")


async def test_its_words_are_shown_and_it_is_given_out_as_it_came(written: Company) -> None:
    told = await _said(written, "heard", heard="h1")
    assert "h1 came 2026-03-05 09:30 through compta" in told and f"from {STRANGER}: Facture" in told
    assert "seems: disputes" in told and "| Nous contestons la facture F-1 : une porte manque." in told
    assert "nobody knows whose case it is: relanced match h1 CASE" in told
    files = (await written.desk("heard", heard="1", raw=True))["files"]
    (row,) = await every(written.house.store, heard)
    assert {name: b64decode(content) for name, content in files.items()} == {"h1.eml": row["raw"]}
    for wrong, why in (("h99", "nothing was heard under the number h99"), ("F-1", "'F-1' is not a number like h12")):
        with pytest.raises(Said, match=why):
            await written.desk("heard", heard=wrong)


# -- put with a case ----------------------------------------------------------------------------------------------


async def test_put_with_a_case_it_holds_like_any_reply_and_is_answered_like_one(written: Company) -> None:
    told = await _said(written, "match", heard="h1", case="C1")
    assert "h1 is with case 1, Client C1: it stands still until it is answered" in told
    assert f"to know {STRANGER} next time: relanced contact add C1 {STRANGER}" in told
    assert await _inbox(written) == [("reply", "h1", "claire")]
    (hold,) = await every(written.house.store, holds)
    assert (hold["kind"], hold["owner"], hold["by"]) == ("reply", "claire", "claire")
    assert hold["reason"] == f"{STRANGER} wrote on 2026-03-05"
    assert written.house.premises.local(hold["answer_by"]).date() == date(2026, 3, 19)
    (task,) = await written.house.store.views.tasks()
    assert "(seems: disputes" in task["words"] and task["case_id"] == 1
    assert await written.morning(NEXT) == []
    await _said(written, "contact add", case="C1", where=STRANGER)
    await _said(written, "reply", case="C1", files={"a.txt": b"Voici le bon de livraison."}, release=True, seen="h1")
    answer, reminder = await written.works()
    assert (answer.to, answer.subject) == (STRANGER, "Re: Facture")
    assert answer.references.endswith("@client.example>")
    assert "Nous faisons suite à notre échange du 12 mars 2026." in " ".join(reminder.text.split())
    assert await written.tasks() == []


async def test_a_debtor_or_an_invoice_names_the_case_too(written: Company) -> None:
    assert "h1 is with case 1" in await _said(written, "match", heard="1", case="F-1")
    with pytest.raises(Said, match="h1 is with case 1, claire put it there: nothing was changed"):
        await _said(written, "match", by="jean", heard="h1", case="C1")
    with pytest.raises(Said, match="h1 is with case 1, claire put it there: nothing was changed"):
        await _said(written, "file", by="jean", heard="h1", reason="spam")
    assert len(await every(written.house.store, holds)) == 1


async def test_a_report_of_a_machine_is_put_with_a_case_too(company: Company) -> None:
    mail = await _reminded(company)
    await _arrives(company, answers.bounce(mail, attempt="nobodys", message_id="<made@up.example>"))
    company.clock.later(hours=2)
    await company.works()
    assert await _inbox(company) == [("unmatched", "h1", "claire")]
    assert "a machine says bounced: " in (await company.desk("unmatched"))["record"][0]["words"]
    await _said(company, "match", heard="h1", case="C1")
    assert (await company.holds(), await company.tasks()) == (["reply"], ["reply"])


async def test_what_a_machine_mistook_for_a_newsletter_is_put_with_its_case(company: Company) -> None:
    """Nobody was asked about it; somebody saw it in the mailbox."""
    await _reminded(company)
    heads = {"List-Unsubscribe": "<mailto:x@y>", "Precedence": "bulk"}
    await _arrives(company, answers.letter(company, "Promotions !", "shop@news.example", **heads))
    assert await _inbox(company) == []
    await _said(company, "match", heard="h1", case="C1")
    assert await company.holds() == ["reply"]


# -- set aside ----------------------------------------------------------------------------------------------------


async def test_set_aside_it_asks_nobody_and_stays_as_it_came(written: Company) -> None:
    (before,) = await every(written.house.store, heard)
    assert await _said(written, "file", heard="h1", reason="publicité") == "h1 is set aside: publicité"
    assert (await _inbox(written), await written.tasks(), await written.holds()) == ([], [], [])
    (after,) = await every(written.house.store, heard)
    assert (after["raw"], after["said"]) == (before["raw"], before["said"])
    assert "set aside by claire, 2026-03-05 09:30: publicité" in await _said(written, "heard", heard="h1")
    entry = (await written.house.store.views.journal_of(0))[-1]
    assert (entry["event"], entry["by"]) == ("heard filed", "claire") and "publicit" in entry["body"]


async def test_two_hands_on_one_mail_get_one_clear_refusal(written: Company) -> None:
    await _said(written, "file", by="jean", heard="h1", reason="publicité")
    for verb, words in (("match", {"case": "C1"}), ("file", {"reason": "à voir"})):
        with pytest.raises(Said, match=r"jean set h1 aside \(publicité\), nothing was changed: .* --anyway"):
            await _said(written, verb, heard="h1", **words)
    assert await written.holds() == []
    await _said(written, "match", heard="h1", case="C1", anyway=True)
    assert await written.holds() == ["reply"]


async def test_without_a_reason_nothing_is_set_aside(written: Company) -> None:
    with pytest.raises(Said, match="reason is missing"):
        await _said(written, "file", heard="h1")


# -- what nobody could read ---------------------------------------------------------------------------------------


async def test_what_cannot_be_read_is_shown_raw_and_filed_one_by_one(company: Company) -> None:
    await _reminded(company)
    await _arrives(company, b"no header at all", b"nor here: \x1b[31m")
    assert await _inbox(company) == [("unreadable", "h1", "claire"), ("unreadable", "h2", "claire")]
    assert await company.tasks() == ["unreadable"]
    assert "| no header at all" in await _said(company, "heard", heard="h1")
    await _said(company, "file", heard="h2", reason="bruit")
    assert await company.tasks() == ["unreadable"]
    await _said(company, "match", heard="h1", case="C1")
    assert (await company.holds(), await company.tasks()) == (["reply"], ["reply"])
    assert "cannot be read" in await _said(company, "show", case="C1")


async def test_what_came_through_a_channel_that_is_gone_is_filed_and_never_read_by_itself(found: Found) -> None:
    company = await found(channels="  other: {kind: email, smtp: {host: 127.0.0.1, port: 1, tls: none}}")
    await _reminded(company)
    await company.house.store.hearing.keep(
        "other", heard_mail(answers.letter(company, WORDS, "c1@client.example"), {}), company.clock.now()
    )
    with pytest.raises(Said, match="h1 has just come and is not read yet: ask again in a moment"):
        await _said(company, "file", heard="h1", reason="x")
    await company.reopen(channels="")
    await company.works()
    assert await _inbox(company) == [("unread", "h1", "")]
    await _said(company, "file", heard="h1", reason="ancienne adresse")
    assert (await _inbox(company), await company.tasks()) == ([], [])
    await company.reopen(channels="  other: {kind: email, smtp: {host: 127.0.0.1, port: 1, tls: none}}")
    await company.works()
    assert await company.holds() == []


# -- the whole thread ---------------------------------------------------------------------------------------------


async def test_show_tells_the_conversation_in_its_order_with_everybodys_words(company: Company) -> None:
    mail = await _reminded(company)
    company.clock.later(hours=1)
    await _arrives(company, answers.reply(company, mail, "Nous contestons la ligne 3."))
    company.clock.later(hours=1)
    await _said(company, "note", case="C1", words="le chantier est fini")
    company.clock.later(hours=1)
    await _said(company, "call", which="C1", result="reached", incoming=True, note="rappelle demain")
    company.clock.later(minutes=5)
    await _said(company, "reply", case="C1", files={"a.txt": b"Voici le bon de livraison.\n"})
    await company.works()
    lines = (await company.desk("show", case="C1"))["lines"]
    thread = lines[next(n for n, line in enumerate(lines) if "→ relance-1" in line) :]
    wanted = [
        "2026-03-05 09:30  → relance-1 by email to c1@client.example: sent",
        "                  message 1 ",
        "                  | Objet : ",
        "2026-03-05 10:30  ← c1@client.example through compta: Re: ",
        "                  seems: disputes",
        "                  | Nous contestons la ligne 3.",
        "2026-03-05 10:30  compta: hold begun: kind=reply",
        "2026-03-05 11:30  claire: note: « le chantier est fini »",
        "2026-03-05 12:30  claire: call received: result=reached: « rappelle demain »",
        "2026-03-05 12:35  → claire, reply by email to c1@client.example: sent",
        "                  | Voici le bon de livraison.",
    ]
    for line in wanted:
        assert any(one.startswith(line) for one in thread), line
        thread = thread[next(n for n, one in enumerate(thread) if one.startswith(line)) + 1 :]
    assert not [line for line in lines if line.startswith("                  | >")]  # quotes are not said again
    assert all(len(line) <= 120 for line in lines if line.startswith(" "))
    brief = (await company.desk("show", case="C1", brief=True))["lines"]
    assert not [line for line in brief if line.startswith("                  | ")] and len(brief) < len(lines)


async def test_a_reply_that_may_mean_two_cases_is_shown_and_answered_in_both(company: Company) -> None:
    await company.bills(*(paper.invoice(f"F-{n}", DUE, f"C{n}", email="compta@groupe.example") for n in (1, 2)))
    await company.morning(DAY)
    await _arrives(company, answers.letter(company, "Nous contestons tout.", "compta@groupe.example", "Vos factures"))
    for debtor in ("C1", "C2"):
        assert "| Nous contestons tout." in await _said(company, "show", case=debtor)
        await _said(company, "reply", case=debtor, files={"a.txt": b"Pourquoi ?"})
    assert [mail.subject for mail in await company.works()] == ["Re: Vos factures"] * 2


async def test_how_a_debtor_pays_is_told_in_one_line(company: Company) -> None:
    await company.bills(paper.invoice("F-0", date(2026, 2, 23)), paper.invoice("F-1", DUE))
    await company.imports("payments", paper.payment("F-0", date(2026, 3, 2)), date(2026, 3, 2))
    await company.works()
    assert "1 invoice paid, 7 days late" in (await company.desk("show", case="C1"))["lines"]
    record = (await company.desk("show", case="C1"))["record"]
    assert (record["paid_invoices"], record["mean_lateness"]) == (1, 7.0)

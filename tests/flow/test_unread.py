"""A reply that nobody has read is never answered by accident; what a person ends is what they named, and no more."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from relanced.store.tables import agreements, promises
from tests.flow import answers, paper
from tests.flow.company import Company, Said
from tests.flow.relay import Mail
from tests.store.rows import every

DUE, DAY, NEXT = date(2026, 3, 2), date(2026, 3, 5), date(2026, 3, 12)
ASKS = "Bonjour, pouvez-vous m'envoyer le duplicata ?"
CONTESTS = "Après vérification nous contestons cette facture, la porte est cassée."
THANKS = "Bonjour,\n\nMerci pour votre rappel.\n\nCordialement"


async def _reminded(company: Company, *numbers: str) -> Mail:
    await company.bills(*(paper.invoice(number, DUE) for number in numbers or ("F-1",)))
    (mail,) = await company.morning(DAY)
    return mail


async def _writes(company: Company, mail: Mail, *texts: str) -> None:
    for text in texts:
        await company.desk("ingest", files={"message": answers.reply(company, mail, text)})
        await company.works()


async def _said(company: Company, verb: str, **words: Any) -> str:
    return " ".join((await company.desk(verb, **{"case": "C1", **words}))["lines"])


async def _inbox(company: Company) -> list[str]:
    return [f"{row['kind']} {row['what']}: {row['words']}" for row in (await company.desk("inbox"))["record"]]


async def _refused(company: Company, verb: str, why: str, **words: Any) -> None:
    """It is refused, the case stands still as before, and nothing leaves."""
    before = (await company.holds(), await company.tasks())
    with pytest.raises(Said, match=why):
        await _said(company, verb, **words)
    assert (await company.holds(), await company.tasks()) == before
    assert await company.works() == []


# -- replies ------------------------------------------------------------------------------------------------------


async def test_a_reply_that_came_after_somebody_looked_is_not_answered(company: Company) -> None:
    mail = await _reminded(company)
    await _writes(company, mail, ASKS)
    version = (await company.desk("show", case="C1"))["record"]["version"]
    await _writes(company, mail, CONTESTS)
    await _refused(company, "release", "case 1 has changed since you looked", seen=version)
    newer = "one more reply has come, nothing was changed: h2 .* « Après vérification nous contestons"
    await _refused(company, "release", newer, seen="h1")
    await _refused(company, "release", newer, seen="h1", kind="thanks")
    file = {"a.txt": b"Voici le duplicata."}
    await _refused(company, "reply", newer, seen="h1", release=True, files=file)
    assert await company.morning(NEXT) == []
    await _said(company, "release", seen="h2")
    assert (await company.holds(), await company.tasks()) == ([], [])


async def test_who_does_not_say_what_they_have_read_is_shown_it(company: Company) -> None:
    await _writes(company, await _reminded(company), ASKS, CONTESTS)
    told = "h1 .*duplicata.*; h2 .*contestons.*; say up to which reply you have read: relanced release 1 --seen h2"
    await _refused(company, "release", told)
    await _refused(company, "release", told, kind="thanks")
    await _refused(company, "reply", told, release=True, files={"a.txt": b"Voici."})
    await _refused(company, "release", "h7 is no reply of case 1", seen="h7")
    await _said(company, "release", unanswered=True)
    assert await company.holds() == ["reply"]


async def test_what_is_put_with_a_case_late_is_read_late(company: Company) -> None:
    """It was heard first, and the case was told of it last."""
    mail = await _reminded(company)
    await company.desk("ingest", files={"message": answers.letter(company, CONTESTS, "x@inconnu.example", "Porte")})
    await _writes(company, mail, ASKS)
    await _said(company, "match", by="jean", heard="h1")
    await _refused(company, "release", "one more reply has come, nothing was changed: h1 ", seen="h2")
    await _said(company, "release", seen="h1")
    assert await company.holds() == []


async def test_a_colleague_has_answered_the_first_and_the_second_waits(company: Company) -> None:
    mail = await _reminded(company)
    await _writes(company, mail, ASKS)
    await _said(company, "release", by="jean", seen="h1")
    await _writes(company, mail, CONTESTS)
    await _refused(company, "release", "one more reply has come", seen="h1")


async def test_thanks_are_for_what_was_judged_and_not_for_what_came_meanwhile(company: Company) -> None:
    mail = await _reminded(company)
    await _writes(company, mail, THANKS)
    work = company.house.store.casework
    answering, late = work.answering, iter([CONTESTS])

    async def slowly(case_id: int) -> Any:
        await _writes(company, mail, *late)
        return await answering(case_id)

    work.answering = slowly  # type: ignore[method-assign]
    (told,) = (await company.desk("release", kind="thanks"))["lines"]
    assert told.startswith("case 1 (Client C1) is left: one more reply has come")
    assert (await company.works(), await company.holds(), await company.morning(NEXT)) == ([], ["reply"], [])


async def test_the_inbox_shows_every_reply_with_its_words(company: Company) -> None:
    mail = await _reminded(company)
    await _writes(company, mail, ASKS, CONTESTS)
    first, second = await _inbox(company)
    assert first.startswith("reply h1: Client C1") and "duplicata" in first
    assert second.startswith("reply h2: Client C1") and "contestons" in second and "(seems: disputes" in second
    assert second.endswith("then relanced release 1 --seen h2")


# -- pauses -------------------------------------------------------------------------------------------------------


async def test_a_pause_ends_and_what_else_the_case_waits_for_does_not(company: Company) -> None:
    mail = await _reminded(company, "F-1", "F-2")
    await _said(company, "dispute", reason="porte", invoices="F-1")
    await _said(company, "instalments", invoices="F-2", count="2", first="2026-03-20", unconfirmed=True)
    await _writes(company, mail, CONTESTS)
    await _said(company, "pause", until="2026-03-16", reason="vacances")
    told = await _said(company, "resume", reason="de retour")
    assert told.startswith("case 1: 1 hold ended; still on hold: ")
    for verb in (
        "dispute (relanced release 1 --kind dispute)",
        "instalments (relanced instalments 1 --revoke --reason …)",
        "reply (relanced release 1 --seen …)",
    ):
        assert verb in told
    assert sorted(await company.holds()) == ["dispute", "instalments", "reply"]
    assert [row["state"] for row in await every(company.house.store, agreements)] == ["running"]
    assert {row["state"] for row in await every(company.house.store, promises)} == {"open"}
    assert sorted(await company.tasks()) == ["dispute", "reply"]
    assert await company.morning(NEXT) == []
    assert "nothing was paused; still on hold: " in await _said(company, "resume")


# -- disputes -----------------------------------------------------------------------------------------------------


async def test_of_two_disputes_one_is_settled_by_its_invoice(company: Company) -> None:
    await _reminded(company, "F-1", "F-2")
    await _said(company, "dispute", reason="porte", invoices="F-1")
    await _said(company, "dispute", reason="quantité", invoices="F-2")
    assert len(await _inbox(company)) == 2
    which = "F-1, F-2 are contested, say which is settled: --invoice F-1 --invoice F-2"
    await _refused(company, "release", which, kind="dispute")
    await _refused(company, "release", "F-9 is not contested", kind="dispute", invoices="F-9")
    await _refused(company, "release", "to end a dispute: --kind dispute", invoices="F-1")
    await _said(company, "release", kind="dispute", invoices="F-1")
    (left,) = await _inbox(company)
    assert "look into what is contested (F-2): quantité" in left
    assert await company.holds() == ["dispute"]
    (mail,) = await company.morning(NEXT)
    assert "F-1" in mail.text
    await _said(company, "release", kind="dispute")
    assert (await company.holds(), await company.tasks()) == ([], [])


async def test_what_is_contested_again_is_asked_in_the_new_words(company: Company) -> None:
    await _reminded(company)
    await _said(company, "dispute", reason="tout")
    await _said(company, "dispute", reason="une porte", invoices="F-1", amount="100")
    (left,) = await _inbox(company)
    assert "(100.00 of F-1): une porte" in left


# -- what was agreed ----------------------------------------------------------------------------------------------


async def test_an_agreement_ends_by_its_own_verb(company: Company) -> None:
    await _reminded(company)
    await _said(company, "instalments", count="2", first="2026-03-20", unconfirmed=True)
    revoke = "instalments of case 1 end otherwise: relanced instalments 1 --revoke"
    await _refused(company, "release", revoke, kind="instalments")
    await _refused(company, "release", "relanced offer 1 --withdraw", kind="offer")
    await _refused(company, "instalments", "instalments are running", count="3", first="2026-03-25")
    await _said(company, "instalments", revoke=True, reason="impayé")
    await _said(company, "instalments", count="3", first="2026-03-25", unconfirmed=True)
    assert [row["state"] for row in await every(company.house.store, agreements)] == ["revoked", "running"]


async def test_a_promise_that_is_released_counts_no_more(company: Company) -> None:
    await _reminded(company)
    await _said(company, "promise", date="2026-03-16", unconfirmed=True)
    await _said(company, "release", kind="promise", reason="un malentendu")
    assert [row["state"] for row in await every(company.house.store, promises)] == ["replaced"]
    assert len(await company.morning(NEXT)) == 1


async def test_nothing_leaves_before_what_came_back_was_read(company: Company) -> None:
    mail = await _reminded(company)
    await company.desk("stop")
    await company.morning(NEXT)
    await company.desk("ingest", files={"message": answers.reply(company, mail, CONTESTS)})
    await company.desk("start")
    await company.sends()  # before anybody has read it
    assert await company.told() == ["relance-1 email sent", "relance-2 email planned"]
    assert "what came back is being read" in " ".join((await company.desk("queue"))["lines"])
    assert await company.works() == []
    assert (await company.told())[-1] == "relance-2 email cancelled"

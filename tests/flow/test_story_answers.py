"""Answers that change the course of a case: dead addresses, absences, words without a reference, a part contested."""

from __future__ import annotations

from datetime import date
from itertools import count
from pathlib import Path

import pytest

from relanced.store.tables import heard, tasks
from tests.dovecot import Dovecot
from tests.flow import answers, paper
from tests.flow.company import Company, reads
from tests.flow.conftest import Found
from tests.flow.mailbox import imap
from tests.flow.relay import Mail
from tests.store.rows import every

_BOXES = count(1)
DUE, DAY, NEXT = date(2026, 3, 2), date(2026, 3, 5), date(2026, 3, 12)
FIRM = date(2026, 3, 23)  # relance-ferme: a letter
TWICE = """
  ladder:
    for: {debtor: business}
    steps:
      - {name: relance-1, tone: courteous, when: 3 days after due, via: [email, letter]}
      - {name: relance-2, tone: courteous, when: 10 days after due, via: [email, letter], wording: relance-1}
"""


class Post:
    """The mailbox of the company: what arrives there is heard at the next turn of the wheels."""

    def __init__(self, company: Company, mailboxes: Dovecot, user: str) -> None:
        self._company, self._mailboxes, self._user = company, mailboxes, user

    async def brings(self, *mails: bytes) -> list[Mail]:
        """They arrive, and the wheels turn. What leaves then."""
        self._mailboxes.deliver(self._user, *mails)
        return await self._company.works()


@pytest.fixture
def user() -> str:
    """Whose mailbox it is."""
    return f"answers{next(_BOXES)}@atelier-dubois.example"


@pytest.fixture
async def company(found: Found, mailboxes: Dovecot, user: str, tmp_path: Path) -> Company:
    """It listens at a mailbox."""
    return await found(email=imap(tmp_path, mailboxes.port, user))


@pytest.fixture
def post(company: Company, mailboxes: Dovecot, user: str) -> Post:
    """What arrives."""
    return Post(company, mailboxes, user)


async def _reminded(company: Company, *more: str, address: str = "1 RUE DU BAC") -> Mail:
    await company.bills(paper.invoice("F-1", DUE, address=address), *more)
    return (await company.morning(DAY))[0]


# -- nobody lives there -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["1 RUE DU BAC", ""])
async def test_a_bounce_leads_to_the_next_contact_then_to_a_letter_then_to_a_person(
    company: Company, post: Post, address: str
) -> None:
    """Fault 30."""
    first = await _reminded(company, address=address)
    await company.imports("contacts", paper.contacts(("C1", "boss@client.example", 1)))
    (second,) = await post.brings(answers.bounce(first))
    assert (first.to, second.to) == ("c1@client.example", "boss@client.example")
    assert await post.brings(answers.bounce(second)) == []
    told = ["relance-1 email failed", "relance-1 email failed"]
    if address:
        assert (await company.told(), await company.tasks()) == ([*told, "relance-1 letter in_tray"], [])
        assert "F-1" in reads(company.lying()[0])
    else:
        assert (await company.told(), await company.tasks()) == (told, ["unreachable"])
        assert await company.holds() == ["unreachable"]


async def test_a_full_mailbox_leads_nowhere_and_is_written_to_again(company: Company, post: Post) -> None:
    first = await _reminded(company)
    assert await post.brings(answers.bounce(first, "552 5.2.2 Mailbox full")) == []
    assert (await company.told(), await company.tasks()) == (["relance-1 email failed"], ["not delivered"])
    (again,) = await company.morning(NEXT)
    assert again.to == first.to


# -- nobody is there ----------------------------------------------------------------------------------------------


async def test_an_absence_with_a_day_puts_a_courteous_step_off_until_then(
    found: Found, mailboxes: Dovecot, user: str, tmp_path: Path
) -> None:
    """Fault 49."""
    company = await found(email=imap(tmp_path, mailboxes.port, user), policies=TWICE)
    mail = await _reminded(company)
    post = Post(company, mailboxes, user)
    assert await post.brings(answers.away(company, mail, "Je suis en congés jusqu'au 17 mars 2026 inclus.")) == []
    assert (await company.holds(), await company.tasks()) == (["absent"], [])
    assert [await company.morning(day) for day in (NEXT, date(2026, 3, 17))] == [[], []]
    (later,) = await company.morning(date(2026, 3, 18))
    assert later.to == mail.to
    assert await company.told() == ["relance-1 email sent", "relance-2 email sent"]


# -- whose it is --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["In-Reply-To", "References", "quoted", "subject", "named", "forwarded"])
async def test_each_thing_alone_tells_whose_it_is_whoever_writes(company: Company, post: Post, how: str) -> None:
    mail = await _reminded(company, paper.invoice("F-2", DUE, "C2", address="2 RUE DU BAC"))
    reference = str((await company.last())["reference"])
    mail = next(m for m in company.relay.mails if m.to == "c1@client.example")
    text, subject, heads = "Nous contestons.", "Votre courrier", {}
    match how:
        case "In-Reply-To":
            heads = {"In-Reply-To": mail.message_id}
        case "References":
            heads = {"References": f"<other@x.example> {mail.message_id}"}
        case "quoted":
            text += f"\n\n-----Message d'origine-----\nMessage-ID: {mail.message_id}\n\nBonjour\n"
        case "subject":
            subject = f"RE: Rappel ({reference})"
        case "named":
            text += f"\n\nVotre réf. {reference}"
        case "forwarded":
            text += f"\n\n-----Message d'origine-----\nDe : Claire\nÀ : c1@client.example\n\nRéférence : {reference}\n"
    await post.brings(answers.letter(company, text, "direction@holding.example", subject, **heads))
    assert (await company.holds(), await company.holds("C2")) == (["reply"], [])
    assert await company.tasks() == ["reply"]


async def test_a_known_sender_with_one_open_case_means_that_one(company: Company, post: Post) -> None:
    """Both of a group's companies were reminded; one has paid since."""
    shared = "compta@groupe.example"
    await company.bills(
        paper.invoice("F-1", DUE, email=shared), paper.invoice("F-2", DUE, "C2", email=shared, address="2 RUE DU BAC")
    )
    await company.morning(DAY)
    await company.morning(date(2026, 3, 6))
    await company.imports("payments", paper.payment("F-2", DAY), DAY)
    await company.works()
    await post.brings(answers.letter(company, "Le virement part demain.", shared, "Bonjour"))
    assert (await company.holds(), await company.holds("C2")) == (["reply"], [])


async def test_a_known_sender_with_two_open_cases_is_left_to_a_person(company: Company, post: Post) -> None:
    """Nothing is guessed: neither is reminded before somebody has said which one is meant."""
    shared = "compta@groupe.example"
    await company.bills(
        paper.invoice("F-1", DUE, email=shared), paper.invoice("F-2", DUE, "C2", email=shared, address="2 RUE DU BAC")
    )
    await company.morning(DAY)
    await company.morning(date(2026, 3, 6))
    await post.brings(answers.letter(company, "Nous contestons.", shared, "Bonjour"))
    assert [await company.holds(debtor) for debtor in ("C1", "C2")] == [["reply"], ["reply"]]
    assert await company.tasks() == ["reply", "reply"]
    assert await company.morning(NEXT) == []
    await company.answered("C2", reason="c'est de l'autre qu'il parle")
    assert [mail.to for mail in await company.morning(date(2026, 3, 16))] == [shared]
    assert [await company.holds(debtor) for debtor in ("C1", "C2")] == [["reply"], []]


async def test_what_nobody_can_place_stays_and_is_found_in_the_inbox(company: Company, post: Post) -> None:
    await _reminded(company)
    await post.brings(answers.letter(company, "Bonjour, c'est payé.", "inconnu@x.example"))
    assert (await company.holds(), await company.tasks()) == ([], ["reply"])
    (row,) = await every(company.house.store, heard)
    assert (row["waits"], b"c'est pay" in row["raw"]) == ("unmatched", True)
    assert [one["kind"] for one in (await company.desk("inbox"))["record"]] == ["unmatched"]


# -- what follows -------------------------------------------------------------------------------------------------


async def test_a_reply_pulls_the_letter_back_out_of_the_tray(company: Company, post: Post) -> None:
    mail = await _reminded(company)
    await company.morning(NEXT)
    await company.morning(FIRM)
    assert ((await company.told())[-1], len(company.lying())) == ("relance-ferme letter in_tray", 1)
    await post.brings(answers.reply(company, mail, "Nous avons réglé hier."))
    assert (await company.holds(), company.lying()) == (["reply"], [])
    assert next(told for told in await company.told() if "letter" in told) == "relance-ferme letter cancelled"


async def test_half_an_invoice_is_contested_by_mail_and_the_rest_keeps_climbing(company: Company, post: Post) -> None:
    mail = await _reminded(company)
    await post.brings(answers.reply(company, mail, "Nous contestons la moitié : deux portes n'ont jamais été livrées."))
    (task,) = await every(company.house.store, tasks, kind="reply")
    assert "(seems: disputes" in task["words"]
    await company.desk("dispute", case="C1", reason="deux portes manquent", invoices="F-1", amount="617,25")
    await company.answered(kind="reply", reason="répondu par téléphone")
    (rest,) = await company.morning(NEXT)
    text = " ".join(rest.text.split())
    assert "617,25 €" in text
    assert "part contestée, non réclamée ici : 617,25 €" in text
    await company.morning(FIRM)
    assert (await company.told())[-1] == "relance-ferme letter in_tray"
    assert "617,25" in reads(company.lying()[0])


async def test_a_right_over_personal_data_has_a_month(company: Company, post: Post) -> None:
    """GDPR, article 12: whatever becomes of the case, and after it was released."""
    mail = await _reminded(company)
    words = "Au titre du RGPD, je vous demande une copie de toutes les données personnelles que vous détenez sur moi."
    await post.brings(answers.reply(company, mail, words))
    assert sorted(await company.tasks()) == ["data request", "reply"]
    (task,) = await every(company.house.store, tasks, kind="data request")
    assert "answer by 2026-04-05" in task["words"]
    await company.answered(reason="lu")
    assert await company.tasks() == ["data request"]


async def test_the_month_begins_when_the_request_reaches_us_not_when_it_is_read(company: Company) -> None:
    """Nor before the message that it answers, whatever the clock of its writer shows."""
    mail = await _reminded(company)
    words = "Au titre du RGPD, je demande une copie de toutes les données personnelles que vous détenez sur moi."
    dates = ("Sat, 07 Mar 2026 10:00:00 +0100", "Thu, 01 Jan 2015 10:00:00 +0100", "Mon, 01 Jun 2026 10:00:00 +0200")
    came = [answers.reply(company, mail, words, Date=date) for date in dates]
    company.clock.set(date(2026, 3, 20), "10:00")
    for raw in (*came, answers.letter(company, words, "x@y.example", Date=dates[0])):
        await company.desk("ingest", files={"message": raw})
    await company.works()
    told = [task["words"] for task in await every(company.house.store, tasks, kind="data request")]
    until = [said.partition("answer by ")[2][:10] for said in told]
    assert until == ["2026-04-07", "2026-04-05", "2026-04-20", "2026-04-07"]
    assert all(said.count("data request") == 1 for said in told)

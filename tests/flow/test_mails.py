"""What comes back by mail, handed over by a mail server: each message, and what follows from it."""

from __future__ import annotations

from datetime import date

import pytest

from relanced.store.tables import addresses, heard, holds, tasks
from tests.flow import answers, paper
from tests.flow.company import Company, Said
from tests.flow.conftest import Found
from tests.flow.relay import Mail
from tests.store.rows import every

DUE, DAY = date(2026, 3, 2), date(2026, 3, 5)
THREE = """
  ladder:
    for: {debtor: business}
    steps:
      - {name: relance-1, tone: courteous, when: 3 days after due, via: [email, letter]}
      - {name: relance-2, tone: courteous, when: 10 days after due, via: [email, letter], wording: relance-1}
      - {name: relance-3, tone: firm, when: 17 days after due, via: [email, letter], wording: relance-2}
"""


async def _reminded(company: Company, debtor: str = "C1") -> Mail:
    await company.bills(paper.invoice("F-1", DUE, debtor))
    (mail,) = await company.morning(DAY)
    return mail


async def _arrives(company: Company, *mails: bytes) -> None:
    for mail in mails:
        await company.desk("ingest", files={"message": mail})
    await company.works()


async def _waits(company: Company) -> list[str]:
    return [row["waits"] for row in await every(company.house.store, heard)]


async def _words(company: Company) -> list[str]:
    return [row["words"] for row in await every(company.house.store, tasks)]


# -- persons ------------------------------------------------------------------------------------------------------


async def test_a_reply_holds_the_case_and_says_what_it_seems_to_say(company: Company) -> None:
    """Attack 17: whatever it claims, it is never more than a hold and a task."""
    mail = await _reminded(company)
    await _arrives(company, answers.reply(company, mail, "Bonjour, la facture a été réglée par virement le 2 mars."))
    assert await company.holds() == ["reply"]
    (words,) = await _words(company)
    assert "c1@client.example" in words
    assert "« Bonjour, la facture a été réglée par virement le 2 mars. » (seems: paid" in words
    assert await company.morning(date(2026, 3, 12)) == []


async def test_the_same_mail_by_two_ways_is_one(company: Company) -> None:
    mail = await _reminded(company)
    said = answers.reply(company, mail, "Nous regardons.")
    await _arrives(company, said, b"Received: from mx2.example\n" + said, said.replace(b"\n", b"\r\n"))
    assert await _waits(company) == ["reply"]


async def test_a_stop_by_mail_is_a_word_for_a_person_to_obey(company: Company) -> None:
    mail = await _reminded(company)
    await _arrives(company, answers.reply(company, mail, "STOP"))
    assert await company.holds() == ["reply"]
    assert "(seems: STOP" in (await _words(company))[0]
    assert {a["consent"] for a in await every(company.house.store, addresses, road="email")} == {"none"}


async def test_somebody_else_of_the_debtors_answers_with_our_mail_below(company: Company) -> None:
    mail = await _reminded(company)
    said = answers.reply(company, mail, "Je reprends ce dossier.", "direction@autre.example")
    await _arrives(company, said.replace(mail.message_id.encode(), b"<lost@relay.example>"))
    assert await company.holds() == ["reply"]
    assert "direction@autre.example" in (await _words(company))[0]


async def test_an_answer_to_the_name_that_a_relay_wrote_over_ours_is_known(company: Company) -> None:
    company.relay.answers("DOT", "250 2.0.0 Ok: <0101-abc@eu-west-3.relay.example>")
    await _reminded(company)
    heads = {"In-Reply-To": "<0101-abc@eu-west-3.relay.example>"}
    await _arrives(company, answers.letter(company, "Nous contestons.", "direction@autre.example", **heads))
    assert await company.holds() == ["reply"]


async def test_a_colleague_passes_a_reply_on(company: Company) -> None:
    mail = await _reminded(company)
    text = (
        "Pour info.\n\n---------- Forwarded message ---------\nDe : Jean <c1@client.example>\n"
        f"Date: jeu. 5 mars 2026 à 10:00\nSubject: Re: {mail.subject}\nTo: <jean@atelier-dubois.example>\n\n"
        "Nous contestons cette facture.\n"
    )
    await _arrives(company, answers.letter(company, text, "jean@atelier-dubois.example", f"Fwd: {mail.subject}"))
    assert await company.holds() == ["reply"]
    assert "(c1@client.example) wrote" in (await _words(company))[0]


async def test_a_mail_that_nobody_can_place_is_a_task_and_stays(company: Company) -> None:
    await _reminded(company)
    await _arrives(company, answers.letter(company, "Bonjour, quels sont vos tarifs ?", "x@elsewhere.example"))
    assert await company.holds() == []
    assert await _waits(company) == ["unmatched"]
    assert "nobody knows whose case it is" in (await _words(company))[0]


# -- machines -----------------------------------------------------------------------------------------------------


async def test_a_dead_address_is_struck_and_a_letter_follows(company: Company) -> None:
    mail = await _reminded(company)
    await _arrives(company, answers.bounce(mail))
    assert await company.told() == ["relance-1 email failed", "relance-1 letter in_tray"]
    assert [bool(a["dead_since"]) for a in await every(company.house.store, addresses, road="email")] == [True]


@pytest.mark.parametrize(
    ("said", "action", "state", "event"),
    [
        ("452 4.2.2 Mailbox full", "failed", "failed", "receipt bounced"),
        ("552 5.2.2 Mailbox full", "failed", "failed", "receipt bounced"),
        ("450 4.4.1 No answer from host", "delayed", "sent", "receipt delayed"),
        ("250 2.1.5 Delivered", "delivered", "delivered", "receipt delivered"),
    ],
)
async def test_what_else_a_report_says_leaves_the_address_alone(
    company: Company, said: str, action: str, state: str, event: str
) -> None:
    mail = await _reminded(company)
    await _arrives(company, answers.bounce(mail, said, action))
    assert await company.told() == [f"relance-1 email {state}"]
    assert event in await company.events()
    assert [a["dead_since"] for a in await every(company.house.store, addresses, road="email")] == [None]


async def test_a_bounce_is_known_by_our_message_id_alone(company: Company) -> None:
    mail = await _reminded(company)
    await _arrives(company, answers.bounce(mail, attempt=""))
    assert await company.told() == ["relance-1 email failed", "relance-1 letter in_tray"]


async def test_what_an_alias_leads_to_says_nothing_of_the_alias(company: Company) -> None:
    mail = await _reminded(company)
    await _arrives(company, answers.bounce(mail, to="jean@provider.example"))
    assert await company.told() == ["relance-1 email failed"]
    assert [a["dead_since"] for a in await every(company.house.store, addresses, road="email")] == [None]


async def test_fault_48_a_bounce_that_proves_nothing_changes_nothing(company: Company) -> None:
    """Fault 48, attack 19: an attempt and a Message-ID nobody knows; then a reference, which is printed for all."""
    mail = await _reminded(company)
    (row,) = await company.messages()
    reference = row["reference"]
    forged = answers.bounce(mail, attempt="nobodys-attempt", message_id="<made@up.example>")
    await _arrives(company, forged, forged.replace(b"Subject: x", f"Subject: Réf. {reference}".encode()))
    company.clock.later(hours=2)
    await company.works()
    assert await company.told() == ["relance-1 email sent"]
    assert [a["dead_since"] for a in await every(company.house.store, addresses, road="email")] == [None]
    assert set(await _waits(company)) <= {"unmatched"}


async def test_a_bounce_of_the_copy_that_went_to_ourselves_says_nothing_of_the_debtor(found: Found) -> None:
    company = await found(copies=True)
    mail = await _reminded(company)
    await _arrives(company, answers.bounce(mail, to="journal@atelier-dubois.example"))
    assert await company.told() == ["relance-1 email sent"]


async def test_fault_49_nobody_is_there_courteous_steps_wait_for_the_day(found: Found) -> None:
    """Fault 49. An automatic answer is no reply of a person, and nothing answers it."""
    company = await found(policies=THREE)
    mail = await _reminded(company)
    text = "Bonjour, je suis absent du 5 mars au 13 mars 2026 inclus et de retour le 16 mars 2026."
    await _arrives(company, answers.away(company, mail, text))
    assert await company.holds() == ["absent"]
    assert await company.tasks() == []
    assert await company.morning(date(2026, 3, 12)) == []
    assert len(await company.morning(date(2026, 3, 16))) == 1


async def test_fault_49_a_firm_step_does_not_wait_for_who_is_away(company: Company) -> None:
    """Fault 49."""
    mail = await _reminded(company)
    text = "Je suis absent, de retour le 30 mars 2026."
    await _arrives(company, answers.away(company, mail, text))
    assert await company.holds() == ["absent"]
    (firm,) = await company.morning(date(2026, 3, 12))
    assert (await company.told())[-1] == "relance-2 email sent"
    assert firm.to == "c1@client.example"


async def test_fault_49_an_automatic_answer_without_a_day_is_noted(company: Company) -> None:
    """Fault 49. Known by the address alone, or not at all: nobody is asked."""
    mail = await _reminded(company)
    await _arrives(company, answers.away(company, mail, "Votre demande a bien été reçue sous le numéro 4812."))
    nobodys = answers.away(company, mail, "Nous avons bien reçu votre message.", **{"In-Reply-To": "<x@y.example>"})
    await _arrives(company, nobodys.replace(b"c1@client", b"other@elsewhere"))
    company.clock.later(hours=2)
    await company.works()
    assert await company.holds() == []
    assert await company.tasks() == []
    assert "receipt noted" in await company.events()
    assert await _waits(company) == ["", ""]


async def test_a_later_answer_of_the_machine_makes_the_absence_longer_and_never_shorter(company: Company) -> None:
    mail = await _reminded(company)
    for day in ("20 mars", "27 mars", "16 mars"):
        await _arrives(company, answers.away(company, mail, f"Absent, de retour le {day} 2026."))
    (row,) = await every(company.house.store, holds)
    assert company.house.premises.local(row["until"]).date() == date(2026, 3, 27)


async def test_an_absence_without_end_is_none_that_we_wait_for(company: Company) -> None:
    mail = await _reminded(company)
    await _arrives(company, answers.away(company, mail, "Absent, de retour le 1er janvier 2027."))
    assert await company.holds() == []


async def test_a_doorkeeper_that_wants_a_person_is_a_task(company: Company) -> None:
    mail = await _reminded(company)
    await _arrives(company, answers.challenge(company, mail))
    assert await company.tasks() == ["challenge"]
    assert await company.holds() == []


async def test_who_calls_it_spam_is_left_in_peace_until_a_person_has_looked(company: Company) -> None:
    mail = await _reminded(company)
    await _arrives(company, answers.complaint(mail))
    assert await company.holds() == ["reply"]
    assert "called our message spam" in (await _words(company))[0]


async def test_that_it_was_opened_is_a_fact_of_the_journal(company: Company) -> None:
    mail = await _reminded(company)
    await _arrives(company, answers.opened(mail))
    assert "receipt read" in await company.events()
    assert await company.told() == ["relance-1 email sent"]
    assert await company.tasks() == []


async def test_a_newsletter_is_kept_and_asks_nobody_anything(company: Company) -> None:
    await _reminded(company)
    heads = {"List-Unsubscribe": "<mailto:x@y>", "Precedence": "bulk"}
    await _arrives(company, answers.letter(company, "Promotions !", "shop@news.example", **heads))
    assert await _waits(company) == [""]
    assert await company.tasks() == []


# -- what nobody can read -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        b"no header at all",
        b"From: a@b.fr\nMessage-ID: <1@b>\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 500,
        b"From: a@b.fr\nMessage-ID: <2@b>\nX: " + b"y" * 100_000 + b"\n\nx",
    ],
    ids=["no mail", "parts", "headers"],
)
async def test_faults_46_47_what_cannot_be_read_stays_and_a_person_is_told(company: Company, raw: bytes) -> None:
    """Faults 46 and 47."""
    await _arrives(company, raw)
    (row,) = await every(company.house.store, heard)
    assert (row["raw"], row["waits"]) == (raw, "unreadable")
    assert await company.tasks() == ["unreadable"]


async def test_fault_46_without_a_message_id_and_in_an_unknown_charset_it_is_read_all_the_same(
    company: Company,
) -> None:
    """Fault 46."""
    mail = await _reminded(company)
    raw = f"From: {mail.to}\nSubject: Re\nContent-Type: text/plain; charset=martian\n\nD\u00e9j\u00e0 pay\u00e9\n"
    await _arrives(company, raw.encode("latin-1"))
    assert await company.holds() == ["reply"]
    assert "Déjà payé" in (await _words(company))[0]


# -- the pipe -----------------------------------------------------------------------------------------------------


async def test_a_mail_server_hands_over_to_the_only_mail_channel_or_to_the_one_it_names(found: Found) -> None:
    company = await found(channels="  other: {kind: email, smtp: {host: 127.0.0.1, port: 1, tls: none}}")
    mail = answers.letter(company, "Bonjour", "x@y.example")
    with pytest.raises(Said, match="say --channel, one of compta, other"):
        await company.desk("ingest", files={"message": mail})
    with pytest.raises(Said, match="office is no e-mail channel"):
        await company.desk("ingest", files={"message": mail}, channel="office")
    said = await company.desk("ingest", files={"message": mail}, channel="other")
    assert said["lines"] == ["kept for other"]
    again = await company.desk("ingest", files={"message": mail}, channel="other")
    assert again["lines"] == ["other has it already"]
    with pytest.raises(Said, match="the message is empty"):
        await company.desk("ingest", files={"message": b"\n"}, channel="other")


async def test_in_shadow_what_a_mail_server_hands_over_is_read_too(found: Found) -> None:
    company = await found(mode="shadow")
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(DAY)
    await _arrives(company, answers.letter(company, "Nous contestons.", "c1@client.example"))
    assert await company.holds() == ["reply"]

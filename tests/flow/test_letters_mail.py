"""The day's letters by mail to whoever prints them: once a day, never twice by itself, and no letter is lost by it."""

from __future__ import annotations

from datetime import date
from email import message_from_bytes, policy
from io import BytesIO

import pytest
from msgspec.structs import replace
from pypdf import PdfReader

from relanced.config import ConfigFault
from relanced.flow.desk.mailing import Mailing
from relanced.words.bundle import bound
from tests.email.relay import Hangup
from tests.flow import paper
from tests.flow.company import Company, Said
from tests.flow.conftest import Found
from tests.flow.relay import Mail

DUE = date(2026, 3, 2)
DAY = date(2026, 3, 5)
FRIDAY, SATURDAY, MONDAY = date(2026, 3, 6), date(2026, 3, 7), date(2026, 3, 9)
WORKSHOP = "atelier@atelier-dubois.example"
OFFICE = f'out: mail, folder: letters, to: {WORKSHOP}, by: compta, at: "08:30"'
TAKEN = "250 2.0.0 Ok: queued"


@pytest.fixture
async def distant(found: Found) -> Company:
    """A company whose printer stands far from its server; two letters were laid on Thursday, after the hour."""
    company = await found(office=OFFICE)
    await company.bills(*(paper.invoice(f"F-{n}", DUE, f"C{n}", email="", address=f"{n} RUE X") for n in (1, 2)))
    await company.morning(DAY)
    assert len(company.lying()) == 2
    assert company.relay.mails == []
    return company


async def _references(company: Company) -> list[str]:
    return [row[0] for row in (await company.desk("letters"))["rows"]]


async def _the_mail(company: Company, day: date = FRIDAY, hour: str = "08:30") -> Mail:
    (mail,) = await company.morning(day, hour)
    return replace(mail, subject=_plain(mail.subject), text=_plain(mail.text))


def _plain(text: str) -> str:
    """Without the spaces that French typography wants."""
    return text.replace("\u00a0", " ").replace("\u202f", " ").replace("\r\n", "\n")


async def test_the_letters_leave_on_the_next_working_day_as_one_pdf_with_a_tick_list(distant: Company) -> None:
    first, second = await _references(distant)
    mail = await _the_mail(distant)
    assert (mail.to, mail.enclosed) == (WORKSHOP, ("lettres-2026-03-06.pdf",))
    assert mail.subject == "Lettres du 6 mars 2026 : 2 lettres à poster"
    assert f"– ☐ {first} : Client C1, 75007 PARIS, 1 page, courrier simple\n" in mail.text
    assert f"– ☐ {second} : Client C2, 75007 PARIS, 1 page, courrier simple\n" in mail.text
    assert "À ne pas poster" not in mail.text
    message = message_from_bytes(distant.relay.messages[-1], policy=policy.default)
    assert str(message["From"]) == "Claire Dubois <compta@atelier-dubois.example>"
    (enclosed,) = [part.get_content() for part in message.walk() if part.get_content_type() == "application/pdf"]
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(enclosed)).pages]
    assert [first in pages[0], second in pages[1], len(pages)] == [True, True, 2]


async def _with_room_for(company: Company, room: float) -> None:
    """What goes along with one mail may weigh so much."""
    await company.reopen(email=f", enclosures: {int(room)}")


async def test_letters_too_heavy_for_one_mail_leave_in_several(found: Found) -> None:
    company = await found(office=OFFICE)
    await company.bills(*(paper.invoice(f"F-{n}", DUE, f"C{n}", email="", address=f"{n} RUE X") for n in range(1, 6)))
    await company.morning(DAY)
    await _with_room_for(company, 2.5 * max(sheet.stat().st_size for sheet in company.lying()))
    references = await _references(company)
    mails = await company.morning(FRIDAY, "08:30")
    assert [_plain(mail.subject) for mail in mails] == [
        "Lettres du 6 mars 2026, envoi 1 sur 3 : 2 lettres à poster",
        "Lettres du 6 mars 2026, envoi 2 sur 3 : 2 lettres à poster",
        "Lettres du 6 mars 2026, envoi 3 sur 3 : 1 lettre à poster",
    ]
    assert [mail.enclosed for mail in mails] == [(f"lettres-2026-03-06-{n}.pdf",) for n in (1, 2, 3)]
    told = "".join(mail.text for mail in mails)
    assert [told.count(reference) for reference in references] == [1] * 5
    assert await company.morning(FRIDAY, "10:00") == []
    assert await company.tasks() == []


async def test_a_letter_too_heavy_for_any_mail_is_told_and_holds_up_no_other(found: Found) -> None:
    company = await found(office=OFFICE)
    many = (paper.invoice(f"F-{n}", DUE, "C1", email="") for n in range(60))
    await company.bills(*many, paper.invoice("G-1", DUE, "C2", email="", address="2 RUE X"))
    await company.morning(DAY)
    light, heavy = sorted(len(bound([sheet.read_bytes()])[0]) for sheet in company.lying())
    await _with_room_for(company, (light + heavy) / 2)
    (mail,) = await company.morning(FRIDAY, "08:30")
    assert "Client C2" in mail.text and "Client C1" not in mail.text
    (task,) = await company.house.store.views.tasks()
    assert "cannot leave: the enclosures weigh" in task["words"]
    await _with_room_for(company, 10**7)
    await company.desk("letters mail", again=True)
    assert len(await company.works()) == 1
    assert await company.tasks() == []


async def test_they_stay_in_the_tray_until_a_person_says_that_they_were_posted(distant: Company) -> None:
    await _the_mail(distant)
    assert await distant.told() == ["relance-1 letter in_tray"]
    assert len(distant.lying()) == 2
    await distant.desk("letters posted", references=",".join(await _references(distant)))
    assert await distant.told() == ["relance-1 letter sent"]
    assert await _references(distant) == []


async def test_one_mail_a_day_and_none_for_nothing(distant: Company) -> None:
    assert await distant.morning(FRIDAY, "08:29") == []
    await _the_mail(distant)
    await distant.bills(paper.invoice("F-3", DUE, "C3", email="", address="3 RUE X"))
    assert await distant.morning(FRIDAY, "09:30") == []
    await distant.reopen()
    assert await distant.morning(FRIDAY, "17:00") == []
    assert await distant.morning(SATURDAY, "10:00") == []
    assert "1 lettre à poster" in (await _the_mail(distant, MONDAY)).subject
    assert await distant.morning(date(2026, 3, 10), "08:30") == []


async def test_a_daemon_that_slept_at_the_hour_mails_when_it_wakes(distant: Company) -> None:
    assert (await _the_mail(distant, FRIDAY, "11:00")).to == WORKSHOP


async def test_a_letter_that_was_paid_in_the_night_is_left_out(distant: Company) -> None:
    distant.clock.set(FRIDAY, "08:00")
    await distant.desk("paid", invoice="F-1")
    mail = await _the_mail(distant)
    assert mail.subject.endswith("1 lettre à poster")
    assert "Client C1" not in mail.text


async def test_a_letter_that_is_paid_after_its_mail_is_told_as_a_task_and_in_the_next_mail(distant: Company) -> None:
    first = (await _references(distant))[0]
    await _the_mail(distant)
    await distant.desk("paid", invoice="F-1")
    await distant.works()
    assert await distant.tasks() == ["do not post"]
    await distant.bills(paper.invoice("F-3", DUE, "C3", email="", address="3 RUE X"))
    assert await distant.morning(FRIDAY, "10:00") == []
    mail = await _the_mail(distant, MONDAY)
    assert f"À ne pas poster, même si elle est déjà imprimée :\n\n– {first} : Client C1, 75007 PARIS\n" in mail.text


async def test_a_person_asks_for_it_at_once_and_again(distant: Company) -> None:
    said = await distant.desk("letters mail")
    assert said["lines"][0] == f"office: 2 letters to {WORKSHOP}"
    assert len(await distant.works()) == 1
    assert (await distant.desk("letters mail"))["lines"] == ["office: no letter to mail"]
    assert await distant.works() == []
    await distant.desk("letters mail", again=True)
    assert len(await distant.works()) == 1
    assert await distant.morning(FRIDAY, "08:30") == []


async def test_what_somebody_took_is_not_mailed(distant: Company) -> None:
    await distant.desk("letters take")
    assert await distant.morning(FRIDAY, "08:30") == []


async def test_faults_29_and_4_a_relay_that_falls_silent_leaves_a_question_and_no_second_mail(distant: Company) -> None:
    distant.relay.answers("DOT", Hangup(), TAKEN)
    await distant.morning(FRIDAY, "08:30")
    sent = len(distant.relay.messages)
    assert await distant.tasks() == ["letters mail"]
    for _ in range(3):
        distant.clock.later(hours=1)
        await distant.works()
    assert len(distant.relay.messages) == sent
    await distant.desk("letters mail", again=True)
    await distant.works()
    assert len(distant.relay.messages) == sent + 1
    assert await distant.tasks() == []


async def test_fault_28_a_relay_that_says_later_is_tried_again(distant: Company) -> None:
    distant.relay.answers("RCPT", "450 4.2.0 greylisted", "250 ok")
    assert await distant.morning(FRIDAY, "08:30") == []
    assert await distant.tasks() == []
    distant.clock.later(minutes=16)
    assert len(await distant.works()) == 1


async def test_people_are_told_when_it_does_not_leave_for_an_hour(distant: Company) -> None:
    distant.relay.answers("RCPT", "450 4.2.0 greylisted")
    await distant.morning(FRIDAY, "08:30")
    distant.clock.later(hours=1)
    await distant.works()
    assert await distant.tasks() == ["letters mail"]
    distant.relay.answers("RCPT", "250 ok")
    distant.clock.later(minutes=30)
    assert len(await distant.works()) == 1
    assert await distant.tasks() == []


async def test_an_address_that_is_refused_is_told(distant: Company) -> None:
    distant.relay.answers("RCPT", "550 5.1.1 nobody here")
    assert await distant.morning(FRIDAY, "08:30") == []
    (task,) = await distant.house.store.views.tasks()
    assert "nobody here" in task["words"]
    assert len(await _references(distant)) == 2


async def test_faults_2_to_5_a_process_that_ended_while_it_mailed_leaves_a_question(distant: Company) -> None:
    """The bundle was begun, and nobody noted its end: it is told, and never mailed again by itself."""
    store, clock = distant.house.store, distant.clock
    await distant.desk("letters mail")
    (bundle,) = await store.bundles.due(clock.now())
    assert await store.bundles.begin(bundle, clock.now())
    await distant.reopen()
    assert await distant.works() == []
    clock.later(minutes=31)
    assert await distant.works() == []
    assert await distant.tasks() == ["letters mail"]
    assert await distant.morning(FRIDAY, "08:30") == []
    await distant.desk("letters mail", again=True)
    assert len(await distant.works()) == 1
    assert await distant.tasks() == []


async def test_two_daemons_make_one_mail(distant: Company) -> None:
    distant.clock.set(FRIDAY, "08:30")
    first, second = distant.house.mailing(), distant.house.mailing()
    assert isinstance(first, Mailing) and isinstance(second, Mailing)
    await first.turn(distant.clock.now())
    await second.turn(distant.clock.now())
    assert len(distant.relay.mails) == 1


async def test_letters_that_are_gone_when_the_mail_could_leave_make_none(distant: Company) -> None:
    distant.relay.answers("RCPT", "450 4.2.0 greylisted", "250 ok")
    await distant.morning(FRIDAY, "08:30")
    await distant.desk("letters posted", references=",".join(await _references(distant)))
    distant.clock.later(minutes=16)
    assert await distant.works() == []


async def test_a_house_that_mails_no_letters_says_so(company: Company) -> None:
    with pytest.raises(Said, match="no letter channel mails its letters"):
        await company.desk("letters mail")


@pytest.mark.parametrize(
    ("by", "told"),
    [
        ("compat", "channels.office.by: no channel is named compat (did you mean compta?)"),
        ("tray", "channels.office.by: tray is of kind letter: it carries no mail"),
    ],
)
async def test_the_channel_that_carries_it_must_be_one(company: Company, by: str, told: str) -> None:
    with pytest.raises(ConfigFault) as fault:
        await company.reopen(office=OFFICE.replace("compta,", f"{by},"))
    assert told in str(fault.value)

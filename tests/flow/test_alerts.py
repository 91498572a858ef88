"""What goes wrong tells itself: one mail when it begins, one when it is over, none in between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import date, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO

import pytest
from aiohttp import web
from openpyxl import load_workbook

from relanced.channel import Answer, Draft, Form, Go, MailDraft, Parcel
from relanced.channel import Said as What
from relanced.flow.watch import Ping
from tests.flow import paper
from tests.flow.company import Company, Said
from tests.flow.conftest import Found
from tests.flow.pigeons import CHANNELS, POLICIES, ROADS, Hearing, Loft
from tests.flow.relay import Mail

IT = "it@atelier-dubois.example"
ALERTS = f"alerts: {{mail: {IT}}}\ndigest: never"
MONDAY, TUESDAY, FRIDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 6)


async def after(company: Company, minutes: int) -> list[Mail]:
    """The mails of so many minutes, in which every wheel turns."""
    fresh: list[Mail] = []
    for _ in range(minutes):
        company.clock.later(minutes=1)
        fresh += await company.works()
    return fresh


async def test_bank_data_that_are_missing_are_told_once_and_their_coming_once(found: Found) -> None:
    company = await found(house=ALERTS)
    (begun,) = await company.works()
    assert (begun.to, begun.subject) == (
        IT,
        "relanced: atelier: bank data were never imported: nobody is reminded; relanced import",
    )
    assert "- since 2026-03-02 09:30: atelier: bank data were never imported" in begun.text
    await company.reopen()
    assert await after(company, 5) == []
    await company.bank(MONDAY)
    (over,) = await after(company, 6)
    assert over.subject.startswith("relanced: over: atelier: bank data")
    assert "- 2026-03-02 09:30 to 2026-03-02 09:" in over.text
    assert await after(company, 5) == []


async def test_nobody_to_tell_is_no_reason_to_fail(found: Found) -> None:
    company = await found()
    assert await after(company, 3) == []
    assert [c.key for c in await company.house.store.alerts.standing()] == ["stale:atelier"]


async def test_a_door_that_is_down_tells_later(found: Found) -> None:
    company = await found(house=ALERTS)
    company.relay.answers("MAIL", "451 not now")
    assert await after(company, 2) == []
    company.relay.answers("MAIL", "250 ok")
    assert [mail.to for mail in await after(company, 6)] == [IT]


@pytest.mark.parametrize(("asks", "told"), [(True, 1), (False, 2)])
async def test_a_mail_that_may_have_left_is_not_written_again(found: Found, asks: bool, told: int) -> None:
    """What breaks behind the question of `go` breaks perhaps behind the dot: our own people get it once, or not."""
    company, door = await found(house=ALERTS), Breaking(asks)
    company.house.bare["compta"] = door  # type: ignore[assignment]
    await company.works()
    company.clock.later(minutes=6)
    await company.works()
    assert door.begun == told


class Breaking:
    """A door of mail that never answers: it is given up on, after it has asked whether it may or before."""

    form = Form.MAIL

    def __init__(self, asks: bool) -> None:
        self.asks, self.begun = asks, 0

    def compose(self, draft: Draft) -> Parcel:
        assert isinstance(draft, MailDraft)
        return Parcel(draft.attempt, draft.to, draft.deadline, (b"",))

    async def submit(self, parcel: Parcel, go: Go) -> Answer:
        self.begun += 1
        if self.asks:
            assert await go()
        raise TimeoutError


async def test_a_shadow_writes_to_its_own_people_and_to_nobody_else(found: Found) -> None:
    company = await found(house=ALERTS, mode="shadow")
    await company.bills(paper.invoice("F-1", date(2026, 2, 20)))
    assert {mail.to for mail in await company.works()} == {IT}


async def test_a_refused_import_is_told_until_one_is_taken(found: Found) -> None:
    company = await found(house=ALERTS)
    await company.bank(MONDAY)
    await company.works()
    with pytest.raises(Said):
        await company.imports("invoices", b"nonsense\n1\n")
    (begun,) = await after(company, 1)
    assert "an import was refused" in begun.subject
    await company.bills(paper.invoice("F-1", date(2026, 5, 1)))
    (over,) = await after(company, 5)
    assert "over: atelier: an import was refused" in over.subject


# -- each cause, as a mail ------------------------------------------------------------------------------------------


class Standing:
    """A daemon of which one wheel has not come round for that long."""

    def __init__(self) -> None:
        self.plan = timedelta(0)

    def wheels(self) -> Mapping[str, timedelta]:
        return {"plan": self.plan}

    def clerk_lives(self) -> bool:
        return True


async def _told(company: Company) -> str:
    """The subject of the only mail that comes of what is wrong now."""
    (mail,) = await company.works()
    assert mail.to == IT
    return mail.subject


async def test_fault_58_a_wheel_that_stands_still_is_a_mail_and_its_turning_too(found: Found) -> None:
    company, daemon = await found(house=ALERTS), Standing()
    await company.bank(MONDAY)
    auditor = company.house.auditor(daemon)
    daemon.plan = timedelta(minutes=11)
    await auditor.turn(company.clock.now())
    subject = "relanced: the wheel plan has not come round for 11 minutes: the log says why"
    assert await _told(company) == subject
    daemon.plan = timedelta(0)
    company.clock.later(minutes=4)
    await auditor.turn(company.clock.now())
    assert (await _told(company)).startswith("relanced: over: the wheel plan has not come round")


async def test_a_channel_that_fails_again_and_again_is_a_mail(found: Found) -> None:
    company = await found(house=ALERTS)
    (company.folder / "letters").rmdir()
    (company.folder / "letters").write_text("in the way")
    await company.bills(paper.invoice("F-1", date(2026, 2, 20), email=""))
    assert await company.morning(MONDAY) == []
    mails = []
    for _ in range(5):
        company.clock.later(hours=1)
        mails += await company.works()
    (told,) = mails
    assert told.subject.startswith("relanced: office is closed: ")
    assert "letters is not a folder; relanced start tries it at once" in told.text


async def test_an_ear_that_is_deaf_is_a_mail(found: Found) -> None:
    loft = Loft()
    company = await found(house=ALERTS, kinds=loft.kinds, roads=ROADS, channels=CHANNELS)
    await company.bank(MONDAY)
    assert await company.works() == []
    loft.fails = OSError("no route to host")
    company.clock.later(minutes=59)
    assert await company.works() == []
    company.clock.later(minutes=1)
    assert (await _told(company)).startswith("relanced: pigeons: nothing was heard since 2026-03-02 08:30: answers")
    loft.fails = None
    company.clock.later(minutes=16)
    assert (await _told(company)).startswith("relanced: over: pigeons: nothing was heard")


@pytest.mark.parametrize(("heard", "alarm"), [(False, True), (True, False)])
async def test_texts_of_which_nothing_is_heard_for_a_day_are_a_mail(found: Found, heard: bool, alarm: bool) -> None:
    """An operator may never say that a text has arrived; a provider that says nothing at all is not heard."""
    loft = Loft()
    company = await found(house=ALERTS, kinds=loft.kinds, roads=ROADS, channels=CHANNELS, policies=POLICIES)
    await _three_late_debtors(company)
    await company.imports("contacts", b"code client;mobile pour sms\nC1;0612345678\nC2;0612345679\nC3;0612345680\n")
    await company.morning(FRIDAY)
    assert len(loft.taken) == 3
    loft.says(*((parcel.attempt, What.TAKEN) for parcel in loft.taken) if heard else ())
    told = await _after_a_day(company)
    assert [words.startswith("pigeons: 3 messages taken by the provider without a receipt") for words in told] == (
        [True] if alarm else []
    )


async def test_letters_take_longer_and_are_no_alarm(found: Found) -> None:
    loft = Loft()
    company = await found(house=ALERTS, kinds=loft.kinds)
    company.house.bare["office"] = Hearing(company.house.bare["office"], loft)
    await _three_late_debtors(company, email="")
    await company.morning(FRIDAY)
    letters = [(await company.last(f"C{n}"))["reference"] for n in (1, 2, 3)]
    await company.desk("letters posted", references=",".join(letters))
    assert await _after_a_day(company) == []


async def _three_late_debtors(company: Company, email: str | None = None) -> None:
    await company.bills(*(paper.invoice(f"F-{n}", MONDAY, f"C{n}", email=email) for n in (1, 2, 3)))


async def _after_a_day(company: Company) -> list[str]:
    """What is wrong then."""
    for _ in range(2):
        company.clock.later(hours=12, minutes=30)
        await company.works()
    await company.bank(FRIDAY)
    company.clock.later(minutes=4)
    await company.works()
    wrong = await company.house.store.alerts.standing()
    return [change.words for change in wrong if not change.key.startswith("stale")]


async def test_what_waits_too_long_for_a_person_is_a_mail(found: Found) -> None:
    company = await found(house=ALERTS)
    await company.bills(paper.invoice("F-1", date(2026, 2, 20), email=""))
    await company.morning(MONDAY)
    assert len(company.lying()) == 1
    subject = [mail.subject for day in (9, 10, 11, 12, 13) for mail in await company.morning(date(2026, 3, day))]
    assert "1 message waiting in the tray since 2026-03-02" in subject[0]
    assert len(subject) == 1


async def test_the_desk_tells_what_is_wrong(found: Found) -> None:
    company = await found()
    with pytest.raises(Said, match="bank data were never imported"):
        await company.desk("audit")
    await company.bank(MONDAY)
    assert (await company.desk("audit"))["lines"] == ["nothing is wrong"]


# -- the dead man's handle ----------------------------------------------------------------------------------------


@pytest.fixture
async def listener() -> AsyncIterator[tuple[str, list[str]]]:
    """An address to be asked for, and who asked."""
    asked: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response()

    app = web.Application()
    app.router.add_get("/ping", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield f"http://127.0.0.1:{port}/ping", asked
    await runner.cleanup()


async def test_the_handle_is_held_every_five_minutes(found: Found, listener: tuple[str, list[str]]) -> None:
    address, asked = listener
    company, wheel = await found(), Alive()
    ping = Ping(address, company.house.health(wheel))
    for _ in range(11):
        await ping.turn(company.clock.now())
        company.clock.later(minutes=1)
    assert len(asked) == 3  # now, and every five minutes
    wheel.lives = False
    company.clock.later(minutes=5)
    await ping.turn(company.clock.now())
    assert len(asked) == 3  # its silence is the alarm


class Alive:
    """A daemon that is at work, or not."""

    lives = True

    def wheels(self) -> Mapping[str, timedelta]:
        return {}

    def clerk_lives(self) -> bool:
        return self.lives


# -- the morning --------------------------------------------------------------------------------------------------

DIGEST = 'digest: "07:45"'


async def _with_a_letter_to_post(found: Found, **words: object) -> Company:
    company = await found(house=DIGEST, **words)
    await company.bills(paper.invoice("F-1", date(2026, 2, 20), email="", amount="1 234,50"))
    await company.morning(MONDAY)
    assert len(company.lying()) == 1
    return company


async def test_people_get_their_day_once_on_a_working_day(found: Found) -> None:
    company = await _with_a_letter_to_post(found)
    assert await company.morning(TUESDAY, "07:44", fresh=False) == []
    (mail,) = await company.morning(TUESDAY, "07:45", fresh=False)
    assert mail.to == "claire@atelier-dubois.example"
    assert mail.subject == "Votre journée du 3\u00a0mars\u00a02026\u00a0: 1 point à traiter"
    assert "1 lettre à poster\u00a0:" in mail.text
    assert "– Client C1\u00a0: premier rappel par lettre simple, référence" in mail.text
    assert mail.enclosed == ("journee-2026-03-03.xlsx",)
    await company.reopen()
    assert await company.morning(TUESDAY, "08:30", fresh=False) == []
    assert len(await company.morning(date(2026, 3, 4), "09:10", fresh=False)) == 1
    assert await company.morning(FRIDAY, "11:45", fresh=False) == []  # too late for a morning
    assert await company.morning(date(2026, 3, 7), "08:00", fresh=False) == []  # a Saturday
    assert await company.morning(date(2026, 5, 1), "08:00", fresh=False) == []  # a holiday


async def test_nothing_to_say_no_mail(found: Found) -> None:
    company = await found(house=DIGEST)
    await company.bills(paper.invoice("F-1", date(2026, 5, 20)))
    await company.bank(MONDAY)
    assert await company.morning(TUESDAY, "08:00") == []


async def test_a_day_that_could_not_be_sent_is_sent_later_in_the_morning(found: Found) -> None:
    company = await _with_a_letter_to_post(found)
    company.relay.answers("MAIL", "451 not now")
    assert await company.morning(TUESDAY, "07:45", fresh=False) == []
    company.relay.answers("MAIL", "250 ok")
    assert [m.to for m in await company.morning(TUESDAY, "07:52", fresh=False)] == ["claire@atelier-dubois.example"]


async def test_an_instalment_is_told_on_its_day_with_its_own_amount(found: Found) -> None:
    company = await found(house=DIGEST)
    await company.bills(paper.invoice("F-1", date(2026, 2, 20)))
    await company.morning(MONDAY)
    parts = "2026-03-16=1000;2026-04-15=234.50"
    await company.desk("instalments", case="C1", parts=parts, unconfirmed=True)
    told = [m for d in (13, 16, 17, 20) for m in await company.morning(date(2026, 3, d), "07:45", fresh=False)]
    days = [" ".join(mail.text.split()) for mail in told if "attendu" in mail.text]
    words = "1 règlement promis est attendu : – Client C1, 1 000,00 €, dossier 1 : échéance du 16 mars 2026"
    assert ["lundi 16 mars" in day for day in days] == [True, False]
    assert all(words in day for day in days)


async def test_the_workbook_has_typed_cells_and_no_formula(found: Found) -> None:
    """Attack 22."""
    company = await found(house=DIGEST)
    line = paper.invoice("F-1", date(2026, 2, 20), email="", amount="1 234,50").replace("Client C1", "=1+1")
    await company.bills(line)
    await company.morning(MONDAY)
    await company.morning(TUESDAY, "07:45", fresh=False)
    message = message_from_bytes(company.relay.messages[-1], policy=policy.default)
    assert isinstance(message, EmailMessage)
    (part,) = message.iter_attachments()
    sheet = load_workbook(BytesIO(part.get_content()))["Lettres"]
    heads, row = ([cell.value for cell in line] for line in sheet.iter_rows())
    assert heads[:3] == ["Dossier", "Débiteur", "Montant"]
    assert (row[1], sheet["B2"].data_type, row[2]) == ("=1+1", "s", 1234.5)
    assert sheet["B2"].quotePrefix
    assert row[4:6] == ["premier rappel", "lettre"]

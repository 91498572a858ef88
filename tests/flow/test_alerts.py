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

from relanced.flow.watch import Ping
from tests.flow import paper
from tests.flow.company import Company, Said
from tests.flow.conftest import Found
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

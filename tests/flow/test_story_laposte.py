"""Registered letters that Claire posts herself and La Poste tells of, from the counter to the day their time is up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from aiohttp import web

from relanced.daemon import Daemon
from relanced.store.tables import heard
from tests.flow import paper
from tests.flow.company import Company, Row, Said, reads
from tests.flow.conftest import Found
from tests.flow.program import until
from tests.laposte.post import (
    KEY,
    LaPoste,
    arrived,
    back,
    delivered,
    handed_in,
    nobody,
    refused,
    returning,
    unclaimed,
    waiting,
)
from tests.store.rows import every

DUE = date(2026, 3, 2)
NOTICE = date(2026, 4, 1)  # thirty days late
POSTED, ABSENT, FETCHED = date(2026, 4, 2), date(2026, 4, 7), date(2026, 4, 9)
LAST_DAY = date(2026, 4, 22)  # fifteen days after the first presentation
TYPED, NUMBER = "1A 123 456 7890 1", "1A12345678901"
TRAY = """
  counter: {{kind: letter, registered: true, out: folder, folder: {folder}/counter,
             tracking: {{key: {key}, url: "{url}"}}}}
"""


@pytest.fixture
async def post() -> AsyncIterator[LaPoste]:
    post = LaPoste()
    async with post.open():
        yield post


@pytest.fixture
async def company(found: Found, post: LaPoste, tmp_path: Path) -> Company:
    """Its notices lie in a folder, and are followed once they were posted."""
    key = paper.secret(tmp_path, "okapi", KEY)
    return await found(registered="counter", channels=TRAY.format(folder=tmp_path, key=key, url=post.url))


async def _printed(company: Company) -> str:
    """Two reminders and a letter brought nothing: the notice was approved, and is printed. Its reference."""
    await company.bills(paper.invoice("F-1", DUE))
    for day in (date(2026, 3, 5), date(2026, 3, 12), date(2026, 3, 23)):
        await company.morning(day)
    await company.desk("letters posted", references=(await company.last())["reference"])
    await company.works()
    await company.morning(NOTICE)
    await company.desk("approve", step="mise-en-demeure", all=True)
    await company.works()
    assert (await company.told())[-1] == "mise-en-demeure registered in_tray"
    (sheet,) = company.lying("counter")
    assert "mise en demeure" in reads(sheet).lower()
    return str((await company.last())["reference"])


async def _posted(company: Company) -> str:
    """Claire takes it to the counter, and types the number on its label."""
    reference = await _printed(company)
    company.clock.set(POSTED, "17:00")
    await company.desk("letters posted", references=reference, number=TYPED)
    await company.works()
    return reference


async def _notice(company: Company) -> str:
    said = [told for told in await company.told() if told.startswith("mise-en-demeure registered")]
    return said[-1].rpartition(" ")[2]


async def _papers(company: Company) -> str:
    return "\n".join((await company.desk("show", case="C1"))["lines"])


async def _task(company: Company, kind: str) -> Row:
    (task,) = [t for t in (await company.desk("tasks"))["record"] if t["kind"] == kind]
    return dict(task)


async def _hands_over(company: Company, after: date, on: date) -> None:
    """Nothing is handed over before its day."""
    await company.morning(after)
    assert "hand-over" not in await company.tasks()
    await company.morning(on)
    assert "hand-over" in await company.tasks()


# -- as it should be ----------------------------------------------------------------------------------------------


async def test_a_notice_from_the_counter_to_the_hand_over(company: Company, post: LaPoste) -> None:
    """Its clock runs from the day on which the postman was at the door, and the proof is what La Poste answered."""
    reference = await _posted(company)
    assert await _notice(company) == "sent"

    post.says(handed_in(POSTED))
    await company.morning(date(2026, 4, 3))
    assert post.asked[-1] == [NUMBER]
    assert f"proof-of-posting of {reference}, {POSTED}: suivi-la-poste-{NUMBER}.json" in await _papers(company)

    post.says(handed_in(POSTED), arrived(date(2026, 4, 4)), waiting(ABSENT))
    await company.morning(date(2026, 4, 8))
    assert "letter presented" in await company.events()
    assert await _notice(company) == "sent"

    post.says(handed_in(POSTED), arrived(date(2026, 4, 4)), waiting(ABSENT), delivered(FETCHED), final=True)
    await company.morning(date(2026, 4, 10))
    assert await _notice(company) == "delivered"
    assert f"receipt of {reference}, {FETCHED}: suivi-la-poste-{NUMBER}.json" in await _papers(company)
    asked = len(post.asked)
    await _hands_over(company, LAST_DAY, date(2026, 4, 23))
    assert len(post.asked) == asked


async def test_what_the_post_said_is_kept_as_it_came(company: Company, post: LaPoste) -> None:
    await _posted(company)
    post.says(handed_in(POSTED), delivered(FETCHED), final=True)
    await company.morning(date(2026, 4, 10))
    rows = await every(company.house.store, heard, channel="counter")
    assert [row["said"][0]["said"] for row in rows] == ["posted", "delivered"]
    assert all(json.loads(row["raw"])["shipment"]["idShip"] == NUMBER for row in rows)
    assert all(row["waits"] == "" for row in rows)


# -- as it may be -------------------------------------------------------------------------------------------------


async def test_a_notice_that_is_refused_runs_from_that_day(company: Company, post: LaPoste) -> None:
    """Nobody escapes a notice by refusing it; its address stands, and nothing else is sent."""
    await _posted(company)
    post.says(handed_in(POSTED), refused(ABSENT), returning(date(2026, 4, 8)))
    await company.morning(date(2026, 4, 9))
    assert await _notice(company) == "failed"
    assert "address dead" not in await company.events()
    assert "refusé" in (await _task(company, "not delivered"))["words"]
    assert await company.holds() == []
    await _hands_over(company, LAST_DAY, date(2026, 4, 23))
    assert len(company.lying("counter")) == 1


async def test_a_notice_that_nobody_fetches_is_a_notice_and_its_return_is_no_delivery(
    company: Company, post: LaPoste
) -> None:
    """DI2 is « distribué à l'expéditeur »."""
    reference = await _posted(company)
    post.says(handed_in(POSTED), waiting(ABSENT))
    await company.morning(date(2026, 4, 8))
    gone = [unclaimed(LAST_DAY), returning(LAST_DAY), back(date(2026, 4, 24))]
    post.says(handed_in(POSTED), waiting(ABSENT), *gone, final=True)
    await company.morning(date(2026, 4, 24))
    assert await _notice(company) == "failed"
    assert "receipt delivered" not in await company.events()
    assert f"receipt of {reference}, 2026-04-24: suivi-la-poste-{NUMBER}.json" in await _papers(company)
    assert "hand-over" in await company.tasks()


async def test_a_notice_comes_back_without_a_word_of_its_presentation_and_a_person_knows(
    company: Company, post: LaPoste
) -> None:
    """The notice of passage shows the day: only then its clock runs."""
    reference = await _posted(company)
    post.says(handed_in(POSTED), unclaimed(LAST_DAY), back(date(2026, 4, 24)), final=True)
    await company.morning(date(2026, 4, 24))
    await company.morning(date(2026, 5, 11))
    assert await _notice(company) == "failed"
    assert "hand-over" not in await company.tasks()
    await company.desk("letters presented", reference=reference, on=ABSENT.isoformat())
    await company.works()
    assert "hand-over" in await company.tasks()


async def test_a_notice_to_an_address_where_nobody_lives_goes_to_the_one_a_person_finds(
    company: Company, post: LaPoste
) -> None:
    await _posted(company)
    post.says(handed_in(POSTED), nobody(ABSENT), returning(date(2026, 4, 8)))
    await company.morning(FETCHED)
    assert await _notice(company) == "failed"
    assert "address dead" in await company.events()
    assert (await company.holds(), "unreachable" in await company.tasks()) == (["unreachable"], True)

    said = await company.desk("debtor", case="C1", address="3 RUE HAUTE, 35000 RENNES")
    assert "goes on, for an address was found: 1 of its terms" in said["lines"]
    await company.morning(date(2026, 5, 4))
    await company.desk("approve", step="mise-en-demeure", all=True)
    await company.works()
    again = await company.last()
    assert "3 RUE HAUTE" in reads(company.lying("counter")[-1])
    with pytest.raises(Said, match=f"{NUMBER} is the number of letter"):
        await company.desk("letters posted", references=again["reference"], number=TYPED)
    await company.desk("letters posted", references=again["reference"], number="1A 123 456 7890 2")
    await company.works()
    at = date(2026, 5, 6)
    post.says(handed_in(date(2026, 5, 4)), waiting(at), number="1A12345678902")
    await _hands_over(company, date(2026, 5, 21), date(2026, 5, 22))


# -- numbers ------------------------------------------------------------------------------------------------------


async def test_a_number_typed_wrong_is_told_and_put_right(company: Company, post: LaPoste) -> None:
    reference = await _printed(company)
    company.clock.set(POSTED, "17:00")
    with pytest.raises(Said, match="number: expected the 11 to 15 digits and letters of the label"):
        await company.desk("letters posted", references=reference, number="1A 123")
    assert await _notice(company) == "in_tray"
    with pytest.raises(Said, match="say posted first"):
        await company.desk("letters number", reference=reference, number=TYPED)
    await company.desk("letters posted", references=reference, number="1A 123 456 7890 8")
    post.says(handed_in(POSTED), waiting(ABSENT))
    await company.morning(date(2026, 4, 3))
    await company.morning(date(2026, 4, 6))
    assert "not known" not in await company.tasks()
    await company.morning(date(2026, 4, 8))
    task = await _task(company, "not known")
    assert "does not know the number 1A12345678908" in task["words"]
    assert f"relanced letters number {reference} NUMBER" in task["words"]

    said = await company.desk("letters number", reference=reference.lower(), number=TYPED)
    assert said["lines"] == [f"{reference} has the number {NUMBER}"]
    assert "not known" not in await company.tasks()
    await company.morning(date(2026, 4, 9))
    assert "letter presented" in await company.events()
    await _hands_over(company, LAST_DAY, date(2026, 4, 23))


async def test_a_letter_posted_without_its_number_is_followed_once_somebody_types_it(
    company: Company, post: LaPoste
) -> None:
    reference = await _printed(company)
    company.clock.set(POSTED, "17:00")
    await company.desk("letters posted", references=reference)
    post.says(handed_in(POSTED), delivered(date(2026, 4, 3)))
    await company.morning(date(2026, 4, 6))
    assert post.asked == []
    await company.desk("letters number", reference=reference, number=TYPED)
    await company.morning(date(2026, 4, 7))
    assert await _notice(company) == "delivered"


async def test_a_number_that_the_post_learns_late_needs_nobody_any_more(company: Company, post: LaPoste) -> None:
    await _posted(company)
    await company.morning(date(2026, 4, 8))
    assert "not known" in await company.tasks()
    post.says(handed_in(POSTED))
    await company.morning(date(2026, 4, 9))
    assert "not known" not in await company.tasks()


# -- a post that is not well --------------------------------------------------------------------------------------


async def test_events_in_any_order_and_told_again_and_again_change_nothing(company: Company, post: LaPoste) -> None:
    """Fault 42: the end is told before the beginning, then all of it every day."""
    await _posted(company)
    post.newest_first = None
    post.says(delivered(FETCHED))
    await company.morning(FETCHED)
    assert await _notice(company) == "delivered"
    post.says(delivered(FETCHED), waiting(ABSENT), handed_in(POSTED), delivered(FETCHED))
    await company.morning(date(2026, 4, 10))
    events = await company.events()
    await company.reopen()
    for day in (date(2026, 4, 13), date(2026, 4, 14)):
        await company.morning(day)
    assert [e for e in await company.events() if e.startswith(("letter", "receipt", "message"))] == [
        e for e in events if e.startswith(("letter", "receipt", "message"))
    ]
    assert await _notice(company) == "delivered"
    await _hands_over(company, LAST_DAY, date(2026, 4, 23))


async def test_a_post_that_is_down_for_a_week_delays_only_what_it_tells(company: Company, post: LaPoste) -> None:
    """Faults 37 and 40."""
    await _posted(company)
    answers = iter([500, 503, 429, 401, 504, 403, 502] * 9)
    post.fault = lambda numbers: web.Response(status=next(answers))
    post.says(handed_in(POSTED), waiting(ABSENT), delivered(FETCHED))
    for day in (3, 6, 7, 8, 9, 10):
        await company.morning(date(2026, 4, day))
    assert len(post.asked) <= 12
    assert (await _notice(company), await company.holds()) == ("sent", [])
    post.fault = lambda numbers: None
    await company.morning(date(2026, 4, 13))
    assert await _notice(company) == "delivered"
    await _hands_over(company, LAST_DAY, date(2026, 4, 23))


async def test_a_daemon_asks_by_itself_and_says_when_the_post_is_silent(
    company: Company, post: LaPoste, capsys: pytest.CaptureFixture[str]
) -> None:
    """As it lives on a server: nobody calls it, a post that is away is told once in a round, and no key is shown."""
    await _posted(company)
    post.fault = lambda numbers: web.Response(status=503)
    company.clock.set(date(2026, 4, 10))
    daemon = Daemon(company.house)
    living = asyncio.create_task(daemon.run())
    told = ""

    def silent() -> bool:
        nonlocal told
        told += capsys.readouterr().out
        return "provider does not answer" in told

    await until(silent, 20)
    post.fault = lambda numbers: None
    post.says(handed_in(POSTED), waiting(ABSENT), delivered(FETCHED))
    await asyncio.sleep(0.2)
    asked = len(post.asked)
    company.clock.later(hours=3)
    await until(lambda: len(post.asked) > asked, 20)
    async with asyncio.timeout(30):
        while await _notice(company) != "delivered":  # noqa: ASYNC110 (the database tells nobody)
            await asyncio.sleep(0.05)
    daemon.stop()
    assert await living == 0
    assert KEY not in told + capsys.readouterr().out
    assert len(post.asked) <= 4

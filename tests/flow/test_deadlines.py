"""What nobody answered in time goes to who stands in; the end of a pause is announced before it comes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from relanced.flow.watch.morning import Morning
from relanced.store.tables import holds
from tests.flow import answers, paper
from tests.flow.company import Company, Said
from tests.store.rows import every

DUE, DAY, LAST = date(2026, 3, 2), date(2026, 3, 5), date(2026, 3, 19)  # ten working days


@pytest.fixture
async def waiting(company: Company) -> Company:
    """A debtor has answered; claire reads the answers, jean stands in for her."""
    await company.bills(paper.invoice("F-1", DUE))
    (mail,) = await company.morning(DAY)
    await company.desk("ingest", files={"message": answers.reply(company, mail, "Nous contestons.")})
    await company.works()
    return company


async def _inbox(company: Company, by: str) -> list[tuple[str, str, str, str]]:
    rows = (await company.desk("inbox", by=by))["record"]
    return [(row["kind"], row["owner"], row["until"], row["backup"]) for row in rows]


async def _digest(company: Company, key: str) -> tuple[list[str], list[str]]:
    """The debtors of the replies, and the kinds of the tasks, in the mail of somebody's morning."""
    premises = company.house.premises
    now = premises.local(company.clock.now())
    start = now.replace(hour=0, minute=0)
    rows = await company.house.store.morning.waiting(start, start + timedelta(days=1))
    words: Any = None
    agenda = Morning(company.house.store, premises, words, words, now.time()).agenda(
        premises.config.people[key], rows, {}, now
    )
    return [one.debtor for one in agenda.replies], [one.kind for one in agenda.tasks]


async def test_a_reply_has_an_owner_and_a_deadline_and_goes_to_the_backup_once_it_is_over(waiting: Company) -> None:
    assert await _inbox(waiting, "claire") == [("reply", "claire", str(LAST), "jean")]
    await waiting.morning(LAST)
    assert (await _digest(waiting, "claire"), await _digest(waiting, "jean")) == ((["Client C1"], []), ([], []))
    await waiting.morning(LAST + timedelta(days=1))
    assert await _inbox(waiting, "jean") == [("reply", "jean", "", "")]
    assert (await _digest(waiting, "claire"), await _digest(waiting, "jean")) == (([], []), (["Client C1"], []))
    (task,) = await waiting.house.store.views.tasks()
    assert "c1@client.example" in task["words"]
    (entry,) = [e for e in await waiting.house.store.views.journal_of(1) if e["event"] == "hold passed on"]
    assert '"from":"claire","to":"jean"' in entry["body"] and "nobody answered by 2026-03-19" in entry["body"]
    assert any("hold passed on" in line for line in (await waiting.desk("show", case="C1"))["lines"])
    assert await waiting.holds() == ["reply"]  # and nothing leaves meanwhile


async def test_the_wheel_wakes_for_the_deadline_by_itself(waiting: Company) -> None:
    found = await waiting.house.store.deadlines.next_moment()
    assert found is not None
    assert waiting.house.premises.local(found) == datetime(2026, 3, 19, 23, 59, tzinfo=found.tzinfo).replace(
        tzinfo=waiting.house.premises.config.timezone
    )


async def test_who_took_a_case_and_did_not_answer_keeps_nobody_else_from_answering(waiting: Company) -> None:
    await waiting.desk("take", case="C1")
    with pytest.raises(Said, match="claire has case 1 in hand"):
        await waiting.desk("note", by="jean", case="C1", words="x")
    await waiting.morning(LAST + timedelta(days=1))
    assert await _inbox(waiting, "jean") == [("reply", "jean", "", "")]
    await waiting.desk("take", by="jean", case="C1")
    with pytest.raises(Said, match="jean has case 1 in hand"):
        await waiting.desk("release", case="C1")
    await waiting.answered(by="jean")
    assert (await waiting.holds(), await waiting.tasks()) == ([], [])


async def test_without_anybody_to_stand_in_it_stays_with_its_owner(waiting: Company) -> None:
    await waiting.desk("take", by="jean", case="C1")
    await waiting.morning(LAST + timedelta(days=1))
    assert await _inbox(waiting, "jean") == [("reply", "jean", "", "")]
    (hold,) = await every(waiting.house.store, holds)
    assert (hold["owner"], hold["answer_by"]) == ("jean", None)


async def test_the_end_of_a_pause_is_announced_before_it_and_the_case_goes_on_after_it(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(DAY)
    await company.desk("pause", case="C1", until="2026-03-20", reason="jusqu'au salon")
    assert await company.morning(date(2026, 3, 13)) == []
    assert await _inbox(company, "claire") == []
    assert await company.morning(date(2026, 3, 17)) == []
    assert await _inbox(company, "claire") == [("pause ends", "claire", "", "jean")]
    assert await _digest(company, "claire") == ([], ["pause ends"])
    (task,) = await company.house.store.views.tasks()
    assert task["words"] == "Client C1: pause until 2026-03-21: jusqu'au salon"
    (mail,) = await company.morning(date(2026, 3, 23))
    assert mail.to == "c1@client.example"
    assert (await company.tasks(), (await company.told())[-1]) == ([], "relance-2 email sent")

"""Doors that are closed, slow or grumpy: the channel waits, never the debtor who is written off."""

from __future__ import annotations

from datetime import date

import pytest

from tests.flow import paper
from tests.flow.company import Company
from tests.flow.conftest import Found

DUE = date(2026, 3, 2)
DAY = date(2026, 3, 5)


async def test_fault_28_greylisting_tries_again_with_the_same_message_id(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    company.relay.answers("RCPT", "450 4.7.1 greylisted, come back later", "250 2.1.5 Ok")
    assert await company.morning(DAY) == []
    (waiting,) = await company.messages()
    assert waiting["state"] == "planned"
    company.clock.later(minutes=1)
    assert await company.works() == []
    company.clock.later(minutes=5)
    (mail,) = await company.works()
    kept = await company.house.store.views.message(waiting["id"])
    assert mail.message_id == kept["mail_id"]
    assert kept["tries"] == 2
    assert len(await company.messages()) == 1


@pytest.mark.parametrize(
    ("verb", "reply"),
    [
        ("RCPT", "550 5.7.1 our policy refuses your address"),
        ("MAIL", "530 5.7.0 authentication required"),
        ("MAIL", "535 5.7.8 bad credentials"),
    ],
)
async def test_fault_31_a_door_that_refuses_us_closes_and_no_try_is_counted(
    company: Company, verb: str, reply: str
) -> None:
    await company.bills(*(paper.invoice(f"F-{n}", DUE, f"C{n}") for n in (1, 2, 3)))
    company.relay.answers(verb, reply)
    assert await company.morning(DAY) == []
    conditions = (await company.desk("status"))["lines"]
    assert any(line.startswith("compta closed until") for line in conditions)
    assert await company.tasks() == []
    rows = [await company.house.store.views.message((await company.last(f"C{n}"))["id"]) for n in (1, 2, 3)]
    assert {(row["state"], row["failures"]) for row in rows} == {("planned", 0)}
    company.relay.answers(verb, "250 2.1.0 Ok")
    company.clock.later(minutes=2)
    assert len(await company.works()) == 3


async def test_fault_31_one_message_tries_a_door_that_rested_and_the_others_follow(company: Company) -> None:
    names = [f"C{n}" for n in range(12)]
    await company.bills(*(paper.invoice(f"F-{name}", DUE, name) for name in names))
    company.relay.answers("MAIL", "535 5.7.8 bad credentials")
    await company.morning(DAY)
    first = await _tries(company, names)
    company.clock.later(minutes=2)
    assert await company.works() == []
    assert await _tries(company, names) == first + 1
    company.relay.answers("MAIL", "250 2.1.0 Ok")
    company.clock.later(minutes=5)
    assert len(await company.works()) == 12


async def _tries(company: Company, names: list[str]) -> int:
    return sum([(await company.house.store.views.message((await company.last(name))["id"]))["tries"] for name in names])


async def test_fault_31_start_tries_a_closed_door_at_once(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    company.relay.answers("MAIL", "535 5.7.8 bad credentials")
    await company.morning(DAY)
    company.relay.answers("MAIL", "250 2.1.0 Ok")
    assert await company.works() == []
    await company.desk("start")
    assert len(await company.works()) == 1


async def test_start_lets_everything_leave_at_once(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    await company.desk("stop", reason="a strange payment")
    assert await company.morning(DAY) == []
    assert await company.works() == []
    await company.desk("start")
    assert len(await company.works()) == 1


async def test_a_door_that_is_closed_delays_no_other(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE), paper.invoice("F-2", DUE, "C2", email=""))
    company.relay.answers("MAIL", "535 5.7.8 bad credentials")
    assert await company.morning(DAY) == []
    assert await company.told("C1") == ["relance-1 email planned"]
    assert await company.told("C2") == ["relance-1 letter in_tray"]


async def test_too_many_refusals_close_the_door_and_ask(company: Company) -> None:
    await company.bills(*(paper.invoice(f"F-{n}", DUE, f"C{n}", address="") for n in range(40)))
    company.relay.answers("RCPT", "550 5.1.1 no such user here")
    await company.morning(DAY)
    assert "refusals" in await company.tasks()
    dead = [n for n in range(40) if await company.told(f"C{n}") == ["relance-1 email failed"]]
    assert len(dead) < 30


async def test_a_rate_bounds_how_many_leave(found: Found) -> None:
    company = await found(email=", rate: 3/min")
    await company.bills(*(paper.invoice(f"F-{n}", DUE, f"C{n}") for n in range(8)))
    counts = []
    for minute in range(4):
        company.clock.set(DAY, f"09:{30 + minute}")
        if not minute:
            await company.bank(date(2026, 3, 4))
        counts.append(len(await company.works()))
    assert sum(counts) == 8
    assert max(counts) <= 3


async def test_a_full_mailbox_is_no_dead_address(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    company.relay.answers("RCPT", "552 5.2.2 mailbox full", "250 2.1.5 Ok")
    assert await company.morning(DAY) == []
    assert await company.told() == ["relance-1 email planned"]
    assert len(await company.morning(DAY, "16:00")) == 1


async def test_a_mail_refused_for_its_content_waits_for_a_person(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    company.relay.answers("DOT", "554 5.6.0 message refused")
    assert await company.morning(DAY) == []
    assert await company.told() == ["relance-1 email parked"]
    assert await company.tasks() == ["content"]
    company.relay.answers("DOT", "250 2.0.0 Ok")
    await company.desk("approve", message=(await company.last())["id"])
    assert len(await company.works()) == 1

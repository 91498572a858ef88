"""A database that is away for a while, and an answer that breaks the machine: nothing is lost, nobody else waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import pytest

from relanced.daemon import Daemon, daemon
from relanced.flow.send import flight
from relanced.store.clerk import Clerk
from relanced.store.engine import CommitUnknown, StoreError
from relanced.store.outcomes import Outcome
from tests.flow import paper
from tests.flow.company import Company
from tests.flow.program import until

DUE = date(2026, 3, 2)
DAY = date(2026, 3, 5)


class Moody:
    """The clerk's desk of a store, which fails at will before anything is written."""

    def __init__(self, desk: Clerk) -> None:
        self._desk = desk
        self.away: Exception | None = None
        self.breaks_on = -1
        self.failed = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk, name)

    async def commit(self, outcomes: Sequence[Outcome], *rest: Any) -> Any:
        """As the real one, unless."""
        if self.away:
            self.failed += 1
            raise self.away
        if any(o.case_id == self.breaks_on for o in outcomes):
            raise KeyError("an answer nobody expected")
        return await self._desk.commit(outcomes, *rest)

    async def commit_each(self, *what: Any) -> Any:
        """The real one, by our own commit."""
        return await Clerk.commit_each(self, *what)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon, "REST", 0.05)


@asynccontextmanager
async def _living(company: Company) -> AsyncIterator[tuple[asyncio.Task[int], Moody]]:
    store = company.house.store
    moody = Moody(store.clerk)
    store.clerk = moody  # type: ignore[assignment]
    turning = Daemon(company.house)
    living = asyncio.create_task(turning.run())
    try:
        yield living, moody
    finally:
        turning.stop()
        await living


async def _due(company: Company, many: int) -> None:
    await company.bills(*(paper.invoice(f"F-{n}", DUE, f"C{n}") for n in range(many)))
    company.clock.set(DAY, "09:30")
    await company.bank(date(2026, 3, 4))


async def _all_told(company: Company, many: int, words: list[str]) -> None:
    async with asyncio.timeout(60):
        while [await company.told(f"C{n}") for n in range(many)] != [[w] for w in words]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a_database_that_is_away_for_a_while_ends_nothing_and_loses_no_answer(company: Company) -> None:
    """A failover of PostgreSQL between the dot and its record."""
    await _due(company, 3)
    gate = company.relay.hold("DOT")
    async with _living(company) as (living, moody):
        await gate.wait()
        moody.away = StoreError("the database cannot be reached: connection refused")
        gate.opened.set()
        await until(lambda: moody.failed >= 4, 30)
        assert not living.done()
        moody.away = None
        await _all_told(company, 3, ["relance-1 email sent"] * 3)
    assert living.result() == 0
    assert len(company.relay.messages) == 3


async def test_a_commit_of_which_nobody_knows_ends_the_process(company: Company) -> None:
    await _due(company, 1)
    async with _living(company) as (living, moody):
        moody.away = CommitUnknown("a COMMIT failed")
        async with asyncio.timeout(60):
            assert await asyncio.shield(living) == 1


async def test_an_answer_that_cannot_be_recorded_stops_no_other_and_is_shown(company: Company) -> None:
    await _due(company, 4)
    async with _living(company) as (living, moody):
        moody.breaks_on = await company.case("C1")
        sent, broken = "relance-1 email sent", "relance-1 email uncertain"
        await _all_told(company, 4, [sent, broken, sent, sent])
        assert await company.tasks() == ["not recorded"]
        assert not living.done()
    assert living.result() == 0
    assert len(company.relay.messages) == 4


async def test_a_relay_too_slow_for_the_last_byte_rests_like_a_door_that_is_closed(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planned again at once, the same messages would go round and round for ever."""
    monkeypatch.setattr(flight, "LONGEST", 0.0)
    await _due(company, 2)
    await company.works()
    assert company.relay.messages == []
    assert [m["reason"] for m in await company.messages("C0")] == [flight.LATE.words]
    assert any(line.startswith("compta closed until") for line in (await company.desk("status"))["lines"])
    monkeypatch.setattr(flight, "LONGEST", 30.0)
    company.clock.later(minutes=2)
    assert len(await company.works()) == 2

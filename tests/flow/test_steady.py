"""Fault 24: a clock that leaps. Nothing is done by it until a person says that it is right."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta

import pytest

from relanced.clock import WallClock
from relanced.daemon import Daemon
from relanced.daemon.steady import ByTheClock, Steady
from relanced.rules.audit import LEAPT
from tests.flow import paper
from tests.flow.company import Company
from tests.flow.conftest import Found
from tests.flow.program import until

DUE = date(2026, 3, 2)
EVE = datetime(2026, 3, 4, 8, 30, tzinfo=UTC)  # the day before a reminder is due
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


class Hands(WallClock):
    """A clock on the wall whose hands somebody moves, or which the machine sleeps under."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self.moved = self.slept = timedelta(0)

    def now(self) -> datetime:
        """What it shows."""
        return EVE + timedelta(seconds=self.passed()) + self.moved

    def passed(self) -> float:
        """What nobody moves."""
        return time.monotonic() - self._since + self.slept.total_seconds()


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
async def company(found: Found, hands: Hands) -> Company:
    """A company whose reminder is due tomorrow."""
    company = await found(at=EVE)
    await company.bills(paper.invoice("F-1", DUE))
    await company.bank(date(2026, 3, 3))
    company.clock = hands  # type: ignore[assignment]
    await company.reopen()
    return company


@asynccontextmanager
async def _living(company: Company) -> AsyncIterator[Daemon]:
    daemon = Daemon(company.house)
    living = asyncio.create_task(daemon.run())
    await until(lambda: all(s.turned for s in daemon.spindles), 30)
    yield daemon
    daemon.stop()
    assert await living == 0


async def _looks(daemon: Daemon) -> None:
    """Every wheel comes round some times more."""
    for _ in range(5):
        daemon.ring()
        await asyncio.sleep(0.1)


async def _stopped(company: Company) -> str:
    return (await company.house.store.house.row()).stopped


@pytest.mark.parametrize(("by", "words"), [(DAY, "forward by 1 day, 0:00:00"), (-DAY, "back by 1 day, 0:00:00")])
async def test_fault_24_and_25_after_a_leap_nothing_leaves_before_a_person_says_start(
    company: Company, hands: Hands, by: timedelta, words: str
) -> None:
    async with _living(company) as daemon:
        hands.moved = by
        await _looks(daemon)
        assert await _stopped(company) == f"{LEAPT} {words}"
        assert (company.relay.messages, await company.messages()) == ([], [])
        assert "clock" in {finding.key for finding in await daemon.auditor.look(hands.now())}
        hands.moved = DAY
        await company.desk("start")
        daemon.ring()
        await until(lambda: company.relay.messages, 30)
    assert await company.told() == ["relance-1 email sent"]


async def test_fault_24_a_leap_takes_nobody_s_stop_away(company: Company, hands: Hands) -> None:
    await company.desk("stop", reason="fraude à l'IBAN")
    async with _living(company) as daemon:
        hands.moved = DAY
        await _looks(daemon)
        assert await _stopped(company) == f"fraude à l'IBAN; {LEAPT} forward by 1 day, 0:00:00"
    await company.reopen()
    steady = Steady(company.house.store, hands)
    assert not await steady.goes()
    said = await company.desk("start")
    assert said["lines"] == ["messages may leave", f"what is over: fraude à l'IBAN; {LEAPT} forward by 1 day, 0:00:00"]
    assert await steady.goes()
    assert (await company.desk("start"))["lines"] == ["messages may leave"]


async def test_fault_24_a_day_that_the_machine_slept_through_is_a_day(company: Company, hands: Hands) -> None:
    async with _living(company) as daemon:
        hands.slept = DAY
        daemon.ring()
        await until(lambda: company.relay.messages, 30)
    assert await _stopped(company) == ""


async def test_fault_24_a_leap_outlives_a_restart(company: Company, hands: Hands) -> None:
    async with _living(company) as daemon:
        hands.moved = DAY
        await _looks(daemon)
    await company.reopen()
    async with _living(company) as daemon:
        await _looks(daemon)
    assert (company.relay.messages, await company.messages()) == ([], [])
    await company.desk("start")
    assert len(await company.works()) == 1


async def test_fault_24_what_waits_for_people_does_not_lapse_in_a_leap(company: Company, hands: Hands) -> None:
    steady, wheel = Steady(company.house.store, hands), Counting()
    acting = ByTheClock(wheel, steady)
    assert await acting.turn(hands.now())
    assert await acting.next_moment() == EVE
    hands.moved = 1461 * DAY
    assert not await acting.turn(hands.now())
    assert await acting.next_moment() is None  # no spinning either
    assert wheel.turned == 1


class Counting:
    """A wheel."""

    turned = 0

    async def turn(self, now: datetime) -> bool:
        """Count."""
        self.turned += 1
        return True

    async def next_moment(self) -> datetime:
        """It is always due."""
        return EVE


async def test_fault_24_a_clock_that_is_set_bit_by_bit_does_not_leap(company: Company, hands: Hands) -> None:
    steady = Steady(company.house.store, hands)
    for _ in range(20):
        hands.moved += 4 * MINUTE
        assert await steady.goes()
    hands.moved -= 6 * MINUTE
    assert not await steady.goes()
    assert not await steady.goes()


async def test_a_clock_moved_by_hand_is_the_clock_of_whoever_moves_it(found: Found) -> None:
    """The demonstration's weeks, and every other test's, pass in a moment."""
    company = await found()
    steady = Steady(company.house.store, company.clock)
    company.clock.later(days=365)
    assert await steady.goes()

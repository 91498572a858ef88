"""The demonstration's clock, before real spindles with wheels by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from relanced.daemon.wheels import Spindle
from relanced.demo.clock import DemoClock, NeverIdle

START = datetime(2026, 1, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Wheel:
    """Has work at certain moments, and takes `effort` seconds of real time for it."""

    def __init__(self, clock: DemoClock, *moments: datetime, effort: float = 0.0) -> None:
        self.clock, self.moments, self.effort = clock, sorted(moments), effort
        self.worked: list[tuple[datetime, datetime]] = []

    async def turn(self, now: datetime) -> bool:
        while self.moments and self.moments[0] <= now:
            self.moments.pop(0)
            await asyncio.sleep(self.effort)
            self.worked.append((now, self.clock.now()))
        return False

    async def next_moment(self) -> datetime | None:
        return self.moments[0] if self.moments else None

    @property
    def starts(self) -> list[datetime]:
        return [start for start, _ in self.worked]


@asynccontextmanager
async def turning(clock: DemoClock, *wheels: Wheel) -> AsyncIterator[list[Spindle]]:
    spindles = [Spindle(f"wheel {n}", wheel, clock) for n, wheel in enumerate(wheels)]
    clock.watch(len(spindles), lambda: True)
    tasks = [asyncio.create_task(spindle.spin()) for spindle in spindles]
    try:
        yield spindles
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_it_goes_from_one_wished_moment_to_the_next() -> None:
    clock = DemoClock(START)
    one, other = Wheel(clock, START + HOUR, START + 5 * HOUR), Wheel(clock, START + 3 * HOUR)
    async with turning(clock, one, other):
        await clock.advance(START + 24 * HOUR)
    assert one.starts == [START + HOUR, START + 5 * HOUR]
    assert other.starts == [START + 3 * HOUR]
    assert clock.now() == START + 24 * HOUR


async def test_it_goes_no_further_than_it_is_told() -> None:
    clock = DemoClock(START)
    wheel = Wheel(clock, START + 3 * HOUR)
    async with turning(clock, wheel):
        await clock.advance(START + 2 * HOUR)
        assert (clock.now(), wheel.worked) == (START + 2 * HOUR, [])


async def test_it_stands_still_while_a_wheel_works() -> None:
    clock = DemoClock(START)
    slow, quick = Wheel(clock, START + HOUR, effort=0.05), Wheel(clock, START + HOUR + timedelta(seconds=1))
    async with turning(clock, slow, quick):
        await clock.advance(START + 2 * HOUR)
    assert slow.worked == [(START + HOUR, START + HOUR)]


async def test_it_stands_still_while_something_is_in_somebodys_hands() -> None:
    clock, hands = DemoClock(START), ["a letter"]
    wheel = Wheel(clock, START + HOUR)
    async with turning(clock, wheel):
        clock.watch(1, lambda: not hands)
        going = asyncio.create_task(clock.advance(START + 2 * HOUR))
        await asyncio.sleep(0.05)
        assert (clock.now(), wheel.worked) == (START, [])
        hands.clear()
        await going
    assert clock.now() == START + 2 * HOUR


async def test_a_wheel_that_sleeps_sees_work_that_another_made_at_that_moment() -> None:
    clock = DemoClock(START)
    sender = Wheel(clock)

    class Planner(Wheel):
        async def turn(self, now: datetime) -> bool:
            if self.moments and self.moments[0] <= now:
                sender.moments.append(now)
            return await super().turn(now)

    async with turning(clock, sender, Planner(clock, START + HOUR)):
        await clock.advance(START + 2 * HOUR)
    assert sender.starts == [START + HOUR]


async def test_work_that_never_ends_is_told() -> None:
    clock = DemoClock(START, patience=0.05)
    async with turning(clock, Wheel(clock, START, effort=30)):
        with pytest.raises(NeverIdle, match=r"under way after 0\.05 seconds"):
            await clock.advance(START + HOUR)


async def test_in_the_end_a_second_is_a_second() -> None:
    clock = DemoClock(START)
    wheel = Wheel(clock, START + HOUR + timedelta(seconds=0.1))
    async with turning(clock, wheel):
        await clock.advance(START + HOUR)
        clock.let_run()
        await asyncio.sleep(0.3)
        assert START + HOUR < clock.now() < START + HOUR + timedelta(seconds=5)
    assert len(wheel.worked) == 1

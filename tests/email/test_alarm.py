"""The end of a wait: neither too late nor too soon, whatever was waited for before."""

from __future__ import annotations

import asyncio

from relanced_email.alarm import Alarm


async def test_a_wait_that_lasts_too_long_is_told_of_once_with_its_seconds() -> None:
    told: list[float] = []
    alarm = Alarm(told.append)
    alarm.set(0.02)
    await asyncio.sleep(0.1)
    assert told == [0.02]


async def test_a_wait_that_ended_well_is_not_told_of() -> None:
    told: list[float] = []
    alarm = Alarm(told.append)
    alarm.set(0.02)
    alarm.rest()
    await asyncio.sleep(0.1)
    assert told == []


async def test_a_longer_wait_is_not_ended_by_the_timer_of_the_one_before() -> None:
    told: list[float] = []
    alarm = Alarm(told.append)
    alarm.set(0.02)
    alarm.rest()
    alarm.set(0.3)
    await asyncio.sleep(0.15)
    assert told == []
    await asyncio.sleep(0.3)
    assert told == [0.3]


async def test_a_shorter_wait_does_not_last_until_the_timer_of_the_one_before() -> None:
    told: list[float] = []
    alarm = Alarm(told.append)
    alarm.set(60)
    alarm.rest()
    alarm.set(0.02)
    await asyncio.sleep(0.1)
    assert told == [0.02]


async def test_a_line_that_is_closed_leaves_no_timer() -> None:
    told: list[float] = []
    alarm = Alarm(told.append)
    alarm.set(0.02)
    alarm.close()
    await asyncio.sleep(0.1)
    assert told == []

"""Killed or cut at any request: whatever happened, the letter is printed once, and nobody guesses."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path

import pytest

from relanced.channel import Absent, Found, Scope, Sent, Unavailable, Unknown
from tests.channels.contract import BEFORE
from tests.maileva.letters import letter, office, reopened, yes
from tests.maileva.mail_house import Cut, MailHouse

STEPS = ("login", "create", "document", "recipient", "submit")
EVERY_STEP = list(product(range(1, len(STEPS) + 1), (False, True)))


@pytest.mark.parametrize(("at", "done"), EVERY_STEP)
async def test_faults_3_and_4_the_line_is_cut_at_any_request(at: int, done: bool) -> None:
    """Before the last request nothing was submitted, and the door says so; at the last one nobody knows."""
    async with office() as here:
        here.house.cut = Cut(at, done)
        answer = await here.door.submit(here.door.compose(letter("a1")), yes)
        if STEPS[at - 1] == "submit":
            assert isinstance(answer, Unknown), answer
        else:
            assert isinstance(answer, Unavailable), answer
            assert answer.scope is Scope.CHANNEL
        await printed_once(here.house)


@pytest.mark.parametrize("breath", range(1, 40, 3))
async def test_fault_7_cancelled_at_any_moment(breath: int) -> None:
    async with office() as here:
        submission = asyncio.create_task(here.door.submit(here.door.compose(letter("a1")), yes))
        for _ in range(breath):
            await asyncio.sleep(0.0005)
        submission.cancel()
        await asyncio.wait({submission})
        await printed_once(here.house)


@pytest.fixture(scope="module")
def here() -> Path:
    return Path(__file__).parents[2]


@pytest.fixture
async def nursery(here: Path) -> AsyncIterator[Process]:
    """A process whose children hand letters over."""
    paths = os.pathsep.join([str(here), str(here / "channels")])
    command = (sys.executable, "-m", "tests.maileva.dying")
    process = await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, cwd=here, env=os.environ | {"PYTHONPATH": paths}
    )
    yield process
    assert process.stdin
    process.stdin.close()
    await process.wait()


async def test_faults_1_to_6_a_process_killed_at_any_request(nursery: Process) -> None:
    """Faults 2, 3, 4, 5 and 6: SIGKILL, before and after each request was served; nothing is tidied up."""
    for at, done in EVERY_STEP:
        house = MailHouse()
        async with house.open():
            await killed(nursery, house, at, done)
            assert len(house.requests) == at
            await printed_once(house)


async def killed(nursery: Process, house: MailHouse, at: int, done: bool) -> None:
    """One child, killed by the mail house at its n-th request."""
    assert nursery.stdin
    assert nursery.stdout
    pid: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def kill() -> None:
        os.kill(await pid, signal.SIGKILL)

    house.cut = Cut(at, done, kill)
    nursery.stdin.write(f"{house.url} a1\n".encode())
    pid.set_result(int(await nursery.stdout.readline()))
    assert int(await nursery.stdout.readline()) == -signal.SIGKILL


async def printed_once(house: MailHouse) -> None:
    """A door that opens after the crash asks first; what is absent is handed over again, as another attempt."""
    found, attempt = await looked_for(house, "a1"), "a1"
    if isinstance(found, Absent):
        attempt = "a2"
        assert isinstance(await handed_over(house, attempt), Sent)
    assert isinstance(await looked_for(house, attempt), Found)
    assert [order.asked["custom_id"] for order in house.submitted()] == [attempt]
    assert house.printed() == [letter(attempt).pdf]


async def looked_for(house: MailHouse, attempt: str) -> Found | Absent | Unknown:
    async with reopened(house) as door:
        return await door.find(door.compose(letter(attempt)), BEFORE)


async def handed_over(house: MailHouse, attempt: str) -> object:
    async with reopened(house) as door:
        return await door.submit(door.compose(letter(attempt)), yes)

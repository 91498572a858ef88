"""Faults 1-6 on every road at once: mail and the text beside it, a folder and a printer, registered letters, calls.

Everybody outside lives on while the daemon is killed, is slow, and now and then falls silent. In the end the books that
each of them keeps agree with the database.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.flow.conftest import Found
from tests.flow.program import rows, until
from tests.kill.checker import broken_chains, disagreements
from tests.kill.lives import Lives
from tests.kill.moods import Mood, MoodyMailHouse, MoodyTwilio
from tests.kill.relay import Relay
from tests.kill.roads import ACCOUNT, ASKED, TOKEN, Outside, founded, ledger, settled, wave
from tests.printing.cups import running
from tests.printing.desk import Office

KILLS = int(os.environ.get("RELANCED_KILLS", "72")) // 4
WAVES = KILLS + 2  # the first life and the last one live
CUTS = 0.015
DOUBTS = 2.5  # seconds after which whatever is in doubt may be looked for
LONGEST = 120.0  # seconds until everything must have settled


@pytest.fixture
def mood() -> Mood:
    """That of everybody outside, and of the test itself."""
    seed = int(os.environ.get("RELANCED_SEED", random.SystemRandom().randrange(10**6)))
    print(f"seed {seed}, {KILLS} kills, {WAVES} waves")  # shown when it fails
    return Mood(random.Random(seed))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A print server with one printer."""
    with running(tmp_path / "cups", ("p", "stop-printer")) as cups:
        yield Office(cups, "p", tmp_path / "office")


@pytest.fixture
async def outside(mood: Mood, office: Office, tmp_path: Path) -> AsyncIterator[Outside]:
    """Everybody who is given something."""
    mails = MoodyMailHouse(mood=mood)
    relay, twilio = Relay(tmp_path / "journal", mood.chance), MoodyTwilio(ACCOUNT, TOKEN, mails.now, mood=mood)
    async with mails.open():
        yield Outside(relay, twilio, mails, office)
        await relay.close()
        await twilio.close()


@pytest.fixture
async def lives(found: Found, nursery: subprocess.Popen[str], outside: Outside, tmp_path: Path) -> AsyncIterator[Lives]:
    """Those of a company with every road."""
    lives = Lives(await founded(found, outside, tmp_path), nursery, {})
    outside.relay.now = outside.twilio.now = outside.mail_house.now = lives.clock.now
    yield lives
    await lives.bury()


@pytest.mark.timeout(400)
async def test_faults_1_to_6_on_no_road_anything_is_lost_doubled_or_said_and_not_so(
    lives: Lives, outside: Outside, mood: Mood
) -> None:
    async with _the_post_at_work(outside):
        usual = await _lived(lives, 0)  # uncut: a text in doubt is told absent by a later one, and here comes none
        mood.cuts = CUTS
        await _killed_again_and_again(lives, mood, usual)
        mood.cuts = 0
        await asyncio.sleep(DOUBTS)  # whether a text is absent is told by one that came later
        await _lived(lives, KILLS + 1)
    database = lives.company.folder / "relanced.db"
    async with lives.at_the_desk() as company:
        books = await outside.books(company)
    assert disagreements(database, books) == []
    assert await broken_chains(database) == []


@asynccontextmanager
async def _the_post_at_work(outside: Outside) -> AsyncIterator[None]:
    """It delivers what the mail house has, every now and then."""

    async def rounds() -> None:
        while True:
            outside.distributes()
            await asyncio.sleep(0.2)

    post = asyncio.create_task(rounds())
    try:
        yield
    finally:
        post.cancel()


async def _lived(lives: Lives, number: int) -> float:
    """A life that works everything off, doubts included. Returns how many seconds it took."""
    folder, wanted = lives.company.folder, settled(number + 1)
    async with lives.at_the_desk() as company:
        await wave(company, number)
    began = time.monotonic()
    await lives.begin()
    with suppress(TimeoutError):
        await until(lambda: ledger(folder) == wanted, LONGEST)
    assert ledger(folder) == wanted, rows(folder, ASKED)
    took = time.monotonic() - began
    await lives.ask_to_end()
    return took


async def _killed_again_and_again(lives: Lives, mood: Mood, usual: float) -> None:
    """Every life begins with a wave of work, and none is told when it ends; `usual` is how long one takes."""
    for number in range(1, KILLS + 1):
        async with lives.at_the_desk() as company:
            await wave(company, number)
        await lives.begin()
        await asyncio.sleep(usual * mood.chance.random())
        await lives.kill()

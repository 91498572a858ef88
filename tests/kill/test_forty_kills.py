"""Faults 1-6: the daemon is killed at random, forty times and more, while sealing, sending and recovering."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import tempfile
import time
from pathlib import Path

import pytest

from tests.kill.books import laid, mailed
from tests.kill.checker import broken_chains, disagreements, states
from tests.kill.company import Company
from tests.kill.relay import Relay

KILLS = int(os.environ.get("RELANCED_KILLS", "44"))
WAVE = 50
LONGEST_SETTLING = 120.0  # seconds


@pytest.mark.timeout(600)
async def test_nothing_is_lost_doubled_or_said_sent_that_is_not(tmp_path: Path) -> None:
    seed = int(os.environ.get("RELANCED_SEED", random.SystemRandom().randrange(10**6)))
    print(f"seed {seed}, {KILLS} kills, {(KILLS - 4) * WAVE} messages")  # shown when it fails
    chance = random.Random(seed)
    relay = Relay(tmp_path / "journal", chance)
    with tempfile.TemporaryDirectory(prefix="rl") as short:
        company = Company(tmp_path, Path(short) / "desk.sock", await relay.start())
        try:
            await _kill_again_and_again(company, chance)
            company.live()
            await _settled(tmp_path, (KILLS - 4) * WAVE)
            await asyncio.to_thread(company.die, signal.SIGTERM)
        finally:
            company.close()
            await relay.close()
    books = {"compta": mailed(relay.taken), "office": laid(tmp_path / "letters")}
    assert disagreements(tmp_path / "relanced.db", books) == []
    assert await broken_chains(tmp_path / "relanced.db") == []


async def _kill_again_and_again(company: Company, chance: random.Random) -> None:
    """Every life but the last four begins with a wave of work, and none is told when it ends."""
    for life in range(KILLS):
        if life < KILLS - 4:
            await company.invoices(WAVE)
        company.live()
        await asyncio.sleep(0.15 + chance.random() * 0.6)
        await asyncio.to_thread(company.die)


async def _settled(folder: Path, count: int) -> None:
    """The last life works everything off, doubts included."""
    end = time.monotonic() + LONGEST_SETTLING
    while True:
        found = await asyncio.to_thread(states, folder / "relanced.db")
        if found["sent"] + found["in_tray"] == count:
            return
        assert time.monotonic() < end, f"{dict(found)}\n{(folder / 'daemon.log').read_text()[-3000:]}"
        await asyncio.sleep(0.2)

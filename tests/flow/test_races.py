"""Wheels that turn in any order, while facts come in between: nothing wrong, late, double or stuck ever leaves.

The suite runs the same ones each time. `RELANCED_RACES=600 make test ARGS=tests/flow/test_races.py` runs others for ten
minutes; a failure tells its story and names its seed, and `RELANCED_SEED=…` alone runs that one again.
"""

from __future__ import annotations

import os
import random
import shutil
import time
from pathlib import Path

import pytest

from relanced.reading.child import Child
from tests.flow.clock import Clock
from tests.flow.company import Company
from tests.flow.conftest import MONDAY, _migrated
from tests.flow.racing import HOUSES, Flock, Race
from tests.flow.relay import Relay

LONGER, WANTED = os.environ.get("RELANCED_RACES"), os.environ.get("RELANCED_SEED")
BUDGET = float(LONGER or 20)  # seconds
FIRST = int(WANTED or (random.randrange(10**9) if LONGER else 1))
ONE = WANTED is not None and LONGER is None
STEPS = 90


async def _race(seed: int, folder: Path, unborn: Path, child: Child) -> str:
    """Runs the race of a seed. Returns its story if something went wrong."""
    style = sorted(HOUSES)[seed % len(HOUSES)]
    loft = Flock() if style == "mails" else None
    kinds = {"kinds": loft.kinds} if loft else {}
    for tray in ("letters", "registered"):
        (folder / tray).mkdir(parents=True)
    shutil.copy(unborn, folder / "relanced.db")
    async with Relay() as relay:
        company = Company(folder, relay, Clock(MONDAY), {"store": f"sqlite:///{folder}/relanced.db", **HOUSES[style]})
        await company.open(**kinds)
        company.house._reader = child
        try:
            await company.desk("open", creditor="atelier")
            race = Race(company, seed, loft, style)
            wrong = await race.run(STEPS)
            return await race.told() if wrong else ""
        finally:
            company.house._reader = None
            await company.close()


@pytest.mark.timeout(BUDGET + 100)
async def test_no_order_of_the_wheels_lets_anything_wrong_leave(tmp_path: Path, unborn: Path) -> None:
    if not unborn.exists():
        await _migrated(unborn)
    child, seed, end = Child(seconds=30), FIRST, time.monotonic() + BUDGET
    try:
        while time.monotonic() < end:
            print(f"seed {seed}")  # shown when it breaks
            folder = tmp_path / str(seed)
            story = await _race(seed, folder, unborn, child)
            assert not story, f"RELANCED_SEED={seed}\n{story}"
            shutil.rmtree(folder)
            seed += 1
            if ONE:
                break
    finally:
        child.close()
    print(f"{seed - FIRST} races")

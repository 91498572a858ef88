"""The demonstration from first to last: a mail server, the real house and daemon, the story, the table."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time
from typing import TextIO
from zoneinfo import ZoneInfo

from relanced.config import load
from relanced.console import serve_desk
from relanced.counter import Desk
from relanced.daemon import Daemon
from relanced.daemon.daemon import run_until_signalled
from relanced.demo.chapters import chapters
from relanced.demo.checks import faults
from relanced.demo.claire import Claire
from relanced.demo.clock import DemoClock
from relanced.demo.closing import close_with, open_with
from relanced.demo.company import DEAD_DOMAIN, FIRST_DAY, SHY_DOMAIN
from relanced.demo.folder import Folder, write_config
from relanced.demo.mailbox import Mailbox
from relanced.demo.narrator import Narrator
from relanced.demo.story import Story
from relanced.house import House, open_house

PARIS = ZoneInfo("Europe/Paris")
INTERRUPTED = 130


async def perform(folder: Folder, stay: bool, out: TextIO) -> int:
    """Play the three months; the exit status."""
    clock = DemoClock(datetime.combine(FIRST_DAY, time(7, 30), tzinfo=PARIS).astimezone(UTC))
    narrator = Narrator(out, folder.log, lambda: clock.now().astimezone(PARIS))
    mailbox = Mailbox(folder.mailbox, clock.now, frozenset({DEAD_DOMAIN}), frozenset({SHY_DOMAIN}))
    aside = write_config(folder, await mailbox.open())
    open_with(folder, narrator)
    try:
        async with _opened(folder, clock) as house:
            return await _live(house, clock, folder, narrator, stay)
    finally:
        await mailbox.close()
        narrator.close()
        if aside:
            shutil.rmtree(aside, ignore_errors=True)


@asynccontextmanager
async def _opened(folder: Folder, clock: DemoClock) -> AsyncIterator[House]:
    house = await open_house(load(folder.config, os.environ), clock, "relanced demo")
    try:
        yield house
    finally:
        await house.close()


async def _live(house: House, clock: DemoClock, folder: Folder, narrator: Narrator, stay: bool) -> int:
    """Run the daemon and play the story before it; a signal ends both."""
    desk = Desk(house.store, house.premises, house.doors, clock)
    daemon = Daemon(house, lambda _daemon: serve_desk(desk, house.ring))
    clock.watch(len(daemon.spindles), lambda: daemon.clerk.idle)
    living = asyncio.create_task(run_until_signalled(daemon))
    playing = asyncio.create_task(_play(house, clock, folder, narrator, stay))
    await asyncio.wait({living, playing}, return_when=asyncio.FIRST_COMPLETED)
    if not playing.done():
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
        return await living or INTERRUPTED
    status = await _status(playing, narrator)
    if status or not stay:
        daemon.stop()
    return max(await living, status)


async def _play(house: House, clock: DemoClock, folder: Folder, narrator: Narrator, stay: bool) -> int:
    await clock.settle()
    claire = Claire(house.config.desk.socket, clock, folder, narrator)
    story = Story(house, clock, claire, folder, narrator)
    try:
        await story.tell()
    finally:
        await claire.leave()
    told = await chapters(house)
    close_with(told, folder, narrator, stay)
    found = await faults(house, told, folder, story.reasons, narrator.errors.told)
    for fault in found:
        narrator.line(f"UNEXPECTED {fault}")
    clock.let_run()
    return 1 if found else 0


async def _status(playing: asyncio.Task[int], narrator: Narrator) -> int:
    try:
        return await playing
    except Exception as error:
        narrator.line(f"UNEXPECTED the story broke off: {type(error).__name__}: {error}")
        return 1

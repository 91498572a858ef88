"""The demonstration from first to last: a mail server, a Twilio, the real house and daemon, the story, the table."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time
from typing import TextIO
from zoneinfo import ZoneInfo

from msgspec import Struct

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
from relanced.demo.phones import twilio_of
from relanced.demo.story import Story
from relanced.demo.twilio import Twilio
from relanced.demo.window import Window
from relanced.house import House, open_house

PARIS = ZoneInfo("Europe/Paris")
INTERRUPTED = 130


async def perform(folder: Folder, stay: bool, out: TextIO) -> int:
    """Play the three months; the exit status."""
    clock = DemoClock(datetime.combine(FIRST_DAY, time(7, 30), tzinfo=PARIS).astimezone(UTC))
    narrator = Narrator(out, folder.log, lambda: clock.now().astimezone(PARIS))
    mailbox = Mailbox(folder.mailbox, clock.now, frozenset({DEAD_DOMAIN}), frozenset({SHY_DOMAIN}))
    twilio = twilio_of(folder.texts, lambda: clock.now().astimezone(PARIS))
    aside = write_config(folder, await mailbox.open(), await twilio.open())
    open_with(folder, narrator)
    try:
        async with _opened(folder, clock) as house:
            return await _live(_Play(house, clock, folder, narrator, twilio, stay))
    finally:
        await mailbox.close()
        await twilio.close()
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


class _Play(Struct, frozen=True):
    """Everybody and everything on the stage."""

    house: House
    clock: DemoClock
    folder: Folder
    narrator: Narrator
    twilio: Twilio
    stay: bool


async def _live(play: _Play) -> int:
    """Run the daemon and play the story before it; a signal ends both."""
    house, clock = play.house, play.clock
    desk = Desk(house.store, house.premises, house.doors, clock)
    daemon = Daemon(house, lambda _daemon: serve_desk(desk, house.ring))
    clock.watch(len(daemon.spindles), lambda: daemon.clerk.idle)
    living = asyncio.create_task(run_until_signalled(daemon))
    playing = asyncio.create_task(_tell(play))
    await asyncio.wait({living, playing}, return_when=asyncio.FIRST_COMPLETED)
    if not playing.done():
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
        return await living or INTERRUPTED
    status = await _status(playing, play.narrator)
    if status or not play.stay:
        daemon.stop()
    return max(await living, status)


async def _tell(play: _Play) -> int:
    await play.clock.settle()
    window = Window(play.house.config.desk.socket, play.clock)
    claire = Claire(window, play.clock, play.folder, play.narrator)
    story = Story(play.house, play.clock, claire, window, play.folder, play.narrator, play.twilio)
    try:
        await story.tell()
    finally:
        await window.leave()
    told = await chapters(play.house)
    close_with(told, play.folder, play.narrator, play.stay)
    found = await faults(play.house, told, play.folder, play.twilio, story.reasons, play.narrator.errors.told)
    for fault in found:
        play.narrator.line(f"UNEXPECTED {fault}")
    play.clock.let_run()
    return 1 if found else 0


async def _status(playing: asyncio.Task[int], narrator: Narrator) -> int:
    try:
        return await playing
    except Exception as error:
        narrator.line(f"UNEXPECTED the story broke off: {type(error).__name__}: {error}")
        return 1

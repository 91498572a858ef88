"""`relanced run`: the daemon in the foreground, with its desk; or one turn of every wheel."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path

import structlog

from relanced import log
from relanced.cli.lives import called, serve, serving, sound
from relanced.cli.opening import load_config, opened
from relanced.cli.printing import Failed
from relanced.config import Config, Secrets
from relanced.daemon import run_once
from relanced.daemon.scribe import Called
from relanced.store.engine import StoreError

told = structlog.get_logger("relanced.daemon")


def run_daemon(path: Path, once: bool) -> int:
    """Run until signalled; the exit status. Raises Failed."""
    config = load_config(path, Secrets.REQUIRED)
    log.set_up(config.log_format.value)
    _take_long_turns()
    try:
        return _once(config) if once else serve(config)
    except StoreError as error:
        raise Failed(str(error)) from None


def _take_long_turns() -> None:
    """Ask Linux for turns that are long rather than prompt (sched(7), SCHED_BATCH): nobody waits for us at a prompt,
    and who is interrupted less gets some eight mails in a hundred more through. Where we may not, all works as before.
    """
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _once(config: Config) -> int:
    with called(config) as scribe:
        return asyncio.run(_turn_once(config, scribe))


async def _turn_once(config: Config, scribe: Called | None) -> int:
    async with opened(config, "relanced run --once") as house, serving(scribe, house):
        await sound(house)
        await run_once(house)
        counts = await house.store.views.counts()
    told.info("done", **counts)
    return 0

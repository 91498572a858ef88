"""`relanced run`: the daemon in the foreground, with its desk."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog

from relanced import log
from relanced.cli.opening import load_config, opened
from relanced.console import serve_desk
from relanced.counter import Desk
from relanced.daemon import Daemon, run_once
from relanced.daemon.daemon import run_until_signalled

told = structlog.get_logger("relanced.daemon")


def run_daemon(path: Path, once: bool) -> int:
    """Run until signalled; the exit status. Raises Failed."""
    log.set_up(load_config(path).log_format.value)
    return asyncio.run(_once(path) if once else _serve(path))


async def _once(path: Path) -> int:
    async with opened(path, "relanced run --once") as house:
        await run_once(house)
        counts = await house.store.views.counts()
    told.info("done", **counts)
    return 0


async def _serve(path: Path) -> int:
    async with opened(path, "relanced run") as house:
        desk = Desk(house.store, house.premises, house.doors, house.clock)
        daemon = Daemon(house, lambda _daemon: serve_desk(desk, house.ring))

        async def reload() -> None:
            """A configuration with a fault changes nothing; a sound one asks for a restart, which loses nothing."""
            try:
                fresh = await asyncio.to_thread(load_config, path)
            except Exception as refused:
                told.error("configuration refused: the old one stays", faults=str(refused))
                return
            same = fresh.digest == house.config.digest
            told.info("configuration is sound", changed=not same, todo="" if same else "restart to use it")

        return await run_until_signalled(daemon, reload)

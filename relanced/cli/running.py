"""`relanced run`: the daemon in the foreground, with its desk."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from pathlib import Path

import structlog

from relanced import log
from relanced.cli.opening import load_config, opened
from relanced.cli.printing import BAD_CONFIG, Failed
from relanced.config import Config, Secrets
from relanced.daemon import Daemon, run_once
from relanced.daemon.daemon import run_until_signalled
from relanced.daemon.scribe import Called, call
from relanced.house import House, premises_of
from relanced.store.engine import StoreError
from relanced.store.soundness import damaged
from relanced.words.errors import WordingError

told = structlog.get_logger("relanced.daemon")


def run_daemon(path: Path, once: bool) -> int:
    """Run until signalled; the exit status. Raises Failed."""
    config = load_config(path, Secrets.REQUIRED)
    log.set_up(config.log_format.value)
    try:
        return _once(config) if once else _serve(config)
    except StoreError as error:
        raise Failed(str(error)) from None


def _once(config: Config) -> int:
    with _called(config) as scribe:
        return asyncio.run(_turn_once(config, scribe))


async def _turn_once(config: Config, scribe: Called | None) -> int:
    async with opened(config, "relanced run --once") as house, _serving(scribe, house):
        await _sound(house)
        await run_once(house)
        counts = await house.store.views.counts()
    told.info("done", **counts)
    return 0


async def _sound(house: House) -> None:
    """Nothing is sent from a damaged database. Raises Failed."""
    if faults := await damaged(house.store.engine):
        mend = "nothing is sent: bring back the last backup, or save what `sqlite3 FILE .recover` still reads"
        raise Failed("\n".join([*faults, mend]), BAD_CONFIG)


@contextmanager
def _called(config: Config) -> Iterator[Called | None]:
    """A scribe for one life of a house."""
    scribe = call(config)
    try:
        yield scribe
    finally:
        if scribe is not None:
            scribe.close()


def _serving(scribe: Called | None, house: House) -> AbstractAsyncContextManager[None]:
    return scribe.serve(house) if scribe else nullcontext()


def _serve(config: Config) -> int:
    """Serve until signalled; a new configuration is put to work by opening the house again."""
    while True:
        with _called(config) as scribe:
            status, fresh = asyncio.run(_serve_one(config, scribe))
        if fresh is None:
            return status
        config = fresh


async def _serve_one(config: Config, scribe: Called | None) -> tuple[int, Config | None]:
    """One life of a house. Also the configuration that takes over, if one was read."""
    from relanced.console import serve  # `--once` serves nobody, and starts in half the time without it

    fresh: Config | None = None
    async with opened(config, "relanced run") as house, _serving(scribe, house):
        await _sound(house)
        daemon = Daemon(house, lambda daemon: serve(house, daemon))

        async def reload() -> None:
            """A configuration with any fault changes nothing. Timers are rows: a new one moves none of them."""
            nonlocal fresh
            try:
                read = await asyncio.to_thread(load_config, config.path, Secrets.REQUIRED)
                digest = (await asyncio.to_thread(premises_of, read)).digest
            except (Failed, WordingError) as refused:
                told.error("configuration refused: the old one stays", faults=str(refused))
                return
            if digest == house.premises.digest:
                told.info("configuration unchanged")
                return
            fresh = read
            told.info("configuration read", digest=digest)
            daemon.reload()

        status = await run_until_signalled(daemon, reload)
    return status, fresh if status == 0 and daemon.reloading else None

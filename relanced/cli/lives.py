"""The lives of a house that is served: a new configuration opens it again, one that cannot be opened gives way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext

import structlog

from relanced.cli.opening import load_config, opened
from relanced.cli.printing import BAD_CONFIG, BUSY, Failed
from relanced.config import Config, Secrets
from relanced.daemon import Daemon
from relanced.daemon.daemon import run_until_signalled
from relanced.daemon.scribe import Called, call
from relanced.daemon.systemd import notify
from relanced.house import House, premises_of
from relanced.store.engine import StoreError
from relanced.store.soundness import damaged
from relanced.words.errors import WordingError

REFUSED = "configuration refused: the old one stays"
REST = 0.5  # seconds

told = structlog.get_logger("relanced.daemon")


def serve(config: Config) -> int:
    """Serve until signalled; the exit status. A new configuration is put to work by opening the house again."""
    before: Config | None = None
    first = True
    while True:
        life = _Life(config)
        try:
            with called(config) as scribe:
                status = asyncio.run(life.live(scribe))
        except Exception as error:
            if first or life.begun:
                raise
            if isinstance(error, Failed) and error.status == BUSY:
                _rest(error)
            elif before is not None:
                _tell_why(error)
                config, before = before, None
            else:
                raise
            continue
        if life.next is None or status:
            return status
        before, config, first = config, life.next, False


def _rest(busy: Failed) -> None:
    """Between two lives of a house its socket is shut: a command may have the database for a moment."""
    told.warning("opened again in a moment", why=str(busy))
    notify("WATCHDOG=1")
    time.sleep(REST)


def _tell_why(error: Exception) -> None:
    expected = isinstance(error, Failed | StoreError | OSError)
    told.error(REFUSED, faults=str(error), exc_info=None if expected else error)


class _Life:
    """One life under one configuration. `begun`: it serves. `next`: what takes over, if anything was read."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.begun = False
        self.next: Config | None = None

    async def live(self, scribe: Called | None) -> int:
        """From the opening to a signal. Returns the exit status."""
        async with opened(self.config, "relanced run") as house, serving(scribe, house):
            await sound(house)
            daemon = Daemon(house, lambda daemon: self._served(house, daemon))
            status = await run_until_signalled(daemon, lambda: self._reload(house, daemon))
        if not daemon.reloading:
            self.next = None
        return status

    @asynccontextmanager
    async def _served(self, house: House, daemon: Daemon) -> AsyncIterator[None]:
        from relanced.console import serve  # `--once` serves nobody, and starts in half the time without it

        async with serve(house, daemon):
            self.begun = True
            yield

    async def _reload(self, house: House, daemon: Daemon) -> None:
        """A configuration with any fault changes nothing. Timers are rows: a new one moves none of them."""
        try:
            read = await asyncio.to_thread(load_config, self.config.path, Secrets.REQUIRED)
            digest = (await asyncio.to_thread(premises_of, read)).digest
        except (Failed, WordingError) as refused:
            told.error(REFUSED, faults=str(refused))
            return
        if moved := _moved(self.config, read):
            told.error(REFUSED, faults=f"{moved}: changed, which a reload cannot do: restart relanced")
        elif digest == house.premises.digest:
            told.info("configuration unchanged")
        else:
            self.next = read
            told.info("configuration read", digest=digest)
            daemon.reload()


def _moved(old: Config, new: Config) -> str:
    """The keys that say which database and which memory a house has: other ones make another house."""
    return ", ".join(key for key in ("store", "state", "mode") if getattr(old, key) != getattr(new, key))


# -- what every life has, served or not -------------------------------------------------------------------------------


@contextmanager
def called(config: Config) -> Iterator[Called | None]:
    """A scribe for one life of a house."""
    scribe = call(config)
    try:
        yield scribe
    finally:
        if scribe is not None:
            scribe.close()


def serving(scribe: Called | None, house: House) -> AbstractAsyncContextManager[None]:
    """The scribe at work for the house, if there is one."""
    return scribe.serve(house) if scribe else nullcontext()


async def sound(house: House) -> None:
    """Nothing is sent from a damaged database. Raises Failed."""
    if faults := await damaged(house.store.engine):
        mend = "nothing is sent: bring back the last backup, or save what `sqlite3 FILE .recover` still reads"
        raise Failed("\n".join([*faults, mend]), BAD_CONFIG)

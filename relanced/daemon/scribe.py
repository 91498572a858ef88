"""The scribe's process, forked before the daemon has its first thread: it shares what is loaded, and starts at once."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from multiprocessing.context import ForkProcess
from pathlib import Path

import structlog

from relanced.clock import WallClock
from relanced.config import Config
from relanced.flow.send import Apart, Here
from relanced.flow.send.apart import READY, answer
from relanced.house import House, Unusable, doors_of, premises_of
from relanced.store.opening import Store
from relanced.words.errors import WordingError

NAME = "relanced scribe"  # Linux shows fifteen letters
LONGEST_END = 10.0  # seconds

log = structlog.get_logger("relanced.send")


class Called:
    """A scribe that waits to be asked. Call `close` when nobody will ask any more."""

    def __init__(self, line: socket.socket, process: ForkProcess) -> None:
        self._line, self._process = line, process

    @asynccontextmanager
    async def serve(self, house: House) -> AsyncIterator[None]:
        """Its long queues are worded by this scribe, which is gone before the house closes its database: whoever closes
        it last has the whole log to copy into place."""
        house.scribe = Apart(house.here(), self._line)
        waking = asyncio.create_task(house.scribe.wake(house.clock.now()))
        try:
            yield
        finally:
            waking.cancel()
            house.scribe.close()
            await asyncio.to_thread(self._process.join, LONGEST_END)

    def close(self) -> None:
        """See the process end."""
        self._line.close()
        self._process.join(LONGEST_END)
        if self._process.is_alive():
            self._process.kill()


def call(config: Config) -> Called | None:
    """Fork a scribe, where there is a core for it. None where there is not, or threads run that a fork would break."""
    if len(os.sched_getaffinity(0)) < 2 or threading.active_count() > 1:
        return None
    ours, theirs = socket.socketpair()
    process = multiprocessing.get_context("fork").Process(
        target=_live, args=(config, ours, theirs), name=NAME, daemon=True
    )
    process.start()
    theirs.close()
    return Called(ours, process)


def _live(config: Config, ours: socket.socket, theirs: socket.socket) -> None:
    """Answer until the daemon hangs up, however it ends. Signals of a terminal or a reload are for the daemon."""
    ours.close()
    for name in (signal.SIGINT, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    with theirs:
        asyncio.run(_work(config, theirs))


def _show_its_name() -> None:
    """What `top` and `ps` call it, where the system lets a process say so: two of one name would puzzle an operator."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(NAME, "ascii")


async def _work(config: Config, line: socket.socket) -> None:
    store = Store(config.store.url())
    try:
        here = Here(store, premises_of(config), doors_of(config, WallClock()))
        with line.makefile("rwb") as talk:
            talk.write(READY)
            talk.flush()
            _show_its_name()
            while await answer(here, talk):
                pass
    except (Unusable, WordingError, OSError):
        return  # the daemon will say what is wrong with the house; or it is gone
    except Exception:
        log.exception("the scribe has failed")
    finally:
        if store.engine.sqlite:
            os._exit(0)  # who closes a file last removes its log: that of a daemon that was killed is for its next life
        await store.close()

"""Forks daemons that die by their own hand, at a moment they are told; a process that has imported everything once.

A line of JSON on stdin asks for a life: {"config", "log", "began", "dies": [moment, n] or null}. Its pid comes back on
stdout, and once it is over, how it ended.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Pool, event

from relanced import log
from relanced.channel import Answer, Channel, Go, Parcel
from relanced.config import load
from relanced.daemon import Daemon
from relanced.daemon.daemon import run_until_signalled
from relanced.house import open_house
from tests.kill.hurried import Hurried

BEFORE_COMMIT, AFTER_COMMIT, LAST_WORD, ANSWER = "before commit", "after commit", "last word", "answer"
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """One life after the other."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _be(json.loads(line))
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _be(asked: Mapping[str, Any]) -> None:
    """The daemon, in the forked process; it does not outlive whoever asked."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    told = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(told, 1)
    os.dup2(told, 2)
    status = 1
    try:
        status = asyncio.run(_live(asked))
    finally:
        os._exit(status)


async def _live(asked: Mapping[str, Any]) -> int:
    log.set_up("json")
    moment, n = asked["dies"] or ("", 0)
    death = Death(n)
    if moment == BEFORE_COMMIT:
        event.listen(Engine, "commit", lambda connection: death.comes())
    elif moment == AFTER_COMMIT:
        _after_commit(death)
    house = await open_house(load(Path(asked["config"]), {}), Hurried(asked["began"]), "a mortal")
    if moment in (LAST_WORD, ANSWER):
        house.doors |= {name: Dying(door, death, moment) for name, door in house.doors.items()}
    status = await run_until_signalled(Daemon(house))
    await house.close()
    return status


class Death:
    """Comes at the n-th call."""

    def __init__(self, n: int) -> None:
        self._left = n

    def comes(self) -> None:
        """Is this the one?"""
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _after_commit(death: Death) -> None:
    """A connection goes back to its pool once its transaction is over."""
    committed: set[Any] = set()
    event.listen(Engine, "commit", lambda connection: committed.add(connection.connection.dbapi_connection))

    def back(connection: Any, record: Any) -> None:
        if connection in committed:
            committed.discard(connection)
            death.comes()

    event.listen(Pool, "checkin", back)


class Dying:
    """A door in front of which the process dies: when the house is asked for its last word, or with the answer in
    hand."""

    def __init__(self, door: Channel, death: Death, moment: str) -> None:
        self._door, self._death, self._moment = door, death, moment

    def __getattr__(self, name: str) -> Any:
        return getattr(self._door, name)

    async def submit(self, parcel: Parcel, go: Go) -> Answer:
        """Dies on the way."""

        async def last_word() -> bool:
            if self._moment == LAST_WORD:
                self._death.comes()
            return await go()

        answer = await self._door.submit(parcel, last_word)
        if self._moment == ANSWER:
            self._death.comes()
        return answer


if __name__ == "__main__":
    main()

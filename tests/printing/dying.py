"""Gives a letter to a printer again and again, each time killed one question later.

Run: python -m tests.printing.dying FOLDER URI…

Try n works with FOLDER/n as its state folder on the n-th queue: it dies by SIGKILL right before its k-th question is on
the wire, or right after it was answered (n = 2k - 1, 2k). The last try lives, and its number is printed. A process of
its own, because only a process without threads may fork safely.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from relanced.channel import Surroundings
from relanced_letter import LetterSettings
from relanced_letter.line import Line
from relanced_letter.printer import PrinterDoor
from relanced_letter.queue import Queue
from tests.channels.letters import letter, yes


class MortalLine(Line):
    """A line whose owner dies at one of its questions."""

    def __init__(self, settings: LetterSettings, fatal: int) -> None:
        super().__init__(settings)
        self._left = fatal

    async def _post(self, body: bytes) -> bytes:
        self._one_less()
        answer = await super()._post(body)
        self._one_less()
        return answer

    def _one_less(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


async def give(state: Path, uri: str, fatal: int) -> None:
    """One submission."""
    settings = LetterSettings(out="printer", uri=uri)
    door = PrinterDoor(settings, Surroundings("office", state, lambda: datetime.now(UTC)))
    door._queue = Queue(settings, MortalLine(settings, fatal))
    await door.submit(door.compose(letter()), yes)


def main(root: Path, uris: list[str]) -> None:
    """Try until one lives."""
    for fatal, uri in enumerate(uris, 1):
        if not (child := os.fork()):
            asyncio.run(give(root / str(fatal), uri, fatal))
            os._exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
            print(fatal)
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])

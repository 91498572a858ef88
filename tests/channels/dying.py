"""Lays a letter again and again, each time killed one file operation later.

Run: python -m tests.channels.dying FOLDER

Try n works in FOLDER/n (tray and state) and dies by SIGKILL right before its n-th file operation there; the last try
lives, and its number is printed. A process of its own, because only a process without threads may fork safely.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from relanced_letter import FolderDoor
from tests.channels.letters import door, letter, yes


def die_before(operation: int, folder: Path) -> None:
    """Count what is opened, renamed, made and removed under the folder, and die before the n-th."""
    seen = 0

    def count(event: str, args: Iterable[Any]) -> None:
        nonlocal seen
        if event in {"open", "os.rename", "os.remove", "os.mkdir"} and str(folder) in str(args):
            seen += 1
            if seen == operation:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


async def lay(channel: FolderDoor) -> None:
    """One submission."""
    await channel.submit(channel.compose(letter()), yes)


def main(root: Path) -> None:
    """Try until one lives."""
    for operation in range(1, 100):
        folder = root / str(operation)
        channel = door(folder)
        if not (child := os.fork()):
            die_before(operation, folder)
            asyncio.run(lay(channel))
            os._exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
            print(operation)
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]))

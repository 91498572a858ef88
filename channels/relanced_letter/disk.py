"""Files made durable, beside the event loop."""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

DAY = 86_400.0  # seconds

P = ParamSpec("P")
T = TypeVar("T")


async def whole(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do file work in a thread. A cancellation waits for its end: nothing appears after it."""
    working = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait({working})
        raise


def write(path: Path, content: bytes) -> None:
    """A new file, durable. The daemon's umask hides files from everybody; the folder's group has to read these."""
    with path.open("xb") as file:
        os.fchmod(file.fileno(), 0o640)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync(folder: Path) -> None:
    """Make the names in a folder durable, where its file system knows how (CIFS answers EINVAL)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)


def older(path: Path, age: float) -> bool:
    """Whether a file is older than that many seconds. Files age in real time, whatever clock the house lives by."""
    return time.time() - path.stat().st_mtime > age

"""Who owns the database, and whether it is the one we knew: a lock beside the file, and a counter outside of it."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO

from msgspec import Struct
from msgspec.structs import asdict

from relanced.store.engine import StoreError


class Busy(StoreError):
    """Another process owns the database: the message says which one, and since when."""


class Lock:
    """An exclusive lock on `<database>.lock`, held as long as the process owns the database."""

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(database.name + ".lock")
        self._file: IO[str] | None = None

    def take(self, who: str, since: datetime) -> None:
        """Own the database, or raise Busy naming the owner."""
        try:
            file = self.path.open("a+", encoding="utf-8")
        except OSError as error:
            raise StoreError(f"{self.path} cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip() or "another process"
            file.close()
            raise Busy(f"the database is in use by {owner}") from None
        try:
            file.seek(0)
            file.truncate()
            file.write(f"{who}, pid {os.getpid()}, since {since:%Y-%m-%d %H:%M:%S}")
            file.flush()
        except OSError:
            with suppress(OSError):
                file.close()
            raise
        self._file = file

    def release(self) -> None:
        """Let the database go."""
        if self._file is not None:
            self._file.seek(0)
            self._file.truncate()
            self._file.close()
            self._file = None


class Footprint(Struct, frozen=True):
    """What the state folder remembers of the database: who it is, how often it was started, and which file it was.

    `coming` is a start that was about to be counted: whoever is killed then may have counted it, or not.
    """

    identity: str
    starts: int
    device: int
    inode: int
    coming: int | None = None


def read_footprint(state: Path) -> Footprint | None:
    """What was remembered at the last start, or None."""
    try:
        return Footprint(**json.loads((state / "footprint.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_footprint(state: Path, identity: str, starts: int, database: Path | None, coming: int | None = None) -> None:
    """Remember this start, durably."""
    found = database.stat() if database else None
    kept = Footprint(identity, starts, found.st_dev if found else 0, found.st_ino if found else 0, coming)
    fresh = state / "footprint.json.new"
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(asdict(kept), file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(state / "footprint.json")


_AT_WORK = "at-work"  # in the state folder: somebody works on the file, and has committed to the log beside it


def begun(state: Path) -> None:
    """What is committed from now on may lie in the log (SQLite's -wal) and nowhere else."""
    (state / _AT_WORK).touch()


def ended(state: Path) -> None:
    """The log is about to be copied into place, and to go. In a folder we may not use nobody has begun."""
    with suppress(OSError):
        (state / _AT_WORK).unlink()


def log_lost(state: Path, database: Path) -> str:
    """Why commits may be missing from a file, empty when none are: to be asked before anybody opens it.

    Whoever was killed has left his last commits in the log beside it. Where there is none, the file is as old as its
    last checkpoint, and counts as planned what left since.
    """
    log = database.with_name(database.name + "-wal")
    if not os.access(state / _AT_WORK, os.F_OK) or (log.exists() and log.stat().st_size):
        return ""
    return f"relanced was killed, and {log.name} is gone with what was committed last, unless another program read it"


def suspicion(known: Footprint | None, identity: str, starts: int, database: Path | None) -> str:
    """Why this database may be a copy, empty when it is the one we knew. `starts` is the counter in the database.

    A server's database (`database` None) has many daemons, each with a state folder that may be new and none that
    counts every start: there only the identity is compared. A file has one owner, so its counter must be ours.
    """
    if known is not None and known.identity != identity:
        return "the state folder belongs to another database: this one was moved here, restored or cloned"
    if database is None:
        return ""
    if known is None:
        return "" if starts == 0 else "the database has been started elsewhere: this state folder does not know it"
    if starts not in (known.starts, known.coming):
        return f"the database counts {starts} starts, the state folder {known.starts}: it was restored or cloned"
    found = database.stat()
    if (found.st_dev, found.st_ino) != (known.device, known.inode):
        return "the database file is not the one of the last start: it was restored or cloned"
    return ""

"""`relanced run` in a process of its own, on a company's configuration, and what its database says meanwhile."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_LIVES = itertools.count()
_MAIN = "from relanced.cli import main; main()"


class Program:
    """One process; `log` holds what it told, line by line. `wrapper` is a command that runs it."""

    def __init__(self, folder: Path, wrapper: Sequence[str] = ()) -> None:
        self.folder, self._wrapper = folder, wrapper
        self._told = folder / f"log-{next(_LIVES)}.jsonl"
        self._process: asyncio.subprocess.Process

    async def start(self, *words: str) -> None:
        """`relanced run`, or another command."""
        command = [sys.executable, "-c", _MAIN, "--config", str(self.folder / "config.yaml"), *(words or ("run",))]
        paths = os.pathsep.join((str(ROOT), str(ROOT / "channels")))
        with self._told.open("ab") as told:
            self._process = await asyncio.create_subprocess_exec(
                *self._wrapper,
                *command,
                stderr=told,
                stdout=told,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": paths},
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def words(self) -> str:
        """All it told, as it is."""
        return self._told.read_text("utf-8")

    @property
    def log(self) -> list[dict[str, Any]]:
        """The lines of its log."""
        return [json.loads(line) for line in self.words.splitlines() if line.startswith("{")]

    async def tells(self, event: str, seconds: float = 20, times: int = 1) -> None:
        """Wait until its log tells an event."""
        await until(lambda: sum(line["event"] == event for line in self.log) >= times, seconds)

    def send(self, what: signal.Signals) -> None:
        """A signal."""
        self._process.send_signal(what)

    async def ends(self, seconds: float = 20) -> int:
        """Its exit status."""
        async with asyncio.timeout(seconds):
            return await self._process.wait()

    async def __aenter__(self) -> Program:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # its wrapper, and whatever the wrapper runs
        await self._process.wait()


async def until(true: Any, seconds: float) -> None:
    """Look again and again until something is true."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 (another process tells nobody)
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Program]:
    """A daemon that is ready; killed at the end if it still lives."""
    async with Program(folder) as program:
        await program.tells("ready")
        yield program


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    """What the company's database holds. Whoever may write and closes it last would remove its log."""
    with closing(sqlite3.connect(f"file:{folder}/relanced.db?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()


def states(folder: Path) -> dict[str, int]:
    """Messages by state."""
    return dict(rows(folder, "SELECT state, count(*) FROM messages GROUP BY state"))

"""What an operator waits for: the help, and the queue of a running daemon."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from bench import relanced_mail
from bench.corpus import debtors
from bench.process import environment, script
from bench.sink import free_port

TIMES = 9


class Told(Struct, frozen=True):
    """Seconds, the median of nine."""

    help: float
    queue: float


def measure(folder: Path) -> Told:
    """Time the commands; the daemon finds nobody at its relay's port, so that its queue stays full."""
    today = datetime.now(UTC).date()
    side = relanced_mail.prepare(folder, free_port(), list(debtors(100, today)), today, journal_copy=False)
    side.lay_out()
    environ = environment(folder.parent)
    relanced = [script("relanced"), "--config", str(side.config)]
    with (folder / "daemon").open("wb") as told:
        daemon = subprocess.Popen([*relanced, "run"], env=environ, stdout=told, stderr=told)
    try:
        _await(folder / "desk.sock")
        return Told(_median([script("relanced"), "--help"], environ), _median([*relanced, "queue"], environ))
    finally:
        daemon.terminate()
        daemon.wait()


def _median(command: Sequence[str], environ: dict[str, str]) -> float:
    return statistics.median(_once(command, environ) for _ in range(TIMES))


def _once(command: Sequence[str], environ: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def _await(socket: Path) -> None:
    for _ in range(600):
        if socket.exists():
            return
        time.sleep(0.05)
    raise RuntimeError("the daemon does not listen")

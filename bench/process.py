"""Running a program to its end: how long on the wall, how much processor, how much memory at its peak."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct


class Spent(Struct, frozen=True):
    """What one process cost: seconds on the wall from its start to its end, seconds of processor, MB at the peak."""

    wall: float
    cpu: float
    peak: float


def environment(work: Path, **more: str) -> dict[str, str]:
    """Ours, with compiled Python kept as an installation keeps it, whatever the caller's habits are."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")}
    return {**kept, "PYTHONPYCACHEPREFIX": str(work / "compiled"), **more}


def script(name: str) -> str:
    """A program installed beside this Python."""
    return str(Path(sys.executable).with_name(name))


def run(command: Sequence[str], environ: Mapping[str, str], told: Path) -> Spent:
    """Run to the end, what is told going to a file. Raises RuntimeError with the end of it when it fails."""
    spending = [sys.executable, "-m", "bench.spending", str(told), *command]
    said = subprocess.run(spending, env=dict(environ), stdout=subprocess.PIPE, check=True).stdout
    status, wall, cpu, peak = json.loads(said)
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with {status}: {told.read_text()[-2000:]}")
    return Spent(wall, cpu, peak)

"""What the kills start from: the company of the stories, and a process that gives birth to mortal daemons."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow.conftest import found, unborn

__all__ = ["found", "unborn"]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def nursery() -> Iterator[subprocess.Popen[str]]:
    """It has imported everything, and forks for each life."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "channels")))}
    command = [sys.executable, "-m", "tests.kill.mortal"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    ) as process:
        yield process
        assert process.stdin
        process.stdin.close()

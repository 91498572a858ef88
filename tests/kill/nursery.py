"""Gives birth to daemons quickly: imports once, forks for each. A line on stdin asks for one, stdout tells its pid."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from relanced.cli import running


def main() -> None:
    """Fork a daemon for every line, reap the one before."""
    config, told = Path(sys.argv[1]), sys.argv[2]
    child = 0
    for _ in sys.stdin:
        if child:
            os.waitpid(child, 0)
        child = os.fork()
        if child == 0:
            _live(config, told)
        print(child, flush=True)
    if child:
        os.waitpid(child, 0)


def _live(config: Path, told: str) -> None:
    """Be the daemon, in the forked process."""
    log = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os._exit(running.run_daemon(config, once=False))


main()

"""One command run to its end by a process that is small itself: the peak of a child counts what its parent weighed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path


def main(told: str, *command: str) -> None:
    """Print exit status, seconds on the wall, seconds of processor and MB at the peak; what is told goes to a file."""
    with Path(told).open("wb") as file:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    print(json.dumps([process.returncode, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))


if __name__ == "__main__":
    main(*sys.argv[1:])

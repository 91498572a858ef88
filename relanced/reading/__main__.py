"""The child itself: it bounds its own memory and time, then answers on the socket that is its standard input.

Run: python -m relanced.reading MEMORY SECONDS
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import sys
from contextlib import suppress

from relanced.reading.line import LENGTH, READY, received
from relanced.reading.reader import read

_GRACE = 2  # seconds of processor time beyond what the parent grants, should the parent be gone


def main(memory: int, seconds: float) -> None:
    """Serve until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    for what, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):  # a stricter limit stands already
            resource.setrlimit(what, (most, most))
    with socket.socket(fileno=os.dup(0)) as line:
        line.sendall(READY)
        with suppress(EOFError):
            while True:
                _answer(line, seconds)


def _answer(line: socket.socket, seconds: float) -> None:
    (length,) = LENGTH.unpack(received(line, LENGTH.size))
    raw = received(line, length)
    _bound_time(seconds)
    answer = json.dumps(read(raw).as_json()).encode()
    line.sendall(LENGTH.pack(len(answer)) + answer)


def _bound_time(seconds: float) -> None:
    """So much processor time from now on; then the kernel ends the process, even without its parent."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + _GRACE
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))

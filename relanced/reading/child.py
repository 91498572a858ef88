"""The child that reads: a process with little memory and little time, in which nobody's bytes can hurt the house.

A child that takes too long or falls is killed and replaced. Its message is tried once more, since a busy machine may be
to blame; then it is unreadable and waits for a person.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time

from relanced.reading.line import LENGTH, READY, received
from relanced.reading.message import LARGEST
from relanced.reading.verdict import Kind, Verdict

MEMORY = 256 * 1024 * 1024  # bytes of address space
SECONDS = 5.0  # of real time for one message, and of processor time
_START = 20.0  # seconds a child may take to be ready, on a busy machine
_LARGEST_VERDICT = 16 * 1024 * 1024
_TRIES = 2
_KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV")  # of the environment: no secrets


class Child:
    """Reads messages, one at a time, from any thread. `seconds` and `memory` (bytes) bound each message."""

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds, self._memory = seconds, memory
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None

    def read(self, raw: bytes) -> Verdict:
        """What a raw message means; `unreadable` when it is too large, takes too long or too much memory.

        Raises OSError when no child can be started: the message was not looked at.
        """
        if len(raw) > LARGEST:
            return Verdict(Kind.UNREADABLE, reason=f"more than {LARGEST // 1024 // 1024} MiB")
        reason = ""
        with self._lock:
            for _ in range(_TRIES):
                line = self._ready()
                try:
                    return self._ask(line, raw)
                except TimeoutError:
                    reason = f"not read within {self._seconds:g} s"
                except (OSError, EOFError, ValueError, KeyError, TypeError):
                    reason = f"its reader fell, perhaps out of {self._memory // 1024 // 1024} MiB of memory"
                self._end()
        return Verdict(Kind.UNREADABLE, reason=reason)

    @property
    def pid(self) -> int | None:
        """The process that reads; None while there is none."""
        return self._process.pid if self._process else None

    def close(self) -> None:
        """End the child. The next `read` starts another."""
        with self._lock:
            self._end()

    def _ready(self) -> socket.socket:
        if self._line is None or self._process is None or self._process.poll() is not None:
            self._end()
            self._line = self._start()
        return self._line

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-P", "-m", "relanced.reading", str(self._memory), str(self._seconds)]
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        with theirs:
            self._process = subprocess.Popen(
                command, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
            )
        ours.settimeout(_START)
        try:
            if received(ours, len(READY), None) != READY:
                raise OSError("it says something else")
        except (OSError, EOFError) as error:
            self._line = ours
            self._end()
            raise OSError(f"the child that reads mail does not start: {error}") from error
        return ours

    def _ask(self, line: socket.socket, raw: bytes) -> Verdict:
        until = time.monotonic() + self._seconds
        line.settimeout(self._seconds)
        line.sendall(LENGTH.pack(len(raw)) + raw)
        (length,) = LENGTH.unpack(received(line, LENGTH.size, until))
        if length > _LARGEST_VERDICT:
            raise ValueError("no verdict is that long")
        return Verdict.from_json(json.loads(received(line, length, until)))

    def _end(self) -> None:
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._line = self._process = None

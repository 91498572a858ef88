"""The line between the house and the child that reads: four bytes of length, then a message or a verdict in JSON."""

from __future__ import annotations

import socket
import struct
import time

LENGTH = struct.Struct(">I")
READY = b"ready"  # what a child says first


def received(line: socket.socket, length: int, until: float | None = None) -> bytes:
    """So many bytes. Raises TimeoutError at `until` on the monotonic clock, EOFError when the other end is gone."""
    whole = bytearray()
    while len(whole) < length:
        if until is not None:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            line.settimeout(left)
        run = line.recv(min(length - len(whole), 1 << 20))
        if not run:
            raise EOFError
        whole += run
    return bytes(whole)

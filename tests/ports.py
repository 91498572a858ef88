"""A port of the loopback for a server that must be told its port before it starts."""

from __future__ import annotations

import random
import socket

_NEVER_GIVEN = range(20_000, 32_000)  # below those the system gives to whoever asks for any (ip_local_port_range)


def free_port() -> int:
    """One that nobody listens at, and that no connection is given meanwhile."""
    while True:
        with socket.socket() as asked:
            port = random.SystemRandom().choice(_NEVER_GIVEN)
            try:
                asked.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port

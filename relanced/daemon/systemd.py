"""Telling systemd how we are (sd_notify(3)); silence when nobody listens."""

from __future__ import annotations

import os
import socket
import time


def notify(*words: str) -> None:
    """Send `READY=1`, `STOPPING=1`, `WATCHDOG=1`, `STATUS=…` to the service manager."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as speaker:
        speaker.connect(address)
        speaker.send("\n".join(words).encode())


def reloading() -> list[str]:
    """What to say when a new configuration takes over; `READY=1` ends it. A `STOPPING=1` would get us killed."""
    return ["RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}", "WATCHDOG=1"]


def watchdog_seconds() -> float | None:
    """How often the service manager wants to hear from us; None when it does not."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    mine = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return int(microseconds) / 1_000_000 if microseconds.isdigit() and mine else None

"""Postfix's smtp-sink, which takes every message and keeps it, so that what arrived can be read afterwards."""

from __future__ import annotations

import email.policy
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from msgspec import Struct

_MESSAGE_ID = re.compile(rb"^Message-ID: *(<[^>\r\n]+>)", re.MULTILINE | re.IGNORECASE)
_TO = re.compile(rb"^X-Rcpt-Args: *<([^>\r\n]+)>", re.MULTILINE)
_RECEIVED = re.compile(rb"^Received: .*\n(?:[ \t].*\n)+", re.MULTILINE)


class Mail(Struct, frozen=True):
    """A message as it arrived: its Message-ID, its first envelope recipient, its bytes."""

    message_id: str
    to: str
    wire: bytes

    def read(self) -> EmailMessage:
        """The message as the standard library understands it."""
        message = BytesParser(policy=email.policy.default).parsebytes(self.wire)
        assert isinstance(message, EmailMessage)
        return message


class Sink(Struct, frozen=True):
    """A sink that listens."""

    port: int
    folder: Path

    def mails(self) -> list[Mail]:
        """Everything that arrived."""
        return [_mail(path.read_bytes()) for path in sorted(self.folder.iterdir())]


def _mail(dumped: bytes) -> Mail:
    """One record of the dump: the envelope, a Received header, the message."""
    received = _RECEIVED.search(dumped)
    message_id, to = _MESSAGE_ID.search(dumped), _TO.search(dumped)
    if not (received and message_id and to):
        raise ValueError(f"what arrived is no message: {dumped[:200]!r}")
    return Mail(message_id[1].decode(), to[1].decode(), dumped[received.end() :])


def program() -> str:
    """Where smtp-sink is. Raises RuntimeError."""
    found = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        raise RuntimeError("smtp-sink is missing: apt-get install postfix")
    return found


@contextmanager
def sink(port: int) -> Iterator[Sink]:
    """A fresh sink on the loopback, which ends with the context. It keeps every mail in memory, where the system has a
    place for that: a relay is another machine, and its disk is not what is measured."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="relanced-sink-", dir=memory if memory.is_dir() else None) as kept:
        folder = Path(kept)
        folder.chmod(0o777)
        as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
        process = subprocess.Popen([program(), *as_nobody, "-d", f"{folder}/mail.", f"127.0.0.1:{port}", "256"])
        try:
            _await(port)
            yield Sink(port, folder)
        finally:
            process.terminate()
            process.wait()


def free_port() -> int:
    """A port of the loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("smtp-sink does not listen")

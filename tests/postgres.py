"""A private PostgreSQL for the length of a test session: loopback only, gone with whoever started it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from tests.ports import free_port

OWNER = "relanced"
# Nothing that is tested here outlives the session, so nothing has to reach the disk.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}


class Missing(Exception):
    """PostgreSQL is not installed."""


class Cluster(Struct, frozen=True):
    """A running server."""

    port: int

    def url(self, database: str) -> str:
        """Where a database is, as a `store:` of the configuration."""
        return f"postgresql://{OWNER}@127.0.0.1:{self.port}/{database}"


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Start a server on an empty folder; stop it and remove the folder, however the session ends."""
    binaries = _binaries()
    memory = Path("/dev/shm")
    home = Path(tempfile.mkdtemp(prefix="relanced-pg-", dir=memory if os.access(memory, os.W_OK) else None))
    port = free_port()
    watch = _watched(binaries, home, port)
    try:
        _await(binaries / "pg_isready", port, watch)
        yield Cluster(port)
    finally:
        assert watch.stdin is not None
        watch.stdin.close()
        watch.wait(timeout=30)
        shutil.rmtree(home, ignore_errors=True)


def _binaries() -> Path:
    """The newest installation, Debian's way or on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        raise Missing("the tests need a real PostgreSQL: apt-get install postgresql")
    return (found[-1] if found else Path(str(on_path)).resolve()).parent


def _watched(binaries: Path, home: Path, port: int) -> subprocess.Popen[bytes]:
    """The server under a shell that waits for the end of its input: it ends with us even when we are killed."""
    data = home / "data"
    make: list[Path | str] = [
        binaries / "initdb",
        "-D",
        data,
        "-U",
        OWNER,
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "-N",
    ]
    serve: list[Path | str] = [binaries / "postgres", "-D", data, "-p", str(port)]
    serve += [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    stop = "kill -QUIT $server; kill -TERM $server"  # the second is for one so young that it does not hear the first
    clean = f"rm -rf {home}"
    script = f"{_shell(make)} && {{ {_shell(serve)} </dev/null & server=$!; cat; {stop}; wait; {clean}; }}"
    return _unprivileged(script, home)


def _shell(words: Sequence[Path | str]) -> str:
    return shlex.join(str(word) for word in words)


def _unprivileged(script: str, home: Path) -> subprocess.Popen[bytes]:
    """Run a shell script; as the `postgres` user when we are root, as whom PostgreSQL refuses to run."""
    root = os.geteuid() == 0
    if root:
        shutil.chown(home, "postgres", "postgres")
    with (home / "log").open("wb") as log:
        return subprocess.Popen(
            ["/bin/sh", "-c", script],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=home,
            user="postgres" if root else None,
            group="postgres" if root else None,
            extra_groups=[] if root else None,
            start_new_session=True,
        )


def _await(ready: Path, port: int, watch: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and watch.poll() is None:
        asked = subprocess.run([ready, "-q", "-h", "127.0.0.1", "-p", str(port)], check=False)
        if asked.returncode == 0:
            return
        time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start on port {port}")

"""A private print server for the length of a session: cupsd on loopback, with a printer that keeps sheets in a folder.

What a printer does is a word in its file ``mood``: ``fine``, ``slow`` (until the word changes), ``empty`` (it asks for
paper until the word changes), or the exit status of a CUPS backend: 1 it fails, 5 it cancels the job.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct, field

from tests.ports import free_port

SINK = """#!/bin/sh
[ $# -gt 0 ] || { echo 'direct sink "Unknown" "sink"'; exit 0; }
tray=${DEVICE_URI#sink:}
mood() { cat "$tray/mood"; }
while [ "$(mood)" = slow ]; do sleep 0.05; done
if [ "$(mood)" = empty ]; then
    echo "STATE: +media-empty-error" >&2
    while [ "$(mood)" = empty ]; do sleep 0.05; done
    echo "STATE: -media-empty-error" >&2
fi
[ "$(mood)" = fine ] || exit "$(mood)"
sheet=$(date +%s%N)-$1
cat ${6:+"$6"} >"$tray/.$sheet" && mv "$tray/.$sheet" "$tray/$sheet.pdf"
echo "PAGE: 1 1" >&2
"""
FILES = """ServerRoot {home}/root
ServerBin {home}/bin
DataDir /usr/share/cups
StateDir {home}/state
CacheDir {home}/cache
RequestRoot {home}/spool
TempDir {home}/tmp
AccessLog {home}/access.log
ErrorLog {home}/error.log
PageLog {home}/page.log
Printcap
"""
SERVER = """Listen 127.0.0.1:{port}
LogLevel warn
Browsing No
WebInterface No
DefaultAuthType None
PreserveJobHistory Yes
PreserveJobFiles {files}
MaxJobs 0
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  JobPrivateAccess default
  JobPrivateValues default
  <Limit All>
    Order allow,deny
    Allow all
  </Limit>
</Policy>
"""
PRINTER = """<Printer {name}>
Info {name}
DeviceURI sink:{tray}
State Idle
Type 4
Accepting Yes
JobSheets none none
ErrorPolicy {policy}
</Printer>
"""


class Missing(Exception):
    """CUPS is not installed."""


class Cups(Struct):
    """A print server that can be killed and started again; `files`: whether it keeps what it printed."""

    home: Path
    files: str = "Yes"
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    names: list[str] = field(default_factory=list)
    scheme: str = "ipp"

    def lay_out(self, *printers: tuple[str, str]) -> None:
        """Its folders, and a printer for each (name, error policy)."""
        for name in ("root", "bin/backend", "bin/daemon", "bin/filter", "state", "cache", "spool", "tmp"):
            (self.home / name).mkdir(parents=True)
        sink = self.home / "bin/backend/sink"
        sink.write_text(SINK)
        sink.chmod(0o700)  # CUPS runs it as whoever runs cupsd
        (self.home / "bin/daemon/cups-exec").symlink_to("/usr/lib/cups/daemon/cups-exec")
        (self.home / "files.conf").write_text(FILES.format(home=self.home))
        for name, _ in printers:
            self.tray(name).mkdir()
            self.mood(name, "fine")
        said = [PRINTER.format(name=name, tray=self.tray(name), policy=policy) for name, policy in printers]
        (self.home / "root/printers.conf").write_text("".join(said))

    def start(self) -> None:
        """Until it answers."""
        binary = shutil.which("cupsd", path=f"{os.environ['PATH']}:/usr/sbin")
        if binary is None:
            raise Missing("the tests need cupsd: apt-get install cups-daemon, or make programs")
        self.port = self.port or free_port()
        (self.home / "cupsd.conf").write_text(SERVER.format(port=self.port, files=self.files))
        command = [
            "setpriv",
            "--pdeathsig",
            "KILL",
            binary,
            "-f",
            "-c",
            str(self.home / "cupsd.conf"),
            "-s",
            str(self.home / "files.conf"),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _await(self.port, self.process)

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Its death, by default without a word."""
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait()

    def uri(self, name: str) -> str:
        """Where one of its queues is."""
        return f"{self.scheme}://127.0.0.1:{self.port}/printers/{name}"

    def tray(self, name: str) -> Path:
        """Where a printer lays its sheets."""
        return self.home / f"tray-{name}"

    def mood(self, name: str, word: str) -> None:
        """How a printer works from now on."""
        new = self.tray(name) / ".mood"
        new.write_text(word)
        new.rename(self.tray(name) / "mood")

    def sheets(self, name: str) -> list[bytes]:
        """What came out of a printer."""
        return [sheet.read_bytes() for sheet in sorted(self.tray(name).glob("*.pdf"))]

    def documents(self) -> list[Path]:
        """What it took and keeps, in the order of its jobs."""
        return sorted((self.home / "spool").glob("d?????-???"))


@contextmanager
def running(home: Path, *printers: tuple[str, str], files: str = "Yes") -> Iterator[Cups]:
    """A print server in an empty folder. Raises Missing."""
    cups = Cups(home, files)
    cups.lay_out(*printers)
    cups.start()
    try:
        yield cups
    finally:
        for name, _ in printers:
            cups.mood(name, "fine")
        with suppress(ProcessLookupError):
            cups.kill(signal.SIGTERM)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until it listens."""
    for _ in range(400):
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.025)
    raise AssertionError("cupsd did not start")

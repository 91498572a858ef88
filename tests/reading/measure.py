"""What a child that reads may take, and what it took."""

from __future__ import annotations

import os
from pathlib import Path

from relanced.reading import Child

SECONDS = 5.0
MEBIBYTE = 1024 * 1024


def most_memory(child: Child) -> int:
    """The most bytes of memory that the living child ever held (VmHWM: proc(5))."""
    status = (Path("/proc") / str(child.pid) / "status").read_text()
    (kilobytes,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(kilobytes) * 1024


def spent(child: Child) -> float:
    """The seconds of a processor that the living child has spent so far (proc(5)), however busy the machine."""
    fields = (Path("/proc") / str(child.pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

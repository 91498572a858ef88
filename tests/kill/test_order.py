"""Fault 10: power may fail at any moment, so the seal is on the disk before the first byte is on the wire."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.flow import paper
from tests.flow.conftest import Found
from tests.flow.program import Program, until

CALLS = "trace=pwrite64,fdatasync,sendto,rename,renameat,renameat2"
_WROTE = re.compile(r"pwrite64\(\d+<[^>]*relanced\.db-wal>")
_SYNCED = re.compile(r"fdatasync\(\d+<[^>]*relanced\.db-wal>\) = 0|fdatasync resumed>\) += 0")
_LEAVES = {"email": re.compile(r'sendto\(.*"MAIL FROM:'), "letter": re.compile(r"rename.*letters/[0-9a-f]+\.pdf")}


def _dirty_when_leaving(calls: Iterable[str], leaves: re.Pattern[str]) -> list[bool]:
    """For each departure: whether the log held something that was not synced."""
    dirty, found = False, []
    for call in calls:
        if _WROTE.search(call):
            dirty = True
        elif _SYNCED.search(call):
            dirty = False
        elif leaves.search(call):
            found.append(dirty)
    return found


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
@pytest.mark.parametrize("road", list(_LEAVES))
async def test_fault_10_the_seal_is_synced_before_anything_leaves(found: Found, tmp_path: Path, road: str) -> None:
    today = datetime.now(UTC).date()
    company = await found(at=datetime.now(UTC), house=paper.ALWAYS)
    mail = None if road == "email" else ""
    await company.bills(paper.invoice("F-1", today - timedelta(days=20), email=mail, issued=today - timedelta(days=40)))
    await company.bank(today - timedelta(days=1))
    await company.house.close()
    traced = tmp_path / "strace"
    wrapper = ("strace", "--follow-forks", "--seccomp-bpf", "--decode-fds=path", "-s", "64", "-e", CALLS)
    async with Program(company.folder, (*wrapper, "-o", str(traced))):
        await until(lambda: company.relay.messages or company.lying(), 60)
    assert _dirty_when_leaving(traced.read_text("utf-8").splitlines(), _LEAVES[road]) == [False]


def test_the_reader_of_the_trace_sees_what_leaves_too_early() -> None:
    wrote, synced = "7 pwrite64(9</x/relanced.db-wal>, ...", "7 fdatasync(9</x/relanced.db-wal>) = 0"
    left = '5 sendto(12<socket:[1]>, "MAIL FROM:<a@b.example>", ...'
    begun, ended = "7 fdatasync(9</x/relanced.db-wal> <unfinished ...>", "7 <... fdatasync resumed>)          = 0"
    calls = [wrote, left, synced, left, wrote, left, begun, left, ended, left]
    assert _dirty_when_leaving(calls, _LEAVES["email"]) == [True, False, True, True, False]

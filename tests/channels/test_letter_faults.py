"""A letter appears whole, once, and never over something else, whatever dies in between."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from types import new_class

import pytest

from relanced.channel import (
    Absent,
    Found,
    Scope,
    Tray,
    Unavailable,
    Unknown,
    Withdraws,
)
from relanced_letter import FolderDoor
from relanced_letter.faults import InDoubt
from relanced_letter.sheet import sheet_of
from relanced_letter.spool import Spool
from tests.channels.contract import BEFORE, cancelled
from tests.channels.letters import door, letter, lying, never, yes

# -- never over something else, never twice -----------------------------------------------------------------------


async def test_a_letter_that_already_lies_there_is_not_asked_for_again(office: FolderDoor, tray: Path) -> None:
    parcel = office.compose(letter())
    first = await office.submit(parcel, yes)
    written = (tray / "a1.pdf").stat()
    assert await office.submit(parcel, never) == first
    assert (tray / "a1.pdf").stat() == written


async def test_a_file_of_that_name_is_never_overwritten(office: FolderDoor, tray: Path) -> None:
    (tray / "a1.pdf").write_bytes(b"somebody else's")
    parcel = office.compose(letter())
    answer = await office.submit(parcel, never)
    assert answer == Unknown(f"{tray}/a1.pdf already holds other bytes; it was left as it is")
    assert isinstance(await office.find(parcel, BEFORE), Unknown)
    assert (tray / "a1.pdf").read_bytes() == b"somebody else's"
    assert lying(tray) == ["a1.pdf"]


@pytest.mark.parametrize("name", ["a1.pdf", "a1.json"])
async def test_a_file_that_appears_at_the_last_moment_is_kept(office: FolderDoor, tray: Path, name: str) -> None:
    async def slow() -> bool:
        (tray / name).write_bytes(b"somebody else's")
        return True

    answer = await office.submit(office.compose(letter()), slow)
    assert isinstance(answer, Unknown)
    assert (tray / name).read_bytes() == b"somebody else's"
    assert lying(tray) == [name]


async def test_the_same_letter_laid_twice_at_the_same_moment_lies_there_once(office: FolderDoor, tray: Path) -> None:
    parcel = office.compose(letter())
    answers = await asyncio.gather(office.submit(parcel, yes), office.submit(parcel, yes))
    assert sorted(type(answer).__name__ for answer in answers) == ["Tray", "Unknown"]
    assert lying(tray) == ["a1.json", "a1.pdf"]


async def test_a_letter_that_somebody_took_is_never_called_absent(home: Path, tray: Path) -> None:
    """Fault 54: the daemon died before it noted the answer, and the clerk emptied the tray before it came back."""
    parcel = door(home).compose(letter())
    await door(home).submit(parcel, yes)
    for path in tray.iterdir():
        path.unlink()
    again = door(home)
    found, answer = await again.find(parcel, BEFORE), await again.submit(parcel, never)
    assert isinstance(found, Unknown)
    assert "somebody took it" in found.words
    assert answer == found
    assert lying(tray) == []


async def test_cancelled_at_the_last_rename_the_truth_is_known_at_once(office: FolderDoor, tray: Path) -> None:
    """Fault 7: whoever cancels hears back only when the thread that renames is done."""
    asked = asyncio.Event()

    async def go() -> bool:
        asked.set()
        return True

    parcel = office.compose(letter())
    submission = asyncio.create_task(office.submit(parcel, go))
    await asked.wait()
    await asyncio.sleep(0)
    await cancelled(submission)
    found = await office.find(parcel, BEFORE)
    assert isinstance(found, Found if (tray / "a1.pdf").exists() else Absent)
    assert not [name for name in lying(tray) if name.startswith(".")]


# -- crashes ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def deaths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One folder per file operation of a submission, as a SIGKILL right before it left it; the last try lived."""
    root = tmp_path_factory.mktemp("deaths")
    here = Path(__file__).parents[2]
    paths = os.pathsep.join([str(here), str(here / "channels")])
    command = [sys.executable, "-m", "tests.channels.dying", str(root)]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=True)
    return [root / str(n) for n in range(1, int(done.stdout) + 1)]


async def test_faults_1_to_6_killed_before_any_file_operation_the_letter_lies_there_once(deaths: list[Path]) -> None:
    """Whatever moment the kill chose, `find` tells the truth; what was absent is laid, and nothing is left over."""
    truths = []
    for home in deaths:
        channel, tray = door(home), home / "tray"
        parcel = channel.compose(letter())
        truths.append((tray / "a1.pdf").exists())
        assert isinstance(await channel.find(parcel, BEFORE), Found if truths[-1] else Absent), home
        assert isinstance(await channel.submit(parcel, yes), Tray), home
        assert lying(tray) == ["a1.json", "a1.pdf"], home
    assert truths == sorted(truths)
    assert truths.count(False) >= 8
    assert truths.count(True) >= 2


async def test_killed_between_the_renames_the_next_attempt_leaves_no_orphan_after_a_day(
    office: FolderDoor, home: Path, tray: Path
) -> None:
    spool, sheet = Spool(tray, home / "state"), sheet_of(office.compose(letter()))
    spool.lay(sheet)
    (tray / ".a1.json.part").rename(tray / "a1.json")
    (tray / ".foreign.part").write_bytes(b"not ours")
    aged(tray, timedelta(days=2))
    await office.submit(office.compose(letter("a2")), yes)
    assert lying(tray) == [".foreign.part", "a2.json", "a2.pdf"]


async def test_what_another_daemon_is_writing_is_not_swept(office: FolderDoor, home: Path, tray: Path) -> None:
    spool, sheet = Spool(tray, home / "state"), sheet_of(office.compose(letter()))
    spool.lay(sheet)
    await office.submit(office.compose(letter("a2")), yes)
    assert lying(tray)[:2] == [".a1.json.part", ".a1.pdf.part"]
    spool.publish(sheet)
    assert len(lying(tray)) == 4


async def test_marks_are_forgotten_after_ninety_days(home: Path, office: FolderDoor, tray: Path) -> None:
    await office.submit(office.compose(letter()), yes)
    aged(home / "state", timedelta(days=91))
    await door(home).submit(office.compose(letter("a2")), yes)
    assert lying(home / "state") == ["a2.laid"]


def aged(folder: Path, age: timedelta) -> None:
    then = time.time() - age.total_seconds()
    for path in folder.iterdir():
        os.utime(path, (then, then))


# -- a folder that fails ------------------------------------------------------------------------------------------


async def test_a_missing_folder_closes_the_channel_and_proves_nothing(office: FolderDoor, tray: Path) -> None:
    tray.rmdir()
    parcel = office.compose(letter())
    answer = await office.submit(parcel, never)
    words = f"the letters folder {tray} does not exist; create it, or mount it"
    assert answer == Unavailable(Scope.CHANNEL, words)
    assert await office.find(parcel, BEFORE) == Unknown(words)
    with pytest.raises(OSError, match="does not exist"):
        await office.withdraw(parcel)
    tray.mkdir()
    assert isinstance(await office.submit(parcel, yes), Tray)


async def test_a_file_is_not_a_folder(office: FolderDoor, tray: Path) -> None:
    tray.rmdir()
    tray.write_text("")
    answer = await office.submit(office.compose(letter()), never)
    assert answer == Unavailable(Scope.CHANNEL, f"the letters folder {tray} is not a folder")


async def test_a_write_that_fails_leaves_nothing_and_the_letter_may_leave_later(office: FolderDoor, tray: Path) -> None:
    """Fault 13's neighbour: the disk takes no more bytes in the middle of the PDF."""
    parcel = office.compose(letter(body="x" * 100_000))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        answer = await office.submit(parcel, never)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert answer == Unavailable(Scope.CHANNEL, f"the letters folder {tray} answered: File too large")
    assert lying(tray) == []
    assert isinstance(await office.find(parcel, BEFORE), Absent)
    assert isinstance(await office.submit(parcel, yes), Tray)


def failing(spool: Spool, verb: str, error: Exception) -> Spool:
    """A folder on a disk that answers with one error at one verb."""

    def fail(*_: object) -> None:
        raise error

    kind = new_class("Failing", (Spool,), exec_body=lambda said: said.update({verb: fail}))
    failed: Spool = kind(spool.folder, spool.state)
    return failed


TROUBLES: list[tuple[str, Exception, type, str]] = [
    ("lay", OSError(errno.ENOSPC, "No space left on device"), Unavailable, "is on a full disk"),
    ("lay", OSError(errno.EDQUOT, "Disk quota exceeded"), Unavailable, "is over its quota"),
    ("lay", OSError(errno.EACCES, "Permission denied"), Unavailable, "may not be read or written by this user"),
    ("publish", OSError(errno.EROFS, "Read-only file system"), Unavailable, "is on a read-only disk"),
    ("publish", OSError(errno.EIO, "Input/output error"), Unavailable, "answered: Input/output error"),
    ("publish", InDoubt("the disk did not confirm"), Unknown, "the disk did not confirm"),
]


@pytest.mark.parametrize(("verb", "error", "kind", "words"), TROUBLES)
async def test_a_sick_disk_is_told_in_words_a_person_understands(
    office: FolderDoor, verb: str, error: Exception, kind: type, words: str
) -> None:
    office._spool = failing(office._spool, verb, error)
    answer = await office.submit(office.compose(letter()), yes)
    assert isinstance(answer, kind)
    assert words in repr(answer)


async def test_an_error_of_the_house_is_not_blamed_on_the_folder(office: FolderDoor, tray: Path) -> None:
    async def lost() -> bool:
        raise ConnectionResetError("the store went away")

    with pytest.raises(ConnectionResetError):
        await office.submit(office.compose(letter()), lost)
    assert lying(tray) == []


# -- pulled back --------------------------------------------------------------------------------------------------


async def test_a_letter_in_the_tray_can_be_withdrawn_and_is_told_so_again(office: FolderDoor, tray: Path) -> None:
    parcel = office.compose(letter())
    await office.submit(parcel, yes)
    assert isinstance(office, Withdraws)
    assert [await office.withdraw(parcel) for _ in range(2)] == [True, True]
    assert lying(tray) == ["withdrawn"]
    assert lying(tray / "withdrawn") == ["a1.json", "a1.pdf"]
    assert isinstance(await office.find(parcel, BEFORE), Absent)
    assert await office.submit(parcel, never) == Unavailable(Scope.MESSAGE, "this letter was withdrawn")


async def test_a_letter_that_was_never_there_or_was_taken_cannot_be_withdrawn(office: FolderDoor, tray: Path) -> None:
    parcel = office.compose(letter())
    assert await office.withdraw(parcel) is False
    await office.submit(parcel, yes)
    (tray / "a1.pdf").unlink()
    assert await office.withdraw(parcel) is False


async def test_somebody_elses_file_is_not_withdrawn(office: FolderDoor, tray: Path) -> None:
    (tray / "a1.pdf").write_bytes(b"somebody else's")
    assert await office.withdraw(office.compose(letter())) is False
    assert lying(tray) == ["a1.pdf"]


async def test_a_withdrawal_cut_in_the_middle_is_finished_by_the_next(office: FolderDoor, tray: Path) -> None:
    parcel = office.compose(letter())
    await office.submit(parcel, yes)
    (tray / "withdrawn").mkdir()
    (tray / "a1.pdf").rename(tray / "withdrawn" / "a1.pdf")
    assert await office.withdraw(parcel) is True
    assert lying(tray / "withdrawn") == ["a1.json", "a1.pdf"]

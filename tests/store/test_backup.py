"""A copy of a working database, and who owns which one."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from relanced.store.backup import copy_sqlite
from relanced.store.engine import StoreError
from relanced.store.guard import (
    Busy,
    Footprint,
    Lock,
    begun,
    ended,
    log_lost,
    read_footprint,
    suspicion,
    write_footprint,
)
from relanced.store.opening import Store
from relanced.store.soundness import unsound
from tests.store.books import NOW, Books
from tests.store.post import Post

# -- the copy -----------------------------------------------------------------------------------------------------


async def test_a_copy_holds_what_was_committed_and_is_frozen(sqlite_url: str, tmp_path: Path) -> None:
    store = Store(sqlite_url)
    books = Books(store)
    assert store.file is not None
    keys = await books.many(50)
    target = tmp_path / "copy of #1.db"
    assert copy_sqlite(store.file, target) == target.stat().st_size > 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    copied = Store(f"sqlite:///{target}")
    assert (await copied.house.row()).frozen == "this is a backup copy"
    assert (await store.house.row()).frozen == ""
    assert len(await copied.views.cases(state=None)) == len(keys)
    assert await unsound(copied.engine) == []
    await copied.close()
    await store.close()


async def test_nothing_leaves_from_a_copy_until_a_person_accepts_it(sqlite_url: str, tmp_path: Path) -> None:
    """Fault 17: what the copy still believes to be planned may have been sent long ago."""
    store = Store(sqlite_url)
    (message,) = await _planned(store)
    assert store.file is not None
    copy_sqlite(store.file, tmp_path / "copy.db")
    copied = Store(f"sqlite:///{tmp_path / 'copy.db'}")
    post = Post(Books(copied))
    assert (await post.commit([await post.seal_of(message)])).dropped == {message: "stopped"}
    await copied.house.accept_copy("claire", NOW)
    assert (await post.commit([await post.seal_of(message)])).taken == [message]
    await copied.close()
    await store.close()


async def _planned(store: Store) -> list[int]:
    books = Books(store)
    return await Post(books).plan_many(await books.many(1))


async def test_fault_18_a_copy_made_while_it_is_written_to_is_whole(sqlite_url: str, tmp_path: Path) -> None:
    store = Store(sqlite_url)
    books = Books(store)
    assert store.file is not None
    await books.many(200)
    copying = asyncio.to_thread(copy_sqlite, store.file, tmp_path / "copy.db")

    async def writing() -> None:
        for n in range(20):
            await books.payment(1_00, debtor=f"d{n}")

    await asyncio.gather(copying, writing())
    copied = Store(f"sqlite:///{tmp_path / 'copy.db'}")
    assert await unsound(copied.engine) == []
    await copied.close()
    await store.close()


def test_a_copy_overwrites_nothing_and_leaves_nothing_behind_when_it_fails(born_sqlite: Path, tmp_path: Path) -> None:
    there = tmp_path / "there.db"
    there.write_bytes(b"the only copy of last year")
    with pytest.raises(StoreError, match="exists already: name a new file"):
        copy_sqlite(born_sqlite, there)
    assert there.read_bytes() == b"the only copy of last year"
    for source, target in (
        (tmp_path / "nowhere.db", tmp_path / "a.db"),
        (there, tmp_path / "b.db"),
        (born_sqlite, tmp_path / "no" / "c.db"),
    ):
        with pytest.raises(StoreError, match="failed"):
            copy_sqlite(source, target)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["there.db"]


# -- who owns the database ----------------------------------------------------------------------------------------


def test_fault_20_a_second_owner_is_told_who_and_since_when(tmp_path: Path) -> None:
    first, second = Lock(tmp_path / "relanced.db"), Lock(tmp_path / "relanced.db")
    first.take("the daemon", NOW)
    with pytest.raises(Busy, match=f"in use by the daemon, pid {os.getpid()}, since 2026-03-10 09:30:00"):
        second.take("relanced import", NOW)
    first.release()
    second.take("relanced import", NOW)
    second.release()
    second.release()


def test_fault_20_the_lock_ends_with_the_process_however_it_ends(tmp_path: Path) -> None:
    held = (
        "import sys, time; from pathlib import Path; from datetime import datetime, UTC;"
        "from relanced.store.guard import Lock;"
        "lock = Lock(Path(sys.argv[1])); lock.take('another daemon', datetime.now(UTC)); print(1, flush=True);"
        "time.sleep(60)"
    )
    database = tmp_path / "relanced.db"
    with subprocess.Popen([sys.executable, "-c", held, str(database)], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(Busy, match="another daemon"):
            Lock(database).take("me", NOW)
        other.kill()
        other.wait()
    mine = Lock(database)
    mine.take("me", NOW)
    mine.release()


def test_a_lock_whose_owner_did_not_sign_is_still_a_lock(tmp_path: Path) -> None:
    database = tmp_path / "relanced.db"
    with Lock(database).path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(Busy, match="in use by another process"):
            Lock(database).take("me", NOW)


def test_fault_15_a_folder_that_cannot_be_written_is_told_plainly(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"relanced\.db\.lock cannot be written: No such file"):
        Lock(tmp_path / "no" / "relanced.db").take("me", NOW)


# -- whether it is the one we knew --------------------------------------------------------------------------------


def _database(tmp_path: Path) -> Path:
    database = tmp_path / "relanced.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE t (a)")
    return database


def test_fault_17_a_database_that_is_not_the_one_we_knew_is_suspected(tmp_path: Path) -> None:
    database = _database(tmp_path)
    other = Path(shutil.copy(database, tmp_path / "other.db"))
    assert suspicion(None, "ours", 0, database) == ""
    write_footprint(tmp_path, "ours", 7, database)
    known = read_footprint(tmp_path)
    assert known == Footprint("ours", 7, database.stat().st_dev, database.stat().st_ino)
    cases = {
        ("ours", 7, database): "",
        ("ours", 6, database): "the database counts 6 starts, the state folder 7: it was restored or cloned",
        ("ours", 8, database): "the database counts 8 starts, the state folder 7: it was restored or cloned",
        ("ours", 7, other): "the database file is not the one of the last start: it was restored or cloned",
        ("theirs", 7, database): (
            "the state folder belongs to another database: this one was moved here, restored or cloned"
        ),
    }
    assert {at: suspicion(known, *at) for at in cases} == cases


def test_a_state_folder_that_knows_nothing_suspects_a_database_that_was_started(tmp_path: Path) -> None:
    words = "the database has been started elsewhere: this state folder does not know it"
    assert suspicion(None, "ours", 3, _database(tmp_path)) == words
    for damaged in ("", "{}", "[1, 2]", '{"starts": 1}'):
        (tmp_path / "footprint.json").write_text(damaged)
        assert read_footprint(tmp_path) is None


def test_a_restored_file_is_suspected_even_with_the_right_count(tmp_path: Path) -> None:
    database = _database(tmp_path)
    write_footprint(tmp_path, "ours", 1, database)
    aside = database.rename(tmp_path / "aside.db")
    shutil.copy(aside, database)
    assert "restored or cloned" in suspicion(read_footprint(tmp_path), "ours", 1, database)


def test_a_server_s_database_is_known_by_its_identity_alone(tmp_path: Path) -> None:
    """Every daemon on it counts a start: the counter is nobody's."""
    assert suspicion(None, "ours", 5, None) == ""
    write_footprint(tmp_path, "ours", 4, None)
    assert read_footprint(tmp_path) == Footprint("ours", 4, 0, 0)
    assert suspicion(read_footprint(tmp_path), "ours", 9, None) == ""
    assert "belongs to another database" in suspicion(read_footprint(tmp_path), "theirs", 4, None)


@pytest.mark.parametrize(("log", "lost"), [(None, True), (b"", True), (b"frames", False)])
def test_fault_18_whoever_was_killed_has_left_a_log(tmp_path: Path, log: bytes | None, lost: bool) -> None:
    database = tmp_path / "relanced.db"
    if log is not None:
        (tmp_path / "relanced.db-wal").write_bytes(log)
    assert log_lost(tmp_path, database) == ""  # nobody has worked here
    begun(tmp_path)
    assert bool(log_lost(tmp_path, database)) is lost
    ended(tmp_path)
    ended(tmp_path)
    assert log_lost(tmp_path, database) == ""


def test_a_state_folder_that_cannot_be_used_is_told_by_whoever_needs_it(tmp_path: Path) -> None:
    """It raises no suspicion, and no other fault than its own."""
    (tmp_path / "file").touch()
    assert log_lost(tmp_path / "file/state", tmp_path / "relanced.db") == ""
    ended(tmp_path / "file/state")

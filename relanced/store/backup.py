"""A copy of the database while it works, stamped as one: started somewhere, it waits for a person's word."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from relanced.store.engine import StoreError


def copy_sqlite(source: Path, target: Path) -> int:
    """Copy by SQLite's backup API, check it, stamp it. Returns its size in bytes. Raises StoreError.

    Nothing goes by the name of the target before it is whole.
    """
    if target.exists():
        raise StoreError(f"{target} exists already: name a new file")
    unfinished = target.with_name(target.name + ".unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        _copy(source, unfinished)
        unfinished.replace(target)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"backup to {target} failed: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return target.stat().st_size


def _copy(source: Path, target: Path) -> None:
    address = f"{source.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")
        (verdict,) = new.execute("PRAGMA integrity_check").fetchone()
        if verdict != "ok":
            raise StoreError(f"the copy is damaged: {verdict}")
        new.execute("UPDATE house SET frozen = 'this is a backup copy'")
        new.commit()

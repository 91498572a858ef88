"""A copy of the database while it works. The copy is stamped as one: started somewhere, it waits for a person's word."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from relanced.store.engine import StoreError


def copy_sqlite(source: Path, target: Path) -> int:
    """Copy by SQLite's backup API, check it, stamp it. Returns its size in bytes. Raises StoreError."""
    if target.exists():
        raise StoreError(f"{target} exists already: name a new file")
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old,
            closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)
            new.execute("PRAGMA journal_mode=DELETE")
            (verdict,) = new.execute("PRAGMA integrity_check").fetchone()
            if verdict != "ok":
                raise StoreError(f"the copy is damaged: {verdict}")
            new.execute("UPDATE house SET frozen = 'this is a backup copy'")
            new.commit()
    except sqlite3.Error as error:
        target.unlink(missing_ok=True)
        raise StoreError(f"backup to {target} failed: {error}") from error
    target.chmod(0o600)
    return target.stat().st_size

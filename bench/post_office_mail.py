"""The other side: django-post_office sends the same reminders by `send_queued_mail`, with its settings as they come."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from datetime import date
from pathlib import Path

from msgspec import Struct

from bench.process import Spent, environment, run

_SENT = 0  # post_office.models.STATUS.sent


class PostOffice(Struct, frozen=True):
    """A prepared queue; each round starts from the same bytes."""

    work: Path
    port: int

    @property
    def live(self) -> Path:
        """The database that is worked on."""
        return self.work / "live.db"

    @property
    def prepared(self) -> Path:
        """The database as every round finds it."""
        return self.work / "prepared.db"

    def lay_out(self) -> None:
        """Put the prepared queue in place."""
        for left in self.work.glob("live.db-*"):
            left.unlink()
        shutil.copyfile(self.prepared, self.live)

    def send(self) -> Spent:
        """One round: the whole life of `manage.py send_queued_mail`."""
        return self._django("-m", "django", "send_queued_mail", "--lockfile", str(self.work / "lock"))

    def attempts(self) -> int:
        """How many deliveries the database tells as sent."""
        with sqlite3.connect(f"file:{self.live}?mode=ro", uri=True) as database:
            query = "SELECT count(*) FROM post_office_log JOIN post_office_email e ON e.id = email_id"
            found = database.execute(f"{query} WHERE e.status = {_SENT}").fetchone()
        return int(found[0])

    def _django(self, *words: str) -> Spent:
        settings = {"DJANGO_SETTINGS_MODULE": "bench.post_office_settings", "BENCH_PORT": str(self.port)}
        environ = environment(self.work.parent, BENCH_DATABASE=str(self.live), **settings)
        return run([sys.executable, *words], environ, self.work / "said")


def prepare(work: Path, port: int, many: int, today: date) -> PostOffice:
    """Make the tables and fill the queue."""
    work.mkdir()
    side = PostOffice(work, port)
    side._django("-m", "django", "migrate")
    side._django("-m", "bench.post_office_queue", str(many), str(today))
    with sqlite3.connect(side.live) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(side.live, side.prepared)
    return side

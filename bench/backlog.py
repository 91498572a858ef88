"""A database that also holds a great many terms that are not due: written with SQL, to be quick about it."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from bench.relanced_mail import Relanced

PER_CASE = 5  # invoices of each further debtor

_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
_CASES = f"""{_NUMBERS}
INSERT INTO cases (id, creditor, debtor_key, name, segment, address, tags, closed, state, look_at)
SELECT 1000000 + i, 'dubois', 'B' || i, 'Client ' || i, 'business', '[]', '[]', '[]', 'open',
  '2099-01-01 00:00:00.000000' FROM n"""
_INVOICES = f"""{_NUMBERS}
INSERT INTO invoices (id, case_id, creditor, number, issued_on, cents)
SELECT 10000000 + i, 1000001 + (i - 1) / {PER_CASE}, 'dubois', 'B' || i, '2098-12-01', 10000 FROM n"""
_TERMS = f"""{_NUMBERS}
INSERT INTO terms (case_id, invoice_id, n, due_on, cents)
SELECT 1000001 + (i - 1) / {PER_CASE}, 10000000 + i, 1, '2099-01-01', 10000 FROM n"""


def beside(side: Relanced, work: Path, terms: int) -> Relanced:
    """The same messages due, and so many further terms that are not."""
    shutil.copytree(side.work, work)
    fresh = Relanced(work)
    fresh.config.write_text(side.config.read_text().replace(str(side.work), str(work)))
    fresh.settle()
    with sqlite3.connect(fresh.prepared) as database:
        database.execute("PRAGMA synchronous=OFF")
        database.execute("ATTACH ? AS before", (str(side.prepared),))
        database.execute("UPDATE cases SET look_at = (SELECT b.look_at FROM before.cases b WHERE b.id = cases.id)")
        database.execute(_CASES, (terms // PER_CASE,))
        database.execute(_INVOICES, (terms // PER_CASE * PER_CASE,))
        database.execute(_TERMS, (terms // PER_CASE * PER_CASE,))
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return fresh

"""relanced's side: a database of planned messages is made once by import and planning, then sent by `run --once`."""

from __future__ import annotations

import asyncio
import csv
import logging
import shutil
import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import structlog
from msgspec import Struct

from bench.corpus import CREDITOR, SENDER, Debtor
from bench.process import Spent, environment, run, script
from relanced.cli.opening import load_config
from relanced.clock import WallClock
from relanced.house import open_house

_CONFIG = """\
store: sqlite:///{work}/live.db
state: {work}/state
desk: {{socket: {work}/desk.sock}}
people:
  claire: {{name: Claire Dubois, email: claire@atelier-dubois.example, user: claire}}
creditors:
  dubois:
    name: {creditor}
    legal: SARL au capital de 10 000 €
    siren: "732829320"
    address: [12 RUE DES FORGES, 35000 RENNES]
    phone: "+33 2 99 00 12 34"
    iban: FR76 3000 6000 0112 3456 7890 189
    send_as: Claire Dubois <{sender}>
    read_by: claire
    sign: {{name: Claire Dubois, title: responsable clients}}
    roads: {{email: compta}}
channels:
  compta:
    kind: email
    smtp: {{host: 127.0.0.1, port: {port}, tls: none}}
    connections: 8{copy}
contact_rules: {{hours: "00:00-00:00", days: mon-sun, holidays: none}}
policies:
  standard:
    for: {{debtor: business}}
    steps:
      - {{name: relance-1, tone: courteous, when: 3 days after due, via: email}}
      - {{name: relance-2, tone: firm, when: 10 days after due, via: email}}
"""
_COPY = "\n    copy: {{to: journal@atelier-dubois.example, maildir: {work}/journal}}"


class Relanced(Struct, frozen=True):
    """A prepared database with its configuration; each round starts from the same bytes."""

    work: Path

    @property
    def config(self) -> Path:
        """The configuration."""
        return self.work / "config.yaml"

    @property
    def live(self) -> Path:
        """The database that is worked on."""
        return self.work / "live.db"

    @property
    def prepared(self) -> Path:
        """The database as every round finds it."""
        return self.work / "prepared.db"

    def lay_out(self) -> None:
        """Put the prepared database in place: nothing was started on it, no state is known of it."""
        self.clear()
        shutil.copyfile(self.prepared, self.live)

    def clear(self) -> None:
        """Forget what a life left beside the database."""
        for left in (*self.work.glob("live.db-*"), *self.work.glob("live.db.lock")):
            left.unlink()
        shutil.rmtree(self.work / "state", ignore_errors=True)

    def settle(self) -> None:
        """Let the prepared database know this configuration: a new one makes the planner look at every case."""
        self.lay_out()
        _command(self, "status")
        with sqlite3.connect(self.live) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(self.live, self.prepared)

    def send(self) -> Spent:
        """One round: the whole life of `relanced run --once`."""
        command = [script("relanced"), "--config", str(self.config), "run", "--once"]
        return run(command, environment(self.work.parent), self.work / "said")

    def attempts(self) -> int:
        """How many attempts the database tells as taken by the relay."""
        with sqlite3.connect(f"file:{self.live}?mode=ro", uri=True) as database:
            query = "SELECT count(*) FROM attempts JOIN messages ON attempt_id = attempts.id"
            found = database.execute(f"{query} WHERE answer = 'sent' AND state = 'sent'").fetchone()
        return int(found[0])


def prepare(work: Path, port: int, debtors: list[Debtor], today: date, journal_copy: bool) -> Relanced:
    """Import the debtors and what they owe, open the creditor, let the planner decide; nothing is sent yet."""
    work.mkdir()
    for box in ("journal/new", "journal/cur", "journal/tmp"):
        (work / box).mkdir(parents=True)
    side = Relanced(work)
    copy = _COPY.format(work=work) if journal_copy else ""
    side.config.write_text(_CONFIG.format(work=work, creditor=CREDITOR, sender=SENDER, port=port, copy=copy))
    _compile(side)
    _import(side, debtors, today)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    asyncio.run(_plan(side.config))
    with sqlite3.connect(side.live) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(side.live, side.prepared)
    return side


def _compile(side: Relanced) -> None:
    """What an installation has compiled: by a run with nothing to do, of which nothing is kept."""
    _command(side, "run", "--once")
    side.clear()
    side.live.unlink()


def _import(side: Relanced, debtors: list[Debtor], today: date) -> None:
    """Through the command line, as an operator does it."""
    people = [[d.key, d.name, "B2B", d.mail] for d in debtors]
    owed = [[d.key, i.number, i.issued_on, i.due_on, f"{i.cents / 100:.2f}"] for d in debtors for i in d.invoices]
    _write(side.work / "debtors.csv", ["code client", "nom", "segment"], [row[:3] for row in people])
    _write(side.work / "contacts.csv", ["code client", "contact", "email"], [[r[0], r[1], r[3]] for r in people])
    heads = ["code client", "n facture", "date facture", "echeance", "total ttc"]
    _write(side.work / "invoices.csv", heads, owed)
    _write(side.work / "payments.csv", ["date", "montant", "libelle", "code client"], [])
    for name, more in (("debtors", []), ("contacts", []), ("invoices", []), ("payments", ["--covers", str(today)])):
        _command(side, "import", f"{side.work}/{name}.csv", "--kind", name, *more)
    _command(side, "open", "dubois")


def _write(path: Path, heads: list[str], rows: list[list[object]] | list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([heads, *rows])


def _command(side: Relanced, *words: str) -> None:
    command = [script("relanced"), "--config", str(side.config), *words]
    run(command, environment(side.work.parent), side.work / "said")


async def _plan(config: Path) -> None:
    """Turn the planner alone, until no case is due."""
    house = await open_house(load_config(config), WallClock(), "bench")
    try:
        while await house.planner().turn(datetime.now(UTC)):
            pass
    finally:
        await house.close()

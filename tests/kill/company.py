"""A company whose daemon is killed again and again: its configuration, its waves of invoices, its short life."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

from relanced.clock import WallClock
from relanced.config import load
from relanced.house import open_house
from relanced.rules.model import Road, Segment
from relanced.rules.rows import Batch, ContactRow, DebtorRow, InvoiceRow, TermRow
from tests.kill.relay import JOURNAL

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """\
store: sqlite:///relanced.db
state: state
mode: live
timezone: Europe/Paris
desk: {{socket: {socket}}}
log: {{format: json}}
people: {{claire: {{email: claire@atelier.example}}}}
creditors:
  atelier:
    name: Atelier Dubois SARL
    siren: "732829320"
    address: [12 RUE DES FORGES, 35000 RENNES]
    iban: FR76 3000 6000 0112 3456 7890 189
    send_as: Claire Dubois <compta@atelier.example>
    read_by: claire
    roads: {{email: compta, letter: office}}
channels:
  compta:
    kind: email
    smtp: {{host: 127.0.0.1, port: {port}, tls: none}}
    copy: {{to: {journal}, maildir: {folder}/journal}}
    settle: 1
  office: {{kind: letter, out: folder, folder: {folder}/letters}}
contact_rules: {{hours: ["00:00-00:00"], days: mon-sun, holidays: none}}
policies:
  standard:
    for: {{debtor: business}}
    steps: [{{name: relance-1, tone: courteous, when: 3 days after due, via: [email, letter]}}]
"""


class Company:
    """One folder, one database, one daemon at a time."""

    def __init__(self, folder: Path, socket: Path, port: int) -> None:
        self.folder, self.config = folder, folder / "config.yaml"
        (folder / "letters").mkdir()
        text = CONFIG.format(folder=folder, socket=socket, port=port, journal=JOURNAL)
        self.config.write_text(text, encoding="utf-8")
        self._nursery: subprocess.Popen[str] | None = None
        self._pid = 0
        self._born = 0

    async def invoices(self, count: int) -> None:
        """A wave of late invoices: half of the debtors have a mail address, half only a postal one."""
        house = await open_house(load(self.config, os.environ), WallClock(), "test")
        today = house.premises.local(house.clock.now()).date()
        numbers = range(self._born, self._born + count)
        self._born += count
        await house.store.intake.apply("atelier", _wave(numbers, today), "test", house.clock.now(), today)
        covers = Batch("payments", "bank.csv", f"bank {self._born}", covers=today)
        await house.store.intake.apply("atelier", covers, "test", house.clock.now(), today)
        await house.store.house.open_creditor("atelier", today, "", 0, "test", house.clock.now())
        await house.close()

    def live(self) -> None:
        """A daemon begins to work."""
        if self._nursery is None:
            command = [sys.executable, "-m", "tests.kill.nursery", str(self.config), str(self.folder / "daemon.log")]
            paths = os.pathsep.join((str(ROOT), str(ROOT / "channels")))
            environment = {**os.environ, "PYTHONPATH": paths}
            pipe = subprocess.PIPE
            self._nursery = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT, env=environment)
        assert self._nursery.stdin and self._nursery.stdout
        self._nursery.stdin.write("one more\n")
        self._nursery.stdin.flush()
        self._pid = int(self._nursery.stdout.readline())

    def die(self, by: signal.Signals = signal.SIGKILL) -> None:
        """It ends, mostly without warning."""
        os.kill(self._pid, by)
        self._gone()

    def _gone(self) -> None:
        """Wait until the kernel has let go of its lock, thread by thread; the nursery reaps it later."""
        lock = self.folder / "relanced.db.lock"
        if lock.exists():
            with lock.open("a") as file:
                fcntl.flock(file, fcntl.LOCK_EX)

    def close(self) -> None:
        """No more daemons."""
        if self._nursery is not None:
            assert self._nursery.stdin and self._nursery.stdout
            self._nursery.stdin.close()
            self._nursery.wait(timeout=30)
            self._nursery.stdout.close()


def _wave(numbers: range, today: date) -> Batch:
    due = today - timedelta(days=30)
    debtors = [
        DebtorRow(i, f"C{i}", f"Client {i}", Segment.BUSINESS, address=(f"{i + 1} RUE DES FORGES", "35000 RENNES"))
        for i in numbers
    ]
    contacts = [ContactRow(i, f"C{i}", Road.EMAIL, f"c{i}@client.example") for i in numbers if i % 2 == 0]
    bills = [
        InvoiceRow(i, f"C{i}", f"FA-{i}", due - timedelta(days=30), 12_345, (TermRow(due, 12_345),)) for i in numbers
    ]
    file = f"wave-{numbers.start}.csv"
    return Batch("invoices", file, file, tuple(debtors), tuple(contacts), tuple(bills))

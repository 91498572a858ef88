"""The folder of the demonstration: made anew, with a configuration and the company's files in it."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from relanced.demo import books
from relanced.demo.company import ACCOUNT, CREDIT_NOTE, NEW_INVOICES, OLD_INVOICES, OLD_TRANSFERS, SHORT_NUMBER, TOKEN
from relanced.demo.invoices import print_invoices
from relanced.store.guard import Busy, Lock

_MARKER = ".made-by-relanced-demo"
_LONGEST_SOCKET = 100  # bytes; the kernel takes 107 (unix(7))


class NotOurs(Exception):
    """The folder cannot be used: the message says why."""


class Folder(Struct, frozen=True):
    """Where everything of one demonstration lies."""

    root: Path

    @property
    def config(self) -> Path:
        """The configuration."""
        return self.root / "config.yaml"

    @property
    def database(self) -> Path:
        """The database."""
        return self.root / "relanced.db"

    @property
    def log(self) -> Path:
        """The log of the daemon."""
        return self.root / "relanced.log"

    @property
    def mailbox(self) -> Path:
        """What the mail server took."""
        return self.root / "mailbox"

    @property
    def letters(self) -> Path:
        """The tray of letters."""
        return self.root / "letters"

    @property
    def registered(self) -> Path:
        """The tray of registered letters."""
        return self.root / "registered"

    @property
    def posted(self) -> Path:
        """What was taken to the post, a merged PDF per morning."""
        return self.root / "posted"

    @property
    def texts(self) -> Path:
        """The short texts that Twilio took, and those that came back."""
        return self.root / "texts"

    @property
    def answers(self) -> Path:
        """What customers wrote back by mail, and what Claire answered."""
        return self.root / "answers"

    @property
    def books(self) -> Path:
        """What the accounting program exports."""
        return self.root / "books"

    @property
    def invoices(self) -> Path:
        """The invoices as PDF."""
        return self.root / "invoices"


def make(into: Path) -> Folder:
    """An empty folder with the company's files. Raises NotOurs when something else lies there, or it is in use."""
    folder = Folder(into.absolute())
    try:
        if folder.root.exists():
            _clear(folder)
        folder.root.mkdir(parents=True, exist_ok=True)
        (folder.root / _MARKER).touch()
        for part in ("mailbox", "letters", "registered", "posted", "texts", "answers", "books", "invoices"):
            (folder.root / part).mkdir()
        _fill(folder)
    except OSError as error:
        raise NotOurs(f"{into}: {error.strerror}: name another folder with --into") from error
    return folder


def _clear(folder: Folder) -> None:
    """Remove an earlier demonstration, and nothing else."""
    found = list(folder.root.iterdir())
    if found and not (folder.root / _MARKER).is_file():
        raise NotOurs(f"{folder.root} holds other files: name a new folder with --into")
    lock = Lock(folder.database)
    try:
        lock.take("relanced demo, making room", datetime.now().astimezone())
    except Busy as busy:
        raise NotOurs(f"{folder.root} is the folder of a demonstration that still runs: {busy}") from None
    for entry in found:
        shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    lock.release()
    lock.path.unlink(missing_ok=True)


def _fill(folder: Folder) -> None:
    texts = {
        "clients.csv": books.customers(),
        "contacts.csv": books.contacts(),
        "factures-2025.csv": books.invoices(OLD_INVOICES),
        "factures-2026.csv": books.invoices(NEW_INVOICES),
        "reglements-2025.csv": books.bank(OLD_TRANSFERS),
        "avoirs-2026.csv": books.credit_notes([CREDIT_NOTE]),
    }
    for name, text in texts.items():
        (folder.books / name).write_text(text, encoding="utf-8", newline="")
    (folder.books / "banque").mkdir()
    print_invoices(folder.invoices)


def write_config(folder: Folder, smtp_port: int, twilio: str) -> Path | None:
    """Write the configuration; `twilio` is the address of its API, ours here.

    Returns the folder of the socket where the demonstration's own path is too long.
    """
    aside = None
    socket = "desk.sock"
    if len(os.fsencode(folder.root / socket)) > _LONGEST_SOCKET:
        aside = Path(tempfile.mkdtemp(prefix="relanced-"))
        socket = str(aside / socket)
    known = {"socket": socket, "port": smtp_port, "twilio": twilio, "user": _account()}
    known |= {"account": ACCOUNT, "token": TOKEN, "sender": SHORT_NUMBER}
    folder.config.write_text(_CONFIG.format(**known), encoding="utf-8")
    folder.config.chmod(0o600)  # it spells a token out
    return aside


def _account() -> str:
    """As the desk will name us: the kernel tells it who speaks."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


_CONFIG = """\
# The configuration of the demonstration. config.example.yaml of the project explains every key.
store: sqlite:///relanced.db
mode: live
timezone: Europe/Paris
desk: {{socket: "{socket}"}}
digest: "08:45"                       # Claire's day, by mail

people:
  claire: {{name: Claire Dubois, email: claire@atelier-dubois.example, user: "{user}", backup: jean}}
  jean:   {{name: Jean Martin,   email: jean@atelier-dubois.example}}

creditors:
  atelier-dubois:
    name: Atelier Dubois SARL
    legal: SARL au capital de 10 000 €
    siren: "732829320"
    address: [12 RUE DES FORGES, 35000 RENNES]
    phone: "+33 2 99 00 12 34"
    iban: FR76 3000 6000 0112 3456 7890 189
    send_as: Claire Dubois <compta@atelier-dubois.example>
    read_by: claire
    sign: {{name: Claire Dubois, title: responsable clients}}
    roads: {{email: compta, sms: texts, letter: office, registered: tray, phone: calls}}
    bank_data: {{at_most: 3 bank days}}
    documents: {{folder: invoices, name: "{{number}}.pdf"}}

channels:
  compta: {{kind: email, smtp: {{host: 127.0.0.1, port: {port}, tls: none}}}}   # the mail server of the demonstration
  office: {{kind: letter, out: folder, folder: letters}}
  tray:   {{kind: letter, registered: true, out: folder, folder: registered}}
  calls:  {{kind: phone, per_day: 12}}
  texts:                              # the Twilio of the demonstration; a real one is asked every ten minutes
    {{kind: sms, api: "{twilio}", account: {account}, token: "{token}", from: "{sender}", ask_every: "08:00:00"}}

contact_rules:
  hours: ["09:00-12:00", "14:00-18:00"]
  days: mon-fri
  holidays: FR
  per_person: [1/day, 2/week, 4/month]

policies: default                     # business, consumer and public, as they ship
"""

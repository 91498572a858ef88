"""A small company on disk: its configuration, its files, and the command line as its people type it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner
from msgspec import Struct

from relanced.cli.commands import relanced

CONFIG = """\
store: sqlite:///relanced.db
state: state
mode: {mode}
timezone: Europe/Paris
desk: {{socket: {socket}}}
log: {{format: json}}
people:
  claire: {{email: claire@atelier.example, user: root}}
creditors:
  atelier:
    name: Atelier Dubois SARL
    siren: "732829320"
    address: [12 RUE DES FORGES, 35000 RENNES]
    iban: FR76 3000 6000 0112 3456 7890 189
    send_as: Claire Dubois <compta@atelier.example>
    read_by: claire
    roads: {{email: compta, letter: office, registered: tray}}
channels:
  compta: {{kind: email, smtp: {{host: 127.0.0.1, port: 9, tls: none}}}}
  office: {{kind: letter, out: folder, folder: {folder}/letters}}
  tray: {{kind: letter, registered: true, out: folder, folder: {folder}/registered}}
contact_rules: {{hours: ["00:00-00:00"], days: mon-sun, holidays: none}}
policies: default
"""

INVOICES = """\
client;nom;email;segment;adresse;cp;ville;n° facture;date;échéance;montant
C1;Boulangerie Petit;petit@boulange.example;entreprise;3 PLACE DU PORT;35000;RENNES;FA-1;01/09/2026;01/10/2026;1 234,50
C2;Garage Lefèvre;contact@garage.example;entreprise;9 RUE DU PORT;35400;SAINT MALO;FA-2;01/09/2026;02/10/2026;560,00
"""


class Done(Struct, frozen=True):
    """What a command said."""

    status: int
    out: str
    err: str


class Atelier(Struct, frozen=True):
    """The company's folder."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def relanced(self, *words: str | Path, style: str = "tsv", given: bytes | None = None) -> Done:
        """Type a command, with that on its standard input. Only a daemon gets a process of its own."""
        if "run" in words:
            done = subprocess.run(
                self.command(*words, style=style), capture_output=True, text=True, timeout=100, check=False
            )
            return Done(done.returncode, done.stdout, done.stderr)
        told = CliRunner().invoke(relanced, ["-c", str(self.config), "-f", style, *map(str, words)], input=given)
        if told.exception is not None and not isinstance(told.exception, SystemExit):
            raise told.exception
        return Done(told.exit_code, told.stdout, told.stderr)

    def command(self, *words: str | Path, style: str = "tsv") -> list[str]:
        given = ["-c", str(self.config), "-f", style, *map(str, words)]
        return [sys.executable, "-c", "from relanced.cli import main; main()", *given]


def found_atelier(folder: Path, socket: Path, mode: str = "live") -> Atelier:
    """A company with a sound configuration."""
    atelier = Atelier(folder)
    atelier.write("config.yaml", CONFIG.format(mode=mode, socket=socket, folder=folder))
    return atelier

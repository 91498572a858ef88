"""What an operator of the Atelier Dubois writes, and what its books export."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.flow.relay import JOURNAL

CONFIG = """
store: {store}
state: {folder}/state
mode: {mode}
timezone: Europe/Paris
desk: {{socket: {folder}/desk.sock{desk}}}
people:
  claire: {{email: claire@atelier-dubois.example, user: claire, backup: jean}}
  jean: {{email: jean@atelier-dubois.example, user: jean}}
creditors:
  atelier:
    name: Atelier Dubois SARL
    siren: "732829320"
    address: [12 RUE DES FORGES, 35000 RENNES]
    iban: {iban}
    send_as: Claire Dubois <compta@atelier-dubois.example>
    read_by: claire
    roads: {{email: compta, letter: office, registered: {registered}{roads}}}
    {creditor}
channels:
  compta: {{kind: email, smtp: {{host: 127.0.0.1, port: {port}, tls: none}}, connections: {connections}{email}}}
  office: {{kind: letter, {office}}}
  tray: {{kind: letter, registered: true, out: folder, folder: {folder}/registered}}
{channels}
{house}
policies: {policies}
"""
ALWAYS = 'contact_rules: {hours: ["00:00-00:00"], days: mon-sun, holidays: none}'
IBAN = "FR76 3000 6000 0112 3456 7890 189"
COPIED = """
  copied:
    for: {debtor: business}
    steps:
      - {name: relance-1, tone: courteous, when: 3 days after due, via: [email], also: [letter]}
"""
HEADINGS = "client;nom;email;segment;adresse;cp;ville;numéro;date;échéance;montant;dossier"


def configuration(folder: Path, **said: object) -> str:
    """The text of a configuration; every word can be said otherwise."""
    usual: dict[str, object] = {
        "store": f"sqlite:///{folder}/relanced.db",
        "mode": "live",
        "iban": IBAN,
        "registered": "tray",
        "roads": "",
        "channels": "",
        "creditor": "",
        "connections": 4,
        "email": "",
        "office": "out: folder, folder: letters",
        "desk": "",
        "house": "",
        "policies": "default",
    }
    return CONFIG.format(folder=folder, **(usual | said))


def journal_copy(folder: Path) -> str:
    """The words that give the e-mail channel a journal mailbox."""
    for box in ("new", "cur", "tmp"):
        (folder / "journal" / box).mkdir(parents=True, exist_ok=True)
    return f", copy: {{to: {JOURNAL}, maildir: {folder}/journal}}"


def secret(folder: Path, name: str, said: str) -> str:
    """A secret in a file of its own. Returns the word that names it in a configuration."""
    file = folder / name
    file.write_text(said)
    file.chmod(0o600)
    return f'"${{file:{file}}}"'


def invoice(
    number: str,
    due: date,
    debtor: str = "C1",
    amount: str = "1 234,50",
    email: str | None = None,
    address: str = "1 RUE DU BAC",
    issued: date = date(2026, 2, 1),
    segment: str = "entreprise",
) -> str:
    """A line of an invoice file."""
    mail = f"{debtor.lower()}@client.example" if email is None else email
    place = f"{address};75007;PARIS" if address else ";;"
    return f"{debtor};Client {debtor};{mail};{segment};{place};{number};{issued:%d/%m/%Y};{due:%d/%m/%Y};{amount};"


def invoices(*lines: str) -> bytes:
    """An invoice file."""
    return "\n".join((HEADINGS, *lines, "")).encode()


def payment(number: str, on: date, amount: str = "1 234,50") -> bytes:
    """A payment file with one payment."""
    return f"date;montant;facture;référence bancaire\n{on:%d/%m/%Y};{amount};{number};VIR-{number}-{amount}\n".encode()


def credit_note(number: str, on: date, amount: str, debtor: str = "C1") -> bytes:
    """A file with one credit note on that invoice."""
    return f"client;n° avoir;date avoir;montant;facture\n{debtor};AV-1;{on:%d/%m/%Y};{amount};{number}\n".encode()


def contacts(*lines: tuple[str, str, int]) -> bytes:
    """More addresses: (debtor, mail address, rank)."""
    said = [f"{debtor};{mail};{rank}" for debtor, mail, rank in lines]
    return "\n".join(("code client;email;rang", *said, "")).encode()


NO_PAYMENTS = b"date;montant;facture\n"

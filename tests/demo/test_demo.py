"""The whole demonstration, once, as a newcomer starts it; then what it left behind, told fact by fact."""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import pytest
from pypdf import PdfReader

RELANCED = (sys.executable, "-c", "from relanced.cli import main; main()")


@dataclass(frozen=True, slots=True)
class Played:
    """A demonstration that is over."""

    root: Path
    status: int
    said: str
    complained: str

    def mails(self, to: str = "") -> list[EmailMessage]:
        """The mailbox in the order of arrival, or what one person got."""
        paths = sorted((self.root / "mailbox").glob(f"*{to}.eml"))
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths]

    def ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command after the end."""
        return _run("-c", str(self.root / "config.yaml"), *words)


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "LC_ALL": "C.UTF-8"}
    return subprocess.run([*RELANCED, *words], capture_output=True, text=True, env=environ, timeout=110, check=False)


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    root = tmp_path_factory.mktemp("demo") / "relanced-demo"
    done = _run("demo", "--exit", "--into", str(root))
    return Played(root, done.returncode, done.stdout, done.stderr)


def text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


def day(mail: EmailMessage) -> date:
    sent: date = mail["Date"].datetime.date()
    return sent


def test_it_ends_by_itself_and_finds_nothing_unexpected(played: Played) -> None:
    assert (played.status, played.complained) == (0, "")
    assert "Traceback" not in played.said
    assert "UNEXPECTED" not in played.said


def test_every_mail_can_be_opened_and_came_once(played: Played) -> None:
    mails = played.mails()
    assert len({mail["Message-ID"] for mail in mails}) == len(mails) == 29
    assert all(mail["Subject"] and text(mail).startswith("Madame") and not mail.defects for mail in mails)
    assert all(date(2026, 1, 5) <= day(mail) <= date(2026, 3, 31) for mail in mails)


def test_every_letter_is_a_pdf(played: Played) -> None:
    letters = sorted((played.root / "letters").rglob("*.pdf"))
    registered = sorted((played.root / "registered").glob("*.pdf"))
    assert (len(letters), len(registered)) == (4, 1)
    assert all(PdfReader(path).pages for path in (*letters, *registered))
    assert "MISE EN DEMEURE" in PdfReader(registered[0]).pages[0].extract_text()


def test_who_pays_midway_hears_nothing_more(played: Played) -> None:
    mails = played.mails("direction@hotel-des-halles.example")
    assert [day(mail) for mail in mails] == [date(2026, 1, 5), date(2026, 1, 13), date(2026, 1, 20)]
    assert "Hôtel des Halles has paid 4340.00 EUR" in played.said


def test_who_always_pays_on_the_day_is_never_reminded(played: Played) -> None:
    """Although nobody fetched the bank files in the week of the payment: the gate waited, and told why."""
    assert played.mails("anne@boulangerie-durand.example") == []
    assert "defer: bank data cover until 2026-02-12; needed until 2026-02-17: relanced import" in played.said


def test_a_partial_payment_and_a_credit_note_are_deducted(played: Played) -> None:
    assert "virement de 460,00 €" in text(played.mails("bonjour@jardin-d-hiver.example")[1])
    assert "virement de 800,00 €" in text(played.mails("gestion@pharmacie-parlement.example")[1])


def test_a_consumer_is_never_asked_for_the_forty_euros(played: Played) -> None:
    mails = played.mails("helene.riviere@courriel.example")
    assert len(mails) == 2
    assert all("40 €" not in text(mail) for mail in mails)


def test_a_dead_address_becomes_a_letter(played: Played) -> None:
    notes = [json.loads(path.read_text(encoding="utf-8")) for path in (played.root / "letters").glob("*.json")]
    assert [note["facts"]["step"] for note in notes if note["facts"]["debtor"] == "C05"] == ["relance-1"]


def test_a_letter_paid_in_the_tray_is_pulled_back(played: Played) -> None:
    (note,) = (played.root / "letters" / "withdrawn").glob("*.json")
    assert json.loads(note.read_text(encoding="utf-8"))["facts"]["debtor"] == "C14"


def test_the_notice_waits_for_approval(played: Played) -> None:
    said = played.said
    planned = said.index("step=mise-en-demeure")
    approved = said.index("$ relanced approve")
    printed = said.index("case=12 channel=tray")
    assert planned < approved < printed
    assert "mise-en-demeure  registered  parked  mise-en-demeure waits for approval" in said[planned:approved]


def test_invoices_are_enclosed(played: Played) -> None:
    last = played.mails("finances@saint-aubin.example")[-1]
    assert [part.get_filename() for part in last.iter_attachments()] == ["duplicata-FA-2025-112.pdf"]


def test_the_table_tells_where_everybody_stands(played: Played) -> None:
    table = played.said[played.said.index("what happened") :]
    assert "nobody can be reached" in table
    assert re.search(r"transmission waited too\s+long for approval", table)
    assert re.search(r"C12 .* lapsed", table)
    assert table.count(" paid\n") + table.count(" paid ") >= 12
    for place in ("mailbox/", "letters/", "registered/", "config.yaml", "relanced.db", "relanced.log"):
        assert str(played.root / place).rstrip("/") in table


def test_the_log_is_kept_whole(played: Played) -> None:
    log = (played.root / "relanced.log").read_text(encoding="utf-8")
    assert log.count("message sent") == 29
    assert "[error" not in log
    assert "direction@hotel-des-halles.example" not in log


def test_what_it_left_can_be_asked(played: Played) -> None:
    shown = played.ask("show", "C12")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "owes 12480.00 EUR" in shown.stdout
    assert played.ask("db", "check").stdout == "the database is sound\n"

"""The whole demonstration, once, as a newcomer starts it; then what it left behind, told fact by fact."""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import subprocess
import sys
from datetime import date
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import pytest
from msgspec import Struct
from openpyxl import load_workbook
from pypdf import PdfReader

CLAIRE = "claire@atelier-dubois.example"
RELANCED = (sys.executable, "-c", "from relanced.cli import main; main()")


class Played(Struct, frozen=True):
    """A demonstration that is over."""

    root: Path
    status: int
    said: str
    complained: str

    def mails(self, to: str = "") -> list[EmailMessage]:
        """What the customers got in the order of arrival, or what one person got."""
        paths = sorted((self.root / "mailbox").glob(f"*{to}.eml"))
        wanted = [path for path in paths if to or CLAIRE not in path.name]
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in wanted]

    def texts(self, number: str = "") -> list[str]:
        """The short texts in their order, or those to one number."""
        return [path.read_text(encoding="utf-8") for path in sorted((self.root / "texts").glob(f"*{number}.txt"))]

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
    assert len({mail["Message-ID"] for mail in mails}) == len(mails) == 44
    assert all(mail["Subject"] and not mail.defects for mail in mails)
    assert [text(mail)[:16] for mail in mails if not text(mail).startswith("Madame")] == ["Bonjour Monsieur"]  # hers
    assert all(date(2026, 1, 5) <= day(mail) <= date(2026, 3, 31) for mail in mails)


def test_every_letter_is_a_pdf(played: Played) -> None:
    letters = sorted((played.root / "letters").rglob("*.pdf"))
    registered = sorted((played.root / "registered").glob("*.pdf"))
    assert (len(letters), len(registered)) == (5, 1)
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


def test_a_text_follows_the_second_reminder_and_its_receipt_is_asked_for(played: Played) -> None:
    (text_,) = played.texts("+33600000004")
    head, _, body = text_.partition("\n\n")
    assert head.splitlines()[3:] == ["Segments: 2 (GSM-7)", "Status: delivered"]
    assert body.startswith("Atelier Dubois SARL : 4 340,00 € restent à régler depuis 11 jours")
    assert text_.replace("\n", "\n    ").rstrip() in played.said
    assert "20 Jan relance-2 by SMS, delivered" in played.said


def test_a_dead_number_gives_way_to_the_next(played: Played) -> None:
    (dead,), (next_,) = played.texts("+33600000016"), played.texts("+33600000026")
    assert "Status: undelivered, error 30005" in dead
    assert "Status: delivered" in next_
    assert "dead since 2026-01-22" in played.ask("show", "C16").stdout


def test_a_stop_is_obeyed_and_mails_go_on(played: Played) -> None:
    assert [text_.splitlines()[-1] for text_ in played.texts("from-+33600000017")] == ["STOP"]
    assert len(played.texts("+33600000017")) == 2  # the one that was answered, and the answer
    days = [day(mail) for mail in played.mails("malo@brasserie-du-port.example")]
    assert date(2026, 1, 15) in days and date(2026, 3, 10) in days  # the second reminder, twice


def test_who_answers_by_mail_is_left_alone_until_claire_has_answered(played: Played) -> None:
    """The answer comes in as a mail server hands it over; her words and the next reminder hang in the same thread."""
    (path,) = (played.root / "answers").glob("*.eml")
    answer = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    *_, reminded, hers, next_ = played.mails("garage.leroy@poste.example")
    assert (answer["In-Reply-To"], hers["In-Reply-To"]) == (reminded["Message-ID"], answer["Message-ID"])
    assert [day(mail) for mail in (reminded, answer, hers, next_)] == [date(2026, 3, n) for n in (13, 16, 17, 20)]
    assert "Nous faisons suite à notre échange du 17 mars 2026." in text(next_)
    assert hers["Message-ID"] in next_["References"] and "Auto-Submitted" not in hers


def test_the_desk_shows_the_answer(played: Played) -> None:
    said = played.said.replace("\N{NO-BREAK SPACE}", " ")
    tale = said[said.index("Garage Leroy answers the reminder by mail") :]
    for line in (
        "reply  3  Garage Leroy  Garage Leroy (garage.leroy@poste.example) wrote: « Bonjour Madame Dubois",
        "← garage.leroy@poste.example through compta: Re: Rappel",
        "seems: invoice not received; as it came: relanced heard h",
        "| J'ai bien reçu votre rappel, mais je ne retrouve pas la facture FA-2026-007 de mon côté",
        "case 3 is in your hands",
        "case 3 is released, 1 hold ended",
        "Nous faisons suite à notre échange du 17 mars 2026.",
    ):
        assert line in tale, line
        tale = tale[tale.index(line) :]
    table = " ".join(played.said[played.said.index("C03 Garage Leroy ") :].split())
    assert "16 Mar answers by mail" in table and "17 Mar claire's answer by e-mail" in table


def test_a_promise_on_the_phone_gives_quiet_and_is_kept(played: Played) -> None:
    mails = played.mails("cabinet@lemoine-dentaire.example")
    quiet = [mail for mail in mails if date(2026, 1, 19) <= day(mail) <= date(2026, 2, 28)]
    assert [mail["Subject"].split(" de ")[0] for mail in quiet] == ["Votre règlement"]  # what was promised, confirmed
    table = " ".join(played.said[played.said.index("C18 Cabinet dentaire Lemoine  ") :].split())
    assert "19 Jan phoned: voicemail" in table
    assert "20 Jan phoned: promised for 30 Jan" in table
    assert "promised" not in played.ask("tasks").stdout


def test_a_call_that_nobody_makes_is_passed_over_and_one_waits_at_the_end(played: Played) -> None:
    assert "06 Mar nobody phoned: appel passed over" in played.said
    (call,) = json.loads(played.ask("--format", "json", "calls").stdout)
    assert (call["debtor"], call["number"], call["amount"]) == (
        "Cabinet dentaire Lemoine",
        "+33261910018",
        "645.00 EUR",
    )


def test_claire_gets_her_day_by_mail_once_a_morning(played: Played) -> None:
    mails = played.mails(CLAIRE)
    days = [day(mail) for mail in mails]
    assert len(set(days)) == len(days) == 59
    (monday,) = (mail for mail in mails if day(mail) == date(2026, 1, 19))
    assert monday["Date"].datetime.strftime("%H:%M") == "08:45"
    assert "2 appels à passer" in text(monday)
    assert "1 réponse attend d’être lue" in text(monday)
    assert "3 messages partent aujourd’hui" in text(monday)
    (part,) = monday.iter_attachments()
    rows = list(load_workbook(BytesIO(part.get_content()))["Appels"].values)
    assert [(row[1], row[2]) for row in rows[1:]] == [
        ("Groupe Valmont Promotion", 20400),
        ("Cabinet dentaire Lemoine", 875),
    ]


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
    for place in (
        "mailbox/",
        "texts/",
        "answers/",
        "letters/",
        "registered/",
        "config.yaml",
        "relanced.db",
        "relanced.log",
    ):
        assert str(played.root / place).rstrip("/") in table


def test_the_log_is_kept_whole(played: Played) -> None:
    log = (played.root / "relanced.log").read_text(encoding="utf-8")
    assert log.count("message sent") == 44 + 4
    assert "[error" not in log
    assert "direction@hotel-des-halles.example" not in log


def test_what_it_left_can_be_asked(played: Played) -> None:
    shown = played.ask("show", "C12")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "owes 12480.00 EUR" in shown.stdout
    assert played.ask("db", "check").stdout == "the database is sound\n"

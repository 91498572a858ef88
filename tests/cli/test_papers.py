"""Scans that people keep with a letter, as they type it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.cli.atelier import Atelier

STEPS = "[{name: relance-1, tone: courteous, when: 30 days before due, via: [letter]}]"
HEADING = "client;nom;segment;adresse;cp;ville;n° facture;date;échéance;montant"


@pytest.fixture
def letter(atelier: Atelier) -> str:
    """A letter that lies in the tray: of an invoice not due yet, so that no bank is asked."""
    due = date.today() + timedelta(days=20)  # noqa: DTZ011
    row = f"C1;Boulangerie;entreprise;3 PLACE DU PORT;35000;RENNES;FA-1;01/01/2026;{due:%d/%m/%Y};1 234,50"
    policies = f"policies: {{standard: {{for: {{debtor: business}}, steps: {STEPS}}}}}"
    atelier.write("config.yaml", atelier.config.read_text("utf-8").replace("policies: default", policies))
    atelier.relanced("import", atelier.write("invoices.csv", f"{HEADING}\n{row}\n"))
    atelier.relanced("open", "atelier")
    atelier.relanced("run", "--once")
    return atelier.relanced("letters").out.splitlines()[1].split("\t")[0]


def test_a_proof_of_posting_and_a_receipt_are_kept_and_shown(atelier: Atelier, letter: str, tmp_path: Path) -> None:
    stamp, receipt = tmp_path / "depot.pdf", tmp_path / "avis.jpg"
    stamp.write_bytes(b"%PDF stamped")
    receipt.write_bytes(b"\xff\xd8 signed")
    posted = atelier.relanced("letters", "posted", letter, "--number", "1A 123 456 7890 1", "--proof", stamp)
    assert (posted.status, posted.err) == (0, "")
    kept = atelier.relanced("attach", letter, receipt, "--as", "receipt")
    assert (kept.status, kept.out) == (0, f"avis.jpg is kept with letter {letter} as receipt\n")
    shown = atelier.relanced("show", "C1").out
    assert f"proof-of-posting of {letter}" in shown
    assert "avis.jpg (image/jpeg), kept" in shown


def test_a_file_that_is_no_scan_changes_nothing(atelier: Atelier, letter: str, tmp_path: Path) -> None:
    wrong = tmp_path / "depot.docx"
    wrong.write_bytes(b"PK")
    posted = atelier.relanced("letters", "posted", letter, "--proof", wrong)
    assert (posted.status, posted.err) == (1, "depot.docx is no scan: PDF, PNG, JPEG or TIFF\n")
    assert letter in atelier.relanced("letters").out
    for words in (("attach", letter, wrong), ("attach", letter, tmp_path / "none.pdf", "--as", "other")):
        assert atelier.relanced(*words).status == 2

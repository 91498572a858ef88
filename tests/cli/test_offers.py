"""Offers, thanks and tasks, as a person types them; no daemon runs."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.cli.atelier import INVOICES, Atelier

SOON = str(date.today() + timedelta(days=3))  # noqa: DTZ011


@pytest.fixture
def stocked(atelier: Atelier) -> Atelier:
    """Two debtors with an invoice each: 1 234,50 and 560,00 EUR."""
    assert atelier.relanced("import", atelier.write("factures.csv", INVOICES)).status == 0
    return atelier


def test_an_offer_is_made_shown_written_and_withdrawn(stocked: Atelier, tmp_path: Path) -> None:
    assert stocked.relanced("offer", "C1").out == "case 1 was offered nothing: say --off and --until\n"
    done = stocked.relanced("offer", "C1", "--off", "10%", "--until", SOON, "--hold", "--note", "geste commercial")
    assert done.status == 0, done.err
    assert f"case 1: 123.45 EUR off (FA-1) for 1111.05 EUR paid by {SOON}" in done.out
    assert "quiet while it runs" in done.out and "offered by mail to petit@boulange.example" in done.out
    (row,) = json.loads(stocked.relanced("offer", "C1", style="json").out)
    assert (row["pay"], row["off"], row["state"]) == ("1111.05 EUR", "123.45 EUR", "open")
    shown = stocked.relanced("show", "C1").out
    assert f"offer of 123.45 EUR off for 1111.05 EUR paid by {SOON}: open" in shown
    assert "waived=123.45" in shown and "« geste commercial »" in shown
    file = tmp_path / "offre.pdf"
    assert stocked.relanced("offer", "C1", "-o", file).status == 0
    assert file.read_bytes().startswith(b"%PDF")
    done = stocked.relanced("offer", "C1", "--withdraw", "--reason", "erreur")
    assert done.out == "case 1: the offer is withdrawn; all of it is owed again\n"
    assert "case 1 has no offer that runs" in stocked.relanced("offer", "C1", "-o", tmp_path / "x.pdf").err


def test_what_is_missing_or_wrong_is_said_in_one_line(stocked: Atelier) -> None:
    for status, words, why in (
        (1, ["offer", "C1", "--off", "10%"], "until is missing"),
        (1, ["offer", "C1", "--off", "peu", "--until", SOON], "off: 'peu' is not an amount"),
        (1, ["offer", "C1", "--off", "0%", "--until", SOON], "neither an amount like 100.00 nor a part like 10%"),
        (2, ["offer", "C1", "--off", "9", "--until", SOON, "--hold", "--remind"], "exclude one another"),
        (2, ["release"], "say which case, or --kind thanks"),
        (1, ["release", "C1", "--kind", "thanks"], "case 1 has no reply that waits"),
        (1, ["done", "7"], "no task 7 is open"),
    ):
        done = stocked.relanced(*words)
        assert (done.status, done.out) == (status, ""), words
        assert why in done.err and done.err.count("\n") == 1


def test_a_task_is_dealt_with(stocked: Atelier) -> None:
    stocked.relanced("optout", "C2")
    said = stocked.relanced("promise", "C2", "--date", SOON)
    assert "not confirmed in writing" in said.out and "what remains: a letter to 9 RUE DU PORT" in said.out
    (task,) = json.loads(stocked.relanced("tasks", style="json").out)
    assert task["kind"] == "unsaid" and "unsaid" in stocked.relanced("inbox", "--all").out
    done = stocked.relanced("done", str(task["id"]), "--reason", "dit au téléphone")
    assert done.out.startswith(f"task {task['id']} is done: Garage Lefèvre: the confirmation of a promise")
    assert stocked.relanced("tasks").out == "nothing waits for a person\n"
    assert "dit au téléphone" in stocked.relanced("show", "C2").out


def test_nobody_is_thanked_where_nobody_wrote(stocked: Atelier) -> None:
    assert stocked.relanced("release", "--kind", "thanks").out == "no reply waits that only thanks\n"


def test_check_says_the_wordings_of_the_desk_too(stocked: Atelier) -> None:
    folder = stocked.folder / "templates" / "fr" / "offre"
    folder.mkdir(parents=True)
    (folder / "mail.j2").write_text("Objet : Offre\n\n{{ facts.offer.centimes|euros }}\n")
    stocked.write("config.yaml", stocked.config.read_text() + "templates: [templates]\n")
    done = stocked.relanced("check")
    assert done.status == 1
    assert "wording fr/offre/mail.j2" in done.out or "offre/mail.j2" in done.out

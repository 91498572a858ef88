"""The commands of whoever works on cases, as a person types them; no daemon runs."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from tests.cli.atelier import INVOICES, Atelier

SOON = str(date.today() + timedelta(days=3))  # noqa: DTZ011
PAST = str(date.today() - timedelta(days=3))  # noqa: DTZ011


@pytest.fixture
def stocked(atelier: Atelier) -> Atelier:
    """Two debtors with an invoice each: 1 234,50 and 560,00 EUR."""
    assert atelier.relanced("import", atelier.write("factures.csv", INVOICES)).status == 0
    return atelier


def test_a_note_stands_in_the_journal(stocked: Atelier) -> None:
    assert stocked.relanced("note", "C1", "le comptable rentre lundi").out == "noted in case 1\n"
    assert "note: « le comptable rentre lundi »" in stocked.relanced("show", "C1").out


def test_an_empty_inbox_says_so(stocked: Atelier) -> None:
    for words in (["inbox"], ["inbox", "--all"]):
        assert stocked.relanced(*words).out == "nothing waits\n"
    assert "nobody is named paul" in stocked.relanced("inbox", "--of", "paul").err


def test_a_promise_is_kept_shown_and_reported(stocked: Atelier) -> None:
    words = ["--date", SOON, "--amount", "1 000,00", "--said-by", "Mme Petit", "--means", "cheque"]
    done = stocked.relanced("promise", "C1", *words)
    assert done.status == 0, done.err
    assert f"case 1: 1000.00 EUR promised for {SOON} (FA-1)" in done.out
    assert f"promise of 1000.00 EUR for {SOON} by Mme Petit: open" in stocked.relanced("show", "C1").out
    (row,) = json.loads(stocked.relanced("report", "promises", style="json").out)
    assert (row["debtor"], row["amount"], row["state"]) == ("C1", "1000.00 EUR", "open")
    assert stocked.relanced("report", "promises", "--since", "2035-01-01").out.startswith("nothing was promised")


def test_a_dispute_of_a_part_and_the_report_on_causes(stocked: Atelier) -> None:
    words = ["--reason", "une porte manque", "--invoice", "FA-2", "--amount", "60", "--cause", "process"]
    done = stocked.relanced("dispute", "C2", *words)
    assert "60.00 EUR of FA-2 is contested and stands still until relanced release 2 --kind dispute" in done.out
    assert "dispute (60.00 EUR of it), une porte manque, until released" in stocked.relanced("show", "C2").out
    assert stocked.relanced("cause", "C1", "cash").out == "case 1 is not paid for this cause: cash\n"
    rows = json.loads(stocked.relanced("report", "causes", style="json").out)
    assert {(row["cause"], row["owed"]) for row in rows} == {("cash", "1234.50 EUR"), ("process", "560.00 EUR")}
    assert "dispute" in stocked.relanced("inbox", "--all").out
    done = stocked.relanced("release", "C2", "--kind", "dispute", "--reason", "avoir émis")
    assert done.out == "case 2 is released, 1 hold ended\n"


def test_taken_and_released(stocked: Atelier) -> None:
    assert "case 1 is in your hands" in stocked.relanced("take", "C1").out
    assert "in the hands of" in stocked.relanced("show", "C1").out
    assert stocked.relanced("release", "C1", "--unanswered").out == "case 1 is released, 0 holds ended\n"
    assert "in no hands" in stocked.relanced("show", "C1").out


def test_who_looked_at_an_older_version_is_refused(stocked: Atelier) -> None:
    seen = str(json.loads(stocked.relanced("show", "C1", style="json").out)["version"])
    assert stocked.relanced("promise", "C1", "--date", SOON, "--seen", seen).status == 0
    done = stocked.relanced("promise", "C1", "--date", SOON, "--seen", seen)
    assert done.status == 1
    assert "case 1 has changed since you looked" in done.err and done.err.count("\n") == 1


def test_an_insolvency_has_its_deadline(stocked: Atelier) -> None:
    words = ["--what", "liquidation", "--on", "2026-01-10", "--published", "2026-12-31"]
    done = stocked.relanced("insolvency", "C1", *words)
    assert "declare the claim until 2027-02-28\n" in done.out
    assert "insolvency, liquidation of 2026-01-10" in stocked.relanced("show", "C1").out


def test_who_opts_out_is_written_to_no_more(stocked: Atelier) -> None:
    assert "no more to petit@boulange.example" not in stocked.relanced("optout", "C1", "nobody@x.example").out
    done = stocked.relanced("optout", "C1", "petit@boulange.example")
    assert done.out == "nothing is sent any more to petit@boulange.example\n"
    assert stocked.relanced("optout", "C1").out == "nothing is sent any more to petit@boulange.example (as before)\n"


def test_what_is_missing_or_wrong_is_said_in_one_line(stocked: Atelier) -> None:
    for words, why in (
        (["promise", "C1", "--date", PAST], f"{PAST} is past"),
        (["promise", "C1", "--date", SOON, "--amount", "beaucoup"], "amount: 'beaucoup' is not an amount like 1234.50"),
        (["promise", "C1", "--date", SOON, "--means", "gold"], "means: 'gold' is none of transfer, direct_debit"),
        (["cause", "C1", "laziness"], "cause: 'laziness' is none of oversight, dispute, cash"),
        (["release", "C1", "--kind", "sleep"], "kind: 'sleep' is none of reply, pause"),
        (
            ["dispute", "C1", "--reason", "non", "--invoice", "FA-2"],
            "Boulangerie Petit owes nothing of an invoice FA-2",
        ),
        (["report", "weather"], "report: 'weather' is none of promises, causes"),
    ):
        done = stocked.relanced(*words)
        assert (done.status, done.out) == (1, "")
        assert why in done.err and done.err.count("\n") == 1


def test_instalments_are_agreed_shown_and_revoked(stocked: Atelier) -> None:
    done = stocked.relanced("instalments", "C1", "--count", "3", "--first", SOON)
    assert done.status == 0, done.err
    assert done.out.startswith("case 1: 1234.50 EUR (FA-1) in 3 instalments\n  1. ")
    rows = json.loads(stocked.relanced("instalments", "C1", style="json").out)
    assert [row["amount"] for row in rows] == ["411.50 EUR"] * 3
    assert "instalment 1 of 411.50 EUR" in stocked.relanced("show", "C1").out
    done = stocked.relanced("instalments", "C1", "--revoke", "--reason", "rien reçu")
    assert done.out.startswith("case 1: the instalments of 1234.50 EUR are revoked; all of it is due again\n")
    assert "it promises a formal notice first" in done.out
    assert "case 2 has no instalments" in stocked.relanced("instalments", "C2").out
    done = stocked.relanced("instalments", "C2", "--part", f"{SOON}=500", "--part", "2035-01-01=50")
    assert "the instalments add up to 550.00, what they are for to 560.00" in done.err


def test_papers_are_kept_with_a_case_or_an_invoice(stocked: Atelier) -> None:
    scan = stocked.write("bon de livraison.pdf", "%PDF-1.7 signed")
    done = stocked.relanced("attach", "FA-1", scan, "--as", "delivery-note", "--on", "2026-02-01")
    assert done.out == "bon de livraison.pdf is kept with case 1 as delivery-note\n"
    assert "was kept before" in stocked.relanced("attach", "FA-1", scan, "--as", "delivery-note").out
    assert "is kept with case 1 as contract" in stocked.relanced("attach", "C1", scan, "--as", "contract").out
    shown = stocked.relanced("show", "C1").out
    assert "delivery-note of FA-1, 2026-02-01: bon de livraison.pdf" in shown
    for words, why in (
        (("C1", scan, "--as", "poem"), "as: 'poem' is none of contract, order"),
        (("C1", scan, "--as", "order", "--on", "2035-01-01"), "on: 2035-01-01 has not come yet"),
        (("C1", stocked.write("note.txt", "x"), "--as", "order"), "note.txt is no scan"),
    ):
        assert why in stocked.relanced("attach", *words).err

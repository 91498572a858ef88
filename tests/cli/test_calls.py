"""`relanced calls` and `relanced call`, as a person types them; no daemon runs."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from tests.cli.atelier import CONFIG, INVOICES, Atelier

SOON = str(date.today() + timedelta(days=3))  # noqa: DTZ011


@pytest.fixture
def phoning(atelier: Atelier) -> Atelier:
    """A company with a telephone, and its invoices imported."""
    text = atelier.config.read_text()
    text = text.replace("registered: tray}", "registered: tray, phone: calls}")
    atelier.write("config.yaml", text.replace("contact_rules:", "  calls: {kind: phone, per_day: 3}\ncontact_rules:"))
    assert atelier.relanced("import", atelier.write("factures.csv", INVOICES)).status == 0
    return atelier


def test_the_configuration_of_the_test_is_that_of_the_others() -> None:
    assert "registered: tray}" in CONFIG and "contact_rules:" in CONFIG


def test_check_knows_the_words_of_a_call(phoning: Atelier) -> None:
    done = phoning.relanced("check")
    assert done.status == 0, done.out
    assert "no channel for phone" not in done.out
    assert "appel: firm message by phone" in done.out


def test_a_step_without_words_to_say_is_a_fault(phoning: Atelier) -> None:
    config = phoning.config.read_text()
    step = "{name: coup-de-fil, tone: firm, when: 3 days after due, via: [phone]}"
    policy = f"policies:\n  mine: {{for: {{debtor: business}}, steps: [{step}]}}\n"
    phoning.write("config.yaml", config.replace("policies: default\n", policy))
    done = phoning.relanced("check")
    assert done.status == 1
    assert "step coup-de-fil has no wording coup-de-fil/call.j2" in done.out


def test_without_a_call_nobody_has_to_be_called(phoning: Atelier) -> None:
    for words in (["calls"], ["calls", "--today"], ["calls", "--today", "--of", "claire"]):
        assert phoning.relanced(*words).out == "nobody has to be called\n"
    assert json.loads(phoning.relanced("calls", style="json").out) == []


def test_a_call_received_is_kept_and_stops_the_machine(phoning: Atelier) -> None:
    words = ["--incoming", "--result", "promised", "--date", SOON, "--note", "virement vendredi", "--invoice", "FA-1"]
    done = phoning.relanced("call", "C1", *words)
    assert done.status == 0, done.err
    assert "received, promised" in done.out
    assert "what was spoken of stands still until" in done.out
    shown = phoning.relanced("show", "C1").out
    assert f"promise, promised by phone for {SOON}" in shown
    assert "« virement vendredi »" in shown
    assert "see whether the promise was kept" in phoning.relanced("tasks").out
    assert f"on hold (promise: promised by phone for {SOON})" in phoning.relanced("why", "FA-1").out


def test_a_call_made_of_ones_own_accord_goes_by_debtor_invoice_or_case(phoning: Atelier) -> None:
    for which in ("C2", "FA-2", "2"):
        done = phoning.relanced("call", which, "--result", "voicemail")
        assert (done.status, done.out) == (0, "case 2: called, voicemail\n")


def test_what_is_missing_or_wrong_is_said_in_one_line(phoning: Atelier) -> None:
    assert "--result" in phoning.relanced("call", "C1").err
    for words, why in (
        (["--result", "sang"], "result: 'sang' is none of reached, voicemail, unreachable"),
        (["--result", "promised"], "promised needs the day they named: --date"),
        (["--result", "call-back", "--at", "noon"], "at: 'noon' is not a moment like 10:30"),
        (["--result", "promised", "--date", SOON, "--invoice", "FA-2"], "Boulangerie Petit owes nothing of an invoice"),
        (["--result", "wrong-number"], "say which number was dialled"),
    ):
        done = phoning.relanced("call", "C1", *words)
        assert (done.status, done.out) == (1, "")
        assert why in done.err and done.err.count("\n") == 1

"""The commands about what came back and found no case, as a person types them; no daemon runs."""

from __future__ import annotations

import json

import pytest

from tests.cli.atelier import INVOICES, Atelier

MAIL = b"""From: Direction <direction@autre.example>
To: compta@atelier.example
Subject: Facture
Date: Thu, 1 Oct 2026 10:00:00 +0200
Message-ID: <a1@autre.example>

Bonjour, nous contestons cette facture.
"""


@pytest.fixture
def stocked(atelier: Atelier) -> Atelier:
    """Two debtors with an invoice each, and a mail that nobody can place."""
    assert atelier.relanced("import", atelier.write("factures.csv", INVOICES)).status == 0
    assert atelier.relanced("ingest", given=MAIL).status == 0
    assert atelier.relanced("run", "--once").status == 0
    return atelier


def test_a_mail_that_nobody_can_place_is_listed_shown_and_exported(stocked: Atelier) -> None:
    (row,) = json.loads(stocked.relanced("unmatched", style="json").out)
    assert (row["what"], row["why"], row["from"]) == ("h1", "unmatched", "direction@autre.example")
    assert [r["what"] for r in json.loads(stocked.relanced("inbox", "--all", style="json").out)] == ["h1"]
    shown = stocked.relanced("heard", "h1").out
    assert "from direction@autre.example: Facture" in shown and "  | Bonjour, nous contestons cette facture." in shown
    place = stocked.folder / "h1.eml"
    done = stocked.relanced("heard", "h1", "-o", place)
    assert (done.status, done.err) == (0, f"written: {place}\n")
    assert place.read_bytes() == MAIL
    assert stocked.relanced("heard", "h1", "-o", place).status == 2


def test_it_is_put_with_a_case(stocked: Atelier) -> None:
    done = stocked.relanced("match", "h1", "FA-1")
    assert done.status == 0, done.err
    assert "h1 is with case 1, Boulangerie Petit: it stands still until it is answered" in done.out
    assert "relanced contact add C1 direction@autre.example" in done.out
    assert "| Bonjour, nous contestons cette facture." in stocked.relanced("show", "C1").out
    brief = stocked.relanced("show", "C1", "--brief").out
    assert "| Bonjour" not in brief and "← direction@autre.example through compta: Facture" in brief
    assert "everything that came back has its place" in stocked.relanced("unmatched").out
    again = stocked.relanced("file", "h1", "--reason", "spam")
    assert again.status == 1 and again.err.startswith("h1 is with case 1, ") and again.err.count("\n") == 1


def test_it_is_set_aside_for_a_reason(stocked: Atelier) -> None:
    assert stocked.relanced("file", "h1").status == 2
    assert stocked.relanced("file", "h1", "--reason", "publicité").out == "h1 is set aside: publicité\n"
    assert stocked.relanced("inbox", "--all").out == "nothing waits\n"
    refused = stocked.relanced("match", "h1", "C1")
    assert (refused.status, refused.err.count("\n")) == (1, 1) and "set h1 aside (publicité)" in refused.err
    assert stocked.relanced("match", "h1", "C1", "--anyway").status == 0


@pytest.mark.parametrize(("number", "why"), [("h9", "nothing was heard under the number h9"), ("C1", "no number")])
def test_what_is_not_there_is_said_in_one_line(stocked: Atelier, number: str, why: str) -> None:
    for words in (("heard", number), ("match", number, "C1"), ("file", number, "--reason", "x")):
        done = stocked.relanced(*words)
        assert (done.status, done.out, done.err.count("\n")) == (1, "", 1)
        assert why.replace("no number", "is not a number like h12") in done.err


def test_a_reply_is_typed_in_an_editor_above_what_the_debtor_wrote(
    stocked: Atelier, monkeypatch: pytest.MonkeyPatch
) -> None:
    stocked.relanced("match", "h1", "C1")
    editor = stocked.write(
        "editor", f'#!/bin/sh\ncp "$1" {stocked.folder}/seen\n{{ echo "Voici."; cat "$1"; }} > x.txt\n'
    )
    editor.write_text(editor.read_text() + 'mv x.txt "$1"\n')
    editor.chmod(0o755)
    monkeypatch.chdir(stocked.folder)
    monkeypatch.setenv("VISUAL", str(editor))
    done = stocked.relanced("reply", "C1")
    assert done.status == 0, done.err
    assert "the reply leaves for petit@boulange.example: Re: Facture" in done.out
    assert "direction@autre.example wrote, and is no usable address of the case" in done.out
    seen = (stocked.folder / "seen").read_text()
    assert "# What stands below this line is not sent." in seen and "Bonjour, nous contestons cette facture." in seen
    shown = stocked.relanced("preview", "1").out
    assert "Voici." in shown and "nous contestons" not in shown


def test_a_reply_lies_in_a_file(stocked: Atelier) -> None:
    done = stocked.relanced("reply", "C1", stocked.write("answer.txt", "Voici."), "--subject", "Votre question")
    assert done.status == 0, done.err
    assert "the reply leaves for petit@boulange.example: Votre question" in done.out


def test_an_editor_that_saves_nothing_sends_nothing(stocked: Atelier, monkeypatch: pytest.MonkeyPatch) -> None:
    stocked.relanced("match", "h1", "C1")
    monkeypatch.setenv("VISUAL", "true")
    done = stocked.relanced("reply", "C1")
    assert (done.status, done.err) == (1, "nothing was saved: nothing is sent\n")

"""The commands of an operator who tries another policy, moves cases, corrects a debtor and looks at the queue."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from relanced.cli.commands import relanced
from tests.cli.atelier import INVOICES, Atelier

POLICIES = """\
policies:
  standard:
    for: {debtor: business}
    steps:
      - {name: relance-1, tone: courteous, when: 3 days after due, via: [email]}
      - {name: relance-2, tone: firm, when: %s days after due, via: [letter]}
"""


@pytest.fixture
def stocked(atelier: Atelier) -> Atelier:
    """A company with its own ladder and two invoices."""
    _with(atelier, "policies: default\n", POLICIES % 10)
    assert atelier.relanced("import", atelier.write("factures.csv", INVOICES)).status == 0
    return atelier


def _with(atelier: Atelier, old: str, new: str) -> None:
    atelier.write("config.yaml", atelier.config.read_text().replace(old, new))


def _asked(atelier: Atelier, answer: str, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(relanced, ["-c", str(atelier.config), "-f", "tsv", *words], input=answer)
    return done.exit_code, done.output


def test_a_file_of_policies_is_tried_before_it_is_put_to_work(stocked: Atelier) -> None:
    file = stocked.write("new.yaml", POLICIES % 12)
    said = json.loads(stocked.relanced("forecast", "--policy", file, "--days", "40", style="json").out)
    assert {row["change"] for row in said["changes"]} == {"2 days later"}
    assert said["messages"] == {"all": [4, 4]}
    assert said["kinds"] == {"later": 2}
    table = stocked.relanced("forecast", "--policy", file, "--days", "40")
    assert table.out.startswith("creditor\tdebtor\tname\tstep\troad\tinvoices\tbefore\tafter\tchange\n")
    assert "messages: 4 now, 4 then (2 later)" in table.err


def test_a_file_of_policies_with_faults_is_told_whole(stocked: Atelier) -> None:
    file = stocked.write("new.yaml", (POLICIES % 12).replace("firm", "loud").replace("[letter]", "[pigeon]"))
    done = stocked.relanced("forecast", "--policy", file)
    assert done.status == 1
    assert [line.partition(": ")[0] for line in done.out.splitlines()] == ["new.yaml:6:33", "new.yaml:6:70"]


def test_a_plain_forecast_is_as_it_was(stocked: Atelier) -> None:
    rows = json.loads(stocked.relanced("forecast", "--days", "40", style="json").out)
    assert {row["step"] for row in rows} == {"relance-1", "relance-2"}


def test_adopt_shows_asks_and_moves(stocked: Atelier) -> None:
    stocked.relanced("open", "atelier")
    stocked.relanced("run", "--once")
    assert "every open case climbs today's policy already" in stocked.relanced("adopt", "atelier").out
    _with(stocked, "when: 10 days", "when: 15 days")
    status, told = _asked(stocked, "n\n", "adopt", "atelier")
    assert (status, "to move to today's policy: 2 cases" in told, "Move? [y/N]" in told) == (1, True, True)
    status, told = _asked(stocked, "y\n", "adopt", "atelier", "--case", "C1")
    assert (status, "on today's policy from now on: 1 case" in told) == (0, True)
    assert "2 cases" not in stocked.relanced("adopt", "atelier", "--yes").err
    assert "already" in stocked.relanced("adopt", "atelier", "--yes").out


def test_a_debtor_is_corrected_by_its_name_alone(stocked: Atelier) -> None:
    done = stocked.relanced("debtor", "C1", "--name", "Boulangerie Le Petit", "--exclude")
    assert "C1: name: Boulangerie Petit is now Boulangerie Le Petit" in done.out
    assert "C1: excluded: no is now yes" in done.out
    again = stocked.relanced("import", stocked.write("again.csv", INVOICES.replace("FA-", "FB-")))
    assert "kept by claire: debtors C1: name stays Boulangerie Le Petit, the file says Boulangerie Petit" in again.out
    assert "is now Boulangerie Petit" in stocked.relanced("debtor", "C1", "--give-back", "name").out
    assert "excluded\tyes\tclaire\tno" in stocked.relanced("debtor", "C1").out


def test_a_contact_is_added_corrected_and_removed(stocked: Atelier) -> None:
    assert "is added" in stocked.relanced("contact", "add", "C1", "patron@boulange.example", "--name", "M. Petit").out
    assert "rank: 1 is now 0" in stocked.relanced("contact", "edit", "C1", "patron@boulange.example", "--rank", "0").out
    assert "is dead" in stocked.relanced("contact", "dead", "C1", "petit@boulange.example").out
    assert "in use again" in stocked.relanced("contact", "alive", "C1", "petit@boulange.example").out
    assert "is removed" in stocked.relanced("contact", "remove", "C1", "petit@boulange.example").out
    shown = stocked.relanced("show", "C1").out
    assert "email patron@boulange.example (M. Petit)" in shown
    assert "email petit@boulange.example" not in shown


def test_the_ages_of_the_queue_are_a_table_of_their_own(stocked: Atelier) -> None:
    stocked.relanced("open", "atelier")
    stocked.relanced("run", "--once")
    (row,) = json.loads(stocked.relanced("queue", "--ages", style="json").out)
    assert (row["channel"], row["state"], row["messages"]) == ("compta", "planned", 2)
    assert stocked.relanced("queue", "--ages").out.startswith("channel\tstate\treason\tmessages\toldest\tage\tuntil\n")
    assert "compta: 2 planned, the oldest 0 min old: bank data were never imported" in stocked.relanced("queue").err

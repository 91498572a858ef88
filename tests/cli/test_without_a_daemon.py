"""With no daemon running a command opens the house itself: rows change, nothing is sent."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from tests.cli.atelier import INVOICES, Atelier

LADDER = ["relance-1", "relance-2", "relance-ferme", "mise-en-demeure", "transmission"]


@pytest.fixture
def stocked(atelier: Atelier) -> Atelier:
    done = atelier.relanced("import", atelier.write("factures.csv", INVOICES))
    assert done.status == 0, done.err
    return atelier


def test_an_import_says_what_it_did_and_the_same_file_twice_changes_nothing(atelier: Atelier) -> None:
    file = atelier.write("factures.csv", INVOICES)
    assert "invoices: 2 new" in atelier.relanced("import", file).out
    assert "the same file was imported before: nothing changed" in atelier.relanced("import", file).out


def test_a_dry_run_writes_nothing(atelier: Atelier) -> None:
    file = atelier.write("factures.csv", INVOICES)
    assert "dry run: nothing was written" in atelier.relanced("import", "--dry-run", file).out
    assert "no case is open" in atelier.relanced("cases").out


def test_a_bad_line_is_named_with_its_number_and_nothing_is_imported(atelier: Atelier) -> None:
    file = atelier.write("factures.csv", INVOICES.replace("02/10/2026", "31/02/2026"))
    done = atelier.relanced("import", file)
    assert done.status == 1
    assert "factures.csv:3:" in done.out
    assert "nothing was imported" in done.out
    assert "no case is open" in atelier.relanced("cases").out


def test_cases_show_what_is_owed(stocked: Atelier) -> None:
    head, first, second = stocked.relanced("cases").out.splitlines()
    assert head.split("\t")[:4] == ["case", "creditor", "debtor", "name"]
    assert "Boulangerie Petit" in first and "1234.50 EUR" in first
    assert "Garage Lefèvre" in second


def test_a_debtor_without_an_address_is_foreseen_on_no_road(atelier: Atelier) -> None:
    books = INVOICES.replace("petit@boulange.example", "").replace("3 PLACE DU PORT;35000;RENNES", ";;")
    atelier.relanced("import", atelier.write("factures.csv", books), "--covers", "2026-10-20")
    atelier.relanced("import", atelier.write("b.csv", "Date comptable;Montant\n"), "--covers", "2026-10-20")
    rows = [line.split("\t") for line in atelier.relanced("forecast").out.splitlines()]
    assert {(row[5], row[8]) for row in rows if row[2] == "C1"} == {("none", "no usable address")}


def test_why_names_every_reason(stocked: Atelier) -> None:
    told = stocked.relanced("why", "FA-1").out
    assert "creditor atelier is not opened" in told
    assert "bank data were never imported" in told


def test_show_finds_a_case_by_invoice_debtor_or_number(stocked: Atelier) -> None:
    by_invoice, by_debtor = stocked.relanced("show", "FA-2").out, stocked.relanced("show", "C2").out
    assert by_invoice == by_debtor
    assert "invoice FA-2" in by_invoice


def test_what_nobody_knows_is_said_in_one_line(stocked: Atelier) -> None:
    done = stocked.relanced("show", "FA-404")
    assert (done.status, done.err) == (1, "no case, debtor or invoice goes by 'FA-404'\n")


def test_paid_and_undo(stocked: Atelier) -> None:
    assert "counts as paid" in stocked.relanced("paid", "FA-1").out
    assert "owes 0.00 EUR" in stocked.relanced("show", "C1").out
    assert "owed again" in stocked.relanced("undo", "FA-1").out
    assert "owes 1234.50 EUR" in stocked.relanced("show", "C1").out


def test_pause_and_resume(stocked: Atelier) -> None:
    assert "stands still until" in stocked.relanced("pause", "C1", "--until", "2035-12-31", "--reason", "asked").out
    assert "on hold (pause: asked)" in stocked.relanced("why", "C1").out
    assert "1 hold ended" in stocked.relanced("resume", "C1").out


def test_a_pause_without_a_reason_is_a_usage_error(stocked: Atelier) -> None:
    done = stocked.relanced("pause", "C1", "--until", "2099-12-31")
    assert done.status == 2
    assert "--reason" in done.err


def test_close_and_reopen(stocked: Atelier) -> None:
    assert "closed with 1 terms" in stocked.relanced("close", "C1", "--reason", "written off").out
    assert "state closed" in stocked.relanced("show", "C1").out
    stocked.relanced("close", "C1", "--reopen", "--reason", "found again")
    assert "state open" in stocked.relanced("show", "C1").out


def test_stop_and_start(stocked: Atelier) -> None:
    stocked.relanced("stop", "--reason", "fire drill")
    assert "STOPPED: fire drill" in stocked.relanced("status").out
    assert "sending is stopped: fire drill" in stocked.relanced("queue").out
    stocked.relanced("start")
    assert "messages may leave" in stocked.relanced("status").out


def test_open_wants_a_creditor_and_a_step_that_exist(stocked: Atelier) -> None:
    assert "there is no creditor ateleir" in stocked.relanced("open", "ateleir").err
    assert "no policy of atelier has a step relance-9" in stocked.relanced("open", "atelier", "--from", "relance-9").err
    assert "atelier is open: 2 cases" in stocked.relanced("open", "atelier", "--per-day", "5").out


def test_once_turns_the_wheels(stocked: Atelier) -> None:
    """The bank data are stale, so the reminder is planned and waits: no row is lost, nothing leaves."""
    stocked.relanced("open", "atelier")
    assert stocked.relanced("run", "--once").status == 0
    rows = json.loads(stocked.relanced("queue", style="json").out)
    assert {r["state"] for r in rows} == {"planned"}
    assert all("bank data were never imported" in r["reason"] or r["reason"] == "" for r in rows)


def test_a_message_can_be_parked_approved_and_cancelled(stocked: Atelier) -> None:
    stocked.relanced("open", "atelier")
    stocked.relanced("run", "--once")
    message = str(json.loads(stocked.relanced("queue", style="json").out)[0]["message"])
    assert "is parked" in stocked.relanced("park", message, "--reason", "let me see").out
    assert "is approved" in stocked.relanced("approve", message).out
    assert "is not parked" in stocked.relanced("approve", message).err
    assert "is cancelled" in stocked.relanced("cancel", message, "--reason", "he called").out
    assert "cannot be cancelled" in stocked.relanced("cancel", message).err


def test_the_forecast_walks_the_ladder(stocked: Atelier) -> None:
    rows = json.loads(stocked.relanced("forecast", "--days", "60", style="json").out)
    steps = [r["step"] for r in rows if r["debtor"] == "C1"]
    assert steps[0] == "relance-1"
    assert steps == sorted(steps, key=LADDER.index)


def test_a_backup_is_a_copy_that_knows_it(stocked: Atelier, tmp_path: Path) -> None:
    assert "stamped as a copy" in stocked.relanced("backup", tmp_path / "copy.db").out
    assert "exists already" in stocked.relanced("backup", tmp_path / "copy.db").err
    assert "stamped as a copy" in stocked.relanced("backup", "--here", tmp_path / "here.db").out
    assert "exists already" in stocked.relanced("backup", "--here", tmp_path / "here.db").err
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("copy.db", "here.db")] == [0o600, 0o600]
    assert list((tmp_path / "state").glob("backup-*")) == []
    assert "the database is sound" in stocked.relanced("db", "check").out


def test_a_restored_backup_starts_on_hold_until_a_person_accepts_it(stocked: Atelier, tmp_path: Path) -> None:
    """Fault 17, the part of the hold: nothing is sent again by a database that went back in time."""
    stocked.relanced("run", "--once")
    stocked.relanced("backup", tmp_path / "copy.db")
    (tmp_path / "copy.db").replace(tmp_path / "relanced.db")
    stocked.relanced("run", "--once")
    assert "STOPPED: this is a backup copy" in stocked.relanced("status").out
    stocked.relanced("resume", "--accept")
    assert "messages may leave" in stocked.relanced("status").out


def test_check_says_the_configuration_is_sound_and_counts_debtors(stocked: Atelier) -> None:
    done = stocked.relanced("check")
    assert done.status == 0, done.out
    assert "never paid" in done.out
    assert "2 open cases" in done.out
    assert "the configuration is sound" in done.out


def test_check_refuses_a_printed_address_that_nobody_reads(atelier: Atelier) -> None:
    atelier.write("config.yaml", atelier.config.read_text().replace("    read_by: claire\n", ""))
    done = atelier.relanced("check")
    assert done.status == 78
    assert "read_by" in done.err


def test_check_shows_a_broken_wording_with_its_line(atelier: Atelier) -> None:
    folder = atelier.folder / "mine" / "fr" / "relance-1"
    folder.mkdir(parents=True)
    (folder / "mail.j2").write_text("Rappel\n\nMadame, vous devez {{ facts.nothing_like_it }}.\n", encoding="utf-8")
    atelier.write("config.yaml", atelier.config.read_text() + "templates: [mine]\n")
    done = atelier.relanced("check")
    assert done.status == 1
    assert "relance-1/mail.j2:3" in done.out


@pytest.mark.parametrize("file", ["matin/mail.j2", "lettres/mail.j2", "phrases/taches.j2"])
def test_check_says_what_our_own_people_are_written_too(atelier: Atelier, file: str) -> None:
    wording = atelier.folder / "mine" / "fr" / file
    wording.parent.mkdir(parents=True)
    wording.write_text("Objet : x\n\nBonjour, {{ nothing_like_it }}.\n", encoding="utf-8")
    atelier.write("config.yaml", atelier.config.read_text() + "templates: [mine]\n")
    done = atelier.relanced("check")
    assert done.status == 1
    assert f"FAULT wording {file}:3: 'nothing_like_it' is undefined" in done.out


def test_every_fault_of_the_configuration_is_told_at_once(atelier: Atelier) -> None:
    atelier.write("config.yaml", atelier.config.read_text().replace("mode: live", "mode: alive").replace("1 234", ""))
    text = atelier.config.read_text().replace('"732829320"', '"732829321"')
    atelier.write("config.yaml", text)
    done = atelier.relanced("queue")
    assert done.status == 78
    assert len(done.err.splitlines()) == 2
    assert all(line.startswith(f"{atelier.config}:") for line in done.err.splitlines())


def test_a_missing_configuration_is_one_line(atelier: Atelier) -> None:
    atelier.config.unlink()
    done = atelier.relanced("queue")
    assert done.status == 78
    assert len(done.err.splitlines()) == 1


def test_the_schema_is_json(atelier: Atelier) -> None:
    assert json.loads(atelier.relanced("config", "schema").out)["type"] == "object"


def test_a_database_of_another_mode_is_refused(stocked: Atelier) -> None:
    stocked.write("config.yaml", stocked.config.read_text().replace("mode: live", "mode: shadow"))
    done = stocked.relanced("queue")
    assert done.status == 78
    assert "was born in mode live" in done.err


def test_attack_32_a_name_cannot_drive_the_terminal(atelier: Atelier) -> None:
    """Control characters are refused at the door, and printing would not let them through either."""
    done = atelier.relanced("import", atelier.write("f.csv", INVOICES.replace("Boulangerie", "Boul\x1b[31mangerie")))
    assert done.status == 1
    assert "\x1b" not in done.out


def test_a_place_that_cannot_be_written_is_told_before_a_sheet_counts_as_taken(stocked: Atelier) -> None:
    for words in (("letters", "take", "-o"), ("backup",)):
        done = stocked.relanced(*words, stocked.folder / "nowhere" / "file")
        assert (done.status, done.out) == (1, "")
        assert "cannot be written: No such file or directory" in done.err
    assert "no letter to take" in stocked.relanced("letters", "take", "-o", stocked.folder / "letters.pdf").out
    assert list(stocked.folder.glob("*letters.pdf*")) == []


def test_two_files_of_one_name_are_refused_before_one_is_lost(atelier: Atelier) -> None:
    (atelier.folder / "old").mkdir()
    files = atelier.write("f.csv", INVOICES), atelier.write("old/f.csv", INVOICES.replace("FA-", "FB-"))
    done = atelier.relanced("import", *files)
    assert (done.status, done.err) == (2, "several files are called f.csv: import them one after the other\n")
    assert "no case is open" in atelier.relanced("cases").out


def test_a_dry_run_of_several_files_says_what_it_cannot_know(atelier: Atelier) -> None:
    more = INVOICES.replace("FA-", "FB-")
    done = atelier.relanced("import", "--dry-run", atelier.write("a.csv", INVOICES), atelier.write("b.csv", more))
    assert "each file was tried alone" in done.out


def test_opening_again_keeps_what_is_not_said(stocked: Atelier) -> None:
    stocked.relanced("open", "atelier", "--from", "relance-2", "--per-day", "5")
    assert "at most 5 reminders a day" in stocked.relanced("open", "atelier").out
    assert "at most" not in stocked.relanced("open", "atelier", "--per-day", "0").out


def test_a_name_in_the_environment_is_nobodys(stocked: Atelier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "claude.monet")
    stocked.relanced("pause", "C1", "--until", "2099-12-31", "--reason", "asked")
    assert "claude.monet" not in stocked.relanced("show", "C1").out


def test_the_daemon_takes_no_file_for_its_socket(stocked: Atelier) -> None:
    """A mistyped desk.socket that names the database must not cost the database."""
    database = stocked.folder / "relanced.db"
    socket = yaml.safe_load(stocked.config.read_text())["desk"]["socket"]
    stocked.write("config.yaml", stocked.config.read_text().replace(socket, str(database)))
    done = stocked.relanced("run")
    assert done.status == 1
    assert "is there and is no socket: name another path" in done.err
    assert database.stat().st_size > 0


def test_check_makes_nothing(atelier: Atelier) -> None:
    """An operator checks as root before the unit's first start: nothing of root's may lie in its way then."""
    before = sorted(atelier.folder.rglob("*"))
    done = atelier.relanced("check")
    assert done.status == 0, done.out
    assert "there is no database yet" in done.out
    assert sorted(atelier.folder.rglob("*")) == before


def test_a_check_of_a_database_that_nobody_works_on_changes_nothing_in_it(stocked: Atelier) -> None:
    before = {path: path.stat().st_mtime_ns for path in sorted(atelier_files(stocked))}
    assert "2 open cases" in stocked.relanced("check").out
    assert {path: path.stat().st_mtime_ns for path in sorted(atelier_files(stocked))} == before


def atelier_files(atelier: Atelier) -> list[Path]:
    return [path for path in atelier.folder.rglob("*") if path.is_file()]


@pytest.fixture
def sealed_off(atelier: Atelier, monkeypatch: pytest.MonkeyPatch) -> Atelier:
    """A command line outside the unit: its credentials are nowhere."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    secret = 'host: 127.0.0.1, port: 9, tls: none, user: compta, password: "${cred:smtp}"'
    atelier.write("config.yaml", atelier.config.read_text().replace("host: 127.0.0.1, port: 9, tls: none", secret))
    return atelier


@pytest.mark.parametrize("words", [("db", "upgrade"), ("queue",), ("status",)])
def test_a_secret_that_is_the_daemons_alone_stops_no_other_command(sealed_off: Atelier, words: tuple[str, ...]) -> None:
    done = sealed_off.relanced(*words)
    assert (done.status, done.err) == (0, "")


def test_check_notes_a_secret_that_it_cannot_see(sealed_off: Atelier) -> None:
    done = sealed_off.relanced("check")
    assert done.status == 0, done.out
    assert "note  channels.compta.smtp.password: ${cred:smtp}: $CREDENTIALS_DIRECTORY is not set" in done.out


def test_the_daemon_does_not_run_without_its_secrets(sealed_off: Atelier) -> None:
    done = sealed_off.relanced("run", "--once")
    assert done.status == 78
    assert "$CREDENTIALS_DIRECTORY is not set" in done.err


def test_a_database_behind_a_secret_that_is_not_here_is_one_line(sealed_off: Atelier) -> None:
    text = sealed_off.config.read_text().replace(
        "sqlite:///relanced.db", '"postgresql://relanced:${cred:database}@127.0.0.1:9/relanced"'
    )
    sealed_off.write("config.yaml", text)
    for words in (("db", "upgrade"), ("queue",)):
        done = sealed_off.relanced(*words)
        assert done.status in (1, 78)
        assert "$CREDENTIALS_DIRECTORY is not set" in done.err
        assert len(done.err.splitlines()) == 1


def test_check_refuses_a_letters_folder_that_cannot_be_made(atelier: Atelier) -> None:
    text = atelier.config.read_text().replace(f"{atelier.folder}/letters", f"{atelier.folder}/share/letters")
    atelier.write("config.yaml", text)
    done = atelier.relanced("check")
    assert done.status == 1
    assert f"FAULT channels.office.folder: {atelier.folder}/share/letters is not there" in done.out


def test_the_letters_folders_are_made_when_the_house_opens(stocked: Atelier) -> None:
    assert [(stocked.folder / name).stat().st_mode & 0o777 for name in ("letters", "registered")] == [0o750, 0o750]


def test_where_root_says_where_the_password_lies_every_command_works(
    sealed_off: Atelier, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As README says: only the unit may read a credential, so that whoever asks from outside names its folder."""
    said = urlsplit(postgres_url)
    store = f"postgresql://{said.username}:${{cred:database}}@{said.hostname}:{said.port}{said.path}"
    sealed_off.write("config.yaml", sealed_off.config.read_text().replace("sqlite:///relanced.db", f'"{store}"'))
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "database").write_text(said.password or "any")
    (credentials / "database").chmod(0o600)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    for words in (("db", "upgrade"), ("queue",), ("status",), ("cases",)):
        done = sealed_off.relanced(*words)
        assert (done.status, done.err) == (0, ""), words

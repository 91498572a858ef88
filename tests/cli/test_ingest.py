"""`relanced ingest`, as a mail server runs it: 0 once it is on the disk, 75 when it is to come again."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner

from relanced.cli.commands import relanced
from tests.cli.atelier import Atelier
from tests.cli.test_with_a_daemon import Running

MAIL = b"From: client@boulange.example\nTo: compta@atelier.example\nMessage-ID: <1@boulange.example>\n\nBonjour,\n"


def _piped(atelier: Atelier, *words: str, mail: bytes = MAIL) -> tuple[int, str]:
    done = CliRunner().invoke(relanced, ["-c", str(atelier.config), "ingest", *words], input=mail)
    assert done.stdout == ""
    return done.exit_code, done.stderr


def _kept(atelier: Atelier) -> list[tuple[str, bytes]]:
    with closing(sqlite3.connect(atelier.folder / "relanced.db")) as database:
        return database.execute("SELECT channel, raw FROM heard").fetchall()


def test_without_a_daemon_a_mail_is_kept_byte_for_byte_and_once(atelier: Atelier) -> None:
    assert _piped(atelier)[0] == 0
    assert _piped(atelier, "--channel", "compta")[0] == 0
    assert _kept(atelier) == [("compta", MAIL)]


def test_of_a_mail_that_is_too_large_the_beginning_is_kept(atelier: Atelier) -> None:
    large = MAIL + b"x" * 21 * 1024 * 1024
    assert _piped(atelier, mail=large)[0] == 0
    assert _kept(atelier) == [("compta", large[: 1024 * 1024])]
    with closing(sqlite3.connect(atelier.folder / "relanced.db")) as database:
        assert f'"size":"{len(large)}"' in database.execute("SELECT about FROM heard").fetchone()[0]


def test_with_a_daemon_it_goes_over_the_desk_and_is_read_at_once(atelier: Atelier) -> None:
    daemon = Running(atelier)
    try:
        assert _piped(atelier) == (0, "")
        daemon.until(lambda: daemon.said("read"))
    finally:
        assert daemon.stop() == 0
    assert _kept(atelier) == [("compta", MAIL)]


@pytest.mark.parametrize("words", [("--channel", "office"), ("--chanel", "compta"), ("too", "much")])
def test_a_mistake_of_ours_never_sends_a_mail_back(atelier: Atelier, words: tuple[str, ...]) -> None:
    status, told = _piped(atelier, *words)
    assert status == 75
    assert told


def test_nothing_is_no_mail(atelier: Atelier) -> None:
    assert _piped(atelier, mail=b"\n") == (65, "there is no mail on standard input\n")


def test_a_database_that_cannot_be_had_lets_the_server_come_again(atelier: Atelier) -> None:
    broken = atelier.config.read_text().replace("sqlite:///relanced.db", "sqlite:////proc/relanced.db")
    atelier.config.write_text(broken)
    status, told = _piped(atelier)
    assert status == 75
    assert told.startswith("not kept, try again: the database cannot be opened")


def test_a_configuration_with_a_fault_lets_the_server_come_again(atelier: Atelier) -> None:
    atelier.config.write_text(atelier.config.read_text().replace("kind: email", "kind: emial"))
    status, told = _piped(atelier)
    assert status == 75
    assert "no channel of kind emial" in told

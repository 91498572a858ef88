"""The folder of the demonstration: its own is made anew, another's is left alone."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest

from relanced.config import load
from relanced.demo import run_demo
from relanced.demo.folder import NotOurs, make, write_config
from relanced.store.guard import Lock

TWILIO = "http://127.0.0.1:2526"


def test_the_configuration_is_sound(tmp_path: Path) -> None:
    folder = make(tmp_path / "demo")
    assert write_config(folder, 2525, TWILIO) is None
    config = load(folder.config, os.environ)
    assert Path(config.desk.socket) == folder.root / "desk.sock"
    assert sorted(path.name for path in folder.invoices.iterdir())[0] == "FA-2025-081.pdf"


def test_a_long_path_gets_its_socket_elsewhere(tmp_path: Path) -> None:
    folder = make(tmp_path / ("long" * 25))
    aside = write_config(folder, 2525, TWILIO)
    assert aside is not None
    assert Path(load(folder.config, os.environ).desk.socket) == aside / "desk.sock"
    aside.rmdir()


def test_a_former_demonstration_is_made_anew(tmp_path: Path) -> None:
    old = make(tmp_path / "demo").mailbox / "old.eml"
    old.touch()
    make(tmp_path / "demo")
    assert not old.exists()


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    assert make(tmp_path).books.is_dir()


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    out = StringIO()
    assert run_demo(tmp_path, True, out) == 2
    assert out.getvalue() == f"{tmp_path} holds other files: name a new folder with --into\n"
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_demonstration_that_still_runs_is_left_alone(tmp_path: Path) -> None:
    folder = make(tmp_path / "demo")
    lock = Lock(folder.database)
    lock.take("relanced demo", datetime.now(UTC))
    with pytest.raises(NotOurs, match="still runs: the database is in use by relanced demo"):
        make(tmp_path / "demo")
    lock.release()
    assert folder.mailbox.is_dir()


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_place_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(NotOurs, match="Permission denied: name another folder"):
        make(tmp_path / "demo")
    tmp_path.chmod(0o700)

"""The unit: systemd understands it, it is tight, and what relanced does works inside its limits."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
from pathlib import Path
from stat import S_IMODE

import pytest

from relanced.cli.commands import relanced
from relanced.config.schema import Desk
from tests.project.tree import ROOT, pyproject, run

UNIT = ROOT / "systemd/relanced.service"
TOO_OPEN = 15  # a tenth of systemd's exposure level: 1.5 of 10; what remains is the network and the desk's peers
PR_GET_MDWE = 66


def values(key: str) -> list[str]:
    """What the unit says of a key, line by line."""
    return re.findall(rf"^{key}=(.*)$", UNIT.read_text("utf-8"), flags=re.MULTILINE)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit as it is, but for programs that exist here."""
    copy = tmp_path / UNIT.name
    copy.write_text(re.sub(r"^(Exec\w+=)\S+", rf"\1{sys.executable}", UNIT.read_text("utf-8"), flags=re.MULTILINE))
    return copy


def test_systemd_understands_every_line(unit: Path) -> None:
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_it_is_tight(unit: Path) -> None:
    run("systemd-analyze", "security", "--no-pager", "--offline=true", f"--threshold={TOO_OPEN}", unit)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes accounts, even in a folder of its own")
def test_the_account_and_its_folders_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    run("systemd-sysusers", f"--root={tmp_path}", ROOT / "systemd/relanced.sysusers.conf")
    run("systemd-tmpfiles", "--create", f"--root={tmp_path}", ROOT / "systemd/relanced.tmpfiles.conf")
    name, _, user, group, *_ = (tmp_path / "etc/passwd").read_text().split(":")
    assert [name] == values("User")
    for folder, *expected in [
        ("etc/relanced", 0o750, 0, int(group)),
        ("etc/relanced/templates", 0o750, 0, int(group)),
        ("etc/relanced/credentials", 0o700, 0, 0),
        ("var/backups/relanced", 0o700, int(user), int(group)),
    ]:
        made = (tmp_path / folder).stat()
        assert [S_IMODE(made.st_mode), made.st_uid, made.st_gid] == expected


def test_it_starts_a_command_that_exists() -> None:
    program, *words = values("ExecStart")[0].split()
    assert Path(program).name in pyproject()["project"]["scripts"]
    assert words[0] in relanced.commands


def test_it_does_not_insist_where_trying_again_mends_nothing() -> None:
    assert set(values("RestartPreventExitStatus")[0].split()) == {str(os.EX_TEMPFAIL), str(os.EX_CONFIG)}


def test_the_desk_knows_its_visitors_by_name() -> None:
    assert values("PrivateUsers") == ["no"]
    assert Desk().socket.parent == Path("/run") / values("RuntimeDirectory")[0]


def test_the_example_stays_inside_the_folders_it_may_write() -> None:
    said = (ROOT / "config.example.yaml").read_text("utf-8")
    written = re.findall(r"/var/lib/([^\s,}]+?)/?[\s,}]", said)
    folders = values("StateDirectory")[0].split()
    assert written
    assert {w.removesuffix("/relanced.db") for w in written} <= set(folders)


def test_the_example_names_only_secrets_that_are_handed_over() -> None:
    named = set(re.findall(r"^#?LoadCredential=([\w-]+):", UNIT.read_text("utf-8"), flags=re.MULTILINE))
    said = (ROOT / "config.example.yaml").read_text("utf-8")
    assert set(re.findall(r"\$\{cred:([a-z][\w-]*)\}", said)) <= named


def test_every_directive_has_its_reason() -> None:
    """A block of lines begins with a comment, but for the headings and what systemd wants of every unit."""
    blocks = re.split(r"\n\s*\n", UNIT.read_text("utf-8").partition("[Service]")[2].partition("[Install]")[0])
    assert all(block.lstrip().startswith("#") for block in blocks if block.strip())


def test_a_letter_is_typeset_where_no_memory_is_both_writable_and_executable(tmp_path: Path) -> None:
    if ctypes.CDLL(None).prctl(PR_GET_MDWE, 0, 0, 0, 0) < 0:
        pytest.skip("kernels before 6.3 cannot refuse such memory to one process")
    assert '"pages": 1' in run(sys.executable, "-m", "tests.project.confined", tmp_path / "fresh.db")

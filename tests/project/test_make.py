"""What `make` says on a machine where something is missing: one line, with the cure."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.project.tree import copied

SHELL = ("sh", "cat", "dirname", "env", "make", "pwd", "rm", "sed", "sha256sum", "tr")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A checkout, and beside it a machine that has a shell, make and nothing else; nobody on it is root."""
    machine = tmp_path / "bin"
    machine.mkdir()
    for name in SHELL:
        (machine / name).symlink_to(str(shutil.which(name)))
    program(machine / "id", "echo 1000")
    return copied(["Makefile", "tools", "pyproject.toml", "requirements.lock"], tmp_path / "checkout")


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def make(target: str, checkout: Path) -> tuple[int, str, list[str]]:
    """The exit status, and what was said: on stdout, and line by line on stderr."""
    ended = subprocess.run(
        ["make", target],
        cwd=checkout,
        env={"PATH": str(checkout.parent / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout, ended.stderr.splitlines()


def test_make_alone_tells_what_it_can_do(bare: Path) -> None:
    status, said, _ = make("help", bare)
    assert (status, "make demo" in said) == (0, True)


@pytest.mark.parametrize(
    "python", [None, "exit 1"], ids=["no python at all", "a python that is too old, or has no venv"]
)
def test_the_demo_without_a_python_that_fits(bare: Path, python: str | None) -> None:
    if python:
        program(bare.parent / "bin/python3", python)
    status, _, said = make("demo", bare)
    assert status != 0
    assert said[0].endswith("on Debian: apt-get install python3-venv")
    assert len(said) == 2  # and make's own line


def test_the_tests_without_the_programs_they_speak_to(bare: Path) -> None:
    status, _, said = make("programs", bare)
    assert status != 0
    assert "as root: apt-get install" in said[0]
    assert "poppler-utils" in said[0]
    assert len(said) == 2


def test_nothing_is_done_twice(bare: Path) -> None:
    """An environment that matches its lock is left alone: not even pip is started."""
    state = subprocess.run(
        ["sh", "-c", "{ pwd; cat requirements.lock pyproject.toml; } | sha256sum"],
        cwd=bare,
        check=True,
        capture_output=True,
    ).stdout
    (bare / ".venv/bin").mkdir(parents=True)
    program(bare / ".venv/bin/python", "echo started >&2; exit 1")
    (bare / ".venv/requirements.lock.done").write_bytes(state)
    assert make("runtime", bare) == (0, "", [])

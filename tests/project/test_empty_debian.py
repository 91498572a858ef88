"""README's "five minutes", followed word for word on a Debian that holds nothing but Python and its venv module."""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.project.tree import ROOT

SECTION = re.compile(r"^## A real configuration in five minutes$(.*?)^## ", re.M | re.S)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
PIP_FILES = ("/etc/pip.conf", "~/.config/pip/pip.conf", "~/.pip/pip.conf")
PATIENCE = 600  # seconds: packages come over the network

pytestmark = [
    pytest.mark.timeout(2 * PATIENCE),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may make an empty Debian and go into it"),
]


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty Debian with what README asks for, and this checkout as a person would have cloned it."""
    assert shutil.which("mmdebstrap"), "mmdebstrap is missing: tools/programs.sh"
    root = tmp_path_factory.mktemp("debian") / "root"
    asked = ["--mode=root", "--variant=minbase", "--include=python3,python3-venv,ca-certificates"]
    _run(["mmdebstrap", *asked, "bookworm", str(root)])
    shutil.copytree(ROOT, root / "srv/relanced", ignore=shutil.ignore_patterns(".*", "__pycache__", "relanced-demo"))
    seen = [path for path in _pip_paths() if path.exists()]
    for path in seen:
        _show(path, root / path.relative_to("/"))
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    try:
        yield root
    finally:
        for path in seen:
            subprocess.run(["umount", root / path.relative_to("/")], check=False)


def _pip_paths() -> list[Path]:
    """Where this machine's pip looks for packages beside the network."""
    files = [Path(name).expanduser() for name in PIP_FILES]
    told = configparser.RawConfigParser()
    told.read(files)
    words = [value for name in told.sections() for value in told[name].values()]
    words += [value for name, value in os.environ.items() if name.startswith("PIP_")]
    paths = {Path(word) for value in words for word in value.split() if word.startswith("/")}
    return sorted(paths | {file for file in files if file.exists()})


def _show(path: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        place.mkdir(exist_ok=True)
    else:
        place.touch()
    _run(["mount", "--bind", str(path), str(place)])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, f"{command[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}"


def _within(root: Path, script: str) -> str:
    """A person's shell in the empty Debian."""
    pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    env = {"HOME": "/root", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "USER": "root", **pip}
    command = [shutil.which("chroot") or "chroot", str(root), "/bin/bash", "-euc", f"cd /srv/relanced\n{script}"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=env, timeout=PATIENCE)
    assert done.returncode == 0, f"{script}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


def _books(folder: Path) -> None:
    """What an accounting program exports, under the names README uses."""
    due = date.today() - timedelta(days=20)  # noqa: DTZ011
    issued = due - timedelta(days=30)
    (folder / "debtors.csv").write_text(
        "code client;nom;segment;email\nC1;Menuiserie Le Gall;B2B;compta@le-gall.example\n", "utf-8"
    )
    (folder / "invoices.csv").write_text(
        f"code client;n facture;date facture;echeance;total ttc\nC1;FA-2026-031;{issued};{due};1234,50\n", "utf-8"
    )
    (folder / "payments.csv").write_text("date;montant;libelle;code client\n", "utf-8")


def test_from_nothing_to_the_first_reminder(debian: Path) -> None:
    found = SECTION.search((ROOT / "README.md").read_text("utf-8"))
    assert found
    blocks = BLOCK.findall(found.group(1))
    assert [kind for kind, _ in blocks] == ["sh", "yaml", "sh"]
    (_, install), (_, config), (_, work) = blocks
    home = debian / "srv/relanced"
    home.joinpath("config.yaml").write_text(config, "utf-8")
    _books(home)
    work = re.sub(r"--covers \S+", f"--covers {date.today()}", work)  # noqa: DTZ011
    assert work.rstrip().endswith("\nrelanced run")
    told = _within(debian, install + work.rstrip() + " --once\nrelanced --format json show C1")
    shown = json.loads(told[told.index("\n{") :])
    assert [m["step"] for m in shown["messages"]] == ["relance-1"]

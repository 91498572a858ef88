"""The checkout these tests stand in."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def pyproject() -> dict[str, Any]:
    """What pyproject.toml says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def channels() -> set[str]:
    """The packages in channels/."""
    return {found.parent.name for found in (ROOT / "channels").glob("*/__init__.py")}


def copied(names: list[str], target: Path) -> Path:
    """Copy files and folders of the checkout, without what was compiled."""
    for name in names:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.mkdir(exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a program that has to succeed. Returns what it printed; when it fails, all it said is the failure."""
    ended = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{command}: {ended.returncode}\n{ended.stdout}{ended.stderr}"
    return ended.stdout

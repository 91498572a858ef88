"""The repository speaks of the project, and of nothing else: no machine it was written on, no index it was fed from."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.project.tree import ROOT

# Written so that no pattern matches itself.
STRANGE = {
    "a path of somebody's machine": r"(?<![\w./-])/(?:work|home|root|Users|workspace)/\w",
    "a package index": r"pypi\.or[g]|pythonhoste[d]|/simple(?:/|\b)\S*[$]|--(?:extra-)?index-ur[l]|--find-link[s]\b",
    "a note to come back": r"\b(?:TOD[O]|FIXM[E]|XX[X])\b",
}
ALLOWED = {("Makefile", "--find-links")}


def texts() -> Iterator[tuple[Path, str]]:
    """Every text that is in the repository, or would be with the next commit."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    for path in (ROOT / name for name in names if name):
        try:
            yield path.relative_to(ROOT), path.read_text("utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue


def found(pattern: str) -> list[str]:
    """Where a pattern stands, as file:line: text."""
    return [
        f"{path}:{number}: {line.strip()}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(pattern, line)
    ]

"""The repository speaks of the project, and of nothing else: no machine it was written on, no index it was fed from."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project.tree import ROOT

# Each is written so that it does not find itself.
STRANGE = {
    "this checkout": rf"(?<![\w./-]){re.escape(str(ROOT))}(?![\w.-])",
    "a folder of somebody's machine": r"(?<![\w./-])/(?:work|home|root|Users)/\w",
    "where packages come from": r"pypi[.]org|pythonhosted[.]org|--(?:extra-)?index-url[ =]|--find-links[ =]",
    "a note to come back": r"\b(?:TO[D]O|FI[X]ME)\b",
}


def texts() -> Iterator[tuple[Path, str]]:
    """Every text that is in the repository, or would be with the next commit."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    for path in (ROOT / name for name in names if name):
        try:
            yield path.relative_to(ROOT), path.read_text("utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="only git knows what belongs to the repository")
@pytest.mark.parametrize("stranger", STRANGE)
def test_no_file_names(stranger: str) -> None:
    pattern = re.compile(STRANGE[stranger])
    found = [
        f"{path}:{number}: {line.strip()}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("stranger", "line"),
    [
        ("this checkout", f'database = "{ROOT}/demo.db"'),
        ("a folder of somebody's machine", "see " + "/home/" + "claire/notes"),
        ("where packages come from", "pip install --index-url" + "=x relanced"),
        ("a note to come back", "# TO" + "DO: later"),
    ],
)
def test_what_is_looked_for_would_be_found(stranger: str, line: str) -> None:
    assert re.search(STRANGE[stranger], line)

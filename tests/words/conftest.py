from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from relanced.words.engine import Words, shipped_templates

Write = Callable[[str, str], None]


@pytest.fixture(scope="session")
def words() -> Words:
    """The shipped wordings."""
    return Words([shipped_templates()])


@pytest.fixture
def override(tmp_path: Path) -> Path:
    """A creditor's own folder of templates."""
    return tmp_path / "templates"


@pytest.fixture
def write(override: Path) -> Write:
    """Puts a file into the creditor's folder: `write("relance-1/mail.j2", "Objet : …")`."""

    def write(name: str, text: str) -> None:
        file = override / "fr" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    return write


@pytest.fixture
def mine(override: Path) -> Words:
    """The creditor's wordings before the shipped ones."""
    return Words([override, shipped_templates()])

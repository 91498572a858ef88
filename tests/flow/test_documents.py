"""Duplicates: only a file that can be no other invoice goes along; the wrong debtor's invoice never does."""

from __future__ import annotations

from pathlib import Path

import pytest

from relanced.config.creditors import Documents
from relanced.flow.send.documents import find_duplicates

ANY = "*{number}*.pdf"

FOUND = [
    (ANY, "FA-1042", ["FA-1042.pdf"]),
    (ANY, "FA-1042", ["FA-1042.pdf", "FA-1042 Dupont.pdf"]),
    (ANY, "FA-1042", ["facture_FA-1042 (Dupont).pdf", "FA-10421.pdf", "CLIENT-77_FA-1050.pdf"]),
    (ANY, "2026/1042", ["2026-1042.pdf"]),
    (ANY, "2026/1042", ["2026-1042.pdf", "2026-1042 copie.pdf"]),
    ("FA-{number}.pdf", "1042", ["FA-1042.pdf", "AV-1042.pdf"]),
    ("FA-{number}*.pdf", "1042", ["FA-1042 Dupont.pdf", "AV-1042 Dupont.pdf"]),
    ("?-{number}.pdf", "1042", ["F-1042.pdf"]),
    (ANY, "F[1]", ["F[1].pdf"]),
]
MISSING = [
    (ANY, "1042", ["CLIENT-1042_FA-1050.pdf"]),
    (ANY, "1042", ["CLIENT 1042_FA-1050.pdf"]),
    (ANY, "1042", ["1042_1050.pdf"]),
    (ANY, "1042", ["AV-1042.pdf"]),
    (ANY, "1042", ["1042-2.pdf"]),
    (ANY, "1042", ["2026-1042.pdf"]),
    (ANY, "1042", ["1042_10423.pdf"]),
    (ANY, "FA-1", ["FA-10.pdf"]),
    (ANY, "42", ["42 FA_51.pdf"]),
    (ANY, "7", ["7 8.pdf"]),
    (ANY, "FA-1042", ["FA-1042 a.pdf", "FA-1042 b.pdf"]),
    (ANY, "FA-1042", ["FA-1042 AV-1050.pdf"]),
    (ANY, "FA-1042", []),
]


def _folder(tmp_path: Path, names: list[str]) -> Path:
    for name in names:
        (tmp_path / name).write_bytes(b"%PDF-1.7 " + name.encode())
    return tmp_path


def _documents(folder: Path, pattern: str) -> Documents:
    return Documents.model_validate({"folder": str(folder), "name": pattern})


@pytest.mark.parametrize(("pattern", "number", "names"), FOUND)
def test_the_first_of_these_files_is_the_invoice(tmp_path: Path, pattern: str, number: str, names: list[str]) -> None:
    found = find_duplicates(_documents(_folder(tmp_path, names), pattern), [number])
    assert [e.content for e in found.enclosures] == [b"%PDF-1.7 " + names[0].encode()]
    assert found.missing == ()


@pytest.mark.parametrize(("pattern", "number", "names"), MISSING)
def test_none_of_these_files_goes_along(tmp_path: Path, pattern: str, number: str, names: list[str]) -> None:
    """A file that may be another debtor's invoice must not be enclosed."""
    found = find_duplicates(_documents(_folder(tmp_path, names), pattern), [number])
    assert (found.enclosures, found.missing) == ((), (number,))


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert find_duplicates(_documents(tmp_path / "gone", ANY), ["FA-1"]).missing == ("FA-1",)

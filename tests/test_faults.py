"""The table of faults says where each is covered: every test it names is there and names the fault."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
ROWS = re.findall(r"^\| (\d+) \| .+? \| (.+?) \|$", (TESTS / "FAULTS.md").read_text("utf-8"), re.MULTILINE)
COVERED = [(int(number), file) for number, where in ROWS for file in re.findall(r"`(.+?)`", where)]
_NAMED = re.compile(r"faults?((?:[_ ,]|and|-|\d)+)", re.IGNORECASE)


def _faults(text: str) -> set[int]:
    """The faults a text names: `fault_30`, `Fault 7`, `Faults 28, 29 and 33`, `Faults 1-6`."""
    found: set[int] = set()
    for named in _NAMED.findall(text):
        for first, last in re.findall(r"(\d+)(?:-(\d+))?", named):
            found |= set(range(int(first), int(last or first) + 1))
    return found


def test_the_table_has_every_row_once() -> None:
    assert [int(number) for number, _ in ROWS] == list(range(1, 59))
    assert all(where == "waits" or "`" in where for _, where in ROWS)


@pytest.mark.parametrize(("number", "file"), COVERED)
def test_a_test_that_is_said_to_cover_a_fault_names_it(number: int, file: str) -> None:
    assert number in _faults((TESTS / file).read_text("utf-8"))


def test_names_of_faults_are_read_in_every_form() -> None:
    said = "test_fault_30_a, Fault 7. Faults 28, 29 and 33; Faults 1-3, test_faults_40_41_x"
    assert _faults(said) == {30, 7, 28, 29, 33, 1, 2, 3, 40, 41}

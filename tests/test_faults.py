"""The tables of faults and attacks say where each is covered: every test they name is there and names it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
_ROW = re.compile(r"^\| (\d+) \| .+? \| (.+?) \|$", re.MULTILINE)
_NAMED = {
    "fault": re.compile(r"faults?((?:[_ ,]|and|-|\d)+)", re.IGNORECASE),
    "attack": re.compile(r"attacks?((?:[_ ,]|and|-|\d)+)", re.IGNORECASE),
}
TABLES = dict(zip(_NAMED, map(_ROW.findall, (TESTS / "FAULTS.md").read_text("utf-8").split("## Attacks")), strict=True))
COVERED = [
    (what, int(number), file)
    for what, rows in TABLES.items()
    for number, where in rows
    for file in re.findall(r"`(.+?)`", where)
]


def _named(what: str, text: str) -> set[int]:
    """Those a text names: `fault_30`, `Fault 7`, `Faults 28, 29 and 33`, `Faults 1-6`, `attack_12`."""
    found: set[int] = set()
    for named in _NAMED[what].findall(text):
        for first, last in re.findall(r"(\d+)(?:-(\d+))?", named):
            found |= set(range(int(first), int(last or first) + 1))
    return found


@pytest.mark.parametrize(("what", "last"), [("fault", 58), ("attack", 40)])
def test_a_table_has_every_row_once(what: str, last: int) -> None:
    assert [int(number) for number, _ in TABLES[what]] == list(range(1, last + 1))
    assert all(where == "waits" or "`" in where for _, where in TABLES[what])


def test_nothing_of_what_comes_back_waits() -> None:
    """Faults 41 to 57 and attacks 8 to 24 are those of the listener and of the desk."""
    waits = {what: {int(number) for number, where in rows if where == "waits"} for what, rows in TABLES.items()}
    assert waits["fault"] == set()
    assert waits["attack"].isdisjoint(range(8, 25))


@pytest.mark.parametrize(("what", "number", "file"), COVERED)
def test_a_test_that_is_said_to_cover_one_names_it(what: str, number: int, file: str) -> None:
    assert number in _named(what, (TESTS / file).read_text("utf-8"))


def test_names_of_faults_are_read_in_every_form() -> None:
    said = "test_fault_30_a, Fault 7. Faults 28, 29 and 33; Faults 1-3, test_faults_40_41_x"
    assert _named("fault", said) == {30, 7, 28, 29, 33, 1, 2, 3, 40, 41}

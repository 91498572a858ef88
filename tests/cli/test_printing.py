"""Tables on a terminal: on a small one words stay whole."""

from __future__ import annotations

import pytest

from relanced.cli.printing import show

COLUMNS = ("message", "creditor", "name", "due", "state", "reason")
ROWS = (
    (5, "dubois", "Menuiserie Le Gall", "2026-11-23 09:00", "planned", "outside the hours of contact until 09:00"),
    (12, "dubois", "Garage Dupont & Fils", "", "in_tray", ""),
)


def printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    show({"columns": COLUMNS, "rows": ROWS, "lines": ["one line"]}, "table")
    return capsys.readouterr().out


def test_on_a_small_terminal_long_words_stand_below_their_row(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert printed(capsys, monkeypatch, 48).splitlines() == [
        "message  name            due             state",
        "────────────────────────────────────────────────",
        "5        Menuiserie Le   2026-11-23      planned",
        "         Gall            09:00",
        "    outside the hours of contact until 09:00",
        "12       Garage Dupont                   in_tray",
        "         & Fils",
        "one line",
    ]


@pytest.mark.parametrize("width", [48, 60, 80, 200])
def test_no_word_is_cut(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    told = printed(capsys, monkeypatch, width).split()
    assert {word for row in ROWS for cell in row for word in str(cell).split()} - {"dubois"} <= set(told)
    assert ("dubois" in told) == (width == 200)


@pytest.mark.parametrize("width", [1, 5, 20])
def test_any_width_will_do(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    assert printed(capsys, monkeypatch, width).endswith("one line\n")

"""The log: what a line of it may not tell, in whatever style."""

from __future__ import annotations

import io
import json
import logging
import time
from collections.abc import Iterator

import pytest
import structlog

from relanced import log

STYLES = ["json", "console", "journal"]


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """The process's log is put back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def _told(style: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is logged of a door that failed with secrets around it."""
    out = io.StringIO()
    monkeypatch.setattr(log, "JournalHandler", lambda: logging.StreamHandler(out))
    log.set_up(style, out)
    password, to = "hunter2", "jean.dupont@client.example"
    try:
        raise ValueError(f"{to} +33612345678 refused\nINFO all is well\x1b[2J {len(password)}")
    except ValueError:
        structlog.get_logger(f"told.{style}").exception("door failed", channel="compta")
        logging.getLogger("other").exception("a library failed")
    return out.getvalue()


@pytest.mark.parametrize("style", STYLES)
def test_attack_31_a_traceback_tells_no_local_variable_and_no_whole_address(
    style: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = _told(style, monkeypatch)
    assert told.count("ValueError: j***@c***.example +33******78 refused") == 2
    assert "hunter2" not in told
    assert "dupont" not in told
    assert "12345" not in told
    assert "\x1b[2J" not in told


def test_masking_takes_a_moment_whatever_the_text() -> None:
    begun = time.monotonic()
    assert len(log.mask("é" * 300_000 + "a." * 100_000)) == 500_000
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("to jean.dupont@client.example.", "to j***@c***.example."),
        ("<x@y.fr>,z@y.fr", "<x***@y***.fr>,z***@y***.fr"),
        ("+33612345678", "+33******78"),
        ("06 12 34 56 78 or 02.99.00.12.34", "06******78 or 02******34"),
        ("F-2026-0612345678 of 1234.50", "F-2026-06******78 of 1234.50"),
    ],
)
def test_addresses_and_numbers_are_shortened(said: str, told: str) -> None:
    assert log.mask(said) == told


def test_a_value_that_is_no_text_is_masked_too() -> None:
    event = log.masked(None, "", {"to": ["jean@client.example"], "error": ValueError("x@y.fr"), "n": 7, "none": None})
    assert event == {"to": "['j***@c***.example']", "error": "x***@y***.fr", "n": 7, "none": None}


def test_every_line_of_ours_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    key = ("door failed", "compta", "error")
    before = log.tally().get(key, 0)
    _told("json", monkeypatch)
    assert log.tally()[key] == before + 1
    assert not [event for event, _, _ in log.tally() if event == "a library failed"]


def test_an_exception_s_second_line_cannot_pass_for_a_line_of_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(not line.startswith("INFO") for line in _told("console", monkeypatch).splitlines())


def test_every_line_of_the_json_log_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (json.loads(line) for line in _told("json", monkeypatch).splitlines())
    assert (first["event"], first["channel"], second["event"]) == ("door failed", "compta", "a library failed")
    assert "Traceback" in first["exception"]

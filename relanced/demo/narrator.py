"""What the demonstration says aloud: headlines, what Claire types, and the log between them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

import structlog

from relanced import log

_SHOWN = 8  # lines of an answer
_UNSAID = ("heard", "our own mail sent")


class Narrator:
    """Tells the story on a terminal, and keeps the log in a file."""

    def __init__(self, out: TextIO, book: Path, now: Callable[[], datetime]) -> None:
        self._out, self._now = out, now
        if isinstance(out, TextIOWrapper):
            out.reconfigure(errors="replace")  # a terminal that knows no accents is no reason to stop
        self._book = book.open("w", encoding="utf-8")
        self.errors = _Errors()
        log.set_up("console", out, now=now)
        root = logging.getLogger()
        root.handlers[0].addFilter(_worth_reading)
        root.addHandler(_kept_in(self._book))
        root.addHandler(self.errors)

    def headline(self, words: str) -> None:
        """Something happens in the world."""
        told = f"▶ {self._now():%a %d %b %H:%M}  {words}"
        self.line(f"\x1b[1m{told}\x1b[0m" if self._out.isatty() else told)

    def typed(self, command: str, answer: Iterable[str], whole: bool = False) -> None:
        """A person asks the desk, and reads the beginning of the answer, or all of it."""
        self.line(f"  $ relanced {command}")
        for line in list(answer)[: None if whole else _SHOWN]:
            self.line(f"    {line}")

    def opened(self, name: str, content: Iterable[str]) -> None:
        """A person opens a file."""
        self.line(f"  opens {name}")
        for line in content:
            self.line(f"    {line}")

    def line(self, words: str = "") -> None:
        """A line as it is."""
        self._out.write(f"{words}\n")
        self._out.flush()

    def close(self) -> None:
        """Give the log back to the process."""
        logging.getLogger().handlers.clear()
        self._book.close()


class _Errors(logging.Handler):
    """Remembers what must not happen."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(record.msg.get("event", "") if isinstance(record.msg, dict) else record.getMessage())


def _worth_reading(record: logging.LogRecord) -> bool:
    """What people ask the desk is told already, with its answer; that nobody is written to at night goes unsaid, and so
    does what comes back before it is read."""
    said = record.msg if isinstance(record.msg, dict) else {}
    night = str(said.get("why")).startswith("outside the hours")
    return record.name != "relanced.desk" and said.get("event") not in _UNSAID and not night


def _kept_in(book: TextIO) -> logging.Handler:
    handler = logging.StreamHandler(book)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.dev.ConsoleRenderer(colors=False, pad_event_to=24, sort_keys=False),
            ]
        )
    )
    return handler

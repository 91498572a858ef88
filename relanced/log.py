"""The log: one line per transition. For people on a terminal, journal fields under systemd, JSON on demand.

Addresses are masked before anything is rendered; secrets never reach a log call.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import struct
import sys
from collections.abc import Callable, MutableMapping
from datetime import datetime
from typing import Any, ClassVar, TextIO

import structlog

Event = MutableMapping[str, Any]

_MAIL = re.compile(r"([\w.+-])[\w.+-]*@([\w-])[\w-]*((?:\.[\w-]+)+)")
_PHONE = re.compile(r"(\+\d{2})\d{5,11}(\d{2})\b")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def set_up(
    style: str, stream: TextIO | None = None, level: int = logging.INFO, now: Callable[[], datetime] | None = None
) -> None:
    """Configure the process's log: `auto`, `console`, `json` or `journal`. `now`: a clock that is not the world's."""
    out = stream or sys.stderr
    if style == "auto":
        style = "journal" if os.environ.get("JOURNAL_STREAM") else "console" if out.isatty() else "json"
    stamp = _stamp(now) if now else structlog.processors.TimeStamper("iso", utc=True)
    shared: list[Any] = [structlog.stdlib.add_log_level, _dated, masked, stamp]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler: logging.Handler = JournalHandler() if style == "journal" else logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_renderers(style, out.isatty()))
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for noisy in ("aiohttp.access", "aiosqlite", "alembic", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _dated(_logger: Any, _name: str, event: Event) -> Event:
    """Moments as people read them, to the minute."""
    for key, value in event.items():
        if isinstance(value, datetime):
            event[key] = value.isoformat(sep=" ", timespec="minutes")
    return event


def _stamp(now: Callable[[], datetime]) -> Callable[[Any, str, Event], Event]:
    def stamp(_logger: Any, _name: str, event: Event) -> Event:
        event["timestamp"] = f"{now():%Y-%m-%d %H:%M}"
        return event

    return stamp


def _renderers(style: str, colours: bool) -> list[Any]:
    """Tracebacks are told without local variables: those hold passwords and whole addresses."""
    clean = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    first = [clean, structlog.processors.ExceptionRenderer(), _masked_lines]
    if style == "json":
        return [*first, structlog.processors.JSONRenderer(ensure_ascii=False)]
    if style == "journal":
        return [*first, _only_words, structlog.processors.KeyValueRenderer(key_order=["event"])]
    plain = structlog.dev.plain_traceback
    console = structlog.dev.ConsoleRenderer(colors=colours, pad_event_to=24, sort_keys=False, exception_formatter=plain)
    return [*first, console]


def _masked_lines(_logger: Any, _name: str, event: Event) -> Event:
    """What an exception and its traceback say, each line masked and set in: it cannot pass for a line of the log."""
    for key in ("exception", "stack"):
        if isinstance(told := event.get(key), str):
            event[key] = "\n".join("  " + mask(line) for line in told.split("\n"))
    return event


def _only_words(_logger: Any, _name: str, event: Event) -> Event:
    """The journal keeps time and level by itself."""
    event.pop("timestamp", None)
    event.pop("level", None)
    return event


def masked(_logger: Any, _name: str, event: Event) -> Event:
    """Hide most of every address and number, and every control character, in all values."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = mask(value)
    return event


def mask(text: str) -> str:
    """The text with addresses and telephone numbers shortened and control characters shown as « ? »."""
    text = _MAIL.sub(r"\1***@\2***\3", text)
    return _CONTROL.sub("?", _PHONE.sub(r"\1******\2", text))


class JournalHandler(logging.Handler):
    """Speaks the native protocol of the systemd journal: one field per fact, prefixed RELANCED_."""

    LEVELS: ClassVar = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 7}

    def __init__(self, address: str = "/run/systemd/journal/socket") -> None:
        super().__init__()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.connect(address)

    def emit(self, record: logging.LogRecord) -> None:
        """Send one entry; a logger never raises."""
        try:
            self._socket.send(self.entry(record))
        except Exception:
            self.handleError(record)

    def entry(self, record: logging.LogRecord) -> bytes:
        """The datagram of a record."""
        fields: dict[str, Any] = {
            "MESSAGE": self.format(record),
            "PRIORITY": self.LEVELS.get(record.levelno, 6),
            "SYSLOG_IDENTIFIER": "relanced",
            "LOGGER": record.name,
        }
        said: Any = record.msg
        if isinstance(said, dict):
            told = {k: v for k, v in said.items() if k not in ("event", "level", "timestamp", "exc_info")}
            fields |= {f"RELANCED_{k.upper()}": v for k, v in told.items() if not k.startswith("_")}
        return b"".join(_field(name, str(value)) for name, value in fields.items())


def _field(name: str, value: str) -> bytes:
    encoded = value.encode("utf-8", "replace")
    if b"\n" in encoded:
        return name.encode() + b"\n" + struct.pack("<Q", len(encoded)) + encoded + b"\n"
    return name.encode() + b"=" + encoded + b"\n"

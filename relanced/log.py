"""The log: one line per transition. For people on a terminal, journal fields under systemd, JSON on demand.

Addresses are masked before anything is rendered; secrets never reach a log call.
"""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import re
import socket
import struct
import sys
from array import array
from collections import Counter
from collections.abc import Callable, Mapping, MutableMapping
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar, TextIO

import structlog

Event = MutableMapping[str, Any]

_MAIL = re.compile(r"(?<![\w.+-])([\w.+-])[\w.+-]*@([\w-])[\w-]*((?:\.[\w-]+)+)")
_PHONE = re.compile(r"(\+\d{2})\d{5,11}(\d{2})\b")
_FRENCH_PHONE = re.compile(r"\b(0[1-9])(?:[ .-]?\d{2}){3}[ .-]?(\d{2})\b")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def set_up(
    style: str, stream: TextIO | None = None, level: int = logging.INFO, now: Callable[[], datetime] | None = None
) -> None:
    """Configure the process's log: `auto`, `console`, `json` or `journal`. `now`: a clock that is not the world's."""
    out = stream or sys.stderr
    if style == "auto":
        style = "journal" if _is_the_journal(out) else "console" if out.isatty() else "json"
    stamp = _stamp(now) if now else structlog.processors.TimeStamper("iso", utc=True)
    shared: list[Any] = [structlog.stdlib.add_log_level, _dated, masked, stamp]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            _counted,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler: logging.Handler = JournalHandler() if style == "journal" else logging.StreamHandler(out)
    handler.setFormatter(_Formatter(shared, _renderers(style, out.isatty())))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    _leave_out_what_nobody_reads()
    for noisy in ("aiohttp.access", "aiosqlite", "alembic", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Lines of our own come prepared and are only rendered: copying their records first took a fifth of every line."""

    def __init__(self, prepare: list[Any], render: list[Any]) -> None:
        super().__init__(foreign_pre_chain=prepare, processors=[self.remove_processors_meta, *render])
        self._render = render

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        if not hasattr(record, "_name"):  # a library's own
            return super().format(record)
        said: Any = record.msg
        event: Any = dict(said)  # another handler may look at it too
        for render in self._render:
            event = render(None, "", event)
        return str(event)


def _leave_out_what_nobody_reads() -> None:
    """Threads, processes and lines of source: looking them up took a fifth of every line (logging HOWTO)."""
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None


def _is_the_journal(out: TextIO) -> bool:
    """Whether the stream leads to the journal: a child may have inherited the variable and another stream."""
    said = os.environ.get("JOURNAL_STREAM", "")
    try:
        there = os.fstat(out.fileno())
    except (OSError, ValueError):
        return False
    return said == f"{there.st_dev}:{there.st_ino}"


_TALLY: Counter[tuple[str, str, str]] = Counter()


def tally() -> Mapping[tuple[str, str, str], int]:
    """How often each event was told since the process began: (event, channel, level)."""
    return dict(_TALLY)


def _counted(_logger: Any, _name: str, event: Event) -> Event:
    """Our own events alone: those of libraries have no fixed names."""
    _TALLY[str(event.get("event")), str(event.get("channel", "")), str(event.get("level"))] += 1
    return event


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
    first = [structlog.processors.ExceptionRenderer(), _masked_lines]
    if style == "json":
        return [*first, structlog.processors.JSONRenderer(_in_json)]
    if style == "journal":
        return [*first, _only_words, structlog.processors.KeyValueRenderer(key_order=["event"])]
    plain = structlog.dev.plain_traceback
    console = structlog.dev.ConsoleRenderer(colors=colours, pad_event_to=24, sort_keys=False, exception_formatter=plain)
    return [*first, console]


_encoded = json.JSONEncoder(ensure_ascii=False, default=repr).encode


def _in_json(event: Event, **_ignored: Any) -> str:
    """With one encoder for all lines."""
    return _encoded(event)


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


_PLAIN = (int, float, type(None))


def masked(_logger: Any, _name: str, event: Event) -> Event:
    """Hide most of every address and number, and every control character, in all values."""
    for key, value in event.items():
        if key.startswith("_") or key == "exc_info" or isinstance(value, _PLAIN):
            continue
        event[key] = mask(value if isinstance(value, str) else str(value))
    return event


@lru_cache(maxsize=1024)  # most of what is told was told before
def mask(text: str) -> str:
    """The text with addresses and telephone numbers shortened and control characters shown as « ? »."""
    if "@" in text:
        text = _MAIL.sub(r"\1***@\2***\3", text)
    text = _FRENCH_PHONE.sub(r"\1******\2", _PHONE.sub(r"\1******\2", text))
    return text if text.isprintable() else _CONTROL.sub("?", text)


_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


class JournalHandler(logging.Handler):
    """Speaks the native protocol of the systemd journal: one field per fact, prefixed RELANCED_."""

    LEVELS: ClassVar = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 7}

    def __init__(self, address: str = "/run/systemd/journal/socket") -> None:
        super().__init__()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._address = address

    def emit(self, record: logging.LogRecord) -> None:
        """Send one entry; a logger never raises."""
        try:
            self._say(self.entry(record))
        except Exception:
            self.handleError(record)

    def _say(self, entry: bytes) -> None:
        """As a datagram; one too long for that as a sealed file of memory (systemd, native journal protocol)."""
        try:
            self._socket.sendto(entry, self._address)
        except OSError as error:
            if error.errno != errno.EMSGSIZE:
                raise
            with os.fdopen(os.memfd_create("relanced", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING), "wb") as file:
                file.write(entry)
                file.flush()
                fcntl.fcntl(file, fcntl.F_ADD_SEALS, _SEALS)
                descriptor = array("i", [file.fileno()])
                self._socket.sendmsg([], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptor)], 0, self._address)

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()
        super().close()

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

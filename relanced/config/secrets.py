"""Secrets by name: ``${cred:smtp}``, ``${env:TOKEN}``, ``${file:/path}``. Looked at when loading, read when asked.

`cred` is a file in systemd's $CREDENTIALS_DIRECTORY. A handle never shows its value; a file that everybody may read is
refused, for it is not a secret any more.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from pathlib import Path

from pydantic import SecretStr

from relanced.config.faults import Loc

HANDLE = re.compile(r"\$\{([^}]*)\}")
SOURCE = re.compile(r"(?P<kind>cred|env|file):(?P<name>.+)")
CREDENTIAL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]*")

EXPECTED = "expected ${cred:NAME}, ${env:NAME} or ${file:/PATH}"


class Secrets(Enum):
    """What it means that a secret cannot be read here and now."""

    REQUIRED = "required"  # a fault: who sends needs it
    NOTED = "noted"  # a note: systemd hands credentials to its unit, not to the people at the command line


class Secret(SecretStr):
    """A text with handles in it. Passes wherever a SecretStr is expected; `get_secret_value` reads every time."""

    def __init__(self, written: str, environ: Mapping[str, str]) -> None:
        self.written = written
        self._environ = environ

    def get_secret_value(self) -> str:
        """The value now. Raises OSError when it has gone since the configuration was loaded."""
        return self.filled(str)

    def filled(self, quote: Callable[[str], str]) -> str:
        """The text with each handle replaced by its value, quoted for the place where it stands."""
        return HANDLE.sub(lambda found: quote(_read(found[1], self._environ)), self.written)

    def _display(self) -> str:
        return self.written if HANDLE.fullmatch(self.written) else "**********"

    def __len__(self) -> int:
        return len(self.get_secret_value())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.written == other.written

    def __hash__(self) -> int:
        return hash(self.written)


def with_handles(value: object, environ: Mapping[str, str]) -> object:
    """The same values, each text that names a secret turned into a `Secret`."""
    if isinstance(value, dict):
        return {key: with_handles(item, environ) for key, item in value.items()}
    if isinstance(value, list):
        return [with_handles(item, environ) for item in value]
    if isinstance(value, str) and "${" in value:
        return Secret(value, environ)
    return value


def misnamed(value: object, environ: Mapping[str, str]) -> Iterator[tuple[Loc, str]]:
    """Where a secret is named in a way that can never work, or lies open to everybody."""
    for loc, secret in _secrets(value):
        for found in HANDLE.finditer(secret.written):
            if trouble := _misnamed(found[1]) or _open_to_all(found[1], environ):
                yield loc, f"{found[0]}: {trouble}"
        if "${" in HANDLE.sub("", secret.written):
            yield loc, EXPECTED


def unread(value: object, environ: Mapping[str, str]) -> Iterator[tuple[Loc, str]]:
    """Where a secret is named that cannot be read here, and why. Looks at files, never into them."""
    for loc, secret in _secrets(value):
        for found in HANDLE.finditer(secret.written):
            if not _misnamed(found[1]) and (trouble := _missing(found[1], environ)):
                yield loc, f"{found[0]}: {trouble}"


def _secrets(value: object, loc: Loc = ()) -> Iterator[tuple[Loc, Secret]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _secrets(item, (*loc, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _secrets(item, (*loc, i))
    elif isinstance(value, Secret):
        yield loc, value


def _misnamed(name: str) -> str:
    """Why a handle can never be used, or nothing."""
    source = SOURCE.fullmatch(name)
    if not source:
        return EXPECTED
    if source["kind"] == "cred" and not CREDENTIAL.fullmatch(source["name"]):
        return "a credential is named by a file name alone"
    return "the path must be absolute" if source["kind"] == "file" and not source["name"].startswith("/") else ""


def _open_to_all(name: str, environ: Mapping[str, str]) -> str:
    path = _path(name, environ)
    try:
        public = path is not None and stat.S_IROTH & path.stat().st_mode and path.is_file()
    except OSError:
        return ""
    return f"everybody may read {path}: chmod 600 it (or 640)" if public else ""


def _missing(name: str, environ: Mapping[str, str]) -> str:
    """Why a handle cannot be read here and now, or nothing."""
    kind, _, rest = name.partition(":")
    if kind == "env":
        return "" if environ.get(rest) else "the environment variable is not set, or empty"
    path = _path(name, environ)
    return _unfit_file(path) if path else "$CREDENTIALS_DIRECTORY is not set (systemd sets it from LoadCredential=)"


def _unfit_file(path: Path) -> str:
    """Why a file cannot be read as a secret, or nothing."""
    try:
        facts = path.stat()
    except OSError as e:
        return f"{path}: {e.strerror}"
    if not stat.S_ISREG(facts.st_mode):
        return f"{path} is not a plain file"
    if not os.access(path, os.R_OK):
        return f"{path}: no permission to read it"
    return "" if facts.st_size else f"{path} is empty"


def _path(name: str, environ: Mapping[str, str]) -> Path | None:
    """The file of a handle; None for a variable, and for a credential outside of its unit."""
    kind, _, rest = name.partition(":")
    if kind == "file":
        return Path(rest)
    folder = environ.get("CREDENTIALS_DIRECTORY") if kind == "cred" else None
    return Path(folder, rest) if folder else None


def _read(name: str, environ: Mapping[str, str]) -> str:
    path = _path(name, environ)
    if path is not None:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    value = environ.get(name.partition(":")[2]) if name.startswith("env:") else None
    if value is None:
        raise OSError(errno.ENOENT, f"${{{name}}}: {_missing(name, environ)}")
    return value

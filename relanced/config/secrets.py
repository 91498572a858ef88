"""Secrets by name: ``${cred:smtp}``, ``${env:TOKEN}``, ``${file:/path}``. Looked at when loading, read when asked.

`cred` is a file in systemd's $CREDENTIALS_DIRECTORY. A handle never shows its value; a file that everybody may read is
refused, for it is not a secret any more.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pydantic import SecretStr

from relanced.config.faults import Loc

HANDLE = re.compile(r"\$\{([^}]*)\}")
SOURCE = re.compile(r"(?P<kind>cred|env|file):(?P<name>.+)")
CREDENTIAL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]*")

EXPECTED = "expected ${cred:NAME}, ${env:NAME} or ${file:/PATH}"


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


def troubles(value: object, environ: Mapping[str, str], loc: Loc = ()) -> Iterator[tuple[Loc, str]]:
    """Where a secret is named that cannot be read, and why. Looks at files, never into them."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from troubles(item, environ, (*loc, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from troubles(item, environ, (*loc, i))
    elif isinstance(value, Secret):
        yield from ((loc, text) for text in _wrong_handles(value.written, environ))


def _wrong_handles(written: str, environ: Mapping[str, str]) -> Iterator[str]:
    for found in HANDLE.finditer(written):
        trouble = _trouble(found[1], environ)
        if trouble:
            yield f"{found[0]}: {trouble}"
    if "${" in HANDLE.sub("", written):
        yield EXPECTED


def _trouble(name: str, environ: Mapping[str, str]) -> str:
    """Why a handle cannot be used, or nothing."""
    source = SOURCE.fullmatch(name)
    if not source:
        return EXPECTED
    if source["kind"] == "env":
        return "" if environ.get(source["name"]) else "the environment variable is not set, or empty"
    if source["kind"] == "cred" and not environ.get("CREDENTIALS_DIRECTORY"):
        return "$CREDENTIALS_DIRECTORY is not set (systemd sets it from LoadCredential=)"
    if source["kind"] == "cred" and not CREDENTIAL.fullmatch(source["name"]):
        return "a credential is named by a file name alone"
    return _unfit_file(_path(source["kind"], source["name"], environ))


def _unfit_file(path: Path) -> str:
    """Why a file cannot hold a secret, or nothing."""
    if not path.is_absolute():
        return "the path must be absolute"
    try:
        facts = path.stat()
    except OSError as e:
        return f"{path}: {e.strerror}"
    if not stat.S_ISREG(facts.st_mode):
        return f"{path} is not a plain file"
    if facts.st_mode & stat.S_IROTH:
        return f"everybody may read {path}: chmod 600 it (or 640)"
    if not os.access(path, os.R_OK):
        return f"{path}: no permission to read it"
    return "" if facts.st_size else f"{path} is empty"


def _path(kind: str, name: str, environ: Mapping[str, str]) -> Path:
    return Path(environ["CREDENTIALS_DIRECTORY"], name) if kind == "cred" else Path(name)


def _read(name: str, environ: Mapping[str, str]) -> str:
    kind, _, rest = name.partition(":")
    if kind == "env":
        return environ[rest]
    return _path(kind, rest, environ).read_text(encoding="utf-8").rstrip("\r\n")

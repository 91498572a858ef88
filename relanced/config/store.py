"""Where the rows live: a database address that is never shown with its password."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlsplit

from msgspec import Struct
from pydantic import Field, PlainValidator, SecretStr, ValidationInfo

from relanced.config.secrets import HANDLE, Secret

SQLITE = "sqlite:///"
SQLITE_FILE = r"sqlite:///[^:?\n]*[^/:?\n]"
POSTGRESQL = "postgresql://"
EXPECTED = "expected sqlite:////path/relanced.db or postgresql://user@host/name"


class Store(Struct, frozen=True):
    """A database. `sqlite` is its file, None for PostgreSQL."""

    written: SecretStr
    sqlite: Path | None = None

    def url(self) -> str:
        """The address, password and all: for the engine, never for a log."""
        if self.sqlite is not None:
            return f"{SQLITE}{self.sqlite}"
        if isinstance(self.written, Secret) and not HANDLE.fullmatch(self.written.written):
            return self.written.filled(lambda value: quote(value, safe=""))
        return self.written.get_secret_value()

    @property
    def password_in_clear(self) -> bool:
        """Whether the file itself holds the password."""
        text = "" if isinstance(self.written, Secret) else self.written.get_secret_value()
        return text.startswith(POSTGRESQL) and bool(urlsplit(text).password)

    def __str__(self) -> str:
        return f"{SQLITE}{self.sqlite}" if self.sqlite else f"{POSTGRESQL}…"


def _store(said: object, info: ValidationInfo) -> Store:
    text = said.written if isinstance(said, Secret) else said
    if not isinstance(text, str):
        raise ValueError(EXPECTED)
    if isinstance(said, str) and re.fullmatch(SQLITE_FILE, text):
        folder: Path = (info.context or {}).get("folder", Path())
        return Store(SecretStr(text), folder / text.removeprefix(SQLITE))
    _check_server(text)
    return Store(said if isinstance(said, Secret) else SecretStr(text))


def _check_server(text: str) -> None:
    """Raise ValueError unless this names a PostgreSQL server, or a secret that does."""
    try:
        named = bool(HANDLE.fullmatch(text)) or (text.startswith(POSTGRESQL) and bool(urlsplit(text).path.strip("/")))
    except ValueError:
        named = False
    if not named:
        raise ValueError(EXPECTED)


StoreAddress = Annotated[
    Store,
    PlainValidator(
        _store,
        json_schema_input_type=Annotated[
            str,
            Field(pattern=r"^(sqlite:///|postgresql://|\$\{)", examples=["sqlite:////var/lib/relanced/relanced.db"]),
        ],
    ),
]

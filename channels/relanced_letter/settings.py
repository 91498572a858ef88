"""What an operator writes under ``kind: letter``. `out` says which of the keys belong together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from relanced.channel import Daily

NEEDED = {"folder": ("folder",), "printer": ("uri",), "mail": ("folder", "to", "by", "at")}
WELCOME = {"printer": ("duplex", "colour", "tray", "user", "password", "ca_file", "ask_every")}


def _a_queue(text: str) -> str:
    """An address as RFC 3510 writes it, without a name or a password in it."""
    if not re.fullmatch(r"ipps?://(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?(/[A-Za-z0-9._~%+-]+)+", text):
        raise ValueError("expected a print queue like ipp://HOST:631/printers/NAME")
    return text


def _an_address(text: str) -> str:
    name, _, domain = text.partition("@")
    if not name or not domain or not text.isascii() or not text.isprintable() or " " in text or "@" in domain:
        raise ValueError("expected one mail address, such as atelier@dubois.example")
    return text


def _a_time(said: object) -> object:
    if isinstance(said, str) and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", said):
        raise ValueError('expected a time such as "08:30"')
    return said


def _a_base(text: str) -> str:
    """The address of an API: its key never crosses a network in clear."""
    url = urlsplit(text)
    if not url.hostname or not (url.scheme == "https" or (url.scheme == "http" and url.hostname in _HERE)):
        raise ValueError("expected a URL that starts with https://")
    return text.rstrip("/")


_HERE = ("localhost", "127.0.0.1", "::1")
Clock = Annotated[time, BeforeValidator(_a_time, json_schema_input_type=str)]


class TrackingSettings(BaseModel):
    """La Poste's own tracking (API « Suivi » 2): what becomes of the letters whose number somebody typed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: SecretStr = Field(description="the X-Okapi-Key of your application at developer.laposte.fr")
    ask_every: timedelta = Field(
        timedelta(hours=3), ge=timedelta(minutes=5), description="how often each letter is asked after"
    )
    url: Annotated[str, AfterValidator(_a_base)] = Field(
        "https://api.laposte.fr/suivi/v2", description="something else that speaks like it"
    )
    timeout: float = Field(30.0, gt=0, description="seconds that one question may take")


class LetterSettings(BaseModel):
    """A way out for letters: a folder, a printer, or a folder whose new letters are mailed once a day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    out: Literal["folder", "printer", "mail"] = Field(description="where letters go")
    registered: bool = Field(False, description="whether these letters are posted registered, with receipt")
    settle: timedelta | None = Field(
        None, ge=timedelta(0), description="how long to wait before a doubt is looked into; default as `out` needs it"
    )
    connections: int = Field(4, ge=1, description="how many letters are handed over at the same time")
    tracking: TrackingSettings | None = Field(None, description="registered: La Poste is asked what becomes of them")

    folder: Path | None = Field(
        None,
        description="out: folder, mail: made when its parent exists; a PDF and its JSON note appear in it together",
    )

    uri: Annotated[str, AfterValidator(_a_queue)] | None = Field(
        None, description="out: printer: the queue, such as ipp://localhost:631/printers/office"
    )
    duplex: bool | None = Field(None, description="out: printer: both sides or one; default as the printer does")
    colour: bool | None = Field(None, description="out: printer: colours or none; default as the printer does")
    tray: str | None = Field(None, pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$", description="out: printer: such as tray-2")
    user: str = Field("", description="out: printer: when the print server asks for a name")
    password: SecretStr | None = Field(None, description="out: printer: and its password")
    ca_file: Path | None = Field(None, description="out: printer: who signed the certificate behind ipps://")
    ask_every: timedelta = Field(
        timedelta(seconds=30), ge=timedelta(seconds=1), description="out: printer: how often its jobs are asked after"
    )

    to: Annotated[str, AfterValidator(_an_address)] | None = Field(None, description="out: mail: who prints them")
    by: str | None = Field(None, min_length=1, description="out: mail: the e-mail channel that carries them")
    at: Clock | None = Field(None, description='out: mail: when, on working days, such as "08:30"')

    @property
    def daily(self) -> Daily | None:
        """Who is mailed the day's letters, through what, and when."""
        return Daily(self.to, self.by, self.at) if self.to and self.by and self.at is not None else None

    @model_validator(mode="wrap")
    @classmethod
    def _whole(cls, said: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Every key of the chosen way out, and no other; told together with what is wrong in the keys themselves."""
        faults: list[InitErrorDetails] = []
        try:
            made = handler(said)
        except ValidationError as wrong:
            faults = [_again(error) for error in wrong.errors(include_url=False)]
        faults += _misplaced(said) if isinstance(said, Mapping) else []
        if faults:
            raise ValidationError.from_exception_data(cls.__name__, faults)
        return made

    @model_validator(mode="after")
    def _password_is_safe(self) -> Self:
        if bool(self.user) != (self.password is not None):
            raise ValueError("user and password go together")
        if self.password is not None and self.uri and not _safe(self.uri):
            raise ValueError("a password never crosses a network in clear: write ipps:// in uri")
        return self

    @model_validator(mode="after")
    def _tracked_are_registered(self) -> Self:
        if self.tracking is not None and not self.registered:
            raise ValueError("tracking is for registered letters: write registered: true, or leave it out")
        return self


def _safe(uri: str) -> bool:
    return uri.startswith("ipps://") or urlsplit(uri).hostname in _HERE


def _again(error: Any) -> InitErrorDetails:
    return InitErrorDetails(type=error["type"], loc=error["loc"], input=error["input"], ctx=error.get("ctx", {}))


def _misplaced(said: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
    """Keys that are missing for this `out`, and keys of another one."""
    out = said.get("out")
    if out not in NEEDED:
        return
    mine = {*NEEDED[out], *WELCOME.get(out, ())}
    for name in NEEDED[out]:
        if said.get(name) is None:
            yield InitErrorDetails(type="missing", loc=(name,), input=None)
    for name in {key for keys in (*NEEDED.values(), *WELCOME.values()) for key in keys} - mine:
        if name in said:
            text = PydanticCustomError("misplaced", f"does not belong to out: {out}")
            yield InitErrorDetails(type=text, loc=(name, "[key]"), input=None)

"""What an operator may set on an e-mail channel. Times are in seconds, sizes in bytes."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ByteSize,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    model_validator,
)

from relanced.channel import Unfit
from relanced_email.address import bare


class _Strict(BaseModel):
    """Nothing unknown, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Tls(StrEnum):
    """How the line to the relay is enciphered. It is never less than what is asked."""

    STARTTLS = "starttls"  # in clear until STARTTLS, then enciphered (port 587)
    IMPLICIT = "implicit"  # enciphered from the first byte (port 465)
    NONE = "none"  # in clear: a relay on this machine or on a trusted network


def _default_port(said: dict[str, object]) -> int:
    return 465 if said.get("tls") is Tls.IMPLICIT else 587


def _an_address(text: str) -> str:
    try:
        return bare(text)
    except Unfit as unfit:
        raise ValueError(str(unfit)) from None


class SmtpSettings(_Strict):
    """The relay. `hello` is the name we give in EHLO; without it, the domain of the sender."""

    host: str = Field(min_length=1, pattern=r"^[!-~]+$")
    tls: Tls = Tls.STARTTLS
    port: int = Field(default_factory=_default_port, ge=1, le=65535)
    user: str = ""
    password: SecretStr | None = None
    ca_file: Path | None = None
    hello: str = Field(default="", pattern=r"^[!-~]*$")

    @model_validator(mode="after")
    def _user_and_password_go_together(self) -> Self:
        if bool(self.user) != (self.password is not None):
            raise ValueError("user and password go together")
        return self

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> Self:
        if self.tls is Tls.NONE and self.password is not None and not _loopback(self.host):
            raise ValueError("a password never crosses a network in clear: set tls to starttls or implicit")
        return self


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class Timeouts(_Strict):
    """The longest each phase may last, however busily the relay drips (RFC 5321 §4.5.3.2)."""

    connect: PositiveFloat = 30.0  # name, TCP connection
    greeting: PositiveFloat = 60.0  # greeting, EHLO, STARTTLS, each step of AUTH
    envelope: PositiveFloat = 300.0  # each of MAIL and RCPT
    data: PositiveFloat = 120.0  # DATA until 354
    body: PositiveFloat = 600.0  # writing a body that the network does not take at once
    dot: PositiveFloat = 600.0  # the final dot until its answer: shorter makes doubtful messages
    quit: PositiveFloat = 2.0  # parting


class CopySettings(_Strict):
    """The journal copy: every message also goes to this mailbox, whose Maildir we can read."""

    to: Annotated[str, AfterValidator(_an_address)]
    maildir: Path


class EmailSettings(_Strict):
    """One e-mail channel. `settle` is how long the relay has before an uncertain message is first looked for."""

    smtp: SmtpSettings
    connections: int = Field(default=4, ge=1, le=64)
    idle: PositiveFloat = 30.0
    messages_per_connection: PositiveInt = 100
    timeouts: Timeouts = Timeouts()
    settle: timedelta = timedelta(minutes=15)
    enclosures: ByteSize = Field(default=ByteSize(10_000_000), description="the most that goes along with one message")
    journal: CopySettings | None = Field(default=None, alias="copy")
    dsn: bool = Field(default=True, description="ask for delivery reports where the relay offers them (RFC 3461)")

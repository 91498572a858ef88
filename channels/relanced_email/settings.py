"""What an operator may set on an e-mail channel. Times are in seconds, sizes in bytes."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    model_validator,
)

from relanced.channel import Inbox, Unfit
from relanced_email.address import bare
from relanced_email.signin import Auth, SignInSettings, loopback


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
    auth: Auth = Field(Auth.PASSWORD, description="how we log in; microsoft and google need sign_in beside smtp")
    ca_file: Path | None = None
    hello: str = Field(default="", pattern=r"^[!-~]*$")

    @model_validator(mode="after")
    def _user_and_password_go_together(self) -> Self:
        if self.auth is not Auth.PASSWORD and (not self.user or self.password is not None):
            raise ValueError(f"auth: {self.auth} needs user, the mailbox, and no password")
        if self.auth is Auth.PASSWORD and bool(self.user) != (self.password is not None):
            raise ValueError("user and password go together")
        return self

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> Self:
        if self.tls is Tls.NONE and self.user and not loopback(self.host):
            raise ValueError("a password never crosses a network in clear: set tls to starttls or implicit")
        return self


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


def _imap_port(said: dict[str, object]) -> int:
    return 993 if said.get("tls") is Tls.IMPLICIT else 143


class ImapSettings(_Strict):
    """An inbox in which answers arrive. Times are in seconds."""

    host: str = Field(min_length=1, pattern=r"^[!-~]+$")
    tls: Tls = Tls.IMPLICIT
    port: int = Field(default_factory=_imap_port, ge=1, le=65535)
    user: str = Field(min_length=1, pattern=r"^[^\r\n\x00]+$")
    password: SecretStr | None = None
    auth: Auth = Field(Auth.PASSWORD, description="how we log in; microsoft and google need sign_in beside imap")
    ca_file: Path | None = None
    reads: tuple[Annotated[str, AfterValidator(_an_address)], ...] = Field(
        (), description="the addresses whose mail arrives here; default those of whoever writes through this channel"
    )
    folders: tuple[Annotated[str, Field(min_length=1, pattern=r"^[^\r\n\x00]+$")], ...] = Field(
        ("INBOX",), min_length=1, description="the folders to look into"
    )
    junk: bool | Annotated[str, Field(min_length=1, pattern=r"^[^\r\n\x00]+$")] = Field(
        True, description="look into the folder for junk too; a name where the server does not tell which it is"
    )
    after: str = Field(
        "flag",
        pattern=r"^(flag|seen|nothing|move [^\r\n\x00]+)$",
        description="what becomes of a mail once it is kept: flag (a keyword), seen, nothing, move FOLDER",
    )
    poll: float = Field(180.0, gt=0, le=1500, description="seconds after which it is looked into unasked")
    timeout: PositiveFloat = 60.0  # any answer of the server

    @model_validator(mode="after")
    def _a_login_is_possible(self) -> Self:
        if (self.auth is Auth.PASSWORD) != (self.password is not None):
            raise ValueError(
                "needs a password, or auth: microsoft or google" if self.password is None else "has no password"
            )
        if self.tls is Tls.NONE and not loopback(self.host):
            raise ValueError("a login never crosses a network in clear: set tls to implicit or starttls")
        return self


def _listed(said: Any) -> Any:
    return [said] if isinstance(said, dict | ImapSettings) else said


Inboxes = Annotated[
    tuple[ImapSettings, ...], BeforeValidator(_listed, json_schema_input_type=ImapSettings | list[ImapSettings])
]
Selector = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]


class EmailSettings(_Strict):
    """One e-mail channel. `settle` is how long the relay has before an uncertain message is first looked for."""

    smtp: SmtpSettings
    imap: Inboxes = Field((), description="the inbox in which answers arrive, or several")
    sign_in: SignInSettings | None = Field(None, description="the application that Microsoft or Google lets in")
    connections: int = Field(
        default=4, ge=1, le=64, description="to the relay at the same time; a relay of your own is quicker with 8"
    )
    idle: PositiveFloat = 30.0
    messages_per_connection: PositiveInt = 100
    timeouts: Timeouts = Timeouts()
    settle: timedelta = timedelta(minutes=15)
    enclosures: ByteSize = Field(default=ByteSize(10_000_000), description="the most that goes along with one message")
    journal: CopySettings | None = Field(default=None, alias="copy")
    dsn: bool = Field(default=True, description="ask for delivery reports where the relay offers them (RFC 3461)")
    verp: bool = Field(False, description="the envelope sender names the attempt: name+rl-ATTEMPT@domain")
    rewrites_ids: bool | None = Field(
        None, description="the relay writes a Message-ID of its own over ours; by default known from its name"
    )
    dkim_selectors: tuple[Selector, ...] = Field(
        (), description="what check --online looks for; default the usual ones"
    )
    dns: str = Field("", pattern=r"^[0-9a-fA-F.:]*$", description="the name server check --online asks: 9.9.9.9[:53]")

    @property
    def inboxes(self) -> tuple[Inbox, ...]:
        """The inboxes as the house sees them."""
        return tuple(Inbox(one.user, one.reads) for one in self.imap)

    @property
    def auth(self) -> Auth:
        """How we log in where no password is used; `password` if one is used everywhere."""
        return next(
            (a for a in (self.smtp.auth, *(i.auth for i in self.imap)) if a is not Auth.PASSWORD), Auth.PASSWORD
        )

    @model_validator(mode="after")
    def _a_token_comes_from_an_application(self) -> Self:
        if (self.auth is not Auth.PASSWORD) != (self.sign_in is not None):
            raise ValueError("sign_in and auth: microsoft or google (of smtp, of imap) go together")
        if {self.smtp.auth, *(one.auth for one in self.imap)} >= {Auth.MICROSOFT, Auth.GOOGLE}:
            raise ValueError("one sign_in cannot be both Microsoft's and Google's")
        return self

    @model_validator(mode="after")
    def _inboxes_have_names_of_their_own(self) -> Self:
        names = [one.user for one in self.imap]
        twice = next((name for name in names if names.count(name) > 1), "")
        if twice:
            raise ValueError(f"imap: {twice} is named twice")
        return self

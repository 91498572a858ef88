"""What an operator writes under ``kind: maileva``."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from relanced.channel import Hook

LINE_LENGTH = 38  # NF Z10-011
_LOGIN = r"^[!-9;-~]+$"  # what Basic authentication can say (RFC 7617 §2): no colon

HOSTS = {
    "production": ("https://api.maileva.com", "https://connexion.maileva.com"),
    "sandbox": ("https://api.sandbox.maileva.net", "https://connexion.sandbox.maileva.net"),
}


def _a_host(text: str) -> str:
    """`production`, `sandbox`, or the base URL of something that speaks like them: https, or http on this machine."""
    url = urlsplit(text)
    if text in HOSTS or (url.scheme == "https" and url.hostname):
        return text.rstrip("/")
    if url.scheme == "http" and url.hostname and _loopback(url.hostname):
        return text.rstrip("/")
    raise ValueError("expected production, sandbox, or a URL that starts with https://")


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _a_sender(lines: tuple[str, ...]) -> tuple[str, ...]:
    if lines and not 2 <= len(lines) <= 6:
        raise ValueError("expected two to six lines")
    for number, line in enumerate(lines, start=1):
        if not line.strip() or not line.isprintable() or len(line) > LINE_LENGTH:
            raise ValueError(f"line {number}: expected 1 to {LINE_LENGTH} printable characters")
    if lines and not re.fullmatch(r"\d{5} \S.*", lines[-1]):
        raise ValueError("the last line: expected a French postcode and town")
    return lines


class _Strict(BaseModel):
    """Nothing unknown, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NotificationSettings(_Strict):
    """The login that Maileva shows when it calls us: the `basic` authentication of its subscriptions."""

    user: str = Field(pattern=_LOGIN)
    password: SecretStr


class MailevaSettings(_Strict):
    """One account at Maileva, for plain letters or for registered ones."""

    host: Annotated[str, AfterValidator(_a_host)] = Field(description="production, sandbox, or a base URL")
    client_id: str = Field(pattern=_LOGIN, description="the application, as Maileva registered it")
    client_secret: SecretStr
    user: str = Field("", description="the Maileva user; without one, the application logs in for itself")
    password: SecretStr | None = None
    registered: bool = Field(False, description="whether these letters are registered, with receipt (LRAR)")
    sender: Annotated[tuple[str, ...], AfterValidator(_a_sender)] = Field(
        (), description="two to six lines, the last is postcode and town; registered letters come back there"
    )
    postage: Literal["urgent", "fast", "economic"] = Field(
        "fast", description="two, three or four days; registered letters: urgent or fast"
    )
    color: bool = Field(False, description="printed in colour")
    duplex: bool = Field(True, description="printed on both sides")
    address_sheet: bool = Field(True, description="the address on a sheet of its own, in front of the letter")
    scan_returned: bool = Field(True, description="letters that come back are scanned, and we hear of it")
    archive_years: Literal[0, 1, 3, 6, 10] | None = Field(
        None, description="how long Maileva keeps them; registered: 3 (the default), 6 or 10; plain: 0 by default"
    )
    mail: str = Field("", description="where Maileva itself writes about each letter; nowhere by default")
    notifications: NotificationSettings | None = Field(None, description="without it, Maileva may not call us")
    ask_every: timedelta = Field(timedelta(hours=1), ge=timedelta(minutes=1), description="how often we ask")
    settle: timedelta = Field(
        timedelta(minutes=15), ge=timedelta(0), description="how long to wait before a doubt is looked into"
    )
    connections: int = Field(4, ge=1, le=32, description="how many letters are handed over at the same time")
    timeout: float = Field(60.0, gt=0, description="seconds that one request may take")

    @model_validator(mode="after")
    def _user_and_password_go_together(self) -> Self:
        if bool(self.user) != (self.password is not None):
            raise ValueError("user and password go together")
        return self

    @model_validator(mode="after")
    def _registered_letters_have_less_choice(self) -> Self:
        if self.registered and not self.sender:
            raise ValueError("registered letters need a sender: they come back there")
        if self.registered and self.postage == "economic":
            raise ValueError("registered letters leave urgent or fast")
        if self.registered and self.archive_years in (0, 1):
            raise ValueError("registered letters are kept 3, 6 or 10 years")
        return self

    @property
    def hook(self) -> Hook | None:
        """How Maileva may call us."""
        return Hook("notifications") if self.notifications else None

    @property
    def addresses(self) -> tuple[str, str]:
        """The base URLs of the API and of the login."""
        return HOSTS.get(self.host, (self.host, self.host))

    @property
    def product(self) -> str:
        """The API of these letters. Version 2 of the registered one is deprecated (notification_center 2.8)."""
        return "registered_mail/v4" if self.registered else "mail/v2"

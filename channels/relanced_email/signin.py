"""Signing in without a password: which application Microsoft or Google lets into a mailbox for us (OAuth 2.0)."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import ip_address
from typing import Annotated, Self
from urllib.parse import urlsplit

from msgspec import Struct
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator


class Auth(StrEnum):
    """How we say to a mail server who we are."""

    PASSWORD = "password"  # user and password, or neither
    MICROSOFT = "microsoft"  # a token of Microsoft Entra ID: Microsoft 365, Exchange Online
    GOOGLE = "google"  # a token of Google: Workspace, Gmail


class Grant(StrEnum):
    """On whose behalf a token is asked for."""

    PERSON = "person"  # somebody signs in once with `relanced login`; the token renews itself from then on
    APPLICATION = "application"  # the application in its own name, with its secret (Microsoft: client credentials)


def loopback(host: str) -> bool:
    """Whether a host name or address is this very machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _enciphered(url: str) -> str:
    parts = urlsplit(url)
    if url and parts.scheme != "https" and not loopback(parts.hostname or ""):
        raise ValueError("expected an https address: a secret never crosses a network in clear")
    return url.rstrip("/")


class SignInSettings(BaseModel):
    """The application as it was registered with the provider. `authority` replaces the provider's usual address."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    client_id: str = Field(min_length=1, pattern=r"^[!-~]+$")
    client_secret: SecretStr | None = None
    tenant: str = Field("organizations", pattern=r"^[A-Za-z0-9.-]+$", description="Microsoft: directory id or domain")
    grant: Grant = Grant.PERSON
    authority: Annotated[str, AfterValidator(_enciphered)] = Field("", description="of a national cloud")

    @model_validator(mode="after")
    def _an_application_has_a_secret(self) -> Self:
        if self.grant is Grant.APPLICATION and (self.client_secret is None or self.tenant == "organizations"):
            raise ValueError("grant: application needs client_secret and the tenant")
        return self


class Provider(Struct, frozen=True):
    """Where tokens come from, and what they are asked for. Empty addresses: the provider knows no such way."""

    name: str
    token_url: str
    scope: str
    device_url: str = ""
    consent_url: str = ""


_MICROSOFT = "https://login.microsoftonline.com"
_OUTLOOK = "https://outlook.office.com"
_GOOGLE = "https://oauth2.googleapis.com"
_CONSENT = "https://accounts.google.com/o/oauth2/v2/auth"


def provider(auth: Auth, settings: SignInSettings, *, reads: bool) -> Provider:
    """The provider behind `auth`, which is not `password`; `reads`: the mailbox is read too, not only written from."""
    if auth is Auth.GOOGLE:
        # One scope for SMTP and IMAP; Google's device flow does not grant it, so a browser has to come back to us.
        base = settings.authority or _GOOGLE
        return Provider("Google", f"{base}/token", "https://mail.google.com/", consent_url=_CONSENT)
    base = f"{settings.authority or _MICROSOFT}/{settings.tenant}/oauth2/v2.0"
    if settings.grant is Grant.APPLICATION:
        return Provider("Microsoft", f"{base}/token", "https://outlook.office365.com/.default")
    wanted = [f"{_OUTLOOK}/SMTP.Send", *([f"{_OUTLOOK}/IMAP.AccessAsUser.All"] if reads else []), "offline_access"]
    return Provider("Microsoft", f"{base}/token", " ".join(wanted), device_url=f"{base}/devicecode")

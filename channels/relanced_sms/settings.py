"""What an operator writes under ``kind: sms``. Times are in seconds where nothing else is said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, SecretStr, model_validator

from relanced.channel import Hook


class Provider(StrEnum):
    """Who carries the texts."""

    TWILIO = "twilio"  # api.twilio.com, through its own SDK
    OVH = "ovh"  # OVHcloud SMS


API = {Provider.TWILIO: "https://api.twilio.com", Provider.OVH: "https://eu.api.ovh.com/1.0"}
_OWN = {Provider.TWILIO: ("token",), Provider.OVH: ("application_key", "application_secret", "consumer_key")}
_ACCOUNT = {
    Provider.TWILIO: (re.compile(r"AC[0-9a-fA-F]{32}"), "the Account SID: AC and 32 hexadecimal digits"),
    Provider.OVH: (re.compile(r"sms-[a-z0-9-]{3,60}"), "the name of the SMS service, such as sms-ab12345-1"),
}
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")  # one-way: nobody can answer a name
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,8}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")  # a Messaging Service of Twilio picks the number
_FRENCH_MOBILE = re.compile(r"\+33[67][0-9]{8}")


class SmsSettings(BaseModel):
    """One account with one provider of short texts.

    `from` is what the debtor sees: a name of at most 11 characters, which nobody can answer, or a number people can
    write back to. OVHcloud lends a short number for answers where `from` is left out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, coerce_numbers_to_str=True)

    provider: Provider = Field(Provider.TWILIO, description="who carries the texts")
    account: str = Field(description="Twilio: the Account SID; OVHcloud: the name of the SMS service")
    sender: str = Field("", alias="from", description="a name of at most 11 characters, or a number; what debtors see")
    token: SecretStr | None = Field(None, description="Twilio: the auth token")
    application_key: str = Field("", description="OVHcloud: the application key")
    application_secret: SecretStr | None = Field(None, description="OVHcloud: the application secret")
    consumer_key: SecretStr | None = Field(None, description="OVHcloud: the consumer key")
    callback_url: str = Field("", description="Twilio: where it reaches us; without it receipts are asked for")
    api: str = Field("", description="another address of the provider's API")
    segments: int = Field(4, ge=1, le=10, description="the most segments one text may take; each is paid for")
    connections: int = Field(4, ge=1, le=32, description="how many texts are handed over at the same time")
    timeout: PositiveFloat = Field(20.0, description="the longest one request may take")
    settle: timedelta = Field(
        timedelta(minutes=2), ge=timedelta(0), description="how long before a text in doubt is first looked for"
    )
    ask_every: timedelta = Field(
        timedelta(minutes=10), ge=timedelta(seconds=30), description="how often receipts and answers are asked for"
    )

    @model_validator(mode="after")
    def _fits_the_provider(self) -> Self:
        if faults := list(self._faults()):
            raise ValueError("; ".join(faults))
        return self

    def _faults(self) -> Iterator[str]:
        pattern, wanted = _ACCOUNT[self.provider]
        if not pattern.fullmatch(self.account):
            yield f"account: expected {wanted}"
        for provider, keys in _OWN.items():
            for key in keys:
                if (getattr(self, key) not in (None, "")) is not (provider is self.provider):
                    yield f"{key} is missing" if provider is self.provider else f"{key} is not for {self.provider}"
        yield from self._sender_faults()
        yield from self._url_faults()

    def _sender_faults(self) -> Iterator[str]:
        if not self.sender:
            if self.provider is Provider.TWILIO:
                yield "from is missing: a name of at most 11 letters, digits and spaces, or a number"
        elif _FRENCH_MOBILE.fullmatch(self.sender):
            yield "from: operators block such texts from a French mobile number (ARCEP 2018-0881): use a name"
        elif not (_NAME.fullmatch(self.sender) or _NUMBER.fullmatch(self.sender) or self.by_service):
            yield 'from: expected a name of at most 11 letters and digits, or a number: 38123, "+33974590012" in quotes'

    def _url_faults(self) -> Iterator[str]:
        if self.callback_url and self.provider is Provider.OVH:
            yield "callback_url: OVHcloud does not sign its calls: receipts are asked for"
        for name in ("callback_url", "api"):
            url = urlsplit(getattr(self, name))
            private = url.scheme == "http" and url.hostname in ("127.0.0.1", "localhost", "::1")
            sound = (url.scheme == "https" or private) and url.netloc and "@" not in url.netloc
            if getattr(self, name) and (not sound or url.query or url.fragment):
                yield f"{name}: expected an address like https://relances.example.fr/hook/texts"

    @property
    def hook(self) -> Hook | None:
        """How Twilio is told to call us."""
        return Hook("callback_url", self.callback_url) if self.callback_url else None

    @property
    def base(self) -> str:
        """The address of the API, without its last slash."""
        return (self.api or API[self.provider]).rstrip("/")

    @property
    def by_service(self) -> bool:
        """Whether a Messaging Service picks the number the text comes from."""
        return self.provider is Provider.TWILIO and bool(_SERVICE.fullmatch(self.sender))

    @property
    def answerable(self) -> bool:
        """Whether a debtor can write back."""
        return not _NAME.fullmatch(self.sender) if self.sender else self.provider is Provider.OVH

"""What an operator may write, section by section: the house, its people, its creditors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, PlainValidator, ValidationInfo, field_validator

from relanced.config.fields import (
    CapWord,
    HoursWord,
    Link,
    Listen,
    MailAddress,
    Morning,
    Name,
    Percent,
    PublicUrl,
    Sender,
    Text,
    Weekdays,
    one_or_more,
)
from relanced.config.section import FilePath, Section
from relanced.config.store import StoreAddress
from relanced.config.words import MAIL, SEMESTER
from relanced.rules.calendar import ContactRules, Hours
from relanced.rules.model import Road
from relanced.rules.rates import Published, Semester


class Mode(StrEnum):
    """Whether reminders leave. Stamped in the database at its birth."""

    LIVE = "live"  # reminders reach the debtors
    SHADOW = "shadow"  # everything is decided and worded, nothing leaves
    REDIRECT = "redirect"  # everything leaves, to our own addresses


class LogFormat(StrEnum):
    """How a line of the log is written."""

    AUTO = "auto"  # console on a terminal, journal fields under systemd, else JSON
    CONSOLE = "console"  # for people
    JSON = "json"  # one object a line
    JOURNAL = "journal"  # fields of the systemd journal


def _zone(said: object) -> ZoneInfo:
    try:
        return ZoneInfo(said if isinstance(said, str) else "")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("expected a time zone like Europe/Paris") from None


Zone = Annotated[ZoneInfo, PlainValidator(_zone, json_schema_input_type=str)]


class Desk(Section):
    """The door for people: a Unix socket; and one for machines: a port with /health, /metrics and the webhooks."""

    socket: FilePath = Path("/run/relanced/desk.sock")
    group: Name | None = Field(None, description="the Unix group whose members may use the socket")
    listen: Listen | None = Field(None, description="host:port of /health, /metrics and the webhooks")
    public_url: PublicUrl | None = Field(None, description="where providers reach the webhooks, through your proxy")

    @field_validator("public_url")
    @classmethod
    def _arrives_somewhere(cls, said: str | None, info: ValidationInfo) -> str | None:
        if said and info.data.get("listen", said) is None:
            raise ValueError("needs listen: that is where what comes for it arrives")
        return said


class Log(Section):
    """How the log is written."""

    format: LogFormat = LogFormat.AUTO


class Alerts(Section):
    """Who is told when something goes wrong, and when it is over."""

    mail: Annotated[tuple[MailAddress, ...], one_or_more(MailAddress)] = Field((), description="who is told")
    by: Name | None = Field(None, description="the e-mail channel they leave by; default the first")
    send_as: Sender | None = Field(None, description="who writes them; default a creditor of that channel")
    ping: Link | None = Field(None, description="asked for every five minutes while all is well")


class ContactWords(Section):
    """When and how often anybody may be contacted. What is not said stays as it is: in the house, or by default."""

    hours: Annotated[tuple[HoursWord, ...], one_or_more(HoursWord)] | None = None
    days: Weekdays | None = None
    holidays: Literal["FR", "none"] | None = None
    per_person: Annotated[tuple[CapWord, ...], one_or_more(CapWord)] | None = None

    @field_validator("hours")
    @classmethod
    def _in_order(cls, said: tuple[Hours, ...] | None) -> tuple[Hours, ...] | None:
        if said == () or any(a.end > b.start or a.end == time(0) for a, b in pairwise(said or ())):
            raise ValueError("expected hours in order, that do not overlap")
        return said

    def over(self, rules: ContactRules) -> ContactRules:
        """The rules with what is said here put in their place."""
        return ContactRules(
            hours=rules.hours if self.hours is None else self.hours,
            weekdays=rules.weekdays if self.days is None else self.days,
            holidays=rules.holidays if self.holidays is None else self.holidays == "FR",
            caps=rules.caps if self.per_person is None else self.per_person,
        )


class RateOverride(Section):
    """One semester's rates in percent: the central bank's on its first day, the legal one of professional creditors."""

    ecb: Percent | None = None
    legal: Percent | None = None
    source: Text = Field(description="where the figures were read: it is printed in a claim")

    def published(self, semester: str) -> Published:
        """The row of the table of rates."""
        return Published(Semester.parse(semester), self.ecb, None, self.legal, self.source)


class House(Section):
    """Everything but the named things: people, creditors, channels and policies."""

    store: StoreAddress
    state: FilePath | None = Field(None, description="private folder; by default beside the SQLite file")
    mode: Mode = Mode.LIVE
    redirect_to: Mapping[Road, Text] = Field({}, description="road: our own address", validate_default=True)
    timezone: Zone = ZoneInfo("Europe/Paris")
    desk: Desk = Desk()
    log: Log = Log()
    alerts: Alerts | None = None
    digest: Morning | None = Field(None, description="when people get their day by mail; 07:45 where alerts are set")
    templates: Annotated[tuple[FilePath, ...], one_or_more(FilePath)] = Field(
        (), description="folders read before our own wording"
    )
    contact_rules: ContactWords = ContactWords()
    rates: Mapping[str, RateOverride] = Field(default_factory=dict, description='semester ("2026-2"): rates')

    @field_validator("rates")
    @classmethod
    def _semesters(cls, said: Mapping[str, RateOverride]) -> Mapping[str, RateOverride]:
        wrong = [key for key in said if not re.fullmatch(SEMESTER, key)]
        if wrong:
            raise ValueError(f'expected semesters like "2026-2", not {wrong[0]}')
        return said

    @field_validator("redirect_to")
    @classmethod
    def _redirected(cls, said: Mapping[Road, str], info: ValidationInfo) -> Mapping[Road, str]:
        if info.data.get("mode") is Mode.REDIRECT and not said:
            raise ValueError("is missing: mode: redirect needs our own address for each road")
        if Road.EMAIL in said and not re.fullmatch(MAIL, said[Road.EMAIL]):
            raise ValueError("email: expected a mail address")
        return said

"""A small configuration, the fake kinds of channel it names, and ways to read it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from relanced.channel import Absent, Draft, Form, Found, Go, Parcel, Scope, Unavailable, Unfit, Unknown
from relanced.config import Config, ConfigFault, Kinds, load_text

ENVIRON = {"SMTP": "hunter2", "DSN": "postgresql://relanced:s3cret@db/relanced"}

SMALL = """\
store: sqlite:///relanced.db
people:
  claire: {email: claire@dubois.example, user: claire, backup: jean}
  jean: {email: jean@dubois.example}
creditors:
  dubois:
    name: Atelier Dubois
    siren: 732829320
    address: [12 RUE DES FORGES, 35000 RENNES]
    iban: FR76 3000 6000 0112 3456 7890 189
    send_as: Claire Dubois <compta@dubois.example>
    read_by: claire
    roads: {email: compta, letter: office, registered: tray}
channels:
  compta:
    kind: email
    smtp: {host: smtp.example, password: "${env:SMTP}"}
    rate: [20/min, 150/hour]
  office: {kind: letter, folder: /srv/letters}
  tray: {kind: letter, folder: /srv/registered, registered: true}
"""

LADDER = """\
policies:
  standard:
    for: {debtor: business}
    steps:
      - {name: courtoisie, tone: courteous, when: 5 days before due, via: email}
      - {name: relance, tone: firm, when: 3 days after due, via: [email, letter]}
      - {name: notice, tone: formal, when: 30 days after due, via: registered, deadline: 15 days after presentation}
      - {name: end, tone: formal, when: deadline of notice passed, hand_over: dossier, approval: required}
"""


class Smtp(BaseModel):
    """As a relay is told."""

    model_config = ConfigDict(extra="forbid")
    host: str
    port: int = Field(587, ge=1, le=65535)
    password: SecretStr | None = None


class MailSettings(BaseModel):
    """A kind that forgot to forbid unknown keys."""

    smtp: Smtp
    settle: timedelta = timedelta(minutes=15)


class LetterSettings(BaseModel):
    """A folder."""

    model_config = ConfigDict(extra="forbid")
    folder: Path
    registered: bool = False


class NumberSettings(BaseModel):
    """A sender."""

    sender: str = Field(alias="from")


class _Door:
    """Carries nothing: a configuration only looks at it."""

    can_prove_absence = False
    connections = 1
    settle = timedelta(0)

    def compose(self, draft: Draft) -> Parcel:
        raise Unfit("this door is only looked at")

    async def submit(self, parcel: Parcel, go: Go) -> Unavailable:
        return Unavailable(Scope.CHANNEL, "this door is only looked at")

    async def find(self, parcel: Parcel, since: object) -> Found | Absent | Unknown:
        return Absent("this door is only looked at")

    async def close(self) -> None:
        """Nothing is open."""


class MailDoor(_Door):
    form: Form = Form.MAIL
    Settings: type[BaseModel] = MailSettings


class PaperDoor(_Door):
    form: Form = Form.PAPER
    Settings: type[BaseModel] = LetterSettings


class TextDoor(_Door):
    form: Form = Form.TEXT
    Settings: type[BaseModel] = NumberSettings


KINDS: Kinds = {"email": MailDoor, "letter": PaperDoor, "sms": TextDoor}


def read(text: str, environ: Mapping[str, str] = ENVIRON, kinds: Kinds = KINDS) -> Config:
    """The configuration in that text, as a file of the root folder."""
    return load_text(text.encode(), Path("/etc/config.yaml"), environ, kinds=kinds)


def faults(text: str, environ: Mapping[str, str] = ENVIRON, kinds: Kinds = KINDS) -> list[str]:
    """What is wrong in that text, line by line, without the file's name; empty when nothing is."""
    try:
        read(text, environ, kinds)
    except ConfigFault as e:
        return [str(fault).removeprefix("/etc/config.yaml:").strip() for fault in e.faults]
    return []


def fault(text: str, environ: Mapping[str, str] = ENVIRON, kinds: Kinds = KINDS) -> str:
    """The one thing that is wrong in that text."""
    found = faults(text, environ, kinds)
    if len(found) != 1:
        pytest.fail(f"expected one fault, found {found}")
    return found[0]


def with_(old: str, new: str, text: str = SMALL) -> str:
    """The text with one thing changed."""
    if text.count(old) != 1:
        pytest.fail(f"{old!r} stands {text.count(old)} times in the text")
    return text.replace(old, new)

"""Channels: the kinds that are installed, what belongs to the house, and what belongs to the kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from pydantic import BaseModel, ConfigDict, field_validator

from relanced.channel import Channel
from relanced.config import InstalledKinds
from relanced.config.channels import GROUP
from relanced.rules.limits import Rate
from tests.config.samples import ENVIRON, KINDS, SMALL, MailDoor, fault, faults, read, with_

MAIL = 'compta:\n    kind: email\n    smtp: {host: smtp.example, password: "${env:SMTP}"}\n'


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "kind: email",
            "kind: emial",
            "16:11: channels.compta.kind: no channel of kind emial is installed (did you",
        ),
        ("kind: email", "kind: fax", "no channel of kind fax is installed (known here: email, letter, sms)"),
        ("    kind: email\n", "", "15:3: channels.compta.kind: is missing"),
        ("rate: [20/min, 150/hour]", "rate: fast", '18:11: channels.compta.rate: expected a rate like "20/min" or'),
        ("rate: [20/min, 150/hour]", "consent: yes", "18:14: channels.compta.consent: expected 'none' or 'required'"),
        ("rate: [20/min, 150/hour]", "smpt: x", "18:5: channels.compta.smpt: unknown key (did you mean smtp?)"),
        (
            "host: smtp.example",
            "host: smtp.example, prot: 25",
            "17:32: channels.compta.smtp.prot: unknown key (did you",
        ),
        (
            "host: smtp.example",
            "host: smtp.example, port: 0",
            "17:38: channels.compta.smtp.port: input should be",
        ),
        (
            "host: smtp.example",
            "host: smtp.example, port: x",
            "17:38: channels.compta.smtp.port: expected a whole",
        ),
        ("rate: [20/min, 150/hour]", "rates: x", "18:5: channels.compta.rates: unknown key (did you mean rate?)"),
        (
            "rate: [20/min, 150/hour]",
            "per_domain: {gmail: 20/min}",
            '18:18: channels.compta.per_domain.gmail: expected domains like "gmail.com"',
        ),
        (
            "rate: [20/min, 150/hour]",
            'per_domain: {orange.fr: 5/min, "wanadoo.fr, Orange.fr": 6/min}',
            "18:5: channels.compta.per_domain: orange.fr is named twice",
        ),
        (
            "{kind: letter, folder: /srv/letters}",
            "{kind: letter, folder: /srv/letters, per_domain: {gmail.com: 20/min}}",
            "channels.office.per_domain: only e-mail goes to domains: say rate",
        ),
        ("{kind: letter, folder: /srv/letters}", "letter", "19:11: channels.office: expected keys and values"),
        ("folder: /srv/letters", "folders: /srv/letters", "19:3: channels.office.folder: is missing"),
    ],
)
def test_a_channel_that_does_not_fit_is_told_where_it_stands(old: str, new: str, told: str) -> None:
    assert any(told in line for line in faults(with_(old, new)))


def test_a_kind_that_reads_no_mailbox_takes_none() -> None:
    told = fault(with_("    rate:", "    imap: {host: imap.example}\n    rate:"))
    assert told.startswith("18:5: channels.compta.imap: a channel of this kind reads no mailbox: leave imap out")
    assert "read_by: PERSON" in told


def test_consent_is_asked_for_text_messages_unless_somebody_says_otherwise() -> None:
    text = SMALL + "  short: {kind: sms, from: DUBOIS}\n  short2: {kind: sms, from: DUBOIS, consent: none}\n"
    channels = read(text).channels
    asked = {name: door.consent_required for name, door in channels.items()}
    assert asked == {"compta": False, "office": False, "tray": False, "short": True, "short2": False}


def test_rates_of_domains_and_senders_are_read_and_change_the_digest() -> None:
    text = with_("rate: [20/min, 150/hour]", 'per_domain: {"Orange.fr, wanadoo.fr": 5/min, default: [60/min]}')
    config = read(text)
    rates = config.channels["compta"].rates
    assert dict(rates.narrower("a@WANADOO.fr", "dubois")) == {"@orange.fr wanadoo.fr": (Rate(5, 60),)}
    assert dict(rates.narrower("a@free.fr", "dubois")) == {"@free.fr": (Rate(60, 60),)}
    assert list(rates.narrower("+33612345678", "dubois")) == []
    assert config.digest != read(text.replace("5/min", "6/min")).digest
    apart = read(with_("rate: [20/min, 150/hour]", "per_sender: 500/day")).channels["compta"].rates
    assert dict(apart.narrower("a@free.fr", "dubois")) == {"dubois": (Rate(500, 86400),)}


class Broken(Mapping[str, type[Channel]]):
    """A kind whose package does not import."""

    def __getitem__(self, kind: str) -> type[Channel]:
        if kind == "email":
            raise ImportError("no module named smtp")
        return KINDS[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(KINDS)

    def __len__(self) -> int:
        return len(KINDS)


def test_a_kind_that_cannot_be_imported_is_a_fault() -> None:
    told = fault(SMALL, kinds=Broken())
    assert told.endswith("the channel of kind email cannot be loaded: ImportError: no module named smtp")


def test_a_class_that_is_no_channel_is_a_fault() -> None:
    told = fault(SMALL, kinds={**KINDS, "email": int})  # type: ignore[dict-item]
    assert told.endswith("what is registered as kind email is not a channel")


class Careless(BaseModel):
    """Settings whose validator fails in its own way, and which read anything else."""

    model_config = ConfigDict(extra="allow")
    smtp: dict[str, object]

    @field_validator("smtp")
    @classmethod
    def _wrong(cls, said: dict[str, object]) -> dict[str, object]:
        if said["host"] == "":
            raise KeyError("host")
        return said


class CarelessDoor(MailDoor):
    Settings: type[BaseModel] = Careless


def test_a_mistake_in_a_validator_of_others_is_told_as_a_fault() -> None:
    kinds = {**KINDS, "email": CarelessDoor}
    assert fault(with_("smtp.example", "''"), kinds=kinds).endswith("the settings cannot be checked: KeyError")
    assert read(with_("    rate:", "    anything: goes\n    rate:"), ENVIRON, kinds).channels["compta"]


def test_installed_kinds_are_those_of_the_entry_points() -> None:
    kinds = InstalledKinds()
    assert GROUP == "relanced.channels"
    assert list(kinds) == sorted(kinds)
    assert len(kinds) == len(list(kinds))
    with pytest.raises(KeyError):
        kinds["carrier pigeon"]

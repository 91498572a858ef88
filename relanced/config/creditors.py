"""What an operator may write about people and creditors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from relanced.config.fields import (
    BankDays,
    Bic,
    Iban,
    MailAddress,
    PenaltyRate,
    Period,
    Phone,
    Sender,
    Siren,
    Size,
    Text,
    Texts,
    one_or_more,
)
from relanced.config.imports import ImportMapping
from relanced.config.schema import ContactWords
from relanced.config.section import FilePath, Keyed, Section
from relanced.rules.claim import LEGAL_DEFAULT
from relanced.rules.model import Road


class Person(Keyed):
    """Somebody of the house. `user` is the Unix account, `backup` who stands in while away."""

    email: MailAddress
    name: Text | None = None
    user: Text | None = Field(None, description="the Unix account that speaks for this person at the desk")
    backup: Text | None = Field(None, description="who stands in while this person is away")
    phone: Phone | None = None
    title: Text | None = Field(None, examples=["responsable crédit clients"])


class Signature(Section):
    """Who signs the letters."""

    name: Text
    title: Text | None = None


class BankData(Section):
    """How old the knowledge of payments may be before a line is named as late."""

    at_most: BankDays = 3


class Documents(Section):
    """Where the invoices lie as files. `cap` bounds what one message carries, in bytes."""

    folder: FilePath
    name: Text = Field("*{number}*.pdf", description="pattern of the file's name; {number} is the invoice's")
    cap: Size = 10_000_000

    @field_validator("name")
    @classmethod
    def _names_a_file(cls, said: str) -> str:
        if said.count("{number}") != 1 or "/" in said:
            raise ValueError('expected a file name with {number} in it, like "*{number}*.pdf"')
        return said


def _postal(said: tuple[str, ...]) -> tuple[str, ...]:
    """At most 5 lines of 38 characters below the name (NF Z10-011), the last with postcode and town."""
    if not 1 <= len(said) <= 5 or any(len(line) > 38 for line in said):
        raise ValueError("expected 1 to 5 lines of 38 characters at most")
    if not re.match(r"[0-9]{5} \S", said[-1]):
        raise ValueError('expected postcode and town on the last line, like "35000 RENNES"')
    return said


class Creditor(Keyed):
    """Who is owed: identity, bank, the roads its reminders take, and the people who read the answers.

    Its `contact_rules` and `policies` are what was said: `Config.contact_rules_of` and `policies_of` tell what holds.
    """

    name: Text
    legal: Text | None = Field(None, examples=["SARL au capital de 10 000 €"])
    siren: Siren
    address: Annotated[tuple[Text, ...], AfterValidator(_postal)] = Field(
        examples=[["12 RUE DES FORGES", "35000 RENNES"]]
    )
    phone: Phone | None = None
    iban: Iban
    bic: Bic | None = None
    send_as: Sender
    read_by: Texts = Field((), description="who reads the answers: names of people")
    sign: Signature | None = None
    roads: Mapping[Road, Text] = Field(description="road: name of a channel", min_length=1)
    bank_data: BankData = BankData()
    documents: Documents | None = None
    closed: Annotated[tuple[Period, ...], one_or_more(Period)] = Field((), description="days on which nothing leaves")
    mapping: ImportMapping = ImportMapping()
    penalty: PenaltyRate = LEGAL_DEFAULT
    policies: Texts = Field((), description="the only policies, in order; default all")
    contact_rules: ContactWords | None = Field(None, description="what differs from the house's rules")
    logo: FilePath | None = None

    @property
    def postcode(self) -> str:
        """The postcode of the address: five digits."""
        return self.address[-1][:5]

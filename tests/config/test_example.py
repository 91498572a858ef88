"""The configuration that ships is one that loads."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from relanced.channel import Form
from relanced.config import Config, Kinds, load
from relanced.rules.model import Road
from relanced_email.settings import EmailSettings
from relanced_letter.settings import LetterSettings
from relanced_phone.settings import PhoneSettings
from tests.config.samples import MailDoor, PaperDoor

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"


class EmailDoor(MailDoor):
    """With the settings of the e-mail channel itself."""

    Settings: type[BaseModel] = EmailSettings


class LetterDoor(PaperDoor):
    """With the settings of the letter channel itself."""

    Settings: type[BaseModel] = LetterSettings


class PhoneDoor(MailDoor):
    """With the form and the settings of the phone channel itself."""

    form: Form = Form.CALL
    Settings: type[BaseModel] = PhoneSettings


KINDS: Kinds = {"email": EmailDoor, "letter": LetterDoor, "phone": PhoneDoor}


@pytest.fixture(name="example")
def _example(tmp_path: Path) -> Config:
    (tmp_path / "smtp").write_text("hunter2\n")
    (tmp_path / "smtp").chmod(0o400)
    return load(EXAMPLE, {"CREDENTIALS_DIRECTORY": str(tmp_path)}, kinds=KINDS)


def test_the_example_loads_without_a_fault(example: Config) -> None:
    assert example.creditor("atelier-dubois").legal == "SARL au capital de 10 000 €"
    assert [policy.name for policy in example.policies] == ["standard", "consumer", "public"]
    assert {door.form for door in example.channels.values()} == {Form.MAIL, Form.PAPER, Form.CALL}


def test_the_example_names_only_doors_that_exist(example: Config) -> None:
    assert {door.kind for door in example.channels.values()} == {"email", "letter", "phone"}
    standard = example.policy("standard")
    roads = {road for step in standard.steps for road in step.via + step.also}
    assert roads == {Road.EMAIL, Road.LETTER, Road.REGISTERED, Road.PHONE}
    assert not [one for one in example.dropped_roads if one.policy == "standard"]


def test_the_example_tells_editors_its_schema() -> None:
    assert EXAMPLE.read_text().startswith("# yaml-language-server: $schema=./relanced.schema.json\n")


def test_the_example_means_the_same_to_other_readers_of_yaml() -> None:
    """Amounts apart: nothing in it is written so that YAML 1.1 would change it."""
    policy = yaml.safe_load(EXAMPLE.read_text())["policies"]["standard"]
    assert policy["steps"][0]["when"] == "5 days before due"
    assert yaml.safe_load(EXAMPLE.read_text())["creditors"]["atelier-dubois"]["siren"] == "732829320"

"""Letter channels as an operator writes them: every mistake at once, each on its own line; the examples load."""

from __future__ import annotations

import re
from datetime import time

import pytest

from relanced.channel import Daily
from relanced.config import Kinds, json_schema
from tests.config.samples import ENVIRON, SMALL, MailDoor, faults, read
from tests.config.test_example import EXAMPLE, LetterDoor

KINDS: Kinds = {"email": MailDoor, "letter": LetterDoor}
HOUSE = SMALL.replace("{kind: letter,", "{kind: letter, out: folder,")

WRONG = """\
  printer:
    kind: letter
    out: printer
    uri: http://localhost/printers/office
    folder: /srv/letters
    duplexx: true
    tray: "2; lp"
  workshop:
    kind: letter
    out: mail
    to: nobody
    by: office
    at: 8h30
"""


def test_all_mistakes_are_told_at_once_each_on_its_line() -> None:
    first = HOUSE.count("\n") + 1
    told = faults(HOUSE + WRONG, kinds=KINDS)
    places = {line.partition(": ")[2]: int(line.partition(":")[0]) - first for line in told}
    assert places == {
        "channels.printer.uri: expected a print queue like ipp://HOST:631/printers/NAME": 3,
        "channels.printer.folder: does not belong to out: printer": 4,
        "channels.printer.duplexx: unknown key (did you mean duplex?)": 5,
        "channels.printer.tray: string should match pattern '^[a-z0-9][a-z0-9._-]{0,62}$'": 6,
        "channels.workshop.folder: is missing": 7,
        "channels.workshop.to: expected one mail address, such as atelier@dubois.example": 10,
        'channels.workshop.at: expected a time such as "08:30"': 12,
    }


def test_the_mail_of_the_day_leaves_by_an_email_channel() -> None:
    said = '  far: {kind: letter, out: mail, folder: l, to: a@b.example, by: BY, at: "08:30"}\n'
    assert read(HOUSE + said.replace("BY", "compta"), ENVIRON, KINDS).channels["far"].daily == Daily(
        "a@b.example", "compta", time(8, 30)
    )
    for by, told in (("compat", "no channel is named compat"), ("office", "office is of kind letter")):
        (fault,) = faults(HOUSE + said.replace("BY", by), kinds=KINDS)
        assert f"channels.far.by: {told}" in fault


@pytest.mark.parametrize("name", ["printer", "workshop"])
def test_the_examples_that_ship_as_comments_load(name: str) -> None:
    (line,) = re.findall(rf"^  # ({name}: {{kind: letter.*}})$", EXAMPLE.read_text(), re.MULTILINE)
    assert name in read(f"{HOUSE}  {line}\n", ENVIRON, KINDS).channels


def test_an_editor_is_offered_every_key_of_every_way_out() -> None:
    offered = json_schema(KINDS)["$defs"]["channel_letter"]["properties"]
    assert {"out", "folder", "uri", "duplex", "colour", "tray", "to", "by", "at"} <= offered.keys()
    assert offered["out"]["enum"] == ["folder", "printer", "mail"]

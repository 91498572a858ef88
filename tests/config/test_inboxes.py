"""Inboxes: one mapping or several, whose answers arrive in which, and that somebody reads every address we print."""

from __future__ import annotations

from typing import Any

import pytest

from relanced.channel import Inbox
from relanced.config import Config
from tests.config.samples import KINDS, fault, faults, read, with_
from tests.config.test_example import EmailDoor

REAL: Any = {**KINDS, "email": EmailDoor}
SMTP = '    smtp: {host: smtp.example, password: "${env:SMTP}"}\n'
RELAY = '    smtp: {host: smtp.example, user: u, password: "${env:SMTP}"}\n'
LOGIN = 'host: imap.example, password: "${env:SMTP}"'
UNREAD = "    read_by: claire\n"


def _listening(imap: str, unread: bool = False) -> str:
    text = with_(SMTP, f"{RELAY}    imap: {imap}\n")
    return text.replace(UNREAD, "") if unread else text


def _inboxes(config: Config) -> list[tuple[str, str]]:
    return [(door.name, inbox.name) for door, inbox in config.inboxes_of("dubois")]


def test_one_inbox_is_a_mapping_and_reads_for_whoever_writes_through_its_channel() -> None:
    config = read(_listening(f"{{{LOGIN}, user: compta@dubois.example}}", unread=True), kinds=REAL)
    assert config.channels["compta"].inboxes == (Inbox("compta@dubois.example"),)
    assert _inboxes(config) == [("compta", "compta@dubois.example")]


def test_several_inboxes_each_read_the_addresses_they_name() -> None:
    mine = f"{{{LOGIN}, user: box1, reads: [Compta@dubois.example]}}"
    other = f"{{{LOGIN}, user: box2, reads: [other@dubois.example]}}"
    assert _inboxes(read(_listening(f"[{mine}, {other}]", unread=True), kinds=REAL)) == [("compta", "box1")]


def test_an_address_that_no_inbox_reads_wants_a_person() -> None:
    text = _listening(f"{{{LOGIN}, user: box, reads: [other@dubois.example]}}", unread=True)
    assert "read_by: is missing: who reads the answers to compta@dubois.example?" in fault(text, kinds=REAL)


@pytest.mark.parametrize(
    ("imap", "told"),
    [
        (f"{{{LOGIN}}}", "18:5: channels.compta.imap.user: is missing"),
        (
            f"[{{{LOGIN}, user: a}}, {{{LOGIN}, usr: b}}]",
            "channels.compta.imap[1].usr: unknown key (did you mean user?)",
        ),
        (f"{{{LOGIN}, user: a, after: burn}}", "channels.compta.imap.after: string should match"),
        ("imap.example", "channels.compta.imap: "),
    ],
)
def test_what_is_wrong_with_an_inbox_is_told_where_it_stands(imap: str, told: str) -> None:
    assert any(told in line for line in faults(_listening(imap), kinds=REAL))


def test_files_of_an_inbox_lie_beside_the_configuration() -> None:
    config = read(_listening(f"{{{LOGIN}, user: a, ca_file: ca.pem}}"), kinds=REAL)
    settings: Any = config.channels["compta"].settings
    assert settings.imap[0].ca_file == config.path.parent.absolute() / "ca.pem"

"""A file in, one frozen Config out, or every fault at once with its line and column."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from relanced.config import ConfigFault, LogFormat, Mode, load
from relanced.rules.calendar import ContactRules, Hours
from relanced.rules.claim import LEGAL_DEFAULT
from relanced.rules.limits import Cap, Rate
from relanced.rules.model import Road
from relanced.rules.rates import Published, Semester
from tests.config.samples import ENVIRON, KINDS, LADDER, SMALL, MailSettings, fault, faults, read, with_


def test_the_small_configuration_has_everything_with_its_defaults() -> None:
    config = read(SMALL)
    assert config.store.url() == "sqlite:////etc/relanced.db"
    assert config.state == Path("/etc/state")
    assert config.mode is Mode.LIVE
    assert config.timezone == ZoneInfo("Europe/Paris")
    assert config.log_format is LogFormat.AUTO
    assert config.desk.socket == Path("/run/relanced/desk.sock")
    assert config.contact_rules == ContactRules()
    assert config.contact_rules_of("dubois") == ContactRules()
    assert [policy.name for policy in config.policies] == ["business", "consumer", "public"]


def test_a_creditor_is_complete() -> None:
    creditor = read(SMALL).creditor("dubois")
    assert creditor.key == "dubois"
    assert creditor.siren == "732829320"
    assert creditor.iban == "FR7630006000011234567890189"
    assert creditor.postcode == "35000"
    assert str(creditor.send_as) == "Claire Dubois <compta@dubois.example>"
    assert creditor.read_by == ("claire",)
    assert creditor.roads == {Road.EMAIL: "compta", Road.LETTER: "office", Road.REGISTERED: "tray"}
    assert creditor.bank_data.at_most == 3
    assert creditor.penalty == LEGAL_DEFAULT
    with pytest.raises(KeyError):
        read(SMALL).creditor("dubios")


def test_a_channel_keeps_what_belongs_to_the_house_apart() -> None:
    config = read(SMALL)
    door = config.door("dubois", Road.EMAIL)
    assert door is not None
    assert (door.name, door.kind) == ("compta", "email")
    assert door.rates == (Rate(20, 60), Rate(150, 3600))
    assert isinstance(door.settings, MailSettings)
    assert door.settings.smtp.port == 587
    assert config.door("dubois", Road.SMS) is None


def test_people_are_found_by_their_unix_account() -> None:
    claire = read(SMALL).person_of("claire")
    assert claire is not None
    assert (claire.key, claire.backup) == ("claire", "jean")
    assert read(SMALL).person_of("root") is None


def test_nothing_of_it_can_be_changed() -> None:
    config = read(SMALL)
    with pytest.raises(AttributeError, match="immutable"):
        config.mode = Mode.SHADOW  # type: ignore[misc]
    with pytest.raises(TypeError):
        config.people["eve"] = config.people["jean"]  # type: ignore[index]
    with pytest.raises(ValidationError):
        config.desk.group = "eve"  # type: ignore[misc]


MORE = """\
mode: redirect
redirect_to: {email: test@dubois.example}
state: var
timezone: Indian/Reunion
log: {format: json}
templates: /etc/relanced/templates
desk: {socket: desk.sock, group: compta}
contact_rules: {hours: "10:00-12:00", days: "mon-thu", holidays: none, per_person: [1/day]}
rates:
  2026-2: {ecb: 2.15, legal: 2.62, source: arrêté du 15 juin}
"""
HERS = """\
    closed: 2027-08-02..2027-08-20
    contact_rules: {days: tue}
    documents: {folder: factures, cap: 2 MB}
    logo: logo.png
    penalty: 12 %
    sign: {name: Claire Dubois, title: responsable}
    mapping:
      snapshot: {columns: {number: N° pièce, due_on: 4}, date: "%d/%m/%Y", decimal: ",", encoding: cp1252}
"""


def test_everything_can_be_said() -> None:
    config = read(MORE + with_("    read_by: claire\n", f"    read_by: claire\n{HERS}"))
    assert (config.mode, config.redirect_to) == (Mode.REDIRECT, {Road.EMAIL: "test@dubois.example"})
    assert (config.state, config.desk.socket) == (Path("/etc/var"), Path("/etc/desk.sock"))
    assert config.templates == (Path("/etc/relanced/templates"),)
    assert config.desk.group == "compta"
    rules = ContactRules((Hours(time(10), time(12)),), frozenset({0, 1, 2, 3}), False, (Cap(1, 1),))
    assert config.contact_rules == rules
    assert config.contact_rules_of("dubois").weekdays == {1}
    assert config.contact_rules_of("dubois").hours == rules.hours
    (rate,) = config.rates
    assert isinstance(rate, Published)
    assert (rate.semester, str(rate.ecb), str(rate.legal_other)) == (Semester(2026, 2), "2.15", "2.62")
    creditor = config.creditor("dubois")
    assert creditor.closed == ((date(2027, 8, 2), date(2027, 8, 20)),)
    assert creditor.logo == Path("/etc/logo.png")
    assert creditor.documents is not None
    assert (creditor.documents.folder, creditor.documents.cap) == (Path("/etc/factures"), 2_000_000)
    mapping = creditor.mapping.of("snapshot")
    assert mapping is not None
    assert mapping.columns == {"number": "N° pièce", "due_on": 4}
    assert creditor.mapping.of("payments") is None


def test_all_faults_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = SMALL + LADDER
    changes = {
        "store: sqlite:///relanced.db": "store: mysql://db",
        "backup: jean": "backup: jaen",
        "siren: 732829320": "siren: 732829321",
        "    read_by: claire\n": "    read_by: clair\n    iban: FR76\n",
        "roads: {email: compta,": "roads: {email: office,",
        "smtp: {host: smtp.example,": "smtp: {hots: smtp.example,",
        "when: 3 days after due": "when: soon",
        "deadline of notice passed": "deadline of notcie passed",
    }
    for old, new in changes.items():
        text = with_(old, new, text)
    file = tmp_path / "config.yaml"
    file.write_text(text + "polices: default\n")
    with pytest.raises(ConfigFault) as told:
        load(file, ENVIRON, kinds=KINDS)
    lines = str(told.value).replace(f"{tmp_path}/", "").splitlines()
    assert lines == [
        "config.yaml:1:8: store: expected sqlite:////path/relanced.db or postgresql://user@host/name",
        "config.yaml:3:64: people.claire.backup: no person is named jaen (did you mean jean?)",
        "config.yaml:8:12: creditors.dubois.siren: expected a SIREN of 9 digits: this number is wrong, "
        "look for a typing error",
        "config.yaml:13:5: creditors.dubois.iban: is given twice (first on line 10)",
        "config.yaml:18:5: channels.compta.smtp.host: is missing",
        "config.yaml:18:12: channels.compta.smtp.hots: unknown key (did you mean host?)",
        'config.yaml:27:43: policies.standard.steps[1].when: expected "3 days after due", "5 days before due" or '
        '"deadline of STEP passed"',
        "config.yaml:29:41: policies.standard.steps[3].when: no earlier step is named notcie (did you mean notice?)",
        "config.yaml:30:1: polices: unknown key (did you mean policies?)",
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("store: sqlite:///relanced.db\n", "", "1:1: store: is missing"),
        ("sqlite:///relanced.db", "'sqlite:///:memory:'", "1:8: store: expected sqlite:////path/relanced.db or"),
        ("sqlite:///relanced.db", "postgresql://db/relanced", "1:1: state: is missing: with PostgreSQL say which"),
        ("    roads:", "    raods: x\n    roads:", "13:5: creditors.dubois.raods: unknown key (did you mean roads?)"),
        ("read_by: claire", "read_by: [claire, eve]", "12:23: creditors.dubois.read_by[1]: no person is named eve"),
        ("    read_by: claire\n", "", "6:3: creditors.dubois.read_by: is missing: who reads the answers to compta@"),
        ("backup: jean", "backup: claire", "3:64: people.claire.backup: nobody stands in for themselves"),
        ("jean: {", "jean: {user: claire, ", "4:16: people.jean.user: claire already speaks for claire"),
        ("[12 RUE DES FORGES, 35000 RENNES]", "[RENNES]", "9:14: creditors.dubois.address: expected postcode and town"),
        ("  jean:", "  ../jean: {email: j@d.example}\n  jean:", "4:3: people.../jean: expected a name of letters"),
        ("email: compta,", "fax: compta,", "13:13: creditors.dubois.roads.fax: expected 'email', 'sms', 'letter'"),
        ("letter: office", "letter: ofice", "13:36: creditors.dubois.roads.letter: no channel is named ofice (did you"),
        ("email: compta", "email: tray", "13:20: creditors.dubois.roads.email: tray is of kind letter: it does not"),
        ("letter: office", "letter: tray", "13:36: creditors.dubois.roads.letter: tray posts registered letters"),
        ("registered: tray", "registered: office", "13:56: creditors.dubois.roads.registered: office posts plain lett"),
    ],
)
def test_a_wrong_name_or_value_is_told_where_it_stands(old: str, new: str, told: str) -> None:
    assert fault(with_(old, new)).startswith(told)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("mode: redirect", "redirect_to: is missing: mode: redirect needs our own address for each road"),
        ("mode: redirect\nredirect_to: {letter: x}", "redirect_to: has no address for email, which creditors use"),
        ("mode: dry", "mode: expected 'live', 'shadow' or 'redirect'"),
        ("timezone: Paris", "timezone: expected a time zone like Europe/Paris"),
        ("timezone: Europe", "timezone: expected a time zone like Europe/Paris"),
        ("desk: []", "desk: expected keys and values"),
        ("desk: {listen: 8025}", 'desk.listen: expected an address like "127.0.0.1:8025"'),
        (
            'desk: {listen: "127.0.0.1:80250"}',
            'desk.listen: expected an address like "127.0.0.1:8025": ports end at 65535',
        ),
        (
            "desk: {public_url: https://x.example}",
            "desk.public_url: needs listen: that is where what comes for it arrives",
        ),
        (
            'desk: {listen: "[::1]:8025", public_url: http://x.example}',
            "desk.public_url: expected an address like https://relances.example.fr, https unless it is this machine",
        ),
        ("alerts: {mail: it}", "alerts.mail: expected a mail address like compta@example.fr"),
        ("alerts: {by: nobody}", "alerts.by: no channel is named nobody (known here: compta, office, tray)"),
        ("alerts: {by: office}", "alerts.by: office is of kind letter: it carries no mail"),
        ("alerts: {ping: ping.example}", "alerts.ping: expected an address like https://ping.example.fr/abc"),
        ("digest: 7h45", 'digest: expected a time like "07:45", or never'),
        ("log: {format: xml}", "log.format: expected 'auto', 'console', 'json' or 'journal'"),
        ("rates: {2026-3: {source: x}}", 'rates: expected semesters like "2026-2", not 2026-3'),
        ("rates: {2026-2: {ecb: 2}}", "rates.2026-2.source: is missing"),
        ("contact_rules: {hours: []}", "contact_rules.hours: expected hours in order, that do not overlap"),
        ("contact_rules: {holidays: no}", "contact_rules.holidays: expected 'FR' or 'none'"),
        (
            'contact_rules: {hours: ["09:00-12:00", "11:00-18:00"]}',
            "contact_rules.hours: expected hours in order, that do not overlap",
        ),
    ],
)
def test_a_wrong_word_of_the_house_is_told(more: str, told: str) -> None:
    assert fault(SMALL + more).partition(": ")[2] == told


@pytest.mark.parametrize(
    ("hers", "told"),
    [
        ("documents: {folder: /srv, name: invoice.pdf}", "documents.name: expected a file name with {number} in it"),
        ('documents: {folder: /srv, name: "../{number}"}', "documents.name: expected a file name with {number} in it"),
        ("mapping: {snapshot: {columns: {numbre: 1}}}", "mapping.snapshot.columns.numbre: no such field (did you mean"),
        ("mapping: {snapshot: {columns: {number: 0}}}", "mapping.snapshot.columns.number: expected a heading like"),
        ("mapping: {snapshots: {}}", "mapping.snapshots: unknown key (did you mean snapshot?)"),
        ("mapping: {payments: {date: DD/MM/YYYY}}", "mapping.payments.date: expected day, month and year, like %d"),
        ("mapping: {payments: {encoding: base64}}", "mapping.payments.encoding: expected an encoding like utf-8"),
        ("mapping: {payments: {delimiter: tabs}}", "mapping.payments.delimiter: expected ',', ';', '|' or 'tab'"),
        ("bank_data: {at_most: 3 days}", 'bank_data.at_most: expected a number like "3 bank days"'),
        ("closed: [août]", "closed[0]: expected days like"),
        ("policies: [standard]", "policies[0]: no policy is named standard"),
        ("bic: AGRI", "bic: expected a BIC of 8 or 11 characters"),
        ("phone: le bureau", "phone: expected a telephone number like +33 1 99 00 12 34"),
        ("key: x", "key: unknown key"),
    ],
)
def test_a_wrong_word_of_a_creditor_is_told(hers: str, told: str) -> None:
    line = fault(with_("    read_by: claire\n", f"    read_by: claire\n    {hers}\n"))
    assert line.startswith("13:")
    assert line.partition(": creditors.dubois.")[2].startswith(told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("# nothing\n", "is empty"),
        ("[a]", "1:1: expected keys and values"),
        ("just words", "1:1: expected keys and values"),
    ],
)
def test_a_file_that_says_nothing_is_one_fault(text: str, told: str) -> None:
    assert faults(text) == [told]


def test_missing_sections_are_each_told() -> None:
    assert [line.partition(": ")[2] for line in faults("mode: live")] == [
        "store: is missing",
        "people: is missing",
        "creditors: is missing",
        "channels: is missing",
    ]


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    for path, why in ((tmp_path / "absent.yaml", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(ConfigFault) as told:
            load(path, {}, kinds=KINDS)
        assert str(told.value) == f"{path}: cannot be read: {why}"


def test_under_systemd_the_state_folder_is_told_by_systemd() -> None:
    text = with_("sqlite:///relanced.db", "postgresql://db/relanced")
    assert read(text, ENVIRON | {"STATE_DIRECTORY": "/var/lib/relanced"}).state == Path("/var/lib/relanced")


def test_the_digest_follows_the_meaning_and_not_the_secrets() -> None:
    digest = read(SMALL).digest
    assert read("# a comment\n" + SMALL).digest == digest
    assert read(SMALL, ENVIRON | {"SMTP": "other"}).digest == digest
    assert read(SMALL + "timezone: Europe/Paris\n").digest == digest
    assert read(with_("150/hour", "151/hour")).digest != digest
    assert read(with_("smtp.example", "smtp2.example")).digest != digest
    assert read(with_('"${env:SMTP}"', '"${env:DSN}"')).digest != digest
    assert read(with_('"${env:SMTP}"', "one")).digest == read(with_('"${env:SMTP}"', "other")).digest


def test_the_digest_of_the_policies_follows_their_order() -> None:
    one, other = read(SMALL + "policies: {business: default, consumer: default}"), read(SMALL)
    turned = read(SMALL + "policies: {consumer: default, business: default}")
    assert len({one.policies_digest, other.policies_digest, turned.policies_digest}) == 3
    assert read(SMALL + "policies: default").policies_digest == other.policies_digest
    assert read(with_("150/hour", "151/hour")).policies_digest == other.policies_digest

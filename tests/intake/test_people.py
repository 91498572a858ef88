"""Debtors and their addresses."""

import pytest

from relanced.rules.model import Consent, Road, Segment
from relanced.rules.rows import ContactRow, DebtorRow
from tests.intake.files import faults, read

DEBTORS = (
    "Code client;Raison sociale;Segment;SIRET;Adresse;Complément d'adresse;CP;Ville;Pays;Langue;Étiquettes;Exclu;"
    "Scénario;Responsable\n"
)


def test_a_debtor_is_read_with_all_that_is_said_of_it() -> None:
    place = "12 rue des Forges;Bât. B;35000;Rennes;"
    line = f"C1;Atelier Dubois;Entreprise;73282932000074;{place};fr;export, vip;non;doux;claire\n"
    assert read(DEBTORS + line).debtors == (
        DebtorRow(
            line=2,
            key="C1",
            name="Atelier Dubois",
            segment=Segment.BUSINESS,
            siren="732829320",
            address=("12 rue des Forges", "Bât. B", "35000 Rennes"),
            language="fr",
            tags=("export", "vip"),
            excluded=False,
            policy="doux",
            owner="claire",
        ),
    )


def test_what_is_blank_is_not_said() -> None:
    assert read(DEBTORS + "C1;;;;;;;;;;;;;\n").debtors == (DebtorRow(2, "C1"),)


@pytest.mark.parametrize(
    ("cells", "address"),
    [
        ('"12 rue X\nBât. B";;35000;Rennes;', ("12 rue X", "Bât. B", "35000 Rennes")),
        ("12 rue X, 35000 Rennes;;;;", ("12 rue X", "35000 Rennes")),
        ('"12 rue X\n35000 Rennes";;;;', ("12 rue X", "35000 Rennes")),
        ("12 rue X;;1000;Bourg;France", ("12 rue X", "01000 Bourg")),
        ("Rue du Lac 1;;1000;Lausanne;Suisse", ("Rue du Lac 1", "1000 Lausanne", "SUISSE")),
        ("1 Main Street;;;Dublin;Irlande", ("1 Main Street", "Dublin", "IRLANDE")),
        ('"1 Main Street\nLondon W1";;;;Royaume-Uni', ("1 Main Street", "London W1", "ROYAUME-UNI")),
        (";;75008;PARIS CEDEX 08;", ("75008 PARIS CEDEX 08",)),
    ],
)
def test_the_last_line_of_an_address_is_the_postcode_and_the_town(cells: str, address: tuple[str, ...]) -> None:
    content = "Code client;Adresse;Adresse 2;CP;Ville;Pays\nC1;" + cells + "\n"
    assert read(content).debtors[0].address == address


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ("12 rue X;;35000;;", "town: is missing beside the postcode"),
        ("12 rue X;;;Rennes;", "postcode: is missing beside the town"),
        ("12 rue X;;;;", "address: ends in no postcode and town"),
        ('"a\nb\nc\nd\ne";;35000;Rennes;', "address: has more than 4 lines above the town"),
        ("12 rue X;;35OOO;Rennes;", 'postcode: "35OOO" is not a postcode'),
    ],
)
def test_an_address_that_no_letter_can_bear_is_a_fault(cells: str, told: str) -> None:
    [fault] = faults("Code client;Adresse;Adresse 2;CP;Ville;Pays\nC1;" + cells + "\n")
    assert fault.startswith("file.csv:2: " + told)


def test_lines_of_one_debtor_complete_each_other_and_must_not_contradict_each_other() -> None:
    head = "Code client;Raison sociale;Ville;CP\n"
    [debtor] = read(head + "C1;Martin;;\nC1;;Rennes;35000\nC1;Martin;;\n").debtors
    assert (debtor.name, debtor.address) == ("Martin", ("35000 Rennes",))
    assert faults(head + "C1;Martin;;\nC1;Durand;;\n") == [
        'file.csv:3: name: "Durand" is not what a line above says of "C1": "Martin"'
    ]


def test_addresses_are_asked_in_the_order_of_the_file_unless_ranks_say_otherwise() -> None:
    content = (
        "Code client;Contact;E-mail;Tél;Mobile;Rang\nC1;Paul;a@b.fr;;;\nC1;Anne;c@d.fr;0142685300;0612345678;\n"
        "C2;Léa;e@f.fr;;;5\nC1;Paul;A@b.fr;;;\n"
    )
    assert [(c.debtor, c.road, c.where, c.name, c.rank) for c in read(content, "contacts").contacts] == [
        ("C1", Road.EMAIL, "a@b.fr", "Paul", 0),
        ("C1", Road.EMAIL, "c@d.fr", "Anne", 1),
        ("C1", Road.PHONE, "+33142685300", "Anne", 0),
        ("C1", Road.PHONE, "+33612345678", "Anne", 1),
        ("C2", Road.EMAIL, "e@f.fr", "Léa", 5),
    ]


def test_two_addresses_in_one_cell_are_two_contacts() -> None:
    found = read('Code client;E-mail\nC1;"a@b.fr; c@d.fr"\n', "contacts").contacts
    assert [(c.where, c.rank) for c in found] == [("a@b.fr", 0), ("c@d.fr", 1)]
    assert "put a semicolon between two" in faults("Code client;E-mail\nC1;a@b.fr, c@d.fr\n", "contacts")[0]


def test_only_a_number_that_came_for_short_texts_takes_that_road() -> None:
    content = "Code client;Téléphone;Mobile pour SMS\nC1;0142685300;06 12 34 56 78\n"
    assert read(content, "contacts").contacts == (
        ContactRow(2, "C1", Road.PHONE, "+33142685300"),
        ContactRow(2, "C1", Road.SMS, "+33612345678", consent=Consent.GIVEN),
    )


@pytest.mark.parametrize(
    ("consent", "sms_consent", "mail", "sms"),
    [
        ("", "", Consent.NONE, Consent.GIVEN),  # the column is the consent
        ("oui", "", Consent.GIVEN, Consent.GIVEN),
        ("", "oui", Consent.NONE, Consent.GIVEN),
        ("oui", "non", Consent.GIVEN, Consent.WITHDRAWN),
        ("non", "", Consent.WITHDRAWN, Consent.WITHDRAWN),
    ],
)
def test_consent_is_a_state_of_each_address(consent: str, sms_consent: str, mail: Consent, sms: Consent) -> None:
    content = f"Code client;E-mail;SMS;Consentement;Accord SMS\nC1;a@b.fr;0612345678;{consent};{sms_consent}\n"
    assert [c.consent for c in read(content, "contacts").contacts] == [mail, sms]


def test_a_number_for_short_texts_may_be_refused_on_a_later_line() -> None:
    content = "Code client;SMS;Accord SMS\nC1;0612345678;\nC1;06 12 34 56 78;non\n"
    assert [c.consent for c in read(content, "contacts").contacts] == [Consent.WITHDRAWN]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("0690 12 34 56", "+590690123456"),
        ("0696 12 34 56", "+596696123456"),
        ("0694 12 34 56", "+594694123456"),
        ("0692 12 34 56", "+262692123456"),
        ("06 39 69 12 34", "+262639691234"),
        ("+262 692 12 34 56", "+262692123456"),
    ],
)
def test_a_number_overseas_is_kept_as_the_world_dials_it(written: str, kept: str) -> None:
    assert [c.where for c in read(f"Code client;SMS\nC1;{written}\n", "contacts").contacts] == [kept]


def test_consent_given_and_refused_for_one_address_is_a_fault() -> None:
    head = "Code client;E-mail;Consentement\n"
    assert read(head + "C1;a@b.fr;\nC1;a@b.fr;oui\nC1;a@b.fr;\n", "contacts").contacts[0].consent is Consent.GIVEN
    assert (
        'consent: "a@b.fr" said otherwise in line 2' in faults(head + "C1;a@b.fr;oui\nC1;a@b.fr;non\n", "contacts")[0]
    )


def test_a_contact_without_any_address_is_a_fault() -> None:
    assert faults("Code client;Contact;E-mail\nC1;Paul;\n", "contacts") == [
        "file.csv:2: holds no address that can be used (email, phone, mobile or sms)"
    ]


def test_a_bad_cell_is_told_once_for_each_line_that_holds_it() -> None:
    told = faults("Code client;E-mail;SMS;Rang\nC1;a@b;0142;x\nC1;a@b;0142;x\n", "contacts")
    places = [fault.split(": ")[0:2] for fault in told]
    assert places == [[f"file.csv:{line}", field] for line in (2, 3) for field in ("email", "rank", "sms")]


def test_attack_1_an_encoded_word_in_a_name_is_taken_as_it_is_written() -> None:
    """The name is no header here; the door that writes headers breaks it."""
    name = "=?utf-8?q?=0d=0aBcc:_evil=40x?="
    assert read(f"Code client;Raison sociale\nC1;{name}\n").debtors[0].name == name


def test_attack_2_a_line_break_in_a_name_is_refused_at_import() -> None:
    content = 'Code client;Raison sociale\nC1;"Martin\r\nBcc: evil@x.fr"\n'
    assert faults(content) == ['file.csv:2: name: "Martin\\r\\nBcc: evil@x.fr" holds an invisible character (U+000D)']


def test_attack_7_and_22_markup_and_formulas_stay_texts() -> None:
    head = "Code client;Raison sociale\n"
    for name in ("{{7*7}}", "=HYPERLINK(1)", "@SUM(A1)", "+33", "<b>x</b>"):
        assert read(f"{head}C1;{name}\n").debtors[0].name == name
    assert read(f"{head}C1;'=HYPERLINK(1)\n").debtors[0].name == "=HYPERLINK(1)"  # as exports guard it
    assert read(f'{head}="0012";Martin\n').debtors[0].key == "0012"


def test_attack_32_what_a_fault_shows_cannot_steer_a_terminal() -> None:
    [fault] = faults("Code client;Segment\nC1;\x1b[31m" + "x" * 100 + "\n")
    assert "\\x1b[31mxxx" in fault
    assert "\x1b" not in fault
    assert len(fault) < 160

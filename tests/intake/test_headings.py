"""Headings, French and English, find their fields; the kind of a file shows in them or is asked for."""

import pytest

from relanced.config.imports import IMPORT_FIELDS, ImportMapping
from relanced.flow.intake import FIELDS, KINDS, Layout, Mapping
from relanced.flow.intake.faults import Faults
from relanced.flow.intake.grid import Row
from relanced.flow.intake.headings import find_columns, normal, tell_kinds
from tests.intake.files import faults, read

CONFIGURED: Mapping = ImportMapping()


def told(heading: str, **said: dict[str, str | int]) -> tuple[str, ...]:
    return tell_kinds(Row(1, tuple(heading.split(";"))), lambda kind: said.get(kind, {}))


def places(kind: str, heading: str, **said: str | int) -> dict[str, int]:
    return dict(find_columns(kind, Row(1, tuple(heading.split(";"))), said, Faults("f")).place)


@pytest.mark.parametrize(
    ("heading", "level"),
    [
        ("N° de facture", "n facture"),
        ("Numéro facture", "n facture"),
        ("Nº Facture", "n facture"),
        ("NUM. FACTURE", "n facture"),
        ("invoiceNumber", "invoice n"),
        ("invoice_no", "invoice n"),
        ("Date d'échéance", "date echeance"),
        ("Montant (€)", "montant"),
        ("Montant TTC en euros", "montant ttc"),
        ("Reste dû", "reste du"),
        ("Date du règlement", "date reglement"),
        ("Opt-in SMS", "opt sms"),
        ("***", ""),
    ],
)
def test_headings_are_level_whatever_their_accents_case_and_signs(heading: str, level: str) -> None:
    assert normal(heading) == level


@pytest.mark.parametrize(
    ("heading", "kinds"),
    [
        ("Code client;N° facture;Date;Échéance;Montant TTC;Reste dû", ("invoices",)),
        ("customer_id,invoice_number,issue_date,due_date,amount".replace(",", ";"), ("invoices",)),
        ("Code client;Raison sociale;E-mail;N° facture;Date facture;Échéance;Montant", ("invoices",)),
        ("Date règlement;Montant;Code client", ("payments",)),
        ("Date comptable;Libellé;Débit;Crédit", ("payments",)),
        ("Date;Libellé;Montant", ("payments",)),
        ("paidOn;amountPaid;invoice", ("payments",)),
        ("N° avoir;Date;Code client;Montant", ("credits",)),
        ("Credit note;Issue date;Customer;Amount", ("credits",)),
        ("Code client;N° facture;Niveau;Dernière relance", ("history",)),
        ("Code client;Suspendu jusqu'au;Commentaire", ("history",)),
        ("Code client;Raison sociale;Adresse;CP;Ville;E-mail", ("debtors",)),
        ("Code client;Segment", ("debtors",)),
        ("Code client;Contact;E-mail;Téléphone", ("contacts",)),
        ("Code client;Nom;E-mail", ("debtors", "contacts")),
        ("Code client;N° facture;Échéance;Montant;Date règlement", ("invoices", "payments")),
        ("Code client;N° facture;Échéance;Montant;Niveau", ("invoices", "history")),
        ("Code client;N° facture;Date;Montant", ()),  # invoices without due dates are no payments
        ("Foo;Bar", ()),
        ("", ()),
    ],
)
def test_the_headings_tell_the_kind_or_leave_it_to_a_person(heading: str, kinds: tuple[str, ...]) -> None:
    assert told(heading) == kinds


def test_a_kind_in_doubt_is_asked_for() -> None:
    assert faults("Code client;N° facture;Échéance;Montant;Date règlement\n") == [
        "file.csv: may hold invoices or payments: say it with --kind"
        " (debtors, contacts, invoices, snapshot, credits, payments, history)"
    ]
    assert "does not tell by its headings what it holds: say it with --kind" in faults("Foo;Bar\n1;2\n")[0]
    assert 'there is no kind "bills"' in faults("Foo;Bar\n1;2\n", "bills")[0]


def test_a_snapshot_is_never_told_from_headings() -> None:
    assert "snapshot" not in told("Code client;N° facture;Date;Échéance;Montant TTC;Reste dû")


def test_the_plainest_heading_of_a_field_wins_and_each_heading_serves_one_field() -> None:
    found = places("invoices", "Client;Code client;Nom;Montant TTC;Montant échéance;Échéance;Date échéance")
    assert found == {"debtor": 1, "name": 2, "total": 3, "amount": 4, "due_on": 5}


def test_a_name_may_stand_for_the_code_where_there_is_none() -> None:
    assert places("invoices", "Client;N° facture")["debtor"] == 0
    assert places("debtors", "Raison sociale;Ville") == {"debtor": 0, "town": 1}


def test_a_mapping_goes_before_our_words_and_may_use_one_column_twice() -> None:
    assert places("payments", "Date;X;Montant", amount="x", label="Montant") == {
        "booked_on": 0,
        "amount": 1,
        "label": 2,
    }
    assert places("invoices", "Client;Solde", amount="Solde", open="Solde") == {"debtor": 0, "amount": 1, "open": 1}
    assert places("payments", "A;B;C", booked_on=1, amount=3) == {"booked_on": 0, "amount": 2}
    assert "name" not in places("debtors", "Code client;Nom", name="")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"total": 5}, 'file.csv:1: total: no column "5", as the mapping says (there are: "A", "B")'),
        ({"amount": "Montant net"}, 'file.csv:1: amount: no column "Montant net"'),
        ({"issued_on": "B", "amont": "A"}, "file.csv: amont: the mapping names a field that invoices do not have"),
    ],
)
def test_a_mapping_that_does_not_fit_the_file_is_a_fault(said: dict[str, str | int], told: str) -> None:
    assert any(fault.startswith(told) for fault in faults("A;B\n1;2\n", "invoices", said=Layout(columns=said)))


def test_a_column_that_must_be_there_is_named_with_its_usual_headings() -> None:
    assert faults("Code client;N° facture;Date;Montant\nC;F;01/01/2026;1\n", "invoices") == [
        'file.csv:1: due_on: no such column (usual headings: "echeance", "date echeance", "date limite",'
        ' "date limite paiement", "date exigibilite"; or name it in the mapping)'
    ]


def test_two_columns_of_one_name_are_a_fault_where_they_are_read() -> None:
    twice = "Date;Libellé;Montant;Montant\n01/11/2026;a;1,00;2,00\n"
    assert 'amount: 2 columns are called "Montant": say which by its position' in faults(twice, "payments")[0]
    assert read(twice, "payments", said=Layout(columns={"amount": 4})).payments[0].cents == 200
    assert read("Date;Note;Note;Montant\n01/11/2026;a;b;2,00\n", "payments").payments


def test_what_nobody_understood_is_told() -> None:
    assert read("Date;Libellé;Montant;Agence;;Agence\n01/11/2026;a;1,00;x;;\n", "payments").ignored == (
        "Agence",
        "Agence",
    )


def test_the_configuration_knows_the_same_kinds_and_fields() -> None:
    assert set(IMPORT_FIELDS) == set(KINDS)
    assert {kind: set(fields) for kind, fields in IMPORT_FIELDS.items()} == {k: set(f) for k, f in FIELDS.items()}


def test_a_mapping_of_the_configuration_serves_as_it_is() -> None:
    assert CONFIGURED.of("invoices") is None
    mapping = ImportMapping.model_validate({"payments": {"columns": {"amount": "Solde"}, "date": "%d/%m/%Y"}})
    layout = mapping.of("payments")
    assert layout is not None
    assert layout.columns == {"amount": "Solde"}

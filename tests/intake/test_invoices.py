"""Invoices, their terms and what they still owe; a negative invoice is a credit note."""

from datetime import date

import pytest

from relanced.rules.model import PaymentMode, Road
from relanced.rules.rows import CreditRow, InvoiceRow, TermRow
from tests.intake.files import INVOICES, faults, read

TERMS = "Code client;N° facture;Date facture;Échéance;Montant échéance;Total facture;Reste dû\n"
JANUARY, MARCH = date(2026, 1, 31), date(2026, 3, 31)


def test_a_line_is_an_invoice_with_one_term() -> None:
    content = (
        "Code client;N° facture;Date facture;Échéance;Montant TTC;Reste dû;Devise;N° commande;Mode de règlement;Payeur;"
        "IBAN bénéficiaire;Ne pas relancer\n"
        "C1;F1;01/01/2026;31/01/2026;1 234,50;234,50;EUR;BC-7;Virement;C9;FR76 3000 6000 0112 3456 7890 189;non\n"
    )
    assert read(content).invoices == (
        InvoiceRow(
            line=2,
            debtor="C1",
            number="F1",
            issued_on=date(2026, 1, 1),
            cents=123450,
            terms=(TermRow(JANUARY, 123450),),
            currency="EUR",
            open_cents=23450,
            order_number="BC-7",
            payment_mode=PaymentMode.TRANSFER,
            payer="C9",
            payee_iban="FR7630006000011234567890189",
            excluded=False,
        ),
    )


def test_what_a_file_does_not_say_stays_unsaid() -> None:
    [invoice] = read(INVOICES + "C1;F1;01/01/2026;31/01/2026;12,00\n").invoices
    assert invoice == InvoiceRow(2, "C1", "F1", date(2026, 1, 1), 1200, (TermRow(JANUARY, 1200),))


def test_several_lines_of_one_number_are_its_terms_oldest_first() -> None:
    [invoice] = read(
        TERMS + "C1;F1;01/01/2026;31/03/2026;600,00;1 000,00;600,00\nC1;F1;01/01/2026;31/01/2026;400;1000;0\n"
    ).invoices
    assert invoice.terms == (TermRow(JANUARY, 40000), TermRow(MARCH, 60000))
    assert (invoice.cents, invoice.open_cents, invoice.line) == (100000, 60000, 2)


def test_the_open_amount_of_the_whole_invoice_has_a_heading_of_its_own() -> None:
    head = "Code client;N° facture;Date facture;Échéance;Montant échéance;Solde facture\n"
    lines = "C1;F1;01/01/2026;31/01/2026;400;{}\nC1;F1;01/01/2026;31/03/2026;600;{}\n"
    assert read(head + lines.format(700, 700)).invoices[0].open_cents == 70000
    assert "invoice_open: another open amount" in faults(head + lines.format(700, 600))[0]


def test_the_debtor_and_the_addresses_of_the_same_line_come_along() -> None:
    found = read(
        "Code client;Raison sociale;E-mail;Tél;CP;Ville;N° facture;Date;Échéance;Montant\n"
        "C1;Martin;a@b.fr;0142685300;35000;Rennes;F1;01/01/2026;31/01/2026;1,00\n"
        "C1;Martin;a@b.fr;0142685300;35000;Rennes;F2;01/01/2026;31/01/2026;1,00\n"
    )
    assert len(found.invoices) == 2
    assert [(d.key, d.name, d.address) for d in found.debtors] == [("C1", "Martin", ("35000 Rennes",))]
    assert [(c.road, c.where) for c in found.contacts] == [(Road.EMAIL, "a@b.fr"), (Road.PHONE, "+33142685300")]


@pytest.mark.parametrize(
    "line",
    [
        "C1;A1;01/01/2026;;-12,50;",
        "C1;A1;01/01/2026;31/01/2026;(12,50);",
        "C1;A1;01/01/2026;31/01/2026;12,50;Avoir",
        "C1;A1;01/01/2026;31/01/2026;-12,50;Avoir",
    ],
)
def test_a_negative_invoice_and_a_line_that_says_so_are_a_credit_note(line: str) -> None:
    content = "Code client;N° facture;Date facture;Échéance;Montant;Type;Facture d'origine\n" + line + ";F1\n"
    found = read(content)
    assert found.credits == (CreditRow(2, "C1", "A1", date(2026, 1, 1), 1250, "EUR", "F1"),)
    assert found.invoices == ()


def test_an_invoice_of_nothing_is_an_invoice() -> None:
    assert read(INVOICES + "C1;F1;01/01/2026;31/01/2026;0,00\n").invoices[0].cents == 0


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("C1;F1;01/01/2026;31/12/2025;400;;", "2: due_on: 31/12/2025 is before the day of the invoice, 01/01/2026"),
        ("C1;;01/01/2026;31/01/2026;400;;", "2: number: is missing"),
        (";F1;01/01/2026;31/01/2026;400;;", "2: debtor: is missing"),
        ("C1;F1;;31/01/2026;400;;", "2: issued_on: is missing"),
        ("C1;F1;01/01/2026;;400;;", "2: due_on: is missing"),
        ("C1;F1;01/01/2026;31/01/2026;;400;", "2: amount: is missing"),
        ("C1;F1;01/01/2026;31/01/2026;400;;401", "2: open: 401,00 is more than the amount, 400,00"),
        ("C1;F1;01/01/2026;31/01/2026;400;;-1", "2: open: -1,00 is negative: write 0, and the surplus as a payment"),
        ("C1;F1;01/01/2026;31/01/2026;400;500;", '2: total: 500,00 is not the sum of the terms of "F1", 400,00'),
        (
            "C1;F1;01/01/2026;31/01/2026;400;;\nC2;F1;01/01/2026;31/03/2026;400;;",
            '3: debtor: "C2" does not go with line 2, also "F1"',
        ),
        (
            "C1;F1;01/01/2026;31/01/2026;400;;\nC1;F1;02/01/2026;31/03/2026;400;;",
            '3: issued_on: "2026-01-02" does not go with line 2',
        ),
        (
            "C1;F1;01/01/2026;31/01/2026;400;;\nC1;F1;01/01/2026;31/01/2026;400;;",
            "3: due_on: a second amount for the same due date does not go with line 2",
        ),
        (
            "C1;F1;01/01/2026;31/01/2026;400;;\nC1;F1;01/01/2026;31/03/2026;-400;;",
            "3: amount: an invoice beside a credit note does not go with line 2",
        ),
        (
            "C1;F1;01/01/2026;31/01/2026;400;;1\nC1;F1;01/01/2026;31/03/2026;400;;",
            "3: open: an open amount for some terms only does not go with line 2",
        ),
    ],
)
def test_what_contradicts_itself_is_a_fault_of_its_line(lines: str, told: str) -> None:
    [fault] = faults(TERMS + lines + "\n")
    assert fault.startswith("file.csv:" + told)


def test_a_total_that_is_repeated_on_every_term_is_not_taken_for_the_terms() -> None:
    content = "Code client;N° facture;Date facture;Échéance;Montant TTC\n" + "".join(
        f"C1;F1;01/01/2026;{due};1000\n" for due in ("31/01/2026", "31/03/2026")
    )
    assert faults(content) == [
        "file.csv:3: amount: the total of the invoice (a column with the amount of each term is missing)"
        ' does not go with line 2, also "F1"'
    ]


@pytest.mark.parametrize(("other", "cents"), [("12,50", None), ("12.50", 123400), ("7", None)])
def test_an_amount_that_may_be_two_is_decided_by_the_rest_of_the_file_or_refused(other: str, cents: int | None) -> None:
    content = (
        INVOICES.replace(";", "\t")
        + f"C1\tF1\t01/01/2026\t31/01/2026\t1,234\nC1\tF2\t01/01/2026\t31/01/2026\t{other}\n"
    )
    if cents is None:
        assert faults(content)
    else:
        assert read(content).invoices[0].cents == cents

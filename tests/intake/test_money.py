"""Payments with a name for ever, credit notes, and the past."""

from datetime import date

import pytest

from relanced.flow.intake import IntakeFault, Layout, read_file
from relanced.rules.rows import CreditRow, HistoryRow, PaymentRow
from tests.intake.files import TODAY, faults, read

BANK = "Date comptable;Libellé;Montant;Code client;N° facture;Référence bancaire\n"


def test_a_payment_is_read_with_whom_and_what_it_pays_if_anybody_said() -> None:
    found = read(BANK + "03/11/2026;VIR MARTIN;1 234,50;C1;F1;B77\n04/11/2026;CHQ;10;;;\n").payments
    assert found[0] == PaymentRow(2, "B77", date(2026, 11, 3), 123450, "EUR", "C1", "F1", "VIR MARTIN")
    assert (found[1].debtor, found[1].invoice) == (None, None)


def keys(lines: str) -> list[str]:
    return [payment.key for payment in read(BANK + lines, "payments").payments]


def test_fault_56_the_same_rows_have_the_same_keys_in_every_file() -> None:
    a, b, c = keys("03/11/2026;VIR;10;C1;;\n03/11/2026;VIR;10;C1;;\n04/11/2026;VIR;10;C1;;\n")
    assert len({a, b, c}) == 3  # the same sum twice on one day is two payments
    assert keys("02/11/2026;X;1;;;\n03/11/2026;VIR;10,00;C1;F9;\n03/11/2026;VIR;10 €;C1;;\n")[1:] == [a, b]
    assert read(BANK.replace(";", ",") + '2026-11-03,VIR,"10,00",C1,,\n').payments[0].key == a


@pytest.mark.parametrize(
    "line", ["04/11/2026;VIR;10;C1;;", "03/11/2026;VIR;11;C1;;", "03/11/2026;VIR;10;C2;;", "03/11/2026;VIX;10;C1;;"]
)
def test_another_day_sum_debtor_or_label_is_another_payment(line: str) -> None:
    assert keys(line + "\n") != keys("03/11/2026;VIR;10;C1;;\n")


def test_fault_56_a_reversal_does_not_take_the_name_of_its_payment() -> None:
    assert keys("03/11/2026;VIR;10;C1;;B1\n05/11/2026;REJET;-10;C1;;B1\n") == ["B1", "B1 reversed"]


def test_one_transfer_may_pay_several_invoices() -> None:
    assert keys("03/11/2026;VIR;10;C1;F1;B1\n03/11/2026;VIR;20;C1;F2;B1\n") == ["B1", "B1 2"]


@pytest.mark.parametrize(
    ("second", "told"),
    [
        ("04/11/2026;VIR;20;C1;F2;VIR", '3: reference: "VIR" names a payment of another day in line 2'),
        ("03/11/2026;VIREMENT;10;C1;F1;VIR", '3: reference: "VIR" is the payment of line 2 once more'),
    ],
)
def test_a_word_that_comes_back_is_no_reference_of_a_bank(second: str, told: str) -> None:
    assert faults(BANK + "03/11/2026;VIR;10;C1;F1;VIR\n" + second + "\n") == ["file.csv:" + told]


@pytest.mark.parametrize(
    ("cells", "cents"),
    [(";10,00", 1000), ("12,50;", -1250), ("-12,50;", -1250), ("0,00;10,00", 1000), ("12,50;0,00", -1250)],
)
def test_a_statement_may_write_money_in_two_columns(cells: str, cents: int) -> None:
    assert read(f"Date;Libellé;Débit;Crédit\n03/11/2026;X;{cells}\n").payments[0].cents == cents


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (";", "amount: is missing"),
        ("1,00;1,00", "debit: stands beside an amount received"),
        (";0,00", "amount: 0,00 pays nothing"),
        (";x", 'amount: "x" is not an amount'),
    ],
)
def test_a_line_of_a_statement_moves_money_one_way(cells: str, told: str) -> None:
    [fault] = faults(f"Date;Libellé;Débit;Crédit\n03/11/2026;X;{cells}\n")
    assert fault.startswith("file.csv:2: " + told)


def test_a_ledger_is_not_taken_for_payments() -> None:
    """Its debits are invoices: read as reversals they would raise what is owed."""
    ledger = "Date;Code client;Libellé;Débit;Crédit\n03/11/2026;C1;Facture;100,00;\n"
    assert "debit: beside a column of debtors this may be a ledger" in faults(ledger, "payments")[0]
    assert read(ledger, "payments", said=Layout(columns={"debit": "Débit"})).payments[0].cents == -10000


def test_what_is_not_booked_yet_is_no_payment() -> None:
    assert faults(BANK + "22/11/2026;VIR;1;;;\n") == [
        "file.csv:2: booked_on: 22/11/2026 is after today: only what the bank has booked is a payment"
    ]


def test_the_latest_booking_is_what_a_payments_file_covers_unless_a_person_says_more() -> None:
    lines = BANK + "10/11/2026;VIR;1;;;\n03/11/2026;VIR;1;;;\n"
    assert read(lines).covers == date(2026, 11, 10)
    assert read(lines, covers=date(2026, 11, 20)).covers == date(2026, 11, 20)
    assert read(BANK, "payments", covers=date(2026, 11, 20)).payments == ()
    assert "has no payments: say with --covers DATE" in faults(BANK, "payments")[0]
    assert "--covers 2026-11-22 is after today, 2026-11-21" in faults(BANK, "payments", covers=date(2026, 11, 22))[0]


def test_a_credit_note_gives_back_whatever_its_sign() -> None:
    found = read("N° avoir;Code client;Date;Montant;N° facture\nA1;C1;03/11/2026;-12,50;F1\nA2;C1;03/11/2026;10;\n")
    assert found.credits == (
        CreditRow(2, "C1", "A1", date(2026, 11, 3), 1250, "EUR", "F1"),
        CreditRow(3, "C1", "A2", date(2026, 11, 3), 1000),
    )
    assert found.covers is None


def test_a_credit_note_counts_once() -> None:
    head = "N° avoir;Code client;Date;Montant\n"
    assert faults(head + "A1;C1;03/11/2026;1\nA1;C1;03/11/2026;1\n;;;\n;C1;;\n") == [
        'file.csv:3: number: "A1" stands in line 2 already',
        "file.csv:5: amount: is missing",
        "file.csv:5: issued_on: is missing",
        "file.csv:5: number: is missing",
    ]


def test_the_past_comes_with_step_last_contact_hold_and_comment() -> None:
    content = (
        "Code client;N° facture;Niveau;Dernière relance;Suspendu jusqu'au;Commentaire\n"
        'C1;F1;relance-2;01/11/2026;15/12/2026;"Attend un avoir\nvoir Paul"\nC2;;;;;a déménagé\n'
    )
    assert read(content).history == (
        HistoryRow(2, "C1", "F1", "relance-2", date(2026, 11, 1), date(2026, 12, 15), "Attend un avoir voir Paul"),
        HistoryRow(4, "C2", comment="a déménagé"),
    )


def test_the_past_names_steps_of_the_policy() -> None:
    """A name that no policy knows would stop nothing: the debtor would hear that step again."""
    head, steps = "Code client;Niveau\n", {"courtoisie": True, "relance-1": False}
    taken = read_file("f.csv", (head + "C1;courtoisie\nC2;relance-1\n").encode(), "history", None, None, TODAY, steps)
    assert [(row.step, row.ahead) for row in taken.history] == [("courtoisie", True), ("relance-1", False)]
    with pytest.raises(IntakeFault) as refused:
        read_file("f.csv", (head + "C1;relance-1\nC2;Relance 1\n").encode(), "history", None, None, TODAY, steps)
    assert str(refused.value) == 'f.csv:3: step: "Relance 1" is no step of a policy (there are: courtoisie, relance-1)'


def test_a_past_that_says_nothing_or_lies_ahead_is_a_fault() -> None:
    head = "Code client;N° facture;Niveau;Dernière relance\n"
    assert faults(head + "C1;F1;;\nC1;F2;;22/11/2026\n;F3;x;\n") == [
        "file.csv:2: says neither step, last contact, hold nor comment",
        "file.csv:3: last_contact: 22/11/2026 is after today",
        "file.csv:4: debtor: is missing",
    ]

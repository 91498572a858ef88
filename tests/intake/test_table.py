"""Delimited texts: the delimiter, the heading line and the number of every line are found out."""

import pytest

from relanced.flow.intake import Layout
from relanced.flow.intake.faults import Faults, IntakeFault
from relanced.flow.intake.grid import MOST_ROWS, Row
from relanced.flow.intake.table import MOST_BYTES, open_table
from tests.intake.files import faults, read


def rows(text: str, **said: object) -> list[Row]:
    table = open_table(text.encode(), Layout(**said), Faults("f"))  # type: ignore[arg-type]
    return [table.heading, *table.body]


@pytest.mark.parametrize("sign", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_delimiter_shows_in_the_heading_line(sign: str, end: str) -> None:
    text = end.join((sign.join(("Client", "Montant")), sign.join(("Martin", '"12,50"')))) + end
    assert rows(text) == [Row(1, ("Client", "Montant")), Row(2, ("Martin", "12,50"))]


def test_a_comma_in_a_heading_does_not_hide_the_semicolons() -> None:
    assert rows("Nom, prénom, titre, rue;Client;Montant")[0].cells[1:] == ("Client", "Montant")


def test_quoted_cells_keep_delimiters_quotes_and_line_breaks_and_the_count_of_lines() -> None:
    text = 'Client;Commentaire\n"Martin; ""Fils""";"a\nb\r\nc"\n\n;\nDurand;d\n'
    assert rows(text)[1:] == [Row(2, ('Martin; "Fils"', "a\nb\r\nc")), Row(7, ("Durand", "d"))]


def test_lines_above_the_heading_line_are_passed_over() -> None:
    text = "Export du 12/03/2026\n\nCode client;N° facture;Échéance;Montant\nC1;F1;31/03/2026;12,00\n"
    assert [row.line for row in rows(text)] == [3, 4]


def test_the_hint_of_a_spreadsheet_names_the_delimiter() -> None:
    assert rows("sep=,\nClient,Montant\nMartin,1")[1] == Row(3, ("Martin", "1"))
    assert rows("sep=,\nMartin,1", header=False, columns={"debtor": 1})[1] == Row(2, ("Martin", "1"))


def test_without_a_heading_line_the_positions_tell_the_delimiter() -> None:
    positions = {"debtor": 1, "amount": 3}
    assert rows("C1,F1,12.50", header=False, columns=positions)[1] == Row(1, ("C1", "F1", "12.50"))
    assert rows("C1;F1;12,50", header=False, columns=positions)[1] == Row(1, ("C1", "F1", "12,50"))
    assert rows("C1|F1|12,50", header=False, columns=positions, delimiter="|")[1].cells[2] == "12,50"
    assert rows("C1\tF1\t12,50", header=False, columns=positions, delimiter="tab")[1].cells[2] == "12,50"


def test_cells_are_trimmed_and_lines_without_any_are_no_rows() -> None:
    assert rows("Client;Montant\n\u00a0 Martin \u202f; 1 \n;;\n   \n")[1:] == [Row(2, ("Martin", "1"))]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('Client;Montant\n"Martin;1\nDurand;2\n', "f:2: from here on a quoted cell is not closed"),
        ('Client;Montant\nDurand;2\n"Mar"tin;1\n', "f:3: from here on a quoted cell is not closed"),
        ("Client;Montant\nMartin;" + "x" * 140_000, "a cell is too long"),
    ],
)
def test_a_quote_that_swallows_lines_is_refused_and_not_read(text: str, said: str) -> None:
    with pytest.raises(IntakeFault) as refused:
        rows(text)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old .xls workbook, or one with a password"),
        (b"%PDF-1.7", "is a PDF"),
        (b"<html><table>", "is HTML or XML"),
        (b'{"a": 1}', "is JSON"),
        (b"\x1f\x8b\x08", "is compressed"),
        (b"x" * (MOST_BYTES + 1), "is larger than 50 MB"),
        (b"", "does not tell by its headings"),
    ],
)
def test_what_is_no_table_is_named_for_what_it_is(content: bytes, said: str) -> None:
    assert said in faults(content)[0]


def test_a_file_of_more_than_a_million_rows_is_refused() -> None:
    table = open_table(b"x\n" * (MOST_ROWS + 1), Layout(), Faults("f"))
    with pytest.raises(IntakeFault, match="f:1000001: has more than 1,000,000 rows"):
        for _ in table.body:
            pass


def test_a_row_longer_than_the_heading_line_is_a_fault_and_empty_columns_are_not() -> None:
    head = "Code client;Email;;\n"
    assert read(head + "C1;a@b.fr;;;;\n", "contacts").contacts
    assert "has 5 cells, the heading line 4" in faults(head + "C1;a@b.fr;;;x\n", "contacts")[0]

"""Workbooks: typed cells stay exact, and what would burst or mislead is refused."""

import io
import zipfile
from datetime import date, datetime, time
from decimal import Decimal

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from relanced.flow.intake import Layout
from relanced.flow.intake.faults import Faults, IntakeFault
from relanced.flow.intake.grid import NOT_COMPUTED, Row
from relanced.flow.intake.workbook import read_workbook
from tests.intake.files import faults, read, saved, with_part, workbook

HEADING = ["Code client", "N° facture", "Date facture", "Échéance", "Montant"]
SHEET = "xl/worksheets/sheet1.xml"


def rows(content: bytes, sheet: str | None = None) -> list[Row]:
    return read_workbook(content, sheet, None, Faults("f"))[0]


def part(content: bytes, name: str) -> bytes:
    return zipfile.ZipFile(io.BytesIO(content)).read(name)


def test_cells_keep_what_the_workbook_knows_of_them() -> None:
    content = workbook(
        [
            ["Été", 12, 0.1, True, date(2026, 3, 1), datetime.combine(date(2026, 3, 1), time(14, 30)), None, " a "],
            [],
            [1],
        ]
    )
    assert rows(content) == [
        Row(1, ("Été", Decimal(12), Decimal("0.1"), "True", date(2026, 3, 1), date(2026, 3, 1), "", "a")),
        Row(3, (Decimal(1),)),
    ]


def test_an_invoice_list_is_read_with_dates_serial_days_and_numbers() -> None:
    content = workbook(
        [
            HEADING,
            [101, 2026001, date(2026, 3, 1), 46112, 1234.5],
            ["C2", "F2", "01/03/2026", "31/03/2026", "1 234,50"],
        ]
    )
    found = read(content)
    assert [(i.debtor, i.number, i.issued_on, i.terms[0].due_on, i.cents) for i in found.invoices] == [
        ("101", "2026001", date(2026, 3, 1), date(2026, 3, 31), 123450),
        ("C2", "F2", date(2026, 3, 1), date(2026, 3, 31), 123450),
    ]


def test_a_serial_day_is_none_in_a_text() -> None:
    text = ";".join(HEADING) + "\n101;F1;01/03/2026;46112;12,00\n"
    assert faults(text) == ['file.csv:2: due_on: "46112" is not a date (write 31/12/2026 or 2026-12-31)']


def test_the_epoch_of_an_old_macintosh_counts() -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.worksheets[0].append(HEADING)
    book.worksheets[0].append(["C1", "F1", date(2026, 3, 1), 44650, 12])
    invoice = read(saved(book)).invoices[0]
    assert (invoice.issued_on, invoice.terms[0].due_on) == (date(2026, 3, 1), date(2026, 3, 31))


def test_the_first_visible_sheet_is_read_or_the_one_that_is_named() -> None:
    content = workbook([["hidden"]], "Notes", Export=[["a"]], Autre=[["b"]])
    book = openpyxl.load_workbook(io.BytesIO(content))
    book["Notes"].sheet_state = "hidden"
    content = saved(book)
    assert rows(content) == [Row(1, ("a",))]
    assert rows(content, "Autre") == [Row(1, ("b",))]
    with pytest.raises(IntakeFault, match=r'no sheet "X" \(there are: Notes, Export, Autre\)'):
        rows(content, "X")


def test_the_size_that_a_sheet_claims_is_not_believed() -> None:
    content = workbook([[1], [2], [3]])
    lie = part(content, SHEET).replace(b'ref="A1:A3"', b'ref="A1"')
    assert len(rows(with_part(content, SHEET, lie))) == 3


def test_a_formula_counts_with_its_result_and_without_one_is_refused_where_it_is_read() -> None:
    content = workbook([HEADING, ["C1", "F1", "01/03/2026", "31/03/2026", "=6*7"]])
    assert rows(content)[1].cells[4] == NOT_COMPUTED
    assert "was never computed" in faults(content)[0]
    computed = part(content, SHEET).replace(b"<v></v>", b"<v>42</v>").replace(b"<v />", b"<v>42</v>")
    assert read(with_part(content, SHEET, computed)).invoices[0].cents == 4200


def test_a_formula_that_gives_an_empty_text_is_a_blank() -> None:
    content = workbook([["a", '=""']])
    blank = part(content, SHEET).replace(b'<c r="B1">', b'<c r="B1" t="str">')
    assert blank != part(content, SHEET)
    assert rows(with_part(content, SHEET, blank)) == [Row(1, ("a",))]


def test_an_error_of_the_spreadsheet_is_no_value() -> None:
    content = workbook([HEADING, ["#REF!", "F1", "01/03/2026", "31/03/2026", 1]])
    assert faults(content) == ['file.csv:2: debtor: "#REF!" is an error of the spreadsheet']


def test_attack_9_entities_and_foreign_encodings_in_the_xml_are_refused() -> None:
    content = workbook([["a"]])
    sheet = part(content, SHEET)
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>' + sheet
    late = b"<!--" + b" " * (2**20 - 9) + b"-->" + laughs  # across the step in which parts are unpacked
    ebcdic = b'<?xml version="1.0" encoding = "cp037"?>' + sheet
    for evil in (laughs, late, ebcdic, sheet.decode().encode("utf-16"), sheet.decode().encode("utf-16-le")):
        with pytest.raises(IntakeFault, match="XML that no spreadsheet writes"):
            rows(with_part(content, SHEET, evil))


def test_attack_10_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    content = workbook([["a"]])
    for name, size in ((SHEET, 130 * 2**20), ("xl/sharedStrings.xml", 33 * 2**20)):
        with pytest.raises(IntakeFault, match="unpacks to more"):
            rows(with_part(content, name, b" " * size))


def test_a_part_never_unpacks_beyond_what_its_directory_declares() -> None:
    content = workbook([["a"]])
    size = len(part(content, SHEET))
    lie = content.replace(size.to_bytes(4, "little"), (size - 8).to_bytes(4, "little"))
    assert lie != content
    with pytest.raises(IntakeFault, match="cannot be read as XLSX"):
        rows(lie)


@pytest.mark.parametrize("far", [b'<row r="99999999999"><c r="A99999999999"><v>1</v></c></row>', b'<row r="x"/>'])
def test_a_row_beyond_the_end_of_any_sheet_is_refused(far: bytes) -> None:
    content = workbook([["a"]])
    sheet = part(content, SHEET).replace(b"</sheetData>", far + b"</sheetData>")
    with pytest.raises(IntakeFault):
        rows(with_part(content, SHEET, sheet))


def test_what_is_an_archive_but_no_workbook_says_so() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    assert "is no XLSX workbook" in faults(made.getvalue(), "invoices")[0]
    assert "cannot be read as XLSX" in faults(b"PK\x03\x04broken", "invoices")[0]


def test_the_sheet_of_a_mapping_is_read() -> None:
    content = workbook([["x"]], Factures=[HEADING, ["C1", "F1", "01/03/2026", "31/03/2026", 1]])
    assert read(content, "invoices", said=Layout(sheet="Factures")).invoices[0].cents == 100

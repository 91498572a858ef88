"""Whatever the bytes: rows, or a fault with its reasons; and what was written well is read as it was meant."""

from __future__ import annotations

import csv
import io
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from relanced.flow.intake import FIELDS, KINDS, IntakeFault, Layout, read_file
from relanced.flow.intake.amounts import written
from relanced.flow.intake.vocabulary import VOCABULARY
from relanced.rules.rows import Batch
from tests.intake.files import TODAY, Said, with_part, workbook

HEADINGS = sorted({w.strip(" ?") for fields in VOCABULARY.values() for ws in fields.values() for w in ws.split(",")})
CELLS = [
    "",
    "C1",
    "F1",
    "x",
    "oui",
    "non",
    "EUR",
    "entreprise",
    "facture",
    "avoir",
    "virement",
    "fr",
    "Rennes",
    "35000",
]
CELLS += [
    "01/03/2026",
    "2026-03-01",
    "31/02/2026",
    "1 mars 2026",
    "12",
    "1 234,50",
    "1,234",
    "-3,00",
    "1e999",
    "9" * 20,
]
CELLS += ["a@b.fr", "a@b.fr; c@d.fr", "0142685300", "732829320", "FR7630006000011234567890189", "#REF!", "=1+1", "'=x"]
CELLS += ['="07"', "\u200b", "\x1b", "é", '"', '""', "sep=;", "٣"]
ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "cp850", "mac-roman", "utf-32")
WORKBOOK = workbook([["Code client", "N° facture", "Date", "Échéance", "Montant"], ["C1", "F1", TODAY, 46400, 12.5]])

kinds = st.sampled_from([None, *KINDS])
texts = st.lists(
    st.lists(st.sampled_from(HEADINGS) | st.sampled_from(CELLS) | st.text(max_size=8), max_size=9), max_size=6
).flatmap(
    lambda rows: st.builds(
        lambda sign, end: end.join(sign.join(row) for row in rows), st.sampled_from(";,\t|"), st.sampled_from("\n\r")
    )
)
contents = st.binary(max_size=300) | st.builds(
    lambda text, encoding: text.encode(encoding, errors="replace"), texts, st.sampled_from(ENCODINGS)
)
layouts = st.builds(
    lambda kind, **said: Said({kind: Layout(**said)}),
    st.sampled_from(KINDS),
    columns=st.dictionaries(
        st.sampled_from(sorted(set().union(*FIELDS.values()))),
        st.sampled_from(HEADINGS) | st.integers(-1, 12),
        max_size=6,
    ),
    date=st.sampled_from([None, "%d/%m/%Y", "%q", ""]),
    decimal=st.sampled_from([None, ",", "."]),
    header=st.booleans(),
    delimiter=st.sampled_from([None, ";", "tab", "|"]),
    encoding=st.sampled_from([None, "cp1252", "hex", "utf-7"]),
    sheet=st.sampled_from([None, "Feuil1", "x"]),
)


def taken_or_refused(content: bytes, kind: str | None, said: Said | None = None, covers: date | None = TODAY) -> None:
    try:
        batch = read_file("any.csv", content, kind, said, covers, TODAY)
    except IntakeFault as refused:
        assert refused.faults
        assert str(refused).isprintable() or "\n" in str(refused)
    else:
        assert isinstance(batch, Batch)


@settings(max_examples=400)
@given(contents, kinds, st.none() | layouts, st.sampled_from([None, TODAY]))
def test_any_bytes_are_taken_or_refused(
    content: bytes, kind: str | None, said: Said | None, covers: date | None
) -> None:
    taken_or_refused(content, kind, said, covers)


@settings(max_examples=60)
@given(st.data())
def test_any_damaged_workbook_is_taken_or_refused(data: st.DataObject) -> None:
    damaged = bytearray(WORKBOOK)
    for place in data.draw(st.lists(st.integers(0, len(WORKBOOK) - 1), min_size=1, max_size=4)):
        damaged[place] = data.draw(st.integers(0, 255))
    taken_or_refused(bytes(damaged)[: data.draw(st.integers(4, len(WORKBOOK)))], "invoices")
    taken_or_refused(bytes(damaged), None)


CELL_XML = st.builds(
    lambda place, kind, style, value: f'<c r="{place}"{kind} s="{style}"><f>1</f><v>{value}</v></c>',
    st.sampled_from(["A2", "E2", "ZZZ9", "", "1", "A0"]),
    st.sampled_from(["", ' t="s"', ' t="d"', ' t="b"', ' t="e"', ' t="str"', ' t="?"', ' t="inlineStr"']),
    st.sampled_from(["0", "1", "999", "x"]),
    st.sampled_from(["1", "-1", "1E999", "NaN", "", "2026-03-01", "0", "99", "1" * 5000, "é"]),
)


@settings(max_examples=60)
@given(st.lists(CELL_XML, max_size=6), st.sampled_from(['r="1"', 'r="2"', "", 'r="1.0"', 'r="-3"']))
def test_any_cell_of_a_workbook_is_taken_or_refused(cells: list[str], row: str) -> None:
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f"<row {row}>{''.join(cells)}</row></sheetData></worksheet>"
    )
    taken_or_refused(with_part(WORKBOOK, "xl/worksheets/sheet1.xml", sheet.encode()), "invoices")


FRENCH = st.text(st.sampled_from("abcXYZ 09-'’«»éèêëàâîôùûçœÉÈÀÎŒ&.()/,;\"\t€"), max_size=30)
LABELS = FRENCH.map(lambda text: " ".join(text.split())).filter(lambda text: text[:1] not in ("'", "="))
PAYMENTS = st.lists(
    st.tuples(st.dates(date(2000, 1, 1), TODAY), st.integers(-(10**9), 10**9).filter(bool), LABELS),
    min_size=1,
    max_size=8,
)
WAYS = st.tuples(
    st.sampled_from([";", ",", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%d.%m.%y"]),
    st.booleans(),
)


@settings(max_examples=150)
@given(PAYMENTS, WAYS, st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_what_was_written_is_read_as_it_was_meant(
    payments: list[tuple[date, int, str]], way: tuple[str, str, str, bool], encoding: str
) -> None:
    assert read_back(payments, way, encoding) == payments


@settings(max_examples=150)
@given(PAYMENTS, WAYS)
def test_what_was_written_in_windows_1252_is_read_as_it_was_meant(
    payments: list[tuple[date, int, str]], way: tuple[str, str, str, bool]
) -> None:
    """A heading with its accents is there, as in every French file: it settles what single signs may leave open."""
    try:
        assert read_back(payments, way, "cp1252") == payments
    except IntakeFault as refused:
        assert "mixes two encodings" in str(refused)  # said, never mistaken


def read_back(
    payments: list[tuple[date, int, str]], way: tuple[str, str, str, bool], encoding: str
) -> list[tuple[date, int, str]]:
    sign, end, pattern, french = way
    made = io.StringIO(newline="")
    out = csv.writer(made, delimiter=sign, lineterminator=end)
    out.writerow(["Date réglée", "Libellé", "Montant"])
    for day, cents, label in payments:
        out.writerow([day.strftime(pattern), label, written(cents) if french else f"{cents / 100:.2f}"])
    said = Said({"payments": Layout(columns={"booked_on": "Date réglée"})})
    found = read_file("f.csv", made.getvalue().encode(encoding), "payments", said, None, TODAY)
    return [(payment.booked_on, payment.cents, payment.label) for payment in found.payments]

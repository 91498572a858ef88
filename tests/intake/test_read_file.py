"""A whole file: all its faults at once, all or nothing, the same in every way of writing it."""

from datetime import date
from pathlib import Path

import pytest

from relanced.flow.intake import IntakeFault, Layout, read_file
from tests.intake.files import INVOICES, TODAY, Said, faults, read, workbook

SAMPLES = Path(__file__).parent / "samples"


def rows_of(content: bytes, kind: str | None, covers: date | None = None) -> str:
    found = read(content, kind, covers=covers)
    lists = (found.debtors, found.contacts, found.invoices, found.credits, found.payments, found.history)
    lines = [f"{found.kind}, covers {found.covers}, ignored {', '.join(found.ignored) or 'nothing'}"]
    return "\n".join(lines + [repr(row) for rows in lists for row in rows]) + "\n"


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.csv")), ids=lambda path: str(path.stem))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_sample_gives_its_golden_rows_in_every_encoding(sample: Path, encoding: str) -> None:
    text = sample.read_text("utf-8")
    covers = TODAY if sample.stem.startswith("snapshot") else None
    kind = sample.stem.split("-")[0] if covers else None
    assert rows_of(text.encode(encoding), kind, covers) == sample.with_suffix(".rows").read_text("utf-8")


def test_the_first_line_that_a_person_reads_says_what_to_write() -> None:
    lines = "".join(f"03/11/2026;VIR;{amount}\n" for amount in ["1"] * 15 + ["12,3,4"])
    with pytest.raises(IntakeFault) as refused:
        read_file("payments.csv", ("Date;Libellé;Montant\n" + lines).encode(), None, None, None, TODAY)
    assert str(refused.value) == 'payments.csv:17: amount: "12,3,4" is not an amount (write 1 234,50)'


def test_every_bad_line_is_told_at_once_in_the_order_of_the_file() -> None:
    content = INVOICES + (
        "C1;F1;01/01/2026;31/02/2026;1,00\n;F2;01/01/2026;31/01/2026;x\nC1;F3;01/01/2026;31/01/2026;3,00\n"
        "C1;F4;01/13/2026;31/01/2026;4,005\n"
    )
    assert [fault.split(' "')[0] for fault in faults(content)] == [
        "file.csv:2: due_on:",
        "file.csv:3: amount:",
        "file.csv:3: debtor: is missing",
        "file.csv:5: amount:",
        "file.csv:5: issued_on:",
    ]


@pytest.mark.parametrize("kind", [None, "invoices"])
@pytest.mark.parametrize("name", ['"Au bon pain" SARL', '"Au bon pain'])
def test_a_quote_in_the_first_lines_is_told_with_its_line(name: str, kind: str | None) -> None:
    """And not as a file whose headings say nothing."""
    content = INVOICES + f"C1;F1;01/01/2026;31/01/2026;1,00\n{name};F2;01/01/2026;31/01/2026;1,00\n"
    [said] = faults(content, kind)
    assert said.startswith("file.csv:3: from here on a quoted cell is not closed or a cell is too long")


def test_a_snapshot_must_say_which_day_it_speaks_of() -> None:
    assert faults(INVOICES, "snapshot") == [
        "file.csv: a snapshot needs --covers DATE, the last day whose payments its open amounts account for"
    ]
    found = read(INVOICES, "snapshot", covers=date(2026, 11, 20))
    assert (found.snapshot, found.covers, found.invoices) == (True, date(2026, 11, 20), ())


def test_the_day_of_the_open_amounts_comes_along_with_invoices_if_a_person_says_it() -> None:
    line = INVOICES + "C1;F1;01/01/2026;31/01/2026;1,00\n"
    assert read(line).covers is None
    assert read(line, covers=date(2026, 11, 20)).covers == date(2026, 11, 20)


def test_the_digest_names_content_and_kind() -> None:
    content = INVOICES + "C1;F1;01/01/2026;31/01/2026;1,00\n"
    same, again = read(content), read(content, name="other.csv")
    assert same.digest == again.digest
    assert len({same.digest, read(content, "snapshot", covers=TODAY).digest, read(content + "\n").digest}) == 3


def test_a_mapping_reads_what_no_heading_tells() -> None:
    layout = Layout(
        columns={"debtor": 1, "number": 2, "issued_on": 3, "due_on": 4, "amount": 5},
        header=False,
        date="%m/%d/%Y",
        decimal=".",
        delimiter="|",
        encoding="cp850",
    )
    found = read("Été|F1|01/31/2026|02/28/2026|1,234\n".encode("cp850"), "invoices", said=layout)
    assert (found.invoices[0].debtor, found.invoices[0].cents, found.invoices[0].line) == ("Été", 123400, 1)
    assert found.invoices[0].terms[0].due_on == date(2026, 2, 28)


def test_a_mapping_tells_the_kind_by_its_own_headings() -> None:
    said = Said({"payments": Layout(columns={"booked_on": "Jour", "amount": "Somme"}, delimiter="|")})
    found = read_file("bank.csv", b"Jour|Somme\n03/11/2026|12,00\n", None, said, None, TODAY)
    assert (found.kind, found.payments[0].cents) == ("payments", 1200)
    invoices = INVOICES + "C1;F1;01/01/2026;31/01/2026;1,00\n"
    assert read_file("f.csv", invoices.encode(), None, said, None, TODAY).kind == "invoices"


def test_a_snapshot_is_written_like_the_invoices_unless_somebody_said_otherwise() -> None:
    said = Said({"invoices": Layout(columns={"amount": "Somme"})})
    content = INVOICES.replace("Montant", "Somme") + "C1;F1;01/01/2026;31/01/2026;1,00\n"
    assert read_file("f.csv", content.encode(), "snapshot", said, TODAY, TODAY).invoices[0].cents == 100


def test_a_text_and_a_workbook_of_the_same_rows_give_the_same() -> None:
    rows = [["Code client", "Date", "Libellé", "Montant"], ["C1", "03/11/2026", "VIR", "1 234,50"]]
    text = "\n".join(";".join(row) for row in rows)
    typed = workbook([rows[0], ["C1", date(2026, 11, 3), "VIR", 1234.5]])
    assert read(text).payments == read(workbook(rows)).payments == read(typed).payments


def test_the_name_of_a_file_cannot_steer_a_terminal() -> None:
    with pytest.raises(IntakeFault, match=r"^a\\x1b\[2Jb\.csv: does not tell"):
        read_file("a\x1b[2Jb.csv", b"x", None, None, None, TODAY)

"""The page for the credit manager says what the reader does."""

import re
from pathlib import Path

import pytest

from relanced.config.imports import ImportMapping
from relanced.config.yaml_marks import parse
from relanced.flow.intake import FIELDS
from relanced.flow.intake.headings import KNOWN, normal
from tests.intake.files import faults, read

PAGE = (Path(__file__).parents[2] / "docs" / "import.md").read_text("utf-8")
EXAMPLES = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example).splitlines()[0])
def test_every_example_is_read_without_being_told_its_kind(example: str) -> None:
    assert read(example).ignored == ()


def test_every_column_of_the_page_is_read_and_every_column_read_is_on_the_page() -> None:
    rows = re.findall(r"^\| ([a-z_0-9, …]+) \| `", PAGE, re.MULTILINE)
    named = {name.strip() for row in rows for part in row.split(",") for name in part.split("…")}
    read_fields = set().union(*FIELDS.values()) - {"step", "last_contact", "hold_until", "comment", "debtor_excluded"}
    assert named | {"address_3"} == read_fields


def test_every_heading_of_the_page_is_known() -> None:
    rows = re.findall(r"^\| [a-z_0-9, …]+ \| ([^|]+) \|", PAGE, re.MULTILINE)
    headings = [heading for row in rows for heading in re.findall(r"`([^`]+)`", row)]
    assert len(headings) > 60
    assert [heading for heading in headings if normal(heading) not in KNOWN] == []


def test_the_answers_on_the_page_are_the_answers() -> None:
    lines = "".join(f"03/11/2026;VIR;{n}\n" for n in range(1, 16))
    bad = "03/11/2026;VIR;12,3,4\n" + "03/11/2026;VIR;99\n" * 4 + "31/11/2026;VIR;1\n"
    for answer in faults("Date;Libellé;Montant\n" + lines + bad):
        assert answer.replace("file.csv", "payments.csv") in PAGE


def test_the_mapping_of_the_page_is_one_the_configuration_takes() -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    said = parse(example.encode()).root
    assert isinstance(said, dict)
    assert ImportMapping.model_validate(said["mapping"]).of("payments")

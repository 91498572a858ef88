"""A printer that eats its letters: each sheet is made again, until a person looks at the printer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.flow import paper
from tests.flow.company import Company, reads
from tests.flow.conftest import Found
from tests.printing.cups import Cups, running

DUE = date(2026, 3, 2)
DAY = date(2026, 3, 5)
PRINTER = "p"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Cups]:
    """Its printer gives up whatever it cannot print."""
    with running(tmp_path / "cups", (PRINTER, "abort-job")) as cups:
        yield cups


@pytest.fixture
async def company(found: Found, server: Cups) -> Company:
    made = await found(office=f'out: printer, uri: "{server.uri(PRINTER)}", settle: 0')
    await made.bills(paper.invoice("F-1", DUE, email="", address="1 RUE DU BAC"))
    return made


async def _until(company: Company, told: list[str]) -> None:
    """Minute by minute, while the printer works."""
    for _ in range(60):
        company.clock.later(minutes=1)
        await company.works()
        if await company.told() == told:
            return
    assert await company.told() == told


async def test_fault_53_eaten_three_times_a_person_looks_and_the_fourth_is_posted(
    company: Company, server: Cups
) -> None:
    server.mood(PRINTER, "1")
    await company.morning(DAY)
    eaten = ["relance-1 letter cancelled"] * 3
    await _until(company, [*eaten, "relance-1 letter parked"])
    assert "lost" in await company.tasks()
    held = await company.last()
    assert "gave it up 3 times" in held["reason"]
    assert (await company.desk("letters"))["lines"] == ["the trays are empty"]

    server.mood(PRINTER, "fine")
    await company.desk("approve", message=held["id"])
    await _until(company, [*eaten, "relance-1 letter in_tray"])
    (sheet,) = await _printed(company, server)
    assert held["reference"] in reads(sheet)
    references = {message["reference"] for message in await company.messages()}
    assert len(references) == 4
    await company.desk("letters posted", references=held["reference"])
    assert await company.told() == [*eaten, "relance-1 letter sent"]
    await company.morning(date(2026, 3, 13))
    assert (await company.told())[-1] == "relance-2 letter in_tray"


async def _printed(company: Company, server: Cups) -> list[Path]:
    """Once something came out."""
    for _ in range(60):
        if sheets := sorted(server.tray(PRINTER).glob("*.pdf")):
            return sheets
        company.clock.later(seconds=30)
        await company.works()
    raise AssertionError("nothing was printed")

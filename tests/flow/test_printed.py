"""Letters that a real printer makes: nobody prints them twice, and what the printer says of them is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.flow import paper
from tests.flow.company import Company
from tests.flow.conftest import Found
from tests.printing.cups import Cups, Missing, running
from tests.printing.desk import until

DUE = date(2026, 3, 2)
DAY = date(2026, 3, 5)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cups]:
    """A print server with a printer that gives up what it cannot print."""
    try:
        with running(tmp_path_factory.mktemp("cups"), *((f"p{n}", "abort-job") for n in range(4))) as cups:
            cups.names = [f"p{n}" for n in range(4)]
            yield cups
    except Missing as missing:
        pytest.exit(str(missing), returncode=1)


@pytest.fixture
def printer(server: Cups) -> str:
    """The name of a printer that nobody used yet."""
    return server.names.pop()


@pytest.fixture
async def company(found: Found, server: Cups, printer: str) -> AsyncIterator[Company]:
    """A company with that printer, and one invoice that is late."""
    made = await found(office=f'out: printer, uri: "{server.uri(printer)}", settle: 0')
    await made.bills(paper.invoice("F-1", DUE, email="", address="1 RUE DU BAC"))
    yield made
    server.mood(printer, "fine")


def _sheets(server: Cups, printer: str) -> list[Path]:
    return sorted(server.tray(printer).glob("*.pdf"))


async def test_what_the_printer_made_waits_in_the_tray_and_is_not_printed_by_hand(
    company: Company, server: Cups, printer: str
) -> None:
    await company.morning(DAY)
    await until(lambda: len(_sheets(server, printer)) == 1)
    (row,) = (await company.desk("letters"))["rows"]
    assert "printer job" in str(row)
    said = await company.desk("letters take")
    assert said["lines"][0] == "1 letter"
    assert "(printer job" in said["lines"][1]
    assert "files" not in said
    company.clock.later(minutes=1)
    await company.works()
    await company.desk("letters posted", references=row[0])
    assert await company.told() == ["relance-1 letter sent"]
    assert "receipt noted" in await company.events()


async def test_fault_53_a_sheet_that_the_printer_gave_up_is_made_again_under_another_reference(
    company: Company, server: Cups, printer: str
) -> None:
    server.mood(printer, "1")
    await company.morning(DAY)
    server.mood(printer, "fine")
    for _ in range(40):
        company.clock.later(minutes=1)
        await company.works()
        if _sheets(server, printer):
            break
    assert await company.told() == ["relance-1 letter cancelled", "relance-1 letter in_tray"]
    assert len(_sheets(server, printer)) == 1

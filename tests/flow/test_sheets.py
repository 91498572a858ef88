"""Sheets that must not be posted any more: pulled back, or told until a person says what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast

from relanced.channel import Channel, Form, Parcel
from relanced.flow.send import Trays
from tests.flow import paper
from tests.flow.company import Company

DUE = date(2026, 3, 2)
DAY = date(2026, 3, 5)


async def _lying(company: Company, *debtors: str) -> None:
    lines = [paper.invoice(f"F-{d}", DUE, d, email="", address=f"{d} RUE X") for d in debtors]
    await company.bills(*lines)
    await company.morning(DAY)


async def _stops(company: Company) -> list[str]:
    return [row[0] for row in (await company.desk("letters"))["rows"] if "do not post" in row[-1]]


async def test_a_sheet_in_hand_is_told_until_somebody_says_what_became_of_it(company: Company) -> None:
    await _lying(company, "C1")
    reference = (await company.last())["reference"]
    await company.desk("letters take")
    await company.desk("paid", invoice="F-C1")
    await company.works()
    assert company.lying() == []
    for _ in range(2):
        assert await _stops(company) == [reference]
        assert await company.tasks() == ["do not post"]
        assert any(reference in line for line in (await company.desk("letters take"))["lines"])
        await company.reopen()
        await company.works()
    await company.desk("letters spoiled", reference=reference, reason="torn up")
    await company.works()
    assert await _stops(company) == []
    assert await company.tasks() == []
    assert await company.told() == ["relance-1 letter cancelled"]


async def test_a_sheet_that_left_its_folder_unseen_is_told_too(company: Company) -> None:
    await _lying(company, "C1")
    reference = (await company.last())["reference"]
    for sheet in company.lying():
        sheet.rename(company.folder / "on-my-desk.pdf")
    await company.desk("paid", invoice="F-C1")
    await company.works()
    assert await company.tasks() == ["do not post"]
    await company.desk("letters posted", references=reference)
    assert await company.tasks() == []
    assert await _stops(company) == []
    assert await company.crossed()


async def test_a_sheet_of_a_channel_that_was_renamed_is_not_taken_for_pulled_back(company: Company) -> None:
    await _lying(company, "C1")
    await company.desk("close", case="C1", reason="x")
    await Trays(company.house.store, {}, "a story").turn(company.clock.now())
    assert len(company.lying()) == 1
    assert await company.tasks() == ["do not post"]
    assert len(await _stops(company)) == 1


@dataclass
class _Jammed:
    """A tray that cannot give one of its sheets back."""

    attempt: str
    form: Form = Form.PAPER

    async def withdraw(self, parcel: Parcel) -> bool:
        if parcel.attempt == self.attempt:
            raise OSError("the folder is away")
        return True


async def test_a_sheet_that_cannot_be_reached_does_not_keep_the_others_in_the_tray(company: Company) -> None:
    await _lying(company, "C1", "C2")
    first, second = await company.house.store.tray.sheets()
    await company.desk("close", case="C1", reason="x")
    await company.desk("close", case="C2", reason="x")
    await Trays(company.house.store, {"office": cast(Channel, _Jammed(first.attempt))}, "a story").turn(
        company.clock.now()
    )
    assert await _stops(company) == [first.reference]
    await company.works()
    assert await _stops(company) == []
    assert [s.name for s in company.lying()] == [f"{second.attempt}.pdf"]

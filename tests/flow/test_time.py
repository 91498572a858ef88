"""Time: ten days down, clocks that go back, nights that have an hour more or less."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from relanced.rules.calendar import add_bank_days
from tests.flow import paper
from tests.flow.clock import PARIS
from tests.flow.company import Company
from tests.flow.conftest import Found

DUE = date(2026, 3, 2)


async def test_fault_27_after_ten_days_down_there_is_one_message(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE), paper.invoice("F-2", DUE))
    await company.morning(date(2026, 3, 5))
    assert len(await company.morning(date(2026, 3, 24))) == 1
    assert await company.told() == ["relance-1 email sent", "relance-2 email sent"]
    assert await company.morning(date(2026, 3, 25)) == []
    await company.morning(date(2026, 4, 3))
    assert company.lying() == []
    await company.morning(date(2026, 4, 7))  # 24 March and the eleven days between the two steps, past Easter
    assert len(company.lying()) == 1


async def test_fault_27_the_first_message_of_a_late_start_is_one_too(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    assert len(await company.morning(date(2026, 4, 1))) == 1
    assert await company.works() == []
    assert await company.told() == ["relance-1 email sent"]


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=1), timedelta(days=400)])
async def test_fault_25_a_clock_that_goes_back_sends_nothing_twice(company: Company, back: timedelta) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    assert len(await company.morning(date(2026, 3, 5), "10:30")) == 1
    company.clock.later(seconds=-back.total_seconds())
    assert await company.works() == []
    assert await company.morning(date(2026, 3, 5), "11:00") == []
    assert len(await company.morning(date(2026, 3, 12))) == 1
    assert await company.told() == ["relance-1 email sent", "relance-2 email sent"]


async def test_fault_8_a_process_that_slept_past_its_permit_sends_nothing(company: Company) -> None:
    """Stopped between the seal and the final dot, it wakes up outside the hours of contact."""
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(date(2026, 3, 4))
    company.clock.set(date(2026, 3, 5), "11:59")
    gate = company.relay.hold("DATA")
    async with company.at_work():
        await gate.wait()
        company.clock.set(date(2026, 3, 5), "12:30")
        gate.opened.set()
    assert company.relay.messages == []
    assert await company.told() == ["relance-1 email planned"]
    assert len(await company.morning(date(2026, 3, 5), "14:00")) == 1


NIGHT = """
  standard:
    for: {{debtor: business}}
    steps:
      - {{name: relance-1, tone: courteous, when: {days} days after due, via: [email]}}
      - {{name: relance-2, tone: firm, when: {later} days after due, via: [email]}}
"""


@pytest.mark.parametrize(
    ("due", "days", "leaves"),
    [
        (date(2026, 3, 26), 3, date(2026, 3, 29)),  # 02:00 becomes 03:00
        (date(2026, 10, 22), 3, date(2026, 10, 25)),  # 03:00 becomes 02:00
        (date(2028, 2, 24), 5, date(2028, 2, 29)),  # a leap day
        (date(2026, 4, 28), 2, date(2026, 4, 30)),  # the last day of a short month
    ],
)
async def test_fault_26_a_step_is_performed_once_on_its_local_day(
    found: Found, due: date, days: int, leaves: date
) -> None:
    company = await found(house=paper.ALWAYS, policies=NIGHT.format(days=days, later=days + 30))
    await company.bills(paper.invoice("F-1", due, issued=due - timedelta(days=20)))
    midnight = datetime.combine(leaves, datetime.min.time(), tzinfo=PARIS).astimezone(UTC)
    sent = []
    for hour in (-2, -0.5, 0, 0.5, 1, 1.5, 2, 3, 4, 12, 22.5, 23, 24, 25):
        at = (midnight + timedelta(hours=hour)).astimezone(PARIS)
        company.clock.later(seconds=(at - company.clock.now()).total_seconds())
        if hour == -2:
            await company.bank(add_bank_days(leaves, -1))
        sent += [at.date() for _ in await company.works()]
    assert sent == [leaves]

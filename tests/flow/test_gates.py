"""What keeps a message in: stale bank data, a creditor not opened, hours, a pace, a bank account nobody confirmed."""

from __future__ import annotations

from datetime import date

import pytest
from structlog.testing import capture_logs

from tests.flow import paper
from tests.flow.company import Company, Said
from tests.flow.conftest import Found

DUE = date(2026, 3, 2)
DAY = date(2026, 3, 5)


async def test_stale_bank_data_defer_with_their_reason(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    assert await company.morning(DAY, fresh=False) == []
    await company.bank(date(2026, 3, 2))
    assert await company.works() == []
    why = await company.desk("why", case="C1")
    assert any("bank data cover until 2026-03-02" in line for line in why["lines"])
    await company.bank(date(2026, 3, 4))
    assert len(await company.works()) == 1


async def test_bank_data_grow_stale_again(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(DAY)
    assert await company.morning(date(2026, 3, 12), fresh=False) == []
    assert (await company.told())[-1] == "relance-2 email planned"
    assert len(await company.morning(date(2026, 3, 13))) == 1


async def test_before_a_creditor_is_opened_no_message_exists(found: Found) -> None:
    company = await found(opened=False)
    await company.bills(paper.invoice("F-1", DUE))
    assert await company.morning(DAY) == []
    assert await company.messages() == []
    assert (await company.desk("forecast"))["rows"] != []
    await company.desk("open", creditor="atelier")
    assert len(await company.works()) == 1


async def test_going_live_on_a_higher_step_passes_the_lower_ones_over(found: Found) -> None:
    company = await found(opened=False)
    await company.bills(
        paper.invoice("F-1", date(2026, 1, 5), issued=date(2025, 12, 5)), paper.invoice("F-2", DUE, "C2")
    )
    company.clock.set(date(2026, 3, 3))
    await company.bank(date(2026, 3, 2))
    await company.desk("open", creditor="atelier", from_step="relance-2")
    (first,) = await company.works()
    assert await company.told("C1") == ["relance-2 email sent"]
    assert "F-1" in first.text
    await company.morning(DAY)
    assert await company.told("C2") == []  # late on that day, too: it starts on relance-2


async def test_going_live_per_day_spreads_the_first_reminders(found: Found) -> None:
    company = await found(opened=False)
    await company.bills(*(paper.invoice(f"F-{n}", DUE, f"C{n}") for n in range(5)))
    company.clock.set(DAY)
    await company.bank(date(2026, 3, 4))
    await company.desk("open", creditor="atelier", per_day=2)
    with capture_logs() as log:
        counts = [len(await company.works())]
    assert len([line for line in log if line["event"] == "reminder planned"]) == 2
    counts += [len(await company.morning(day)) for day in (date(2026, 3, 6), date(2026, 3, 9), date(2026, 3, 10))]
    assert counts == [2, 2, 1, 0]


@pytest.mark.parametrize(
    ("day", "hour", "leaves"),
    [
        (DAY, "08:59", 0),
        (DAY, "09:00", 1),
        (DAY, "12:30", 0),
        (DAY, "17:59", 1),
        (DAY, "18:00", 0),
        (date(2026, 3, 7), "10:00", 0),  # a Saturday
        (date(2026, 4, 6), "10:00", 0),  # Easter Monday
    ],
)
async def test_nobody_hears_from_us_outside_the_hours(company: Company, day: date, hour: str, leaves: int) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    assert len(await company.morning(day, hour)) == leaves


async def test_the_creditors_holidays_keep_everything_in(found: Found) -> None:
    company = await found(creditor='closed: ["2026-03-02..2026-03-08"]')
    await company.bills(paper.invoice("F-1", DUE))
    assert await company.morning(DAY) == []
    assert len(await company.morning(date(2026, 3, 9))) == 1


async def test_a_new_bank_account_parks_everything_until_two_people_confirm_it(found: Found) -> None:
    company = await found()
    await company.bills(paper.invoice("F-1", DUE))
    await company.reopen(iban="FR14 2004 1010 0505 0001 3M02 606")
    assert await company.morning(DAY) == []
    assert await company.told() == ["relance-1 email parked"]
    await company.desk("iban confirm", creditor="atelier", by="claire")
    with pytest.raises(Said):
        await company.desk("iban confirm", creditor="atelier", by="claire")
    await company.desk("approve", message=(await company.last())["id"])
    assert await company.works() == []
    await company.desk("iban confirm", creditor="atelier", by="jean")
    await company.desk("approve", message=(await company.last())["id"])
    (mail,) = await company.works()
    assert "FR14" in mail.text


async def test_a_pause_holds_until_its_end_and_no_longer(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    company.clock.set(date(2026, 3, 4))
    await company.desk("pause", case="C1", until="2026-03-10", reason="they are moving")
    assert await company.morning(DAY) == []
    assert await company.morning(date(2026, 3, 10)) == []
    assert len(await company.morning(date(2026, 3, 11))) == 1


async def test_a_debtor_whom_no_policy_fits_is_never_chased(found: Found) -> None:
    step = "{name: relance-1, tone: courteous, when: 3 days after due, via: [email]}"
    company = await found(policies=f"{{only-public: {{for: {{debtor: public}}, steps: [{step}]}}}}")
    await company.bills(paper.invoice("F-1", DUE))
    assert await company.morning(date(2026, 4, 1)) == []
    assert await company.messages() == []
    rows = (await company.desk("cases", no_policy=True))["rows"]
    assert len(rows) == 1


async def test_in_shadow_the_ladder_is_climbed_and_nothing_leaves(found: Found) -> None:
    company = await found(mode="shadow")
    await company.bills(paper.invoice("F-1", DUE))
    for day in (DAY, date(2026, 3, 12), date(2026, 3, 23)):
        await company.morning(day)
    assert company.relay.connections == 0
    assert company.lying() == []
    told = await company.told()
    assert told[:2] == ["relance-1 email sent", "relance-2 email sent"]


async def test_redirected_mail_comes_to_us_and_says_whose_it_was(found: Found) -> None:
    company = await found(mode="redirect", house="redirect_to: {email: test@atelier-dubois.example}")
    await company.bills(paper.invoice("F-1", DUE), paper.invoice("F-2", DUE, "C2", email=""))
    (mail,) = await company.morning(DAY)
    assert mail.to == "test@atelier-dubois.example"
    assert mail.subject.startswith("[c1@client.example]")
    assert company.lying() == []


async def test_a_database_keeps_the_mode_it_was_born_with(found: Found) -> None:
    company = await found(mode="shadow")
    with pytest.raises(Exception, match="born in mode shadow"):
        await company.reopen(mode="live")
    await company.open(mode="shadow")

"""Short texts as people live them, through OVHcloud: it signs nothing and calls nobody, so it is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from relanced.store.tables import attempts
from tests.flow import paper
from tests.flow.clock import Clock
from tests.flow.company import Company
from tests.flow.conftest import MONDAY, Found
from tests.flow.test_story_sms import SHORT
from tests.sms.ovh_server import APPLICATION, CONSUMER, SECRET, SERVICE, Ovh
from tests.store.rows import every

DUE = date(2026, 3, 2)
FIRST, SECOND = date(2026, 3, 5), date(2026, 3, 12)
MOBILE = "+33612345678"
UNKNOWN_SUBSCRIBER, ABSENT_SUBSCRIBER, BLACKLISTED = 1001, 1022, 1012


@pytest.fixture
async def ovh() -> AsyncIterator[Ovh]:
    service = Ovh(Clock(MONDAY).now)
    yield service
    await service.close()


@pytest.fixture
async def company(found: Found, ovh: Ovh, tmp_path: Path) -> Company:
    """It texts from the short number that OVHcloud lends, and writes letters where it cannot; C1 owes since March 2."""
    secret, consumer = (paper.secret(tmp_path, *said) for said in (("secret", SECRET), ("consumer", CONSUMER)))
    keys = f"application_key: {APPLICATION}, application_secret: {secret}, consumer_key: {consumer}"
    channels = f'  texts: {{kind: sms, provider: ovh, account: {SERVICE}, {keys}, api: "{await ovh.open()}"}}'
    made = await found(roads=", sms: texts", channels=channels, policies=SHORT)
    ovh.now = made.clock.now
    await made.bills(paper.invoice("F-1", DUE, email=""))
    await made.imports("contacts", b"code client;mobile pour sms\nC1;06 12 34 56 78\n")
    return made


async def _moved(company: Company, ovh: Ovh, day: date, hour: str = "10:30") -> None:
    """Within the hour the texts are sent on, and their receipts come in."""
    ovh.moves()
    await company.morning(day, hour, fresh=False)


async def test_a_text_waits_is_sent_and_arrives(company: Company, ovh: Ovh) -> None:
    await company.morning(FIRST)
    [job] = ovh.jobs.values()
    [attempt] = await every(company.house.store, attempts)
    assert (job["receiver"], job["tag"]) == (MOBILE, attempt["id"][:20])
    assert (await company.last())["reference"] in job["message"]
    assert await company.told() == ["relance-1 sms sent"]
    await company.morning(FIRST, "10:00", fresh=False)
    assert await company.told() == ["relance-1 sms sent"]
    await _moved(company, ovh, FIRST)
    assert await company.told() == ["relance-1 sms delivered"]
    assert (await company.events()).count("receipt delivered") == 1


@pytest.mark.parametrize("at_once", [True, False])
async def test_fault_39_a_number_nobody_has_is_told_at_once_or_later_and_a_letter_follows(
    company: Company, ovh: Ovh, at_once: bool
) -> None:
    ovh.invalid = frozenset({MOBILE} if at_once else ())
    ovh.fates = {MOBILE: (2, UNKNOWN_SUBSCRIBER)}
    await company.morning(FIRST)
    await _moved(company, ovh, FIRST)
    assert await company.told() == ["relance-1 sms failed", "relance-1 letter in_tray"]
    await company.desk("letters posted", references=(await company.last())["reference"])
    await company.morning(SECOND)
    assert (await company.told())[-1] == "relance-2 letter in_tray"
    assert len(ovh.sent) + len(ovh.jobs) == (0 if at_once else 1)


async def test_fault_39_a_phone_that_is_off_keeps_its_number(company: Company, ovh: Ovh) -> None:
    ovh.fates = {MOBILE: (2, ABSENT_SUBSCRIBER)}
    await company.morning(FIRST)
    await _moved(company, ovh, FIRST)
    assert await company.told() == ["relance-1 sms failed"]
    assert await company.tasks() == ["not delivered"]
    ovh.fates = {}
    await company.morning(SECOND)
    await _moved(company, ovh, SECOND)
    assert (await company.told())[-1] == "relance-2 sms delivered"


async def test_who_answers_stop_is_never_texted_again(company: Company, ovh: Ovh) -> None:
    await company.morning(FIRST)
    await _moved(company, ovh, FIRST)
    ovh.receives(MOBILE, "Stop SMS")
    await company.morning(FIRST, "11:00", fresh=False)
    assert await company.holds() == ["reply"]
    await company.answered(reason="lu")
    await company.morning(SECOND)
    assert await company.told() == ["relance-1 sms delivered", "relance-2 letter in_tray"]
    assert len(ovh.sent) == 1


async def test_who_said_stop_to_the_operator_is_never_texted_again(company: Company, ovh: Ovh) -> None:
    ovh.fates = {MOBILE: (16, BLACKLISTED)}
    await company.morning(FIRST)
    await _moved(company, ovh, FIRST)
    assert await company.told() == ["relance-1 sms failed", "relance-1 letter in_tray"]
    assert "consent withdrawn" in await company.events()
    await company.desk("letters posted", references=(await company.last())["reference"])
    await company.morning(SECOND)
    assert (await company.told())[-1] == "relance-2 letter in_tray"


async def test_an_answer_to_the_short_number_holds_the_case_and_is_heard_once(company: Company, ovh: Ovh) -> None:
    """It is listed again at every round, and after a restart by a door that remembers nothing."""
    await company.morning(FIRST)
    ovh.receives(MOBILE, "Le virement part lundi, merci de patienter")
    for hour in ("10:30", "11:00"):
        await company.morning(FIRST, hour, fresh=False)
        await company.reopen()
    assert await company.holds() == ["reply"]
    assert await company.tasks() == ["reply"]
    assert (await company.events()).count("reply") == 1


async def test_a_test_keeps_no_answer_of_a_debtor_from_the_house(company: Company, ovh: Ovh) -> None:
    """It asks a door of its own, and whatever it hears is kept for the house as well."""
    await company.morning(FIRST)
    ovh.receives(MOBILE, "J'ai payé hier par virement")
    await company.desk("send-test", channel="texts", to="06 98 76 54 32", wait=0)
    await company.morning(FIRST, "11:00", fresh=False)
    assert await company.holds() == ["reply"]
    assert await company.tasks() == ["reply"]
    await company.morning(SECOND)
    assert await company.told() == ["relance-1 sms sent"]


async def test_fault_40_credits_that_ran_out_cost_no_debtor_anything(company: Company, ovh: Ovh) -> None:
    ovh.trouble = (403, "You do not have enough credits")
    await company.morning(FIRST)
    assert await company.told() == ["relance-1 sms planned"]
    ovh.trouble = None
    await company.morning(FIRST, "11:30", fresh=False)
    assert await company.told() == ["relance-1 sms sent"]
    assert [job["receiver"] for job in ovh.jobs.values()] == [MOBILE]

"""Short texts leave beside the mail, to numbers that were given for them, over the wire format of Twilio."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from relanced.store.tables import addresses
from tests.flow import paper
from tests.flow.clock import Clock
from tests.flow.company import Company
from tests.flow.conftest import MONDAY, Found
from tests.sms.grumpy import Grumpy
from tests.store.rows import every

ACCOUNT, TOKEN = "AC" + "7e" * 16, "an auth token of Twilio"
DUE = date(2026, 3, 2)
FIRST, SECOND = date(2026, 3, 5), date(2026, 3, 12)
MOBILE = "+33612345678"


@pytest.fixture
async def twilio() -> AsyncIterator[Grumpy]:
    account = Grumpy(ACCOUNT, TOKEN, Clock(MONDAY).now, takes=timedelta(minutes=1))
    yield account
    account.hung.set()
    await account.close()


@pytest.fixture
async def company(found: Found, twilio: Grumpy, tmp_path: Path) -> Company:
    """A company that also texts."""
    secret = tmp_path / "twilio"
    secret.write_text(TOKEN)
    secret.chmod(0o600)
    keys = f'account: {ACCOUNT}, token: "${{file:{secret}}}", from: 38123, api: "{await twilio.open()}"'
    made = await found(roads=", sms: texts", channels=f"  texts: {{kind: sms, {keys}}}")
    twilio.now = made.clock.now
    return made


async def owes(company: Company, *lines: str) -> None:
    """A debtor with an invoice, and the numbers the bookkeeper wrote down."""
    await company.bills(paper.invoice("F-1", DUE))
    heading = "code client;téléphone;mobile pour sms;accord sms"
    await company.imports("contacts", "\n".join((heading, *lines, "")).encode())


async def until_the_second_reminder(company: Company) -> None:
    await company.morning(FIRST)
    await company.morning(SECOND)


async def test_a_text_goes_beside_the_second_mail_and_says_the_amount_and_the_reference(
    company: Company, twilio: Grumpy
) -> None:
    await owes(company, "C1;01 42 68 53 00;06 12 34 56 78;")
    await until_the_second_reminder(company)
    [text] = twilio.sent
    message = await company.last()
    assert (text.to, text.sender) == (MOBILE, "38123")
    assert text.body.startswith("Atelier Dubois SARL : 1 234,50 € restent à régler depuis 10 jours (réf. ")
    assert message["reference"] in text.body
    assert await company.told() == ["relance-1 email sent", "relance-2 email sent", "relance-2 sms sent"]
    assert text.validity <= 36_000


@pytest.mark.parametrize("line", ["C1;06 12 34 56 78;;", "C1;;06 12 34 56 78;non"])
async def test_no_text_goes_to_a_number_that_was_given_for_calls_or_refused(
    company: Company, twilio: Grumpy, line: str
) -> None:
    await owes(company, line)
    await until_the_second_reminder(company)
    assert twilio.sent == []
    assert await company.told() == ["relance-1 email sent", "relance-2 email sent"]


async def test_a_number_overseas_is_dialled_as_the_world_dials_it(company: Company, twilio: Grumpy) -> None:
    await owes(company, "C1;;0692 12 34 56;oui")
    await until_the_second_reminder(company)
    assert [text.to for text in twilio.sent] == ["+262692123456"]


async def test_fault_39_a_number_that_takes_no_text_is_struck_and_the_next_one_is_tried(
    company: Company, twilio: Grumpy
) -> None:
    twilio.refuses = {MOBILE: 21614}
    await owes(company, "C1;;06 12 34 56 78;", "C1;;06 98 76 54 32;")
    await until_the_second_reminder(company)
    assert [text.to for text in twilio.sent] == ["+33698765432"]
    assert await company.told() == [
        "relance-1 email sent",
        "relance-2 email sent",
        "relance-2 sms failed",
        "relance-2 sms sent",
    ]


async def test_fault_40_a_suspended_account_counts_against_nobody(company: Company, twilio: Grumpy) -> None:
    twilio.token = "another"
    await owes(company, "C1;;06 12 34 56 78;")
    await until_the_second_reminder(company)
    assert (await company.told())[-1] == "relance-2 sms planned"
    twilio.token = TOKEN
    await company.morning(SECOND, "11:00", fresh=False)
    assert (await company.told())[-1] in ("relance-2 sms sent", "relance-2 sms delivered")
    assert len(twilio.sent) == 1


@pytest.mark.parametrize("loses", ["cut", "500"])
async def test_fault_38_a_text_whose_answer_was_lost_is_found_and_not_sent_again(
    company: Company, twilio: Grumpy, loses: str
) -> None:
    """Faults 4 and 38, through the whole house."""
    await owes(company, "C1;;06 12 34 56 78;")
    twilio.loses = loses
    await until_the_second_reminder(company)
    assert (await company.told())[-1] == "relance-2 sms uncertain"
    twilio.loses = ""
    await company.morning(SECOND, "09:45", fresh=False)
    assert (await company.told())[-1] == "relance-2 sms delivered"
    assert len(twilio.sent) == 1


async def test_a_text_arrives_and_its_receipt_is_asked_for(company: Company, twilio: Grumpy) -> None:
    await owes(company, "C1;;06 12 34 56 78;")
    await until_the_second_reminder(company)
    await company.morning(SECOND, "10:30", fresh=False)
    assert (await company.told())[-1] == "relance-2 sms delivered"


async def test_a_number_that_does_not_exist_is_told_later_and_struck(company: Company, twilio: Grumpy) -> None:
    """Fault 39: the number was taken, and the operator says that nobody has it."""
    twilio.fates = {MOBILE: ("undelivered", 30005)}
    await owes(company, "C1;;06 12 34 56 78;", "C1;;06 98 76 54 32;")
    await until_the_second_reminder(company)
    for hour in ("10:30", "11:00"):
        await company.morning(SECOND, hour, fresh=False)
    assert [text.to for text in twilio.sent] == [MOBILE, "+33698765432"]
    assert "relance-2 sms failed" in await company.told()


async def test_an_answer_by_text_holds_the_case(company: Company, twilio: Grumpy) -> None:
    await owes(company, "C1;;06 12 34 56 78;")
    await until_the_second_reminder(company)
    twilio.receive(MOBILE, "38123", "J'ai payé hier")
    await company.morning(SECOND, "10:30", fresh=False)
    assert await company.holds() == ["reply"]


async def test_a_stop_is_obeyed_at_once(company: Company, twilio: Grumpy) -> None:
    await owes(company, "C1;;06 12 34 56 78;")
    await until_the_second_reminder(company)
    twilio.receive(MOBILE, "38123", "Arrêt SMS")
    await company.morning(SECOND, "10:30", fresh=False)
    [row] = await every(company.house.store, addresses, place=MOBILE)
    assert row["consent"] == "withdrawn"


async def test_the_forecast_counts_the_segments(company: Company) -> None:
    await owes(company, "C1;;06 12 34 56 78;")
    said = await company.desk("forecast", days=30)
    texts = [row for row in said["record"] if row["road"] == "sms"]
    assert [row["step"] for row in texts] == ["relance-2"]
    assert texts[0]["note"].startswith("2 segments; ")
    assert "short texts: 1, 2 segments" in said["lines"]


@pytest.mark.parametrize(("written", "dialled"), [("0692 12 34 56", "+262692123456"), ("06 12 34 56 78", MOBILE)])
async def test_a_test_reaches_a_number_of_overseas_as_people_write_it(
    company: Company, twilio: Grumpy, written: str, dialled: str
) -> None:
    await company.desk("send-test", channel="texts", to=written, wait=0)
    assert [text.to for text in twilio.sent] == [dialled]

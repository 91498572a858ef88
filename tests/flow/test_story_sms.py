"""Short texts as people live them, through a Twilio: a number nobody has, a phone that is off, and STOP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from relanced.demo.twilio import Twilio
from tests.flow import paper
from tests.flow.clock import Clock
from tests.flow.company import Company
from tests.flow.conftest import MONDAY, Found

ACCOUNT, TOKEN = "AC" + "7e" * 16, "an auth token of Twilio"
DUE = date(2026, 3, 2)
FIRST, FRIDAY, SECOND, THIRD = date(2026, 3, 5), date(2026, 3, 6), date(2026, 3, 16), date(2026, 3, 30)
MOBILE, OTHER, OURS = "+33612345678", "+33698765432", "38123"
SHORT = """
  texts:
    for: {debtor: business}
    steps:
      - {name: relance-1,     tone: courteous, when: 3 days after due,  via: [sms, letter]}
      - {name: relance-2,     tone: firm,      when: 10 days after due, via: [sms, letter]}
      - {name: relance-ferme, tone: firm,      when: 21 days after due, via: [sms, letter]}
"""


@pytest.fixture
async def twilio() -> AsyncIterator[Twilio]:
    account = Twilio(ACCOUNT, TOKEN, Clock(MONDAY).now, takes=timedelta(minutes=1))
    yield account
    await account.close()


@pytest.fixture
async def company(found: Found, twilio: Twilio, tmp_path: Path) -> Company:
    """It texts, and writes letters where it cannot."""
    keys = f'account: {ACCOUNT}, token: {paper.secret(tmp_path, "twilio", TOKEN)}, api: "{await twilio.open()}"'
    channels = f"  texts: {{kind: sms, {keys}, from: {OURS}}}"
    made = await found(roads=", sms: texts", channels=channels, policies=SHORT)
    twilio.now = made.clock.now
    return made


async def _owes(company: Company, debtor: str = "C1", *numbers: str) -> None:
    await company.bills(paper.invoice(f"F-{debtor}", DUE, debtor, email="", address=f"{debtor[1:]} RUE DU BAC"))
    await _known(company, *((debtor, number) for number in numbers or ("06 12 34 56 78",)))


async def _known(company: Company, *numbers: tuple[str, str]) -> None:
    """The bookkeeper writes numbers down."""
    lines = [f"{debtor};{number}" for debtor, number in numbers]
    await company.imports("contacts", "\n".join(("code client;mobile pour sms", *lines, "")).encode())


async def _later(company: Company, day: date, hour: str) -> None:
    await company.morning(day, hour, fresh=False)


def _written_to(twilio: Twilio) -> list[str]:
    return [text.to for text in twilio.sent]


async def test_fault_39_the_number_is_dead_so_a_letter_goes_and_nobody_texts_there_again(
    company: Company, twilio: Twilio
) -> None:
    """Twilio takes the text; the operator says an hour later that nobody has that number."""
    twilio.fates = {MOBILE: ("undelivered", 30005)}
    await _owes(company)
    await company.morning(FIRST)
    assert await company.told() == ["relance-1 sms sent"]
    await _later(company, FIRST, "10:30")
    assert await company.told() == ["relance-1 sms failed", "relance-1 letter in_tray"]
    assert "address dead" in await company.events()
    await company.desk("letters posted", references=(await company.last())["reference"])
    await company.morning(SECOND)
    assert (await company.told())[-1] == "relance-2 letter in_tray"
    assert _written_to(twilio) == [MOBILE]


async def test_fault_39_a_phone_that_is_switched_off_is_texted_again_with_the_next_reminder(
    company: Company, twilio: Twilio
) -> None:
    """It did not arrive, and a person is told; but the number stands, and the day's reminder is not said twice."""
    twilio.fates = {MOBILE: ("undelivered", 30003)}
    await _owes(company)
    await company.morning(FIRST)
    await _later(company, FIRST, "10:30")
    assert await company.told() == ["relance-1 sms failed"]
    assert await company.tasks() == ["not delivered"]
    twilio.fates = {}
    await company.morning(SECOND)
    await _later(company, SECOND, "10:30")
    assert (await company.told())[-1] == "relance-2 sms delivered"


async def test_who_says_stop_is_never_texted_again_whatever_is_owed_or_written_down(
    company: Company, twilio: Twilio
) -> None:
    """C1 and C2 are looked after by one accountant, with one phone: it rings once a day."""
    await _owes(company, "C1")
    await _owes(company, "C2")
    await company.morning(FIRST)
    assert _written_to(twilio) == [MOBILE]
    await company.morning(FRIDAY)
    assert _written_to(twilio) == [MOBILE, MOBILE]
    twilio.receive(MOBILE, OURS, "STOP")
    await _later(company, FRIDAY, "10:30")
    for debtor in ("C1", "C2"):
        assert await company.holds(debtor) == ["reply"]
        assert "consent withdrawn" in await company.events(debtor)
        await company.answered(debtor, reason="lu")
    await _known(company, ("C1", "06 12 34 56 78"), ("C2", "06 12 34 56 78"))
    for day in (SECOND, THIRD):
        await company.morning(day)
        for debtor in ("C1", "C2"):
            letter = await company.last(debtor)
            assert (letter["road"], letter["state"]) == ("letter", "in_tray")
            await company.desk("letters posted", references=letter["reference"])
    assert _written_to(twilio) == [MOBILE, MOBILE]


async def test_stop_speaks_of_the_number_that_said_it_and_of_no_other(company: Company, twilio: Twilio) -> None:
    await _owes(company, "C1", "06 12 34 56 78", "06 98 76 54 32")
    await company.morning(FIRST)
    twilio.receive(MOBILE, OURS, "Arrêt.")
    await _later(company, FIRST, "10:30")
    await company.answered(reason="Mme Durand s’en occupe désormais")
    await company.morning(SECOND)
    assert _written_to(twilio) == [MOBILE, OTHER]


async def test_an_answer_is_read_by_a_person_before_anything_else_leaves(company: Company, twilio: Twilio) -> None:
    """« J'ai payé » is a claim, not a payment: the case stands still until somebody has looked."""
    await _owes(company)
    await company.morning(FIRST)
    twilio.receive(MOBILE, OURS, "Bonjour, j'ai payé hier. Cdlt")
    await _later(company, FIRST, "10:30")
    (task,) = (await company.desk("tasks"))["record"]
    assert "« Bonjour, j'ai payé hier. Cdlt »" in task["words"]
    await company.morning(THIRD)
    assert await company.told() == ["relance-1 sms delivered"]
    await company.imports("payments", paper.payment("F-C1", date(2026, 3, 4)), date(2026, 3, 20))
    await company.answered(reason="payé, en effet")
    await company.works()
    assert await company.told() == ["relance-1 sms delivered"]
    assert "reply" not in await company.tasks()

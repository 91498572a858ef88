"""A sheet may lie for days in a tray: it is posted only while all it says is still so."""

from __future__ import annotations

from datetime import date

from tests.flow import answers, paper
from tests.flow.company import Company, reads
from tests.flow.conftest import Found

DUE, DAY = date(2026, 3, 2), date(2026, 3, 5)
LETTERS = """
  letters:
    for: {debtor: business}
    steps:
      - {name: relance-1, tone: courteous, when: 3 days after due, via: [letter]}
"""
TWICE = """
  twice:
    for: {debtor: business}
    steps:
      - {name: relance-1, tone: courteous, when: 3 days after due, via: [email]}
      - {name: relance-2, tone: firm, when: 10 days after due, via: [email], also: [letter]}
"""


async def _offered(company: Company, until: str = "2026-03-06") -> None:
    await company.bills(paper.invoice("F-1", DUE))
    await company.works()
    await company.desk("offer", case="C1", off="10%", until=until, remind=True)


async def _taken(company: Company) -> str:
    return " | ".join((await company.desk("letters take"))["lines"])


async def test_a_sheet_that_recalls_an_offer_is_not_posted_after_its_end(found: Found) -> None:
    company = await found(policies=LETTERS)
    await _offered(company)
    await company.morning(DAY)
    assert "au plus tard le 6 mars 2026" in reads(company.lying()[0])
    company.clock.set(date(2026, 3, 9))
    assert "ne pas poster (waits for bank data until 2026-03-10: an offer ended on 2026-03-06)" in await _taken(company)
    await company.works()
    assert company.lying() == []
    await company.morning(date(2026, 3, 11))
    (sheet,) = company.lying()
    assert "valable jusqu’au 6 mars 2026, est arrivée à son terme" in reads(sheet)
    assert (await _taken(company)).startswith("1 letter")


async def test_a_sheet_that_recalls_an_offer_which_another_replaced_is_worded_again(found: Found) -> None:
    company = await found(policies=LETTERS)
    await _offered(company, "2026-03-20")
    await company.morning(DAY)
    await company.desk("offer", case="C1", off="20%", until="2026-03-19", remind=True)
    assert "what it says is not so any more" in await _taken(company)
    await company.works()
    (sheet,) = company.lying()
    assert "987,60" in reads(sheet) and "19 mars 2026" in reads(sheet) and "20 mars" not in reads(sheet)
    assert (await _taken(company)).startswith("1 letter")


async def test_a_sheet_that_recalls_an_offer_is_worded_again_once_a_part_of_it_is_paid(found: Found) -> None:
    company = await found(policies=LETTERS)
    await company.bills(paper.invoice("F-1", DUE), paper.invoice("F-2", date(2026, 3, 27)))
    await company.works()
    await company.desk("offer", case="C1", invoices="F-1,F-2", off="10%", until="2026-03-20", remind=True)
    await company.morning(DAY)
    assert "votre règlement de 2 222,10 €" in reads(company.lying()[0])
    await company.imports("payments", paper.payment("F-2", DAY, "1 234,50"), DAY)
    assert "what it says is not so any more" in await _taken(company)
    await company.works()
    (sheet,) = company.lying()
    assert "votre règlement de 987,60 €" in reads(sheet)
    assert (await _taken(company)).startswith("1 letter")


async def test_a_sheet_that_recalls_a_broken_promise_is_worded_again_once_a_part_of_it_came(found: Found) -> None:
    company = await found(policies=LETTERS)
    await company.bills(paper.invoice("F-1", DUE), paper.invoice("F-2", date(2026, 3, 27)))
    await company.works()
    await company.desk("promise", case="C1", invoices="F-1,F-2", date="2026-03-04", unconfirmed=True)
    await company.morning(date(2026, 3, 9))
    (sheet,) = company.lying()
    assert "il ne nous est pas parvenu" in reads(sheet)
    await company.imports("payments", paper.payment("F-2", date(2026, 3, 9), "1 234,50"), date(2026, 3, 9))
    assert "what it says is not so any more" in await _taken(company)
    await company.works()
    (sheet,) = company.lying()
    assert "nous n’en avons reçu que 1 234,50 €" in reads(sheet)


async def test_a_copy_worded_after_a_part_was_paid_is_posted_as_it_is(found: Found) -> None:
    company = await found(policies=paper.COPIED)
    await company.bills(paper.invoice("F-1", DUE), paper.invoice("F-2", DUE))
    company.clock.set(DAY)
    await company.bank(date(2026, 3, 4))
    await company.stops_after_the_mail()
    await company.desk("paid", invoice="F-2")
    await company.desk("start")
    await company.works()
    (sheet,) = company.lying()
    assert "F-1" in reads(sheet) and "F-2" not in reads(sheet)
    assert (await _taken(company)).startswith("1 letter")


async def test_a_copy_is_withdrawn_when_only_what_it_does_not_name_is_left(found: Found) -> None:
    company = await found(policies=TWICE)
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(DAY)
    await company.bills(paper.invoice("F-2", date(2026, 3, 9)))
    company.clock.set(date(2026, 3, 12))
    await company.bank(date(2026, 3, 11))
    await company.stops_after_the_mail()
    assert await company.told() == ["relance-1 email sent", "relance-2 email sent", "relance-2 letter planned"]
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 11), "1 234,50"))
    await company.desk("start")
    await company.sends()
    assert (await company.told())[-1] == "relance-2 letter cancelled"
    assert "nothing of it is owed any more" in (await company.last())["reason"]


async def test_a_copy_is_not_posted_when_a_part_is_paid_while_it_lies(found: Found) -> None:
    company = await found(policies=paper.COPIED)
    await company.bills(paper.invoice("F-1", DUE), paper.invoice("F-2", DUE))
    await company.morning(DAY)
    assert len(company.lying()) == 1
    await company.imports("payments", paper.payment("F-2", DAY, "100,00"), DAY)
    assert "ne pas poster" in await _taken(company)
    await company.works()
    assert company.lying() == []
    assert await company.told() == ["relance-1 email sent", "relance-1 letter cancelled"]


async def test_no_sheet_is_taken_before_what_came_back_has_been_read(found: Found) -> None:
    company = await found(policies=LETTERS)
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(DAY)
    await company.desk("ingest", files={"message": answers.letter(company, "Je conteste.", "c1@client.example")})
    assert "pas avant 2026-03-05 09:31 (what came back is being read)" in await _taken(company)
    await company.works()
    assert await company.holds() == ["reply"]
    assert await _taken(company) == "no letter to take"


async def test_a_sheet_with_a_former_bank_account_is_not_posted(found: Found) -> None:
    company = await found(policies=LETTERS)
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(DAY)
    assert paper.IBAN in reads(company.lying()[0])
    await company.reopen(iban="FR14 2004 1010 0505 0001 3M02 606")
    await company.works()
    assert "the bank account in the configuration is new" in await _taken(company)
    await company.desk("iban confirm", creditor="atelier", by="claire")
    await company.desk("iban confirm", creditor="atelier", by="jean")
    assert "what it says is not so any more" in await _taken(company)
    await company.works()
    (sheet,) = company.lying()
    assert "FR14 2004 1010 0505 0001 3M02 606" in reads(sheet)
    assert (await _taken(company)).startswith("1 letter")

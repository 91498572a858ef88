"""Which address: the next contact when one is dead, then the next road, then a person."""

from __future__ import annotations

from datetime import date

from tests.flow import paper
from tests.flow.company import Company, reads

DUE = date(2026, 3, 2)
GONE = "550 5.1.1 no such user here"


async def test_fault_30_a_dead_address_turns_to_the_next_contact_then_to_a_letter(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    await company.imports("contacts", paper.contacts(("C1", "boss@client.example", 1)))
    company.relay.answers("RCPT c1@client.example", GONE)
    company.relay.answers("RCPT boss@client.example", GONE)
    assert await company.morning(date(2026, 3, 5)) == []
    assert await company.told() == ["relance-1 email failed", "relance-1 email failed", "relance-1 letter in_tray"]
    (sheet,) = company.lying()
    assert "F-1" in reads(sheet)


async def test_fault_30_a_dead_address_is_never_used_again(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    await company.imports("contacts", paper.contacts(("C1", "boss@client.example", 1)))
    company.relay.answers("RCPT c1@client.example", GONE)
    (first,) = await company.morning(date(2026, 3, 5))
    company.relay.answers("RCPT c1@client.example", "250 2.1.5 Ok")
    (second,) = await company.morning(date(2026, 3, 12))
    assert (first.to, second.to) == ("boss@client.example", "boss@client.example")
    assert sum(c.startswith("RCPT TO:<c1@") for c in company.relay.commands) == 1


async def test_the_next_address_is_the_same_contact_of_the_day(company: Company) -> None:
    """A fallback is one touch: it is not deferred by the cap of one contact a day."""
    await company.bills(paper.invoice("F-1", DUE))
    await company.imports("contacts", paper.contacts(("C1", "boss@client.example", 1)))
    company.relay.answers("RCPT c1@client.example", GONE)
    assert [mail.to for mail in await company.morning(date(2026, 3, 5))] == ["boss@client.example"]


async def test_when_no_road_is_left_the_terms_stand_still_and_a_person_is_asked(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE, address=""))
    company.relay.answers("RCPT c1@client.example", GONE)
    await company.morning(date(2026, 3, 5))
    assert await company.holds() == ["unreachable"]
    assert "unreachable" in await company.tasks()
    assert await company.morning(date(2026, 3, 12)) == []
    await company.imports("contacts", paper.contacts(("C1", "new@client.example", 0)))
    await company.desk("resume", case="C1", reason="they gave us another address")
    (mail,) = await company.works()
    assert mail.to == "new@client.example"
    assert (await company.told())[-1] == "relance-1 email sent"
    assert "unreachable" not in await company.tasks()


async def test_an_address_that_several_debtors_share_hears_from_us_once_a_day(company: Company) -> None:
    shared = "compta@holding.example"
    await company.bills(*(paper.invoice(f"F-{n}", DUE, f"C{n}", email=shared) for n in (1, 2, 3)))
    days = [date(2026, 3, 5), date(2026, 3, 6), date(2026, 3, 9), date(2026, 3, 12)]
    counts = [len(await company.morning(day)) for day in days]
    assert counts == [1, 1, 0, 1]  # one a day, two a week


async def test_a_bounced_contact_does_not_undo_a_reminder_that_counts(company: Company) -> None:
    """550 on the copy by mail of a posted letter: the letter was performed, the copy alone has failed."""
    await company.bills(paper.invoice("F-1", DUE))
    for day in (date(2026, 3, 5), date(2026, 3, 12), date(2026, 3, 23)):
        await company.morning(day)
    company.relay.answers("RCPT c1@client.example", GONE)
    await company.desk("letters posted", references=(await company.last())["reference"])
    assert await company.works() == []
    assert (await company.told())[-2:] == ["relance-ferme letter sent", "relance-ferme email failed"]
    assert await company.holds() == []

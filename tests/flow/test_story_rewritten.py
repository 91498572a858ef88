"""A relay that writes its own Message-ID over ours and forbids our envelope sender, as Microsoft and Amazon SES do."""

from __future__ import annotations

from datetime import date

import pytest

from tests.flow import answers, paper
from tests.flow.company import Company
from tests.flow.conftest import Found
from tests.flow.relay import Mail

DUE, DAY, NEXT = date(2026, 3, 2), date(2026, 3, 5), date(2026, 3, 12)
FIRST, SECOND, THIRD = (f"<P{n}@P{n}.EURP193.PROD.OUTLOOK.COM>" for n in (1, 2, 3))
PLAIN = "compta@atelier-dubois.example"
STRANGER = "direction@groupe.example"  # nobody whom the house knows


@pytest.fixture
async def company(found: Found) -> Company:
    """Its relay tells the name it gives; a sender with a token is one it does not know, and it knows no DSN."""
    made = await found(email=", verp: true, rewrites_ids: true", connections=1)  # in the order of the cases
    made.relay.answers("EHLO", "250-relay\r\n250 SIZE 20000000")
    made.relay.answers("MAIL", "554 5.2.252 SendAsDenied; not allowed to send as this sender")
    made.relay.answers(f"MAIL {PLAIN}", "250 2.1.0 Sender OK")
    made.relay.answers(
        "DOT", *(f"250 2.0.0 OK {name} [Hostname=P.EURP193.PROD.OUTLOOK.COM]" for name in (FIRST, SECOND))
    )
    await made.bills(*(paper.invoice(f"F-{n}", DUE, f"C{n}", address=f"{n} RUE X") for n in (1, 2)))
    return made


async def _reminded(company: Company) -> tuple[Mail, Mail]:
    first, second = await company.morning(DAY)
    assert [first.to, second.to] == ["c1@client.example", "c2@client.example"]
    return first, second


async def _comes(company: Company, message: bytes) -> None:
    """The mail server hands a mail over."""
    await company.desk("ingest", files={"message": message})
    await company.works()


async def test_fault_31_what_leaves_leaves_once_from_the_plain_sender(company: Company) -> None:
    await _reminded(company)
    assert len(company.relay.messages) == 2
    senders = [c.partition("<")[2].partition(">")[0] for c in company.relay.commands if c.startswith("MAIL")]
    assert [sender == PLAIN for sender in senders].count(True) == 2
    assert [await company.told(debtor) for debtor in ("C1", "C2")] == [["relance-1 email sent"]] * 2
    assert await company.tasks() == []


async def test_an_answer_to_the_name_the_relay_gave_holds_its_case_and_no_other(company: Company) -> None:
    """Somebody of the debtor's answers whom we do not know, and quotes nothing."""
    await _reminded(company)
    await _comes(company, answers.letter(company, "Nous contestons.", STRANGER, In_Reply_To=SECOND, References=SECOND))
    assert [await company.holds(debtor) for debtor in ("C1", "C2")] == [[], ["reply"]]
    assert [m.to for m in await company.morning(NEXT)] == ["c1@client.example"]


async def test_an_answer_that_kept_our_own_name_among_its_references_holds_too(company: Company) -> None:
    """What the relay wrote over survives in References, where some servers answer to it."""
    _, second = await _reminded(company)
    assert second.references == second.message_id
    await _comes(company, answers.letter(company, "Nous contestons.", STRANGER, References=second.references))
    assert [await company.holds(debtor) for debtor in ("C1", "C2")] == [[], ["reply"]]


async def test_a_bounce_that_knows_only_the_relays_name_moves_on_to_a_letter(company: Company) -> None:
    """The report names no attempt, and comes to the plain sender."""
    _, second = await _reminded(company)
    await _comes(company, answers.bounce(second, attempt="", message_id=SECOND))
    assert await company.told("C1") == ["relance-1 email sent"]
    assert await company.told("C2") == ["relance-1 email failed", "relance-1 letter in_tray"]


async def test_a_bounce_of_an_address_behind_it_is_told_to_people(company: Company) -> None:
    """Only the relay's name says whose it is: the address is none of ours, and is not struck."""
    _, second = await _reminded(company)
    await _comes(company, answers.bounce(second, to=f"parti-{STRANGER}", attempt="", message_id=SECOND))
    assert [await company.told(debtor) for debtor in ("C1", "C2")] == [
        ["relance-1 email sent"],
        ["relance-1 email failed"],
    ]
    assert await company.tasks() == ["not delivered"]


async def test_the_next_reminder_stays_in_the_thread(company: Company) -> None:
    first, _ = await _reminded(company)
    company.relay.answers("DOT", f"250 2.0.0 OK {THIRD}")
    again = next(mail for mail in await company.morning(NEXT) if mail.to == first.to)
    assert first.message_id in again.references.split() and again.message_id in again.references.split()

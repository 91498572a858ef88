"""A provider of mailboxes that takes no more for now makes its own mail wait, and nobody else's."""

from __future__ import annotations

from datetime import date

from tests.flow import paper
from tests.flow.conftest import Found

DUE, DAY = date(2026, 3, 2), date(2026, 3, 5)
SLOW = {
    "email": ", per_domain: {slow.example other.example: 1/hour}",
    "policies": "{standard: {for: {debtor: business}, steps: ["
    "{name: relance-1, tone: courteous, when: 3 days after due, via: email}]}}",
}


async def test_what_waits_for_its_provider_leaves_when_its_turn_comes(found: Found) -> None:
    company = await found(**SLOW, house=paper.ALWAYS)
    addresses = ["a@slow.example", "b@slow.example", "c@other.example", "d@fast.example"]
    await company.bills(*(paper.invoice(f"F-{n}", DUE, f"C{n}", email=at) for n, at in enumerate(addresses)))
    assert {mail.to for mail in await company.morning(DAY)} == {"a@slow.example", "d@fast.example"}
    queue = await company.desk("queue")
    assert "slow.example other.example gets no more for now" in str(queue["rows"])
    for address in ("b@slow.example", "c@other.example"):
        company.clock.later(minutes=59)
        assert await company.works() == []
        company.clock.later(minutes=1, seconds=1)
        assert [mail.to for mail in await company.works()] == [address]


async def test_one_creditors_mailbox_may_be_exhausted_too(found: Found) -> None:
    company = await found(email=", per_sender: 1/day", policies=SLOW["policies"], house=paper.ALWAYS)
    await company.bills(paper.invoice("F-1", DUE), paper.invoice("F-2", DUE, "C2"))
    assert len(await company.morning(DAY)) == 1
    assert len(await company.morning(date(2026, 3, 6))) == 1

"""Replies that only thank are let go with thanks: one by one, or all of the day. Invoices due on 2 March 2026."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.flow import answers, paper
from tests.flow.company import Company, Said
from tests.flow.relay import Mail

DUE, DAY = date(2026, 3, 2), date(2026, 3, 5)
THANKS = "Bonjour,\n\nMerci pour votre rappel.\n\nCordialement"


async def _reminded(company: Company, *debtors: str) -> dict[str, Mail]:
    bills = [paper.invoice(f"F-{n}", DUE, debtor, address=f"{n} RUE X") for n, debtor in enumerate(debtors, 1)]
    await company.bills(*bills)
    return {mail.to.partition("@")[0].upper(): mail for mail in await company.morning(DAY)}


async def _writes(company: Company, mail: Mail, text: str, **heads: str) -> None:
    await company.desk("ingest", files={"message": answers.reply(company, mail, text, **heads)})
    await company.works()


async def _released(company: Company, **words: Any) -> list[str]:
    return list((await company.desk("release", kind="thanks", **words))["lines"])


async def test_a_case_is_released_with_thanks_in_the_thread(company: Company) -> None:
    sent = await _reminded(company, "C1")
    await _writes(company, sent["C1"], THANKS)
    assert await _released(company, case="C1", seen="h1") == [
        "case 1 (Client C1) is released, thanked by mail at c1@client.example"
    ]
    assert (await company.holds(), await company.tasks()) == ([], [])
    (mail,) = await company.works()
    assert mail.subject.split() == f"Re: {sent['C1'].subject}".split()
    assert "Nous avons bien reçu votre message et vous en remercions." in mail.text
    assert (
        any(name.endswith("@client.example>") for name in mail.references.split())
        and sent["C1"].message_id in mail.references
    )
    assert (await company.told())[-1] == "thanks email sent"
    (mail,) = await company.morning(date(2026, 3, 12))
    assert "Nous faisons suite à notre échange du 5 mars 2026." in " ".join(mail.text.split())


async def test_nobody_is_thanked_who_has_not_written(company: Company) -> None:
    await _reminded(company, "C1")
    with pytest.raises(Said, match="case 1 has no reply that waits"):
        await _released(company, case="C1")
    assert await company.works() == []
    assert await _released(company) == ["no reply waits that only thanks"]


async def test_all_that_only_thank_are_released_and_the_others_stay(company: Company) -> None:
    sent = await _reminded(company, "C1", "C2", "C3", "C4")
    await _writes(company, sent["C1"], THANKS)
    await _writes(company, sent["C2"], "Nous contestons cette facture.")
    await _writes(company, sent["C3"], THANKS)
    await _writes(company, sent["C3"], "Le règlement est parti hier par virement.")
    await _writes(company, sent["C4"], THANKS)
    await company.desk("take", case="C4", by="jean")
    assert await _released(company) == [
        "case 1 (Client C1) is released, thanked by mail at c1@client.example",
        "case 4 (Client C4) is left: it is jean's",
    ]
    assert [mail.to for mail in await company.works()] == ["c1@client.example"]
    held = [debtor for debtor in ("C1", "C2", "C3", "C4") if await company.holds(debtor)]
    assert held == ["C2", "C3", "C4"]
    assert await _released(company, by="jean") == [
        "case 4 (Client C4) is released, thanked by mail at c4@client.example"
    ]


async def test_who_has_no_address_any_more_is_released_without(company: Company) -> None:
    sent = await _reminded(company, "C1")
    await _writes(company, sent["C1"], THANKS)
    await company.desk("contact dead", case="C1", where="c1@client.example")
    (told,) = await _released(company)
    assert told.startswith("case 1 (Client C1) is released, not thanked in writing: no usable mail address")
    assert await company.holds() == []


async def test_thanks_keep_to_the_hours_of_contact(company: Company) -> None:
    sent = await _reminded(company, "C1")
    await _writes(company, sent["C1"], THANKS)
    company.clock.set(DAY, "21:00")
    await _released(company)
    assert await company.works() == []
    assert len(await company.morning(date(2026, 3, 6))) == 1

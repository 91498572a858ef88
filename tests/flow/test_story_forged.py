"""Forged mail, and mail of machines that write to each other: what is not proved strikes nobody and answers nobody."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date

import pytest

from relanced.channel import heard_mail
from relanced.store.tables import addresses, heard
from tests.flow import answers, paper
from tests.flow.company import Company
from tests.flow.relay import Mail
from tests.reading.test_any_bytes import mutant
from tests.store.rows import every

DUE, DAY, NEXT = date(2026, 3, 2), date(2026, 3, 5), date(2026, 3, 12)


async def _reminded(company: Company) -> tuple[Mail, Mail]:
    """C1 and C2 got a mail each."""
    await company.bills(paper.invoice("F-1", DUE), paper.invoice("F-2", DUE, "C2", address="2 RUE DU BAC"))
    first, second = sorted(await company.morning(DAY), key=lambda mail: mail.to)
    return first, second


async def _arrive(company: Company, *mails: bytes) -> None:
    for mail in mails:
        await company.desk("ingest", files={"message": mail})
    await company.works()


async def _struck(company: Company) -> list[str]:
    return [a["place"] for a in await every(company.house.store, addresses) if a["dead_since"]]


# -- bounces ------------------------------------------------------------------------------------------------------

MADE_UP = "nobodys-attempt"


@pytest.mark.parametrize("what", ["an attempt", "a Message-ID", "our domain", "half a name", "a reference", "nothing"])
async def test_attack_19_a_bounce_that_proves_nothing_has_no_effect(company: Company, what: str) -> None:
    """Attack 19, fault 48."""
    mail, _ = await _reminded(company)
    reference = str((await company.last())["reference"])
    forged = {
        "an attempt": answers.bounce(mail, attempt="0" * 24, message_id="<x@y.example>"),
        "a Message-ID": answers.bounce(mail, attempt="", message_id="<made@up.example>"),
        "our domain": answers.bounce(mail, attempt="", message_id="<made-up@atelier-dubois.example>"),
        "half a name": answers.bounce(mail, attempt="", message_id=f"{mail.message_id[:-20]}{'0' * 19}>"),
        "a reference": answers.bounce(mail, attempt="", message_id="<x@y.example>").replace(
            b"Subject: x", f"Subject: Votre facture, réf. {reference}".encode()
        ),
        "nothing": answers.bounce(mail, attempt="", message_id="<x@y.example>"),
    }
    await _arrive(company, forged[what])
    company.clock.later(hours=2)
    await company.works()
    assert (await company.told(), await company.holds(), await _struck(company)) == (["relance-1 email sent"], [], [])
    assert len(await company.tasks()) == 1  # somebody may look at it
    (row,) = await every(company.house.store, heard)
    assert row["waits"] == "unmatched"


@pytest.mark.parametrize("to", ["c2@client.example", "direction@client.example", "c1@client.example.evil.example"])
async def test_attack_19_a_bounce_strikes_no_address_but_the_one_we_wrote_to(company: Company, to: str) -> None:
    """Attack 19. It names a message of C1's, and somebody else: another debtor, or nobody we know."""
    mail, _ = await _reminded(company)
    await _arrive(company, answers.bounce(mail, to=to))
    assert await _struck(company) == []
    assert (await company.told("C2"), await company.tasks()) == (["relance-1 email sent"], ["not delivered"])
    assert len(await company.morning(NEXT)) == 2


async def test_attack_19_a_bounce_of_a_mail_of_last_year_strikes_nobody(company: Company) -> None:
    """Attack 19. Servers give up after days: whoever reports later has found an old mail of ours."""
    mail, _ = await _reminded(company)
    company.clock.later(days=200)
    await _arrive(company, answers.bounce(mail))
    assert await _struck(company) == []
    assert "not delivered" in await company.tasks()


# -- guesses ------------------------------------------------------------------------------------------------------


def _nearly(token: str) -> list[str]:
    """The same with one character changed, each in its turn."""
    other = {"2": "3"}
    changed = (token[:at] + other.get(one, "2") + token[at + 1 :] for at, one in enumerate(token) if one != "-")
    return list(changed)


async def test_attack_16_guessed_tokens_find_nothing(company: Company) -> None:
    """Attack 16. An attempt has 96 bits of chance, a Message-ID more, and one that is nearly right is wrong."""
    mail, _ = await _reminded(company)
    chance = random.Random(16)
    guesses = [f"{chance.getrandbits(96):024x}" for _ in range(20)] + _nearly(mail.attempt)
    bounces = [answers.bounce(mail, attempt=one, message_id="<x@y.example>") for one in guesses]
    reference = str((await company.last())["reference"])
    told = [mail.message_id.replace(reference.lower(), one.lower()) for one in _nearly(reference)]
    replies = [answers.letter(company, "Bonjour", "x@evil.example", **{"In-Reply-To": one}) for one in told]
    await _arrive(company, *bounces, *replies)
    company.clock.later(hours=2)
    await company.works()
    assert (await company.told(), await company.holds(), await _struck(company)) == (["relance-1 email sent"], [], [])
    rows = await every(company.house.store, heard)
    assert Counter(row["waits"] for row in rows) == {"unmatched": len(bounces) + len(replies)}
    assert [row["case_id"] for row in rows] == [None] * len(rows)


# -- loops --------------------------------------------------------------------------------------------------------


async def test_attack_21_machines_that_answer_each_other_come_to_rest(company: Company) -> None:
    """Attack 21. An autoresponder answers each of our mails, another house like ours reminds us: we answer neither."""
    mail, _ = await _reminded(company)
    for _ in range(5):
        await _arrive(company, answers.away(company, mail, "Votre message a bien été reçu."))
    await _arrive(company, *company.relay.messages)
    assert company.relay.fresh() == []
    assert (await company.holds(), await company.tasks()) == ([], [])
    assert len(company.relay.mails) == 2


# -- any bytes ----------------------------------------------------------------------------------------------------


async def test_whatever_is_handed_over_is_kept_as_it_came_and_read_or_left_to_a_person(company: Company) -> None:
    """Fault 46. Mutants of real mails, and noise: none is lost, none stops the others."""
    seed = random.randrange(10**9)
    chance = random.Random(seed)
    given = [mutant(chance) for _ in range(40)] + [chance.randbytes(chance.randint(1, 3000)) for _ in range(20)]
    given = [raw for raw in dict.fromkeys(given) if raw.strip()]
    await _arrive(company, *given)
    company.clock.later(hours=2)
    await company.works()
    rows = await every(company.house.store, heard)
    first = {heard_mail(raw, {}).key.replace("\0", "?"): raw for raw in reversed(given)}
    assert [row["raw"] for row in rows] == [raw for raw in given if raw in first.values()], seed
    assert all(row["read_at"] for row in rows), seed

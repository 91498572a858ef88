"""What a person corrects by hand: read as an import reads it, and told by the next import instead of being undone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.flow import paper
from tests.flow.company import Company, Said
from tests.flow.conftest import Found

DUE = date(2026, 3, 2)
DAY = date(2026, 3, 5)


@pytest.fixture
async def billed(company: Company) -> Company:
    """The usual company with one invoice."""
    await company.bills(paper.invoice("F-1", DUE))
    return company


async def _lines(company: Company, verb: str, **words: Any) -> list[str]:
    said = await company.desk(verb, case="C1", **words)
    lines: list[str] = said["lines"]
    return lines


async def test_a_correction_is_read_as_a_cell_is_and_kept(billed: Company) -> None:
    lines = await _lines(billed, "debtor", segment="Collectivité", siren="732 829 320", tags="clé, Nord")
    assert lines == [
        "C1: segment: business is now public",
        "C1: siren: nothing is now 732829320",
        "C1: tags: nothing is now clé, Nord",
        "kept against later imports: segment, siren, tags (--give-back lets them rule again)",
    ]
    done = await billed.desk("import", files={"f.csv": paper.invoices(paper.invoice("F-2", DUE))}, kind="invoices")
    assert "kept by claire: debtors C1: segment stays public, the file says business" in done["lines"]
    assert await _lines(billed, "debtor", give_back=["segment"]) == [
        "C1: segment: public is now business",
        "the imports rule again: segment",
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"siren": "732829321"}, 'siren: "732829321" is not a SIREN'),
        ({"segment": "amis"}, 'segment: "amis" is none of: entreprise, particulier, public'),
        ({"address": "12 RUE DES FORGES"}, "address: .* ends in no postcode and town"),
        ({"name": ""}, 'name: "" must not be empty'),
        ({"policy": "standart"}, r"there is no policy standart \(there are: "),
        ({"owner": "luc"}, r"there is no person luc \(there are: claire, jean\)"),
        ({"closed": ["2026-08-20..2026-08-01"]}, "closed: the first day must not come after the last"),
        ({"give_back": ["colour"]}, "give back: colour is none of name, segment"),
        ({"give_back": ["name"]}, "nobody keeps name"),
    ],
)
async def test_what_an_import_would_refuse_is_refused(billed: Company, words: dict[str, Any], told: str) -> None:
    with pytest.raises(Said, match=told):
        await billed.desk("debtor", case="C1", **words)


async def test_without_anything_to_set_it_shows_who_keeps_what(billed: Company) -> None:
    await billed.desk("debtor", by="jean", case="C1", owner="claire", closed=["2026-08-01..2026-08-20"])
    await billed.desk("contact remove", case="C1", where="C1@client.example")
    rows = {row[0]: row[1:] for row in (await billed.desk("debtor", case="C1"))["rows"]}
    assert rows["owner"] == ["claire", "jean", "nothing"]
    assert rows["name"] == ["Client C1", None, None]
    assert rows["closed"][0] == "2026-08-01..2026-08-20"
    assert rows["email c1@client.example"] == ["removed on 2026-03-02", "claire", ""]


async def test_an_excluded_debtor_is_not_reminded(billed: Company) -> None:
    await billed.desk("debtor", case="C1", excluded="yes")
    assert await billed.morning(DAY) == []
    await billed.desk("debtor", case="C1", excluded="no")
    assert len(await billed.works()) == 1


async def test_nothing_leaves_while_the_debtor_is_closed(billed: Company) -> None:
    await billed.desk("debtor", case="C1", closed=["2026-03-01..2026-03-08"])
    assert await billed.morning(DAY) == []
    assert len(await billed.morning(date(2026, 3, 9))) == 1


async def test_another_policy_is_for_the_next_time_unless_it_is_adopted(billed: Company) -> None:
    await billed.morning(DAY)
    name = billed.house.premises.config.policies_of("atelier")[0].name
    lines = await _lines(billed, "debtor", policy=name)
    assert lines[-1] == "the policy it climbs stays until nothing is open: relanced adopt atelier --case C1"


async def test_mail_goes_where_a_person_says_whatever_the_next_import_says(billed: Company) -> None:
    await billed.desk("contact edit", case="C1", where="c1@client.example", to="Compta@Client.EXAMPLE")
    await billed.bills(paper.invoice("F-2", DUE))
    (mail,) = await billed.morning(DAY)
    assert mail.to == "Compta@client.example"


async def test_what_waited_for_an_address_leaves_once_a_person_found_one(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE, email="", address=""))
    assert await company.morning(DAY) == []
    assert (await company.holds(), await company.tasks()) == (["unreachable"], ["unreachable"])
    lines = await _lines(company, "contact add", where="patron@client.example")
    assert lines[-1] == "goes on, for an address was found: 1 of its terms"
    assert len(await company.works()) == 1
    assert (await company.holds(), await company.tasks()) == ([], [])


async def test_dead_and_alive(billed: Company) -> None:
    assert (await _lines(billed, "contact dead", where="c1@client.example"))[0].endswith(
        "is dead: nothing is sent there"
    )
    assert await billed.morning(DAY) == []
    assert (await billed.last())["road"] == "letter"
    assert (await _lines(billed, "contact alive", where="c1@client.example"))[0].endswith("is in use again")


async def test_a_dead_mailbox_does_not_come_back_in_capitals(billed: Company) -> None:
    await billed.desk("contact dead", case="C1", where="c1@client.example")
    await billed.bills(paper.invoice("F-1", DUE, email="C1@Client.example"))
    assert await billed.morning(DAY) == []
    assert (await billed.last())["road"] == "letter"


async def test_a_removed_mailbox_does_not_come_back_in_capitals(billed: Company) -> None:
    await billed.desk("contact remove", case="C1", where="c1@client.example")
    await billed.bills(paper.invoice("F-1", DUE, email="C1@Client.example"))
    assert await billed.morning(DAY) == []


@pytest.mark.parametrize(
    ("verb", "words", "told"),
    [
        ("contact add", {"where": "a@b, c@d"}, "is not one address"),
        ("contact add", {"where": "a@b.example;c@d.example"}, "is not one address"),
        ("contact add", {"where": "06 99 00 12 34"}, r"\+33699001234: say --road sms or --road phone"),
        ("contact add", {"where": "1 RUE X, 35000 RENNES"}, "a postal address is the debtor's own"),
        ("contact add", {"where": "12", "road": "sms"}, "is not a telephone number"),
        ("contact add", {"where": "c1@client.example"}, "is there already"),
        ("contact edit", {"where": "c1@client.example"}, "say what to set"),
        ("contact edit", {"where": "c1@client.example", "to": "06 99 00 12 34"}, "is not of the same kind"),
        ("contact edit", {"where": "c1@client.example", "to": "x@y.example", "rank": "1"}, "--to stands alone"),
        ("contact edit", {"where": "nobody@client.example", "rank": "1"}, "has no contact nobody@client.example"),
        ("contact remove", {"where": "c1@client.example", "road": "pigeon"}, "pigeon is none of email, sms"),
    ],
)
async def test_a_contact_is_read_as_an_import_reads_it(
    billed: Company, verb: str, words: dict[str, Any], told: str
) -> None:
    with pytest.raises(Said, match=told):
        await billed.desk(verb, case="C1", **words)


async def test_a_postal_address_can_be_called_dead_in_one_line(billed: Company) -> None:
    lines = await _lines(billed, "contact dead", where="1 RUE DU BAC, 75007 PARIS")
    assert lines[0] == "C1: 1 RUE DU BAC, 75007 PARIS is dead: nothing is sent there"


# -- the queue ----------------------------------------------------------------------------------------------------


async def test_the_queue_tells_its_age_by_channel_and_reason(found: Found) -> None:
    company = await found(email=", rate: 1/hour")
    await company.bills(*(paper.invoice(f"F-{n}", DUE, f"C{n}") for n in range(3)))
    assert len(await company.morning(DAY)) == 1
    company.clock.later(minutes=20)
    rows = (await company.desk("queue", ages=True))["rows"]
    assert rows == [["compta", "planned", "held by rate until 2026-03-05 10:30", 2, "2026-03-05 09:30", "20 min", ""]]
    lines = (await company.desk("queue"))["lines"]
    assert lines[0] == "compta: 2 planned, the oldest 20 min old: held by rate until 2026-03-05 10:30"


async def test_a_closed_door_and_a_stop_are_the_reason_of_all_that_is_due(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    company.relay.answers("MAIL", "535 5.7.8 bad credentials")
    await company.morning(DAY)
    ((_, _, why, *_),) = (await company.desk("queue", ages=True))["rows"]
    assert why.startswith("the door is closed until 2026-03-05 09:30: 535")
    await company.desk("stop", reason="a strange payment")
    ((_, _, why, *_),) = (await company.desk("queue", ages=True))["rows"]
    assert why == "sending is stopped: a strange payment"


async def test_reasons_that_differ_in_their_dates_are_one(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE), paper.invoice("F-2", date(2026, 2, 27), "C2"))
    await company.morning(DAY, fresh=False)
    ((channel, state, why, many, *_),) = (await company.desk("queue", ages=True))["rows"]
    assert (channel, state, many) == ("compta", "planned", 2)
    assert why == "bank data were never imported; needed until …: relanced import"

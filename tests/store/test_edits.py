"""What people set by hand stays, whatever a later import says, until they give it back."""

from __future__ import annotations

from typing import Any

import pytest

from relanced.rules.model import Consent, Road, Segment
from relanced.rules.rows import ContactRow, DebtorRow
from relanced.store.asked import Unfitting
from relanced.store.edits import Edited
from relanced.store.opening import Store
from relanced.store.tables import holds
from relanced.store.tables import tasks as tasks_table
from tests.store.books import STREET, Books
from tests.store.post import Post
from tests.store.rows import every

QUAY = ["1 QUAI LAMENNAIS", "35000 RENNES"]
MAIL = "compta@garage.example"


async def _set(books: Books, back: tuple[str, ...] = (), **said: Any) -> Edited:
    return await books.store.edits.debtor(books.cases["garage"], said, back, "claire", books.now, books.today)


async def _contact(books: Books, place: str = MAIL, back: tuple[str, ...] = (), **said: Any) -> Edited:
    edits, case_id = books.store.edits, books.cases["garage"]
    return await edits.edit_contact(case_id, None, place, said, back, "claire", books.now, books.today)


async def _add(books: Books, place: str, **said: Any) -> Edited:
    edits, case_id = books.store.edits, books.cases["garage"]
    return await edits.add_contact(case_id, Road.EMAIL, place, said, "claire", books.now, books.today)


async def _remove(books: Books, place: str = MAIL, instead: str = "") -> Edited:
    edits, case_id = books.store.edits, books.cases["garage"]
    return await edits.remove_contact(case_id, None, place, instead, "claire", books.now, books.today)


async def _ways(books: Books, road: Road = Road.EMAIL) -> list[tuple[str, str, int]]:
    """The addresses of a road that can be used: where, name, rank."""
    ways = (await books.facts()).facts.addresses
    return [(a.where, a.name, a.rank) for a in ways if a.road is road and a.dead_since is None]


@pytest.fixture(autouse=True)
async def _garage(books: Books) -> None:
    await books.debtor()
    await books.invoice()


# -- the debtor ---------------------------------------------------------------------------------------------------


async def test_a_field_set_by_hand_outlives_the_next_import_which_tells_it(books: Books) -> None:
    done = await _set(books, name="Garage Martin")
    assert done.changed == {"name": ("Garage", "Garage Martin")}
    report = await books.apply("debtors", debtors=(books_row(name="GARAGE SA", language="en"),))
    facts = (await books.facts()).facts
    assert (facts.debtor.name, facts.debtor.language) == ("Garage Martin", "en")
    assert report.kept == ("kept by claire: debtors garage: name stays Garage Martin, the file says GARAGE SA",)


async def test_an_import_that_agrees_has_nothing_to_tell_and_voids_no_permit(books: Books) -> None:
    await _set(books, name="Garage Martin")
    before = await books.version()
    for name in ("Garage Martin", "GARAGE SA", "GARAGE SA"):
        report = await books.apply("debtors", debtors=(books_row(name=name),))
        assert len(report.kept) == (name != "Garage Martin")
    assert await books.version() == before


async def test_what_is_given_back_is_at_once_what_the_files_said_last(books: Books) -> None:
    await _set(books, name="Garage Martin")
    await books.apply("debtors", debtors=(books_row(name="GARAGE SA"),))
    done = await _set(books, back=("name",))
    assert done.changed == {"name": ("Garage Martin", "GARAGE SA")}
    report = await books.apply("debtors", debtors=(books_row(name="GARAGE SAS"),))
    assert report.kept == ()
    assert (await books.facts()).facts.debtor.name == "GARAGE SAS"


async def test_what_nobody_keeps_cannot_be_given_back(books: Books) -> None:
    with pytest.raises(Unfitting, match="nobody keeps name"):
        await _set(books, back=("name",))


async def test_a_dry_run_tells_what_is_kept_and_notes_nothing(books: Books) -> None:
    await _set(books, name="Garage Martin")
    report = await books.apply("debtors", debtors=(books_row(name="GARAGE SA"),), dry_run=True)
    assert (report.dry_run, len(report.kept)) == (True, 1)
    assert (await _set(books, back=("name",))).changed["name"][1] == "Garage"


async def test_every_column_an_import_may_set_can_be_kept(books: Books) -> None:
    said: dict[str, Any] = {
        "name": "Garage Martin",
        "segment": "public",
        "siren": "732829320",
        "address": QUAY,
        "language": "en",
        "tags": ["clé"],
        "excluded": True,
        "policy_wanted": "standard",
        "owner": "jean",
    }
    await _set(books, **said)
    row = books_row(tags=("a",), excluded=False, policy="other", owner="luc", siren="552100554", language="de")
    report = await books.apply("debtors", debtors=(row,))
    kept = await books.store.edits.row(books.cases["garage"])
    assert {name: kept[name] for name in said} == said
    assert {line.split(": ")[2].split(" stays")[0] for line in report.kept} == {
        *("name", "segment", "siren", "address", "language", "tags", "excluded", "policy", "owner")
    }


async def test_a_correction_voids_permits_and_the_journal_says_who(books: Books) -> None:
    before = await books.version()
    await _set(books, language="en")
    await _set(books, closed=[["2026-08-01", "2026-08-20"]])
    assert await books.version() == before + 2
    assert [str(first) for first, _ in (await books.facts()).facts.debtor.closed] == ["2026-08-01"]
    told = (await books.store.views.journal_of(books.cases["garage"]))[-2]
    assert (told["event"], told["by"]) == ("debtor edited", "claire")
    assert '"language":["fr","en"]' in told["body"]


async def test_to_say_again_what_is_so_keeps_it_and_voids_nothing(books: Books) -> None:
    before = await books.version()
    assert (await _set(books, name="Garage")).changed == {}
    assert await books.version() == before
    await books.apply("debtors", debtors=(books_row(name="GARAGE SA"),))
    assert (await books.facts()).facts.debtor.name == "Garage"


async def test_a_new_postal_address_is_a_road_and_the_old_one_is_left(books: Books) -> None:
    await _set(books, address=QUAY)
    assert await _ways(books, Road.LETTER) == [("\n".join(QUAY), "Garage", 0)]
    assert (await books.facts()).facts.debtor.postcode == "35000"
    await books.apply("debtors", debtors=(books_row(),))
    assert await _ways(books, Road.LETTER) == [("\n".join(QUAY), "Garage", 0)]
    await _set(books, back=("address",))
    assert [where for where, *_ in await _ways(books, Road.LETTER)] == ["\n".join(STREET)]


async def test_a_letter_goes_out_in_the_name_that_was_corrected(books: Books) -> None:
    await _set(books, name="Garage Martin")
    assert [name for _, name, _ in await _ways(books, Road.LETTER)] == ["Garage Martin"]


# -- its contacts -------------------------------------------------------------------------------------------------


async def test_a_contact_added_by_hand_comes_last_and_keeps_what_was_said(books: Books) -> None:
    await _add(books, "patron@garage.example", name="M. Martin")
    await books.contact("garage", "patron@garage.example", rank=0)
    assert await _ways(books) == [(MAIL, "", 0), ("patron@garage.example", "M. Martin", 0)]
    with pytest.raises(Unfitting, match="is there already: relanced contact edit"):
        await _add(books, "PATRON@garage.example")


async def test_rank_and_consent_set_by_hand_are_kept(books: Books) -> None:
    await _contact(books, rank=7, consent="given")
    report = await books.apply("contacts", contacts=(contact_row(consent=Consent.WITHDRAWN),))
    (way,) = [a for a in (await books.facts()).facts.addresses if a.road is Road.EMAIL]
    assert (way.rank, way.consent) == (7, Consent.GIVEN)
    assert [line.split(": ", 2)[2] for line in report.kept] == [
        "rank stays 7, the file says 0",
        "consent stays given, the file says withdrawn",
    ]
    await _contact(books, back=("rank",))
    assert await _ways(books) == [(MAIL, "", 0)]


async def test_a_removed_contact_does_not_come_back_by_an_import_but_by_a_person(books: Books) -> None:
    await _remove(books)
    report = await books.apply("contacts", contacts=(contact_row(),))
    assert await _ways(books) == []
    assert report.kept == (f"kept by claire: contacts {MAIL}: stays removed",)
    with pytest.raises(Unfitting, match=f"has no contact {MAIL}"):
        await _contact(books, rank=1)
    await _add(books, MAIL)
    assert [where for where, *_ in await _ways(books)] == [MAIL]
    assert (await books.apply("contacts", contacts=(contact_row(),))).kept == ()


async def test_another_address_takes_the_place_of_the_former(books: Books) -> None:
    await _contact(books, name="Mme Petit", rank=3)
    await _remove(books, instead="petit@garage.example")
    assert await _ways(books) == [("petit@garage.example", "Mme Petit", 3)]


async def test_a_person_says_dead_and_alive(books: Books) -> None:
    await _contact(books, dead_since=books.today)
    assert await _ways(books) == []
    with pytest.raises(Unfitting, match="dead since 2026-03-10: relanced contact alive"):
        await _add(books, MAIL)
    await _contact(books, dead_since=None)
    assert [where for where, *_ in await _ways(books)] == [MAIL]


async def test_a_number_for_calls_and_for_texts_is_told_apart_by_its_road(books: Books) -> None:
    for road in (Road.SMS, Road.PHONE):
        await books.contact("garage", "+33699001234", road)
    with pytest.raises(Unfitting, match="is there for sms, phone: say --road"):
        await _remove(books, "+33699001234")


@pytest.mark.parametrize("found", ["a contact", "an address", "alive"])
async def test_terms_that_stood_still_for_want_of_an_address_go_on_once_one_is_found(
    books: Books, post: Post, found: str
) -> None:
    await _contact(books, dead_since=books.today)
    (term,) = await books.term_ids()
    await post.plan_case(stranded=(term,))
    before = await books.version()
    if found == "a contact":
        done = await _add(books, "patron@garage.example")
    elif found == "an address":
        done = await _set(books, address=QUAY)
    else:
        done = await _contact(books, dead_since=None)
    assert done.freed == 1
    assert await books.version() == before + 1
    assert all(h["ended_by"] == "claire" for h in await every(books.store, holds))
    assert all(t["closed_at"] for t in await every(books.store, tasks_table))


async def test_what_people_keep_can_be_looked_at(store: Store, books: Books) -> None:
    await _set(books, owner="jean")
    row = await store.edits.row(books.cases["garage"])
    assert row["kept"] == {"owner": {"by": "claire", "said": ""}}
    assert {way["road"]: way["kept"] for way in await store.edits.contacts(row["id"])} == {"email": {}, "letter": {}}


def books_row(**said: Any) -> DebtorRow:
    """The debtor as the next file has it."""
    return DebtorRow(1, "garage", **{"name": "Garage", "segment": Segment.BUSINESS, "address": STREET, **said})


def contact_row(**said: Any) -> ContactRow:
    """Its mail address as the next file has it."""
    return ContactRow(1, "garage", Road.EMAIL, MAIL, **said)

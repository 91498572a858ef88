"""What the words of La Poste mean: presented, delivered, refused, not fetched, nobody there, back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relanced.channel import Receipt, Said, registered_number
from relanced_letter.events import Event, Means
from tests.laposte.desk import Desk, desk
from tests.laposte.post import NUMBER, back, delivered, event, handed_in, nobody, refused, returning, unclaimed, waiting

DAY = "2026-04-10"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as made:
        yield made


async def _told(here: Desk, *events: dict[str, Any], final: bool = False) -> list[Receipt]:
    here.post.says(*events, final=final)
    return await here.ask()


MEANS = [
    (event("DR1", DAY, "Déclaratif réceptionné"), [Said.NOTED]),
    (handed_in(DAY), [Said.POSTED]),
    (event("EP1", DAY, "En attente de présentation"), [Said.NOTED]),
    (event("MD2", DAY, "Mis en distribution"), [Said.NOTED]),
    (event("PB1", DAY, "Problème en cours"), [Said.DELAYED]),
    (event("PB1", DAY, "Le destinataire était absent, un avis de passage a été déposé."), [Said.PRESENTED]),
    (event("ND1", DAY, "Destinataire absent, avisé."), [Said.PRESENTED]),
    (event("ND1", DAY, "N'a pu être distribué. Une nouvelle présentation aura lieu demain."), [Said.DELAYED]),
    (event("ND1", DAY, "Ne peut être distribué, retour à l'expéditeur."), [Said.RETURNED]),
    (event("DI3", DAY, "Retardé"), [Said.DELAYED]),
    (waiting(DAY), [Said.PRESENTED]),
    (delivered(DAY), [Said.DELIVERED]),
    (event("DI0", DAY, "Distribué en lot"), [Said.DELIVERED]),
    (back(DAY), [Said.RETURNED]),
    (returning(DAY), [Said.RETURNED]),
    (refused(DAY), [Said.PRESENTED, Said.RETURNED]),
    (unclaimed(DAY), [Said.RETURNED]),
    (nobody(DAY), [Said.RETURNED]),
    (event("ZZ9", DAY, "Un code de demain"), [Said.NOTED]),
]


@pytest.mark.parametrize(("said", "means"), MEANS, ids=[row[0]["label"][:40] for row in MEANS])
async def test_each_event_means_one_thing(here: Desk, said: dict[str, Any], means: list[Said]) -> None:
    assert [r.said for r in await _told(here, said)] == means


async def test_what_came_back_to_us_was_not_delivered_to_the_debtor(here: Desk) -> None:
    said = await _told(
        here, handed_in("2026-04-02"), waiting("2026-04-04"), returning("2026-04-20"), back("2026-04-22")
    )
    assert [r.said for r in said] == [Said.POSTED, Said.PRESENTED, Said.RETURNED, Said.RETURNED]
    assert not any(r.address_dead for r in said)
    assert [bool(r.proofs) for r in said] == [True, False, False, True]


async def test_what_was_not_delivered_today_may_be_tomorrow(here: Desk) -> None:
    """A letter that failed cannot be delivered any more."""
    today = event("ND1", "2026-04-09", "Votre envoi n'a pas pu être distribué.")
    assert [r.said for r in await _told(here, today)] == [Said.DELAYED]
    assert [r.said for r in await _told(here, today, delivered(DAY), final=True)] == [Said.DELAYED, Said.DELIVERED]


async def test_what_was_not_delivered_and_is_over_has_come_back(here: Desk) -> None:
    today = event("ND1", DAY, "Non distribuable")
    assert [r.said for r in await _told(here, waiting(DAY), today)] == [Said.PRESENTED, Said.DELAYED]
    over = await _told(here, waiting(DAY), today, final=True)
    assert (over[-1].said, over[-1].address_dead, bool(over[-1].proofs)) == (Said.RETURNED, False, True)


NOBODY = [
    "Le destinataire est inconnu à l'adresse indiquée.",
    "Destinataire n’habite pas à l’adresse indiquée (NPAI)",
    "L'adresse est incomplète.",
    "Adresse erronée",
    "Défaut d'accès ou d'adressage",
    "Le destinataire a déménagé.",
]
SOMEBODY = [
    "Le pli a été refusé par le destinataire.",
    "Pli avisé et non réclamé.",
    "Le destinataire n'a pas retiré le pli dans le délai.",
    "Délai d'instance expiré",
    "Votre courrier est retourné à son expéditeur.",
    "",
]


@pytest.mark.parametrize("code", ["ND1", "RE1", "DI2"])
@pytest.mark.parametrize(("label", "dead"), [(w, True) for w in NOBODY] + [(w, False) for w in SOMEBODY])
async def test_an_address_is_struck_only_when_the_post_says_that_nobody_is_there(
    here: Desk, code: str, label: str, dead: bool
) -> None:
    returned = (await _told(here, event(code, DAY, label), final=True))[-1]
    assert (returned.said, returned.address_dead) == (Said.RETURNED, dead)


async def test_why_it_comes_back_may_stand_in_another_event(here: Desk) -> None:
    said = await _told(here, nobody("2026-04-07"), returning("2026-04-08"))
    assert [(r.said, r.address_dead) for r in said] == [(Said.RETURNED, True)] * 2


async def test_the_same_day_is_no_reason_to_take_the_end_for_the_middle(here: Desk) -> None:
    """Dates without an hour, as the post often gives them: what ended the letter is told last, and with the proof."""
    said = await _told(here, delivered(DAY), event("MD2", DAY, "Mis en distribution"), waiting(DAY), final=True)
    assert said[-1].said is Said.DELIVERED
    assert said[-1].proofs


async def test_a_letter_that_is_over_is_told_again_with_its_proof(here: Desk) -> None:
    said = await _told(here, refused("2026-04-07"), returning("2026-04-08"))
    assert not any(r.proofs for r in said)
    over = await _told(here, refused("2026-04-07"), returning("2026-04-08"), final=True)
    assert over[-1].said is Said.RETURNED
    assert over[-1].proofs[0].name == f"suivi-la-poste-{NUMBER}.json"


async def test_an_end_that_nobody_understands_is_for_a_person(here: Desk) -> None:
    here.post.says(event("ZZ9", DAY, "Un code de demain"), final=True)
    with pytest.raises(ValueError, match="has done with 1A12345678901, and nobody here knows how: ZZ9"):
        await here.ask()


async def test_an_event_without_a_date_is_for_a_person(here: Desk) -> None:
    here.post.says(event("DI1", "", "Distribué"))
    with pytest.raises(ValueError, match="gives DI1 of 1A12345678901 no date"):
        await here.ask()


async def test_the_day_is_that_of_the_postman(here: Desk) -> None:
    """Half past eleven at night in UTC is the next day in Paris; without a zone, it is their own time."""
    said = await _told(here, waiting("2026-04-03T22:30:00Z"), delivered("2026-04-09T23:30:00"))
    assert [r.on for r in said] == [date(2026, 4, 4), date(2026, 4, 9)]


async def test_in_whatever_order_it_is_told_it_means_the_same(here: Desk) -> None:
    """Fault 42."""
    events = (handed_in("2026-04-02"), waiting("2026-04-04"), delivered("2026-04-09"))
    here.post.newest_first, first = None, await _told(here, *events)
    for some in permutations(events):
        here.post.letters[NUMBER] = list(some)
        here.reopen()
        assert await here.ask() == first


@given(st.text(), st.text(), st.text())
def test_no_event_breaks_anything(code: str, label: str, at: str) -> None:
    event = Event(code, label, at)
    assert event.means in Means
    assert event.words.isprintable()
    assert event.at is None or event.at.tzinfo


# -- numbers ------------------------------------------------------------------------------------------------------

GOOD = [
    ("1A 123 456 7890 1", "1A12345678901"),
    ("1e00232062142", "1E00232062142"),
    ("8R-1234567-8901", "8R12345678901"),
    ("RK 12345678 5 FR", "RK123456785FR"),
    ("2C\u00a0123\u202f456\u00a07890\u00a01", "2C12345678901"),
]


@pytest.mark.parametrize(("typed", "number"), GOOD)
def test_a_number_is_read_as_people_type_it(typed: str, number: str) -> None:
    assert registered_number(typed) == number


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "1A 1",
        "1A1234567890123456",
        "1A 123/456 7890",
        "recommandé",
        "RECOMMANDEE",
        "١٢٣٤٥٦٧٨٩٠١٢٣",
        "1A12345678901\0",
    ],
)
def test_what_is_no_number_is_told(typed: str) -> None:
    with pytest.raises(ValueError, match="expected the 11 to 15 digits and letters"):
        registered_number(typed)


@pytest.mark.parametrize("wrong", ["RK123456784FR", "RK123456885FR", "RK213456785FR"])
def test_a_wrong_digit_of_an_international_number_is_noticed(wrong: str) -> None:
    with pytest.raises(ValueError, match="wrong digit"):
        registered_number(wrong)

"""In doubt: Maileva is asked for our custom id. Only a list read to its end, and a deleted draft, prove an absence."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from relanced.channel import Absent, Found, Sent, Unknown
from relanced_maileva.channel import UNDER_WAY
from tests.channels.contract import BEFORE
from tests.maileva.letters import letter, never, office, yes
from tests.maileva.mail_house import Cut, Order


async def test_fault_38_a_letter_taken_in_spite_of_an_error_is_found_and_not_sent_again() -> None:
    async with office() as here:
        here.house.cut = Cut(5, done=True)
        parcel = here.door.compose(letter())
        assert isinstance(await here.door.submit(parcel, yes), Unknown)
        found = await here.door.find(parcel, BEFORE)
        (order,) = here.house.submitted()
        assert isinstance(found, Found)
        assert isinstance(found.answer, Sent)
        assert found.answer.id == order.id


async def test_a_draft_is_deleted_before_it_is_called_absent() -> None:
    """A submission that still travels then finds nothing to submit."""
    async with office() as here:
        here.house.cut = Cut(5, done=False)
        parcel = here.door.compose(letter())
        assert isinstance(await here.door.submit(parcel, yes), Unknown)
        (draft,) = here.house.drafts()
        assert isinstance(await here.door.find(parcel, BEFORE), Absent)
        assert draft.id not in here.house.orders


async def test_a_draft_that_cannot_be_deleted_proves_nothing() -> None:
    async with office() as here:
        here.house.orders["x1"] = Order("x1", {"custom_id": "a1"})
        here.house.fault = lambda request: web.Response(status=500) if request.method == "DELETE" else None
        assert isinstance(await here.door.find(here.door.compose(letter()), BEFORE), Unknown)


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("page", [2, 7, 13, 14, 500])
async def test_a_letter_is_found_among_many_however_they_are_listed(page: int, newest_first: bool) -> None:
    async with office() as here:
        here.house.page, here.house.newest_first = page, newest_first
        for n in range(14):
            await here.send(f"a{n}")
        for attempt, kind in (("a0", Found), ("a6", Found), ("a13", Found), ("a14", Absent)):
            assert isinstance(await here.door.find(here.door.compose(letter(attempt)), BEFORE), kind), attempt


async def test_a_list_that_changes_while_it_is_read_proves_nothing() -> None:
    """A draft deleted meanwhile moves the next page by one: the letter we look for may have slipped away."""
    async with office() as here:
        here.house.page, here.house.newest_first = 3, False
        for n in range(8):
            here.house.orders[f"x{n}"] = Order(f"x{n}", {"custom_id": f"b{n}"})
        order = await here.send("a1")
        pages = iter(range(100))

        def delete(request: web.Request) -> None:
            if request.method == "GET" and next(pages) == 1:
                del here.house.orders["x0"]

        here.house.fault = delete
        found = await here.door.find(here.door.compose(letter("a2")), BEFORE)
        assert isinstance(found, Unknown), (found, order)


@pytest.mark.parametrize("said", [b"", b"[]", b"{}", b'{"sendings": 1}', b'{"sendings": [{"id": "../x"}]}', b"\xff"])
async def test_a_list_that_cannot_be_understood_proves_nothing(said: bytes) -> None:
    async with office() as here:
        here.house.fault = lambda request: web.Response(body=said) if request.method == "GET" else None
        assert isinstance(await here.door.find(here.door.compose(letter()), BEFORE), Unknown)


async def test_fewer_than_they_say_there_are_prove_nothing() -> None:
    async with office() as here:
        said = {"sendings": [], "paging": {"total_results": 3}}
        here.house.fault = lambda request: web.json_response(said) if request.method == "GET" else None
        assert isinstance(await here.door.find(here.door.compose(letter()), BEFORE), Unknown)


async def test_a_letter_under_way_is_neither_found_nor_handed_over_twice() -> None:
    async with office() as here:
        parcel, asked, let = here.door.compose(letter()), asyncio.Event(), asyncio.Event()

        async def go() -> bool:
            asked.set()
            return await let.wait()

        first = asyncio.create_task(here.door.submit(parcel, go))
        await asked.wait()
        assert await here.door.submit(parcel, never) == Unknown(UNDER_WAY)
        assert await here.door.find(parcel, BEFORE) == Unknown(UNDER_WAY)
        let.set()
        assert isinstance(await first, Sent)
        assert len(here.house.submitted()) == 1

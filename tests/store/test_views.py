"""What people look at."""

from __future__ import annotations

import pytest

from relanced.channel import Sent
from relanced.store.opening import Store
from relanced.store.tables import cases
from relanced.store.views import NotFound
from tests.store.books import CREDITOR, IBAN, Books
from tests.store.post import Post
from tests.store.rows import every


async def test_a_case_is_found_by_its_debtor_an_invoice_or_its_number(store: Store, books: Books) -> None:
    await books.debtor()
    await books.invoice("F-2026-031")
    case_id = books.cases["garage"]
    assert [await store.views.find_case(text) for text in ("garage", "F-2026-031", str(case_id))] == [case_id] * 3
    for text in ("nobody", "²", "99999999999999999999"):
        with pytest.raises(NotFound, match="no case, debtor or invoice goes by"):
            await store.views.find_case(text)


async def test_a_name_that_several_creditors_use_must_be_told_apart(store: Store, books: Books) -> None:
    await store.house.settle_config("config-2", {CREDITOR: IBAN, "martin": IBAN}, books.now)
    other = Books(store, "martin")
    await books.debtor()
    await other.debtor()
    with pytest.raises(NotFound, match=r"names several cases: 1 \(dubois, garage, Garage\), 2 \(martin, .*--creditor"):
        await store.views.find_case("garage")
    assert await store.views.find_case("garage", "martin") == other.cases["garage"]


async def test_one_case_whole(store: Store, books: Books, post: Post) -> None:
    await books.debtor()
    await books.invoice()
    message = await post.plan()
    await post.seal(message)
    await post.answer(message, Sent("7", "250 2.0.0 queued as 7"))
    case_id = books.cases["garage"]
    (head,) = await every(store, cases, id=case_id)
    assert (head["name"], head["creditor"], head["segment"], head["state"]) == ("Garage", CREDITOR, "business", "open")
    (worded,) = await store.views.messages_of(case_id)
    told = (worded["step"], worded["road"], worded["state"], worded["words"])
    assert told == ("relance-1", "email", "sent", "250 2.0.0 queued as 7")
    assert await store.views.counts() == {"sent": 1}
    assert [c["id"] for c in await store.views.cases(CREDITOR)] == [case_id]
    assert (await store.views.cases("martin"), await store.views.cases(state="closed")) == ([], [])
    assert list(await store.views.case_ids()) == [case_id]


async def test_what_is_not_there_is_told_plainly(store: Store) -> None:
    with pytest.raises(NotFound, match="there is no message 7"):
        await store.views.message(7)


async def test_every_creditor_is_shown(store: Store) -> None:
    assert [c["key"] for c in await store.views.creditors()] == [CREDITOR]

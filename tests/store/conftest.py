"""What the store's tests start from."""

from __future__ import annotations

import pytest

from relanced.store.opening import Store
from tests.store.books import Books
from tests.store.post import Post


@pytest.fixture
def books(store: Store) -> Books:
    """The creditor's books, empty."""
    return Books(store)


@pytest.fixture
def post(books: Books) -> Post:
    """The way of its messages."""
    return Post(books)

"""Opens companies, and closes them however a story ends."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from relanced.store import migrate
from relanced.store.opening import Store
from tests.flow import paper
from tests.flow.clock import Clock
from tests.flow.company import Company
from tests.flow.relay import Relay

Found = Callable[..., Awaitable[Company]]
MONDAY = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def unborn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with today's schema in which nothing has happened yet."""
    return tmp_path_factory.mktemp("unborn") / "relanced.db"


async def _migrated(path: Path) -> None:
    store = Store(f"sqlite:///{path}")
    await migrate.upgrade(store.engine)
    await store.close()


@pytest.fixture
async def found(tmp_path: Path, unborn: Path) -> AsyncIterator[Found]:
    """`await found(mode="shadow")`: a company whose configuration says something otherwise; `copies=True`: with a
    journal mailbox; `opened=False`: whose reminders may not leave yet; `at`: what its clock shows at first; `disk`:
    where its database lies."""
    if not unborn.exists():
        await _migrated(unborn)
    async with AsyncExitStack() as stack:

        async def company(
            copies: bool = False,
            opened: bool = True,
            at: datetime = MONDAY,
            disk: Path = tmp_path,
            **words: object,
        ) -> Company:
            for tray in ("letters", "registered"):
                (tmp_path / tray).mkdir()
            shutil.copy(unborn, disk / "relanced.db")
            words = {"store": f"sqlite:///{disk}/relanced.db", **words}
            words = {"email": paper.journal_copy(tmp_path), **words} if copies else words
            relay = await stack.enter_async_context(Relay(tmp_path / "journal" if copies else None))
            made = Company(tmp_path, relay, Clock(at), words)
            await made.open()
            stack.push_async_callback(made.close)
            if opened:
                await made.desk("open", creditor="atelier")
            return made

        yield company


@pytest.fixture
async def company(found: Found) -> Company:
    """The usual company, open for reminders since 2 March 2026."""
    return await found()

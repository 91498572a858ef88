"""What tests of several rooms start from: a store on each of the two databases, born and empty but for a creditor."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, settings

from relanced.store import migrate
from relanced.store.opening import Store
from tests.dovecot import Dovecot, dovecot
from tests.postgres import Cluster, Missing, cluster
from tests.store.books import CREDITOR, IBAN, NOW

# A busy machine is no fault: nothing is timed. The same examples each time, others with --hypothesis-profile=others.
settings.register_profile("others", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", settings.get_profile("others"), derandomize=True)
settings.load_profile("same")

_TEMPLATE = "born"
_LINES = 60  # of what a test that failed had told, the last ones
_numbers = count(1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Three hundred reminders in a log would hide what went wrong after them."""
    report = yield
    report.sections = [(name, "".join(text.splitlines(keepends=True)[-_LINES:])) for name, text in report.sections]
    return report


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A server of our own, for the whole session."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(cluster())
        except Missing as missing:
            pytest.exit(str(missing), returncode=1)
        yield server


@pytest.fixture(scope="session")
def mailboxes() -> Iterator[Dovecot]:
    """A mail server of our own, for the whole session: every user has a mailbox, which is empty at first."""
    with dovecot() as server:
        yield server


@pytest.fixture(scope="session")
def born_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file to be copied for each test."""
    file = tmp_path_factory.mktemp("born") / "relanced.db"
    asyncio.run(_give_birth(f"sqlite:///{file}"))
    return file


@pytest.fixture(scope="session")
def born_postgres(postgres: Cluster) -> Cluster:
    """A database to be copied for each test."""
    asyncio.run(_sql(postgres, f"CREATE DATABASE {_TEMPLATE}"))
    asyncio.run(_give_birth(postgres.url(_TEMPLATE)))
    return postgres


async def _give_birth(url: str) -> None:
    store = Store(url)
    await migrate.upgrade(store.engine)
    await store.house.born("live", NOW)
    await store.house.settle_config("config-1", {CREDITOR: IBAN}, NOW)
    await store.close()


async def _sql(server: Cluster, statement: str) -> None:
    connection = await asyncpg.connect(server.url("postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
def sqlite_url(born_sqlite: Path, tmp_path: Path) -> str:
    """A fresh file."""
    return f"sqlite:///{shutil.copy(born_sqlite, tmp_path / 'relanced.db')}"


@pytest.fixture
def postgres_url(born_postgres: Cluster) -> Iterator[str]:
    """A fresh database of the private server."""
    name = f"test_{next(_numbers)}"
    asyncio.run(_sql(born_postgres, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY file_copy"))
    yield born_postgres.url(name)
    asyncio.run(_sql(born_postgres, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """One database after the other."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """The store on a fresh database: mode live, one creditor."""
    opened = Store(url)
    yield opened
    await opened.close()

"""What the printing tests start from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.printing.cups import Cups, Missing, running
from tests.printing.desk import Office

MOST = 120


@pytest.fixture(scope="session")
def cups(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cups]:
    """A print server with a fresh printer for each test."""
    with ExitStack() as stack:
        printers = [(f"p{n}", "stop-printer") for n in range(MOST)]
        try:
            server = stack.enter_context(running(tmp_path_factory.mktemp("cups"), *printers))
        except Missing as missing:
            pytest.exit(str(missing), returncode=1)
        server.names = [name for name, _ in printers]
        yield server


@pytest.fixture
def office(cups: Cups, tmp_path: Path) -> Iterator[Office]:
    """A door on a printer of its own."""
    office = Office(cups, cups.names.pop(), tmp_path / "state")
    yield office
    cups.mood(office.name, "fine")

"""A company for every test, its socket in a short folder (a Unix socket's path has 107 characters at most)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.atelier import Atelier, found_atelier


@pytest.fixture
def atelier(tmp_path: Path) -> Iterator[Atelier]:
    with tempfile.TemporaryDirectory(prefix="rl") as short:
        yield found_atelier(tmp_path, Path(short) / "desk.sock")

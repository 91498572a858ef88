"""What the letter tests start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from relanced_letter import FolderDoor
from tests.channels.letters import door


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where tray and state live."""
    return tmp_path


@pytest.fixture
def office(home: Path) -> FolderDoor:
    """A door on an empty tray."""
    return door(home)


@pytest.fixture
def tray(home: Path, office: FolderDoor) -> Path:
    """The folder that others read."""
    return home / "tray"

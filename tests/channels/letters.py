"""The words of the letter tests: a good letter, a door on a fresh folder, and what lies there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from relanced.channel import PaperDraft, Surroundings
from relanced_letter import FolderDoor, LetterSettings

DEADLINE = datetime(2027, 3, 1, 18, 0, tzinfo=UTC)
ADDRESS = ("DUPONT SARL", "MADAME CLAIRE DUPONT", "12 RUE DES FORGES", "35000 RENNES")


def letter(attempt: str = "a1", to: tuple[str, ...] = ADDRESS, body: str = "") -> PaperDraft:
    """A finished letter whose bytes differ from attempt to attempt."""
    pdf = b"%PDF-1.7\n" + (body or attempt).encode() + b"\n%%EOF\n"
    facts = {"step": "relance-1", "amount": "1 200,00 €"}
    return PaperDraft(attempt, "R-1", DEADLINE, to, "Relance de la facture FA-1", pdf, 1, facts)


def door(home: Path, *, registered: bool = False) -> FolderDoor:
    """A letter door on the folders home/tray and home/state; ask again for the one that opens after a crash."""
    (home / "tray").mkdir(parents=True, exist_ok=True)
    settings = LetterSettings(out="folder", folder=home / "tray", registered=registered)
    return FolderDoor(settings, Surroundings("office", home / "state", lambda: datetime.now(UTC)))


def lying(folder: Path) -> list[str]:
    """Every name in a folder, hidden ones too."""
    return sorted(path.name for path in folder.iterdir())


async def yes() -> bool:
    """Go."""
    return True


async def never() -> bool:
    """Go, where nothing may be asked."""
    raise AssertionError("go was asked for a letter that cannot leave")

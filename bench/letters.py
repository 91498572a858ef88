"""Letters: the words and the page alone, then durably into the spool through the real door."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from relanced.channel import PaperDraft, Surroundings, Tray
from relanced.words import samples
from relanced.words.engine import LetterWords, Words, shipped_templates
from relanced_letter import LetterChannel
from relanced_letter.settings import LetterSettings

THREADS = 2


def measure(folder: Path, many: int) -> tuple[float, float]:
    """Letters a second, worded; and worded, composed and laid into the spool."""
    words, facts = Words([shipped_templates()]), samples.cases("relance-ferme")["one"]
    words.letter("relance-ferme", facts)
    with ThreadPoolExecutor(THREADS) as pool:
        began = time.perf_counter()
        made = list(pool.map(lambda _: words.letter("relance-ferme", facts), range(many)))
        alone = time.perf_counter() - began
    laid = asyncio.run(_spool(folder, made))
    return many / alone, many / (alone + laid)


async def _spool(folder: Path, made: list[LetterWords]) -> float:
    for name in ("letters", "state"):
        (folder / name).mkdir(parents=True)
    settings = LetterSettings(out="folder", folder=folder / "letters")
    door = LetterChannel(settings, Surroundings("office", folder / "state", lambda: datetime.now(UTC)))
    began = time.perf_counter()
    await asyncio.gather(*(_one(door, n, letter) for n, letter in enumerate(made)))
    return time.perf_counter() - began


async def _one(door: LetterChannel, n: int, letter: LetterWords) -> None:
    draft = PaperDraft(f"bench{n}", f"B{n}", datetime.now(UTC), letter.address, letter.title, letter.pdf, letter.pages)

    async def go() -> bool:
        return True

    answer = await door.submit(door.compose(draft), go)
    if not isinstance(answer, Tray):
        raise RuntimeError(f"the letter door said {answer}")

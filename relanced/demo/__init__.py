"""A small company's three months in a minute."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TextIO

from relanced.demo.folder import NotOurs, make
from relanced.demo.stage import perform

USAGE = 2


def run_demo(into: Path, exit_: bool, out: TextIO) -> int:
    """Play the demonstration into a folder of its own; the exit status. With `exit_` it ends by itself."""
    try:
        folder = make(into)
    except NotOurs as refused:
        out.write(f"{refused}\n")
        return USAGE
    return asyncio.run(perform(folder, not exit_, out))

"""The command line: parse, ask the desk, print. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import gc
import sys

RARELY = 50_000  # objects made between two searches for garbage, which took a sixth of a start


def main() -> None:
    """The `relanced` command."""
    gc.set_threshold(RARELY)
    from relanced.cli.commands import relanced

    try:
        relanced(prog_name="relanced")
    except BrokenPipeError:
        sys.exit(0)

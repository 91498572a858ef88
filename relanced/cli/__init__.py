"""The command line: parse, ask the desk, print. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import gc
import sys

RARELY = 200_000  # objects made between two searches for garbage: more than a start makes, which keeps nearly all


def main() -> None:
    """The `relanced` command."""
    gc.set_threshold(RARELY)
    from relanced.cli.commands import relanced

    try:
        relanced(prog_name="relanced")
    except BrokenPipeError:
        sys.exit(0)
    finally:
        gc.freeze()  # the system takes all of it back at once: looking for garbage first cost a third of a start

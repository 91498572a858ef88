"""The command line: parse, ask the desk, print. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import sys


def main() -> None:
    """The `relanced` command."""
    from relanced.cli.commands import relanced

    try:
        relanced(prog_name="relanced")
    except BrokenPipeError:
        sys.exit(0)

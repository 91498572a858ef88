"""Commands about what came back and found no case: unmatched, heard, match, file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from relanced.cli.files import new_file, write_files
from relanced.cli.root import creditor_option, desk, reason_option, relanced

_FILE = click.Path(dir_okay=False, path_type=Path)
_heard = click.argument("heard", metavar="HEARD")
_anyway = click.option("--anyway", is_flag=True, help="Even if somebody has set it aside.")


@relanced.command()
@click.pass_context
def unmatched(ctx: click.Context) -> None:
    """What came back and could not be placed or read."""
    desk(ctx, "unmatched")


@relanced.command()
@_heard
@click.option("-o", "--output", type=_FILE, help="Write it to this file, as it came.")
@click.pass_context
def heard(ctx: click.Context, /, heard: str, output: Path | None) -> None:
    """What came back under the number HEARD (h12), as `unmatched`, `inbox` and `show` tell it."""
    if output is None:
        desk(ctx, "heard", heard=heard)
        return
    with new_file(output) as file:
        write_files(desk(ctx, "heard", heard=heard, raw=True), file)


@relanced.command()
@_heard
@click.argument("case")
@_anyway
@click.option("--seen", metavar="VERSION", help="The version of the case you looked at: refuse if it changed.")
@creditor_option
@click.pass_context
def match(ctx: click.Context, /, **words: Any) -> None:
    """HEARD belongs to CASE (number, debtor or invoice): the case stands still until it is answered."""
    desk(ctx, "match", **words)


@relanced.command("file")
@_heard
@_anyway
@reason_option
@click.pass_context
def file_(ctx: click.Context, /, **words: Any) -> None:
    """HEARD belongs to no case: set it aside. Nothing is deleted."""
    desk(ctx, "file", **words)

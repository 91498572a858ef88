"""Commands about policies: what another one would change, and moving cases to today's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from relanced.cli.client import ask
from relanced.cli.printing import Failed, show
from relanced.cli.root import creditor_option, desk, relanced


@relanced.command()
@click.option("--days", type=int, default=14, show_default=True, help="How far to look, 92 at most.")
@click.option(
    "--policy",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What would change if FILE held the policies (`policies:` as in the configuration).",
)
@creditor_option
@click.pass_context
def forecast(ctx: click.Context, /, policy: Path | None, **words: Any) -> None:
    """What would leave in the coming days, if nobody paid. It only reads."""
    desk(ctx, "forecast", {policy.name: _read(policy)} if policy else None, **words)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Failed(f"{file} cannot be read: {error.strerror}", 2) from None


@relanced.command()
@click.argument("creditor")
@click.option("--case", help="Only this case: its number, debtor or an invoice.")
@click.option("--policy", help="Move to this policy instead of the first that fits.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def adopt(ctx: click.Context, /, yes: bool, **words: Any) -> None:
    """Move the open cases of CREDITOR to today's policies, after showing what each would do."""
    if yes:
        desk(ctx, "adopt", yes=True, **words)
        return
    config, style = ctx.obj
    said = ask(config, "adopt", {k: v for k, v in words.items() if v is not None})
    show(said, style)
    if not said["record"]["moving"]:
        return
    click.confirm("Move?", abort=True, err=True)
    desk(ctx, "adopt", yes=True, seen=said["record"]["seen"], **words)

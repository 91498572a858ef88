"""The root of the command line: the options every command shares, and asking the desk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from relanced import __version__
from relanced.cli.client import DEFAULT_CONFIG, ask
from relanced.cli.printing import Failed, show


class _Told(click.Group):
    """Turns a failure into one line on stderr and its exit status."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except Failed as failed:
            click.echo(str(failed), err=True)
            ctx.exit(failed.status)


@click.group(cls=_Told, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_CONFIG,
    envvar="RELANCED_CONFIG",
    show_default=True,
    show_envvar=True,
    help="The configuration.",
)
@click.option(
    "-f",
    "--format",
    "style",
    type=click.Choice(["auto", "table", "json", "tsv"]),
    default="auto",
    help="How answers are printed; auto: a table on a terminal, tsv elsewhere.",
)
@click.version_option(__version__)
@click.pass_context
def relanced(ctx: click.Context, /, config: Path, style: str) -> None:
    """relanced gets invoices paid and keeps the customer."""
    ctx.obj = (config, style)


def desk(ctx: click.Context, /, verb: str, files: dict[str, bytes] | None = None, **words: Any) -> dict[str, Any]:
    """Ask the desk, print what it says, exit 1 when it says that it went badly."""
    config, style = ctx.obj
    said = ask(config, verb, {k: v for k, v in words.items() if v is not None}, files)
    show(said, style)
    if said.get("bad"):
        ctx.exit(1)
    return said


creditor_option = click.option("--creditor", help="Only this creditor.")
reason_option = click.option("--reason", required=True, help="Why; it is written in the journal.")

"""Commands about letters in the trays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from relanced.cli.files import new_file, write_files
from relanced.cli.root import creditor_option, desk, relanced


@relanced.group(invoke_without_command=True)
@click.pass_context
def letters(ctx: click.Context) -> None:
    """Letters in the trays."""
    if ctx.invoked_subcommand is None:
        desk(ctx, "letters")


@letters.command("list")
@click.pass_context
def letters_list(ctx: click.Context) -> None:
    """What lies in the trays, and what must not be posted."""
    desk(ctx, "letters")


@letters.command("take")
@creditor_option
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default="letters.pdf", show_default=True
)
@click.option("--again", is_flag=True, help="Also the sheets that were taken before.")
@click.pass_context
def letters_take(ctx: click.Context, /, creditor: str | None, output: Path, again: bool) -> None:
    """The day's sheets in one PDF, with a tick-list and what must not be posted."""
    with new_file(output, "; the sheets count as taken: relanced letters take --again") as file:
        write_files(desk(ctx, "letters take", creditor=creditor, again=again), file)


@letters.command("posted")
@click.argument("references", nargs=-1, required=True)
@click.option("--number", help="The number of the registered letter.")
@click.option("--on", metavar="DATE", help="When it was posted; default today.")
@click.pass_context
def letters_posted(ctx: click.Context, /, references: tuple[str, ...], **words: Any) -> None:
    """These letters went to the post."""
    desk(ctx, "letters posted", references=",".join(references), **words)


@letters.command("presented")
@click.argument("reference")
@click.option("--on", metavar="DATE", required=True, help="The day of the first presentation.")
@click.pass_context
def letters_presented(ctx: click.Context, /, **words: Any) -> None:
    """A registered letter was first presented: the notice's clock runs."""
    desk(ctx, "letters presented", **words)


@letters.command("spoiled")
@click.argument("reference")
@click.option("--reason")
@click.pass_context
def letters_spoiled(ctx: click.Context, /, **words: Any) -> None:
    """A sheet is lost or unusable: another is made."""
    desk(ctx, "letters spoiled", **words)

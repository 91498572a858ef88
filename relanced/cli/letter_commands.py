"""Commands about letters in the trays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from relanced.cli.files import new_file, write_files
from relanced.cli.root import creditor_option, desk, relanced

_SCAN = click.Path(exists=True, dir_okay=False, path_type=Path)


def _scan(file: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes()}


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


@letters.command("mail")
@click.option("--again", is_flag=True, help="All that lie in the tray, also what was taken or mailed before.")
@click.pass_context
def letters_mail(ctx: click.Context, /, again: bool) -> None:
    """Mail the new letters to whoever prints them (out: mail), now instead of at their hour."""
    desk(ctx, "letters mail", again=again)


@letters.command("posted")
@click.argument("references", nargs=-1, required=True)
@click.option("--number", help="The number of the registered letter.")
@click.option("--on", metavar="DATE", help="When it was posted; default today.")
@click.option("--proof", type=_SCAN, help="A scan of the proof of posting: PDF, PNG, JPEG or TIFF.")
@click.pass_context
def letters_posted(ctx: click.Context, /, references: tuple[str, ...], proof: Path | None, **words: Any) -> None:
    """These letters went to the post."""
    desk(ctx, "letters posted", _scan(proof) if proof else None, references=",".join(references), **words)


@letters.command("number")
@click.argument("reference")
@click.argument("number")
@click.pass_context
def letters_number(ctx: click.Context, /, **words: Any) -> None:
    """The number of a letter that was posted without one, or with a wrong one."""
    desk(ctx, "letters number", **words)


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


@relanced.command()
@click.argument("reference", metavar="CASE|INVOICE|LETTER")
@click.argument("file", type=_SCAN)
@click.option(
    "--as",
    "as_",
    required=True,
    help="Of a letter: proof-of-posting, receipt, other. Of a case or an invoice: contract, order, delivery-note, "
    "terms, company-extract, agreement, receipt, other.",
)
@click.option("--on", metavar="DATE", help="The day it speaks of; default today.")
@creditor_option
@click.pass_context
def attach(ctx: click.Context, /, file: Path, as_: str, **words: Any) -> None:
    """Keep FILE, a scan, with a case or an invoice, or with the letter of that reference as a proof of what became of
    it."""
    desk(ctx, "attach", _scan(file), **words, **{"as": as_})

"""Commands about the telephone."""

from __future__ import annotations

from typing import Any

import click

from relanced.cli.root import creditor_option, desk, relanced


@relanced.command()
@click.option("--today", is_flag=True, help="Only today's share of each person.")
@click.option("--of", metavar="PERSON", help="Only this person's calls, and those of whom the person stands in for.")
@click.pass_context
def calls(ctx: click.Context, /, **words: Any) -> None:
    """Whom to call, the largest amount first, each with its script."""
    desk(ctx, "calls", **words)


@relanced.command()
@click.argument("which", metavar="CALL|CASE")
@click.option(
    "--result",
    required=True,
    help="reached, voicemail, unreachable, wrong-number, not-received, in-validation, transfer, promised, disputed, "
    "refuses or call-back.",
)
@click.option("--date", metavar="DATE", help="The day they named.")
@click.option("--at", metavar="MOMENT", help='When to call back, like 10:30 or "2026-03-31 10:30".')
@click.option("--note", help="Their words; they are written in the journal.")
@click.option("--invoice", "invoices", multiple=True, help="Only this invoice was spoken of; may be repeated.")
@click.option("--number", help="The number that was dialled, where no call was asked for.")
@click.option("--incoming", is_flag=True, help="They called us.")
@click.option("--unconfirmed", is_flag=True, help="Do not confirm a promise to the debtor by mail.")
@creditor_option
@click.pass_context
def call(ctx: click.Context, /, invoices: tuple[str, ...], **words: Any) -> None:
    """What became of a call: by its reference or number, or by CASE."""
    desk(ctx, "call", invoices=",".join(invoices) or None, **words)

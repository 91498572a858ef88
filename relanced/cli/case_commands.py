"""Commands about invoices and cases: paid, undo, pause, resume, close, the bank account."""

from __future__ import annotations

from typing import Any

import click

from relanced.cli.printing import Failed
from relanced.cli.root import creditor_option, desk, reason_option, relanced


@relanced.command()
@click.argument("invoice")
@click.option("--on", metavar="DATE", help="When it was paid; default today.")
@creditor_option
@click.pass_context
def paid(ctx: click.Context, /, **words: Any) -> None:
    """An INVOICE is paid: nothing about it leaves any more."""
    desk(ctx, "paid", **words)


@relanced.command()
@click.argument("invoice")
@creditor_option
@click.pass_context
def undo(ctx: click.Context, /, **words: Any) -> None:
    """An INVOICE is not paid after all."""
    desk(ctx, "undo", **words)


@relanced.command()
@click.argument("case")
@click.option("--until", metavar="DATE", required=True, help="The last day of the pause.")
@reason_option
@creditor_option
@click.pass_context
def pause(ctx: click.Context, /, **words: Any) -> None:
    """A CASE stands still."""
    desk(ctx, "pause", **words)


@relanced.command()
@click.argument("case", required=False)
@click.option("--accept", is_flag=True, help="This copy of the database is the one that works from now on.")
@click.option("--reason")
@creditor_option
@click.pass_context
def resume(ctx: click.Context, /, case: str | None, accept: bool, **words: Any) -> None:
    """The pause of a CASE ends; what else it waits for is told. Or accept a restored database."""
    if not case and not accept:
        raise Failed("say which case, or --accept for a restored database", 2)
    desk(ctx, "resume", case=case, accept=accept, **words)


@relanced.command()
@click.argument("case")
@click.option("--reopen", is_flag=True, help="Take a closed case up again.")
@reason_option
@creditor_option
@click.pass_context
def close(ctx: click.Context, /, **words: Any) -> None:
    """What a CASE owes now is not pursued any more."""
    desk(ctx, "close", **words)


@relanced.group()
def iban() -> None:
    """The bank account we print."""


@iban.command("confirm")
@click.argument("creditor")
@click.pass_context
def iban_confirm(ctx: click.Context, /, creditor: str) -> None:
    """The configured account of CREDITOR is right: two people say so."""
    desk(ctx, "iban confirm", creditor=creditor)

"""Commands that look: why, queue, cases, show, tasks."""

from __future__ import annotations

from typing import Any

import click

from relanced.cli.root import creditor_option, desk, relanced


@relanced.command()
@click.argument("case")
@creditor_option
@click.pass_context
def why(ctx: click.Context, /, **words: Any) -> None:
    """Why a CASE (number, debtor or invoice) stands where it stands."""
    desk(ctx, "why", **words)


@relanced.command()
@creditor_option
@click.option("--ages", is_flag=True, help="How many wait, since when and why, by channel and reason.")
@click.pass_context
def queue(ctx: click.Context, /, **words: Any) -> None:
    """Messages that have not left, and why."""
    desk(ctx, "queue", **words)


@relanced.command()
@creditor_option
@click.option("--all", "all_", is_flag=True, help="Clear and closed cases too.")
@click.option("--no-policy", is_flag=True, help="Only debtors whom no policy fits.")
@click.pass_context
def cases(ctx: click.Context, /, creditor: str | None, all_: bool, no_policy: bool) -> None:
    """The cases."""
    desk(ctx, "cases", creditor=creditor, all=all_, no_policy=no_policy)


@relanced.command("show")
@click.argument("case")
@click.option("--brief", is_flag=True, help="Who wrote when, not what.")
@creditor_option
@click.pass_context
def show_(ctx: click.Context, /, **words: Any) -> None:
    """One CASE whole, with all that was written and answered."""
    desk(ctx, "show", **words)


@relanced.command()
@click.pass_context
def tasks(ctx: click.Context) -> None:
    """What the machine asks of people."""
    desk(ctx, "tasks")

"""Commands that try a channel: letting it into a provider's house, a test to oneself."""

from __future__ import annotations

from typing import Any

import click

from relanced.cli.root import desk, relanced


@relanced.command()
@click.argument("channel")
@click.pass_context
def login(ctx: click.Context, /, channel: str) -> None:
    """Sign in to Microsoft or Google for CHANNEL: once, then it renews itself."""
    from relanced.cli.signing_in import sign_in

    click.echo(sign_in(ctx.obj[0], channel))
    click.echo("if the daemon had closed the channel: relanced start")


@relanced.command("send-test")
@click.argument("channel")
@click.option("--to", metavar="ADDRESS", help='Default you; on paper: "12 RUE DES FORGES / 35000 RENNES".')
@click.option("--creditor", help="In whose name; default the first that writes through it.")
@click.option("--wait", type=click.IntRange(0, 300), default=20, show_default=True, help="Seconds for its receipt.")
@click.pass_context
def send_test(ctx: click.Context, /, **words: Any) -> None:
    """A reminder marked as a test, through CHANNEL to yourself; no case knows of it."""
    desk(ctx, "send-test", **words)

"""Commands about messages: park, cancel, approve, preview, resend, settle, stop, start."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import click

from relanced.cli.printing import Failed
from relanced.cli.root import desk, reason_option, relanced


@relanced.command()
@click.argument("message")
@click.option("--reason")
@click.pass_context
def park(ctx: click.Context, /, **words: Any) -> None:
    """Hold a planned MESSAGE back."""
    desk(ctx, "park", **words)


@relanced.command()
@click.argument("message")
@click.option("--reason")
@click.pass_context
def cancel(ctx: click.Context, /, **words: Any) -> None:
    """A MESSAGE will not leave; its step is passed over."""
    desk(ctx, "cancel", **words)


@relanced.command()
@click.argument("message", required=False)
@click.option("--step", help="With --all: everything of this step.")
@click.option("--all", "all_", is_flag=True)
@click.pass_context
def approve(ctx: click.Context, /, message: str | None, step: str | None, all_: bool) -> None:
    """Let a parked MESSAGE go, or all of a step."""
    desk(ctx, "approve", message=message, step=step, all=all_)


@relanced.command()
@click.argument("message")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the .eml, .pdf or .txt to this file."
)
@click.pass_context
def preview(ctx: click.Context, /, message: str, output: Path | None) -> None:
    """What a MESSAGE would say today, or the very bytes that left."""
    if output is not None and output.exists():
        raise Failed(f"{output} exists already: name another file with -o", 2)
    said = desk(ctx, "preview", message=message)
    if output is not None:
        (content,) = said["files"].values()
        output.write_bytes(base64.b64decode(content))
        click.echo(f"written: {output}", err=True)


@relanced.command()
@click.argument("message")
@reason_option
@click.pass_context
def resend(ctx: click.Context, /, **words: Any) -> None:
    """Say the same as MESSAGE once more."""
    desk(ctx, "resend", **words)


@relanced.command()
@click.argument("message")
@click.option("--sent/--not-sent", required=True, help="What a person found out.")
@reason_option
@click.pass_context
def settle(ctx: click.Context, /, **words: Any) -> None:
    """Say what became of an uncertain MESSAGE."""
    desk(ctx, "settle", **words)


@relanced.command()
@click.option("--reason")
@click.pass_context
def stop(ctx: click.Context, /, **words: Any) -> None:
    """Nothing leaves any more, at once."""
    desk(ctx, "stop", **words)


@relanced.command()
@click.pass_context
def start(ctx: click.Context) -> None:
    """Messages may leave again; closed channels are tried at once."""
    desk(ctx, "start")

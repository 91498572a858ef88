"""Commands about the daemon: run, check, status."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from relanced.cli.root import desk, relanced


@relanced.command()
@click.option("--once", is_flag=True, help="Turn every wheel until nothing is due, then end.")
@click.pass_context
def run(ctx: click.Context, /, once: bool) -> None:
    """Run the daemon."""
    with _without("rich"):  # structlog loads it where it can, to paint tracebacks as our log never does
        from relanced.cli.running import run_daemon

    ctx.exit(run_daemon(ctx.obj[0], once))


@contextmanager
def _without(package: str) -> Iterator[None]:
    """What is imported meanwhile does without this package."""
    loaded = sys.modules.get(package)
    sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[package]
        if loaded:
            sys.modules[package] = loaded


@relanced.command()
@click.option("--online", is_flag=True, help="Also try every channel, without sending, and the DNS of who writes.")
@click.pass_context
def check(ctx: click.Context, /, online: bool) -> None:
    """Say what is wrong with the configuration, the wordings and the debtors."""
    from relanced.cli.checking import check_all

    ctx.exit(check_all(ctx.obj[0], online))


@relanced.command()
@click.pass_context
def status(ctx: click.Context) -> None:
    """How the house stands: mode, stops, closed channels, bank data."""
    desk(ctx, "status")

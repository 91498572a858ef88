"""The command that a mail server pipes into: ingest. Its exit statuses are for mail servers (sysexits.h)."""

from __future__ import annotations

import sys
from typing import Any

import click

from relanced.cli.client import ask
from relanced.cli.printing import Failed
from relanced.cli.root import relanced

TRY_AGAIN = 75  # EX_TEMPFAIL: the server keeps the mail and comes again
NO_MAIL = 65  # EX_DATAERR


class _Misused(click.UsageError):
    exit_code = TRY_AGAIN


class _Piped(click.Command):
    """Whatever is wrong on our side is no reason to send somebody's mail back: the server is to come again."""

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        """Read the words of the command."""
        try:
            return super().make_context(*args, **more)
        except click.UsageError as error:
            raise _Misused(error.message, error.ctx) from None


@relanced.command(cls=_Piped)
@click.option("--channel", help="The e-mail channel it answers; needed where there are several.")
@click.pass_context
def ingest(ctx: click.Context, /, channel: str | None) -> None:
    """Take in a mail from a mail server: it is read from standard input, kept, and read by the daemon.

    Exits with 0 once it is on the disk, 65 when there is none, 75 when it cannot be kept now.
    """
    config, _style = ctx.obj
    raw, size = _piped()
    if not raw.strip():
        raise Failed("there is no mail on standard input", NO_MAIL)
    words = {"size": size} | ({"channel": channel} if channel else {})
    try:
        ask(config, "ingest", words, {"message": raw})
    except Exception as error:
        raise Failed(f"not kept, try again: {error}", TRY_AGAIN) from None


def _piped() -> tuple[bytes, int]:
    """The mail, or the beginning of one that is too large, and the size of the whole."""
    from relanced.channel import BEGINNING, LARGEST_MAIL  # other commands start faster without it

    raw = sys.stdin.buffer.read(LARGEST_MAIL + 1)
    if len(raw) <= LARGEST_MAIL:
        return raw, len(raw)
    size = len(raw)
    while run := sys.stdin.buffer.read(1 << 20):
        size += len(run)
    return raw[:BEGINNING], size

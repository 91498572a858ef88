"""Commands that bring facts in: import, open."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from relanced.cli.printing import Failed
from relanced.cli.root import desk, relanced


@relanced.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--creditor", help="Whose books these are, where there are several creditors.")
@click.option("--kind", help="What the files hold, when their headings do not tell.")
@click.option("--covers", metavar="DATE", help="The last day the payments, or the snapshot, account for.")
@click.option("--dry-run", is_flag=True, help="Say what would change, write nothing.")
@click.option("--yes", is_flag=True, help="A snapshot may settle more than 20 % of the open invoices.")
@click.pass_context
def import_(ctx: click.Context, /, files: tuple[Path, ...], **words: Any) -> None:
    """Import CSV or XLSX files: debtors, contacts, invoices, credits, payments, history, snapshot."""
    twice = [name for name, n in Counter(file.name for file in files).items() if n > 1]
    if twice:
        raise Failed(f"several files are called {twice[0]}: import them one after the other", 2)
    desk(ctx, "import", {file.name: file.read_bytes() for file in files}, **words)


@relanced.command()
@click.argument("creditor")
@click.option("--from", "from_", metavar="STEP", help="Terms late today start on this step.")
@click.option("--per-day", type=int, help="At most so many new reminders a day; 0: as many as are due.")
@click.pass_context
def open(ctx: click.Context, /, creditor: str, from_: str | None, per_day: int | None) -> None:
    """Let reminders leave for a creditor; until then decisions are only shown. What is not said stays as it was."""
    desk(ctx, "open", creditor=creditor, from_step=from_, per_day=per_day)

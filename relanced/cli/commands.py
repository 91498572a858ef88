"""The commands, in the order of a working day. Each names a verb of the desk and the words it needs."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Any

import click

from relanced import __version__
from relanced.cli.client import DEFAULT_CONFIG, ask
from relanced.cli.printing import Failed, show


class _Told(click.Group):
    """Turns a failure into one line on stderr and its exit status."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except Failed as failed:
            click.echo(str(failed), err=True)
            ctx.exit(failed.status)


@click.group(cls=_Told, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_CONFIG,
    envvar="RELANCED_CONFIG",
    show_default=True,
    show_envvar=True,
    help="The configuration.",
)
@click.option(
    "-f",
    "--format",
    "style",
    type=click.Choice(["auto", "table", "json", "tsv"]),
    default="auto",
    help="How answers are printed; auto: a table on a terminal, tsv elsewhere.",
)
@click.version_option(__version__)
@click.pass_context
def relanced(ctx: click.Context, /, config: Path, style: str) -> None:
    """relanced gets invoices paid and keeps the customer."""
    ctx.obj = (config, style)


def _desk(ctx: click.Context, /, verb: str, files: dict[str, bytes] | None = None, **words: Any) -> dict[str, Any]:
    """Ask the desk, print what it says, exit 1 when it says that it went badly."""
    config, style = ctx.obj
    said = ask(config, verb, {k: v for k, v in words.items() if v is not None}, files)
    show(said, style)
    if said.get("bad"):
        ctx.exit(1)
    return said


_creditor = click.option("--creditor", help="Only this creditor.")
_reason = click.option("--reason", required=True, help="Why; it is written in the journal.")

# -- the daemon -------------------------------------------------------------------------------------------------------


@relanced.command()
@click.option("--once", is_flag=True, help="Turn every wheel until nothing is due, then end.")
@click.pass_context
def run(ctx: click.Context, /, once: bool) -> None:
    """Run the daemon."""
    from relanced.cli.running import run_daemon

    ctx.exit(run_daemon(ctx.obj[0], once))


@relanced.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Say what is wrong with the configuration, the wordings and the debtors."""
    from relanced.cli.checking import check_all

    ctx.exit(check_all(ctx.obj[0]))


@relanced.command()
@click.pass_context
def status(ctx: click.Context) -> None:
    """How the house stands: mode, stops, closed channels, bank data."""
    _desk(ctx, "status")


# -- facts in ---------------------------------------------------------------------------------------------------------


@relanced.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_creditor
@click.option("--kind", help="What the files hold, when their headings do not tell.")
@click.option("--covers", metavar="DATE", help="The last day the payments, or the snapshot, account for.")
@click.option("--dry-run", is_flag=True, help="Say what would change, write nothing.")
@click.option("--yes", is_flag=True, help="A snapshot may settle more than 20 % of the open invoices.")
@click.pass_context
def import_(ctx: click.Context, /, files: tuple[Path, ...], **words: Any) -> None:
    """Import CSV or XLSX files: debtors, contacts, invoices, credits, payments, history, snapshot."""
    _desk(ctx, "import", {file.name: file.read_bytes() for file in files}, **words)


@relanced.command()
@click.argument("creditor")
@click.option("--from", "from_", metavar="STEP", help="Terms late today start on this step.")
@click.option("--per-day", type=int, default=0, help="At most so many new reminders a day.")
@click.pass_context
def open(ctx: click.Context, /, creditor: str, from_: str | None, per_day: int) -> None:
    """Let reminders leave for a creditor; until then decisions are only shown."""
    _desk(ctx, "open", creditor=creditor, from_step=from_, per_day=per_day)


# -- looking ----------------------------------------------------------------------------------------------------------


@relanced.command()
@click.option("--days", type=int, default=14, show_default=True)
@_creditor
@click.pass_context
def forecast(ctx: click.Context, /, **words: Any) -> None:
    """What would leave in the coming days, if nobody paid."""
    _desk(ctx, "forecast", **words)


@relanced.command()
@click.argument("case")
@_creditor
@click.pass_context
def why(ctx: click.Context, /, **words: Any) -> None:
    """Why a CASE (number, debtor or invoice) stands where it stands."""
    _desk(ctx, "why", **words)


@relanced.command()
@_creditor
@click.pass_context
def queue(ctx: click.Context, /, **words: Any) -> None:
    """Messages that have not left, and why."""
    _desk(ctx, "queue", **words)


@relanced.command()
@_creditor
@click.option("--all", "all_", is_flag=True, help="Clear and closed cases too.")
@click.option("--no-policy", is_flag=True, help="Only debtors whom no policy fits.")
@click.pass_context
def cases(ctx: click.Context, /, creditor: str | None, all_: bool, no_policy: bool) -> None:
    """The cases."""
    _desk(ctx, "cases", creditor=creditor, all=all_, no_policy=no_policy)


@relanced.command("show")
@click.argument("case")
@_creditor
@click.pass_context
def show_(ctx: click.Context, /, **words: Any) -> None:
    """One CASE whole."""
    _desk(ctx, "show", **words)


@relanced.command()
@click.pass_context
def tasks(ctx: click.Context) -> None:
    """What the machine asks of people."""
    _desk(ctx, "tasks")


# -- messages ---------------------------------------------------------------------------------------------------------


@relanced.command()
@click.argument("message")
@click.option("--reason")
@click.pass_context
def park(ctx: click.Context, /, **words: Any) -> None:
    """Hold a planned MESSAGE back."""
    _desk(ctx, "park", **words)


@relanced.command()
@click.argument("message")
@click.option("--reason")
@click.pass_context
def cancel(ctx: click.Context, /, **words: Any) -> None:
    """A MESSAGE will not leave; its step is passed over."""
    _desk(ctx, "cancel", **words)


@relanced.command()
@click.argument("message", required=False)
@click.option("--step", help="With --all: everything of this step.")
@click.option("--all", "all_", is_flag=True)
@click.pass_context
def approve(ctx: click.Context, /, message: str | None, step: str | None, all_: bool) -> None:
    """Let a parked MESSAGE go, or all of a step."""
    _desk(ctx, "approve", message=message, step=step, all=all_)


@relanced.command()
@click.argument("message")
@_reason
@click.pass_context
def resend(ctx: click.Context, /, **words: Any) -> None:
    """Say the same as MESSAGE once more."""
    _desk(ctx, "resend", **words)


@relanced.command()
@click.argument("message")
@click.option("--sent/--not-sent", required=True, help="What a person found out.")
@_reason
@click.pass_context
def settle(ctx: click.Context, /, **words: Any) -> None:
    """Say what became of an uncertain MESSAGE."""
    _desk(ctx, "settle", **words)


@relanced.command()
@click.option("--reason")
@click.pass_context
def stop(ctx: click.Context, /, **words: Any) -> None:
    """Nothing leaves any more, at once."""
    _desk(ctx, "stop", **words)


@relanced.command()
@click.pass_context
def start(ctx: click.Context) -> None:
    """Messages may leave again; closed channels are tried at once."""
    _desk(ctx, "start")


# -- letters ----------------------------------------------------------------------------------------------------------


@relanced.group(invoke_without_command=True)
@click.pass_context
def letters(ctx: click.Context) -> None:
    """Letters in the trays."""
    if ctx.invoked_subcommand is None:
        _desk(ctx, "letters")


@letters.command("list")
@click.pass_context
def letters_list(ctx: click.Context) -> None:
    """What lies in the trays, and what must not be posted."""
    _desk(ctx, "letters")


@letters.command("take")
@_creditor
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default="letters.pdf", show_default=True
)
@click.option("--again", is_flag=True, help="Also the sheets that were taken before.")
@click.pass_context
def letters_take(ctx: click.Context, /, creditor: str | None, output: Path, again: bool) -> None:
    """The day's sheets in one PDF, with a tick-list and what must not be posted."""
    if output.exists():
        raise Failed(f"{output} exists already: name another file with -o", 2)
    said = _desk(ctx, "letters take", creditor=creditor, again=again)
    for content in (said.get("files") or {}).values():
        output.write_bytes(base64.b64decode(content))
        click.echo(f"written: {output}", err=True)


@letters.command("posted")
@click.argument("references", nargs=-1, required=True)
@click.option("--number", help="The number of the registered letter.")
@click.option("--on", metavar="DATE", help="When it was posted; default today.")
@click.pass_context
def letters_posted(ctx: click.Context, /, references: tuple[str, ...], **words: Any) -> None:
    """These letters went to the post."""
    _desk(ctx, "letters posted", references=",".join(references), **words)


@letters.command("presented")
@click.argument("reference")
@click.option("--on", metavar="DATE", required=True, help="The day of the first presentation.")
@click.pass_context
def letters_presented(ctx: click.Context, /, **words: Any) -> None:
    """A registered letter was first presented: the notice's clock runs."""
    _desk(ctx, "letters presented", **words)


@letters.command("spoiled")
@click.argument("reference")
@click.option("--reason")
@click.pass_context
def letters_spoiled(ctx: click.Context, /, **words: Any) -> None:
    """A sheet is lost or unusable: another is made."""
    _desk(ctx, "letters spoiled", **words)


# -- invoices and cases -----------------------------------------------------------------------------------------------


@relanced.command()
@click.argument("invoice")
@click.option("--on", metavar="DATE", help="When it was paid; default today.")
@_creditor
@click.pass_context
def paid(ctx: click.Context, /, **words: Any) -> None:
    """An INVOICE is paid: nothing about it leaves any more."""
    _desk(ctx, "paid", **words)


@relanced.command()
@click.argument("invoice")
@_creditor
@click.pass_context
def undo(ctx: click.Context, /, **words: Any) -> None:
    """An INVOICE is not paid after all."""
    _desk(ctx, "undo", **words)


@relanced.command()
@click.argument("case")
@click.option("--until", metavar="DATE", required=True, help="The last day of the pause.")
@_reason
@_creditor
@click.pass_context
def pause(ctx: click.Context, /, **words: Any) -> None:
    """A CASE stands still."""
    _desk(ctx, "pause", **words)


@relanced.command()
@click.argument("case", required=False)
@click.option("--accept", is_flag=True, help="This copy of the database is the one that works from now on.")
@click.option("--reason")
@_creditor
@click.pass_context
def resume(ctx: click.Context, /, case: str | None, accept: bool, **words: Any) -> None:
    """A CASE goes on: all of its holds end. Or accept a restored database."""
    if not case and not accept:
        raise Failed("say which case, or --accept for a restored database", 2)
    _desk(ctx, "resume", case=case, accept=accept, **words)


@relanced.command()
@click.argument("case")
@click.option("--reopen", is_flag=True, help="Take a closed case up again.")
@_reason
@_creditor
@click.pass_context
def close(ctx: click.Context, /, **words: Any) -> None:
    """What a CASE owes now is not pursued any more."""
    _desk(ctx, "close", **words)


@relanced.group()
def iban() -> None:
    """The bank account we print."""


@iban.command("confirm")
@click.argument("creditor")
@click.pass_context
def iban_confirm(ctx: click.Context, /, creditor: str) -> None:
    """The configured account of CREDITOR is right: two people say so."""
    _desk(ctx, "iban confirm", creditor=creditor)


# -- upkeep -----------------------------------------------------------------------------------------------------------


@relanced.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
@click.pass_context
def db_upgrade(ctx: click.Context) -> None:
    """Bring the schema to this version."""
    from relanced.cli.upkeep import upgrade

    click.echo(upgrade(ctx.obj[0]))


@db.command("check")
@click.pass_context
def db_check(ctx: click.Context) -> None:
    """Check schema, integrity and the chains of the journal."""
    from relanced.cli.upkeep import check_database

    bad = check_database(ctx.obj[0])
    for line in bad or ["the database is sound"]:
        click.echo(line)
    ctx.exit(1 if bad else 0)


@relanced.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_context
def backup(ctx: click.Context, /, file: Path) -> None:
    """Copy the database to FILE while it works."""
    _desk(ctx, "backup", file=str(file.absolute()))


@relanced.group()
def config() -> None:
    """The configuration."""


@config.command("schema")
def config_schema() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    import json

    from relanced.config import json_schema

    click.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))


@relanced.command()
@click.option("--exit", "exit_", is_flag=True, help="End with the demonstration.")
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), default="relanced-demo", show_default=True)
@click.pass_context
def demo(ctx: click.Context, /, exit_: bool, into: Path) -> None:
    """Three months of a small company, in a minute: real SMTP, real letters, a fast clock."""
    from relanced.demo import run_demo

    ctx.exit(run_demo(into, exit_, sys.stdout))

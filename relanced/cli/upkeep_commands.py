"""Commands of upkeep: the database, copies, the schema of the configuration, the demonstration."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from relanced.cli.files import new_file, write_files
from relanced.cli.root import desk, relanced


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
@click.option("--here", is_flag=True, help="Read the database itself, not over the desk: for a large one.")
@click.pass_context
def backup(ctx: click.Context, /, file: Path, here: bool) -> None:
    """Copy the database to FILE while it works."""
    if here:
        from relanced.cli.upkeep import copy_here

        click.echo(copy_here(ctx.obj[0], file))
        return
    with new_file(file) as copy:
        write_files(desk(ctx, "backup"), copy)


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

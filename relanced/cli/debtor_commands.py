"""Commands that correct what files said, of debtors and their contacts. No later import undoes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from relanced.cli.root import creditor_option, desk, relanced


class _Named(click.Group):
    """A group that takes a word it does not know for the name of a debtor."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """`relanced debtor C1 …` is `relanced debtor edit C1 …`."""
        known = args[0] in self.commands
        return super().resolve_command(ctx, args if known else ["edit", *args])


@relanced.group(cls=_Named)
def debtor() -> None:
    """One debtor: `debtor DEBTOR` shows who keeps what, with options it corrects it."""


@debtor.command("edit")
@click.argument("case", metavar="DEBTOR")
@click.option("--name")
@click.option("--segment", help="entreprise, particulier, public.")
@click.option("--siren", help='SIREN or SIRET; "none" clears it.')
@click.option("--address", help='"12 RUE DES FORGES, 35000 RENNES".')
@click.option("--language")
@click.option("--tags", help='Words between commas, all of them; "none" clears them.')
@click.option("--policy", help='The policy it is to start under; "none": the first that fits.')
@click.option("--owner", help='Whose case it is; "none" clears it.')
@click.option("--closed", multiple=True, metavar="FROM..TO", help='Nothing leaves on these days; "none" clears them.')
@click.option("--exclude/--include", "excluded", default=None, help="Never remind this debtor; or again.")
@click.option("--give-back", multiple=True, metavar="FIELD", help="The imports rule again over this field.")
@creditor_option
@click.pass_context
def debtor_edit(ctx: click.Context, /, excluded: bool | None, **words: Any) -> None:
    """Correct what is known of DEBTOR; no later import changes it."""
    said = None if excluded is None else "yes" if excluded else "no"
    desk(ctx, "debtor", excluded=said, **words)


@relanced.group()
def contact() -> None:
    """The ways to reach a debtor; no later import undoes what is said here."""


_where = click.argument("where", metavar="ADDRESS")
_case = click.argument("case", metavar="DEBTOR")
_road = click.option("--road", help="email, sms, phone or letter, where the address does not tell.")
_name = click.option("--name", help="Who reads it there.")
_rank = click.option("--rank", help="0 is tried first.")
_consent = click.option("--consent", help="yes, no, or none: nothing said.")


def _one_address(command: Callable[..., None]) -> Callable[..., None]:
    """DEBTOR, ADDRESS and what tells it apart."""
    return _case(_where(_road(creditor_option(click.pass_context(command)))))


@contact.command("add")
@_case
@_where
@_road
@_name
@_rank
@_consent
@creditor_option
@click.pass_context
def contact_add(ctx: click.Context, /, **words: Any) -> None:
    """One more mail ADDRESS or number of DEBTOR."""
    desk(ctx, "contact add", **words)


@contact.command("edit")
@_case
@_where
@_road
@_name
@_rank
@_consent
@click.option("--to", metavar="ADDRESS", help="Write there instead.")
@click.option("--give-back", multiple=True, metavar="FIELD", help="The imports rule again over this field.")
@creditor_option
@click.pass_context
def contact_edit(ctx: click.Context, /, **words: Any) -> None:
    """Correct the name, rank or consent of an ADDRESS, or the address itself."""
    desk(ctx, "contact edit", **words)


@contact.command("remove")
@_one_address
def contact_remove(ctx: click.Context, /, **words: Any) -> None:
    """Never write to this ADDRESS again, whatever an import says."""
    desk(ctx, "contact remove", **words)


@contact.command("dead")
@_one_address
def contact_dead(ctx: click.Context, /, **words: Any) -> None:
    """Nothing arrives at this ADDRESS."""
    desk(ctx, "contact dead", **words)


@contact.command("alive")
@_one_address
def contact_alive(ctx: click.Context, /, **words: Any) -> None:
    """This ADDRESS can be written to after all."""
    desk(ctx, "contact alive", **words)

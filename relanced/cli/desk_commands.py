"""Commands of whoever works on cases: inbox, note, take, release, promise, dispute, cause, insolvency and others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import click

from relanced.cli.client import ask
from relanced.cli.files import new_file, write_files
from relanced.cli.printing import Failed
from relanced.cli.root import creditor_option, desk, reason_option, relanced

Command = Callable[..., Any]
_FILE = click.Path(dir_okay=False, path_type=Path)
_WORDS = click.Path(exists=True, dir_okay=False, path_type=Path)
_seen = click.option(
    "--seen",
    metavar="VERSION",
    help="The version of the case you looked at, or the last reply you read (h12): refuse if it changed.",
)
_case = click.argument("case")
_invoices = click.option("--invoice", "invoices", multiple=True, help="Only this invoice; may be repeated.")
_note = click.option("--note", help="Their words; they are written in the journal.")
_amount = click.option("--amount", metavar="AMOUNT", help="Like 1234.50; default all of it.")


_unconfirmed = click.option("--unconfirmed", is_flag=True, help="Do not confirm it to the debtor by mail.")


def _on_a_case(command: Command) -> Command:
    """The words that every change of a case takes."""
    return _case(_seen(creditor_option(click.pass_context(command))))


@relanced.command()
@click.option("--of", metavar="PERSON", help="What waits for this person, and for whom they stand in.")
@click.option("--all", "all_", is_flag=True, help="What waits for anybody.")
@click.pass_context
def inbox(ctx: click.Context, /, of: str | None, all_: bool) -> None:
    """What waits for you: replies, approvals, letters to post, calls, doubts, broken promises."""
    desk(ctx, "inbox", of=of, all=all_)


@relanced.command()
@_case
@click.argument("words")
@_seen
@creditor_option
@click.pass_context
def note(ctx: click.Context, /, **words: Any) -> None:
    """Write WORDS into the journal of CASE."""
    desk(ctx, "note", **words)


@relanced.command()
@click.option("--anyway", is_flag=True, help="Even if somebody else has it in hand.")
@_on_a_case
def take(ctx: click.Context, /, **words: Any) -> None:
    """Take CASE in hand: nobody else changes it meanwhile."""
    desk(ctx, "take", **words)


@relanced.command()
@click.argument("case", required=False)
@click.option("--kind", help="End holds of this kind instead of replies: dispute, promise, insolvency …; or thanks.")
@_invoices
@click.option("--unanswered", is_flag=True, help="Only give it back: its holds stay.")
@click.option("--reason")
@_seen
@creditor_option
@click.pass_context
def release(ctx: click.Context, /, case: str | None, invoices: tuple[str, ...], **words: Any) -> None:
    """CASE goes on: its replies up to --seen are answered; if another has come since, nothing is changed.

    With --kind dispute and --invoice one invoice is contested no more, the others still are.

    With --kind thanks the debtor is thanked by mail; without CASE that is done for every reply that only thanks and is
    yours or nobody's.
    """
    if not case and words["kind"] != "thanks":
        raise Failed("say which case, or --kind thanks for every reply that only thanks", 2)
    desk(ctx, "release", case=case, invoices=",".join(invoices) or None, **words)


@relanced.command()
@click.argument("task")
@click.option("--reason", help="What was done; it is written in the journal.")
@click.pass_context
def done(ctx: click.Context, /, **words: Any) -> None:
    """TASK, as `relanced tasks` numbers it, is dealt with."""
    desk(ctx, "done", **words)


@relanced.command()
@click.option("--date", metavar="DATE", required=True, help="The day they named.")
@_amount
@click.option("--means", help="transfer (default), cheque, card, direct_debit, other: how long the money may take.")
@click.option("--said-by", metavar="NAME", help="Who promised.")
@_unconfirmed
@_invoices
@_note
@_on_a_case
def promise(ctx: click.Context, /, invoices: tuple[str, ...], **words: Any) -> None:
    """The debtor of CASE has promised a payment: quiet until its grace is over."""
    desk(ctx, "promise", invoices=",".join(invoices) or None, **words)


@relanced.command()
@reason_option
@click.option("--cause", help="dispute (default), process, oversight, cash, bad-faith or insolvent.")
@click.option("--amount", metavar="AMOUNT", help="Only this much of the one --invoice; the rest goes on.")
@click.option("--until", metavar="DATE", help="The last quiet day; default until it is released.")
@_invoices
@_on_a_case
def dispute(ctx: click.Context, /, invoices: tuple[str, ...], **words: Any) -> None:
    """The debtor of CASE contests invoices, or a part of one."""
    desk(ctx, "dispute", invoices=",".join(invoices) or None, **words)


@relanced.command()
@_case
@click.argument("cause")
@_note
@_seen
@creditor_option
@click.pass_context
def cause(ctx: click.Context, /, **words: Any) -> None:
    """Why CASE is not paid: oversight, dispute, cash, process, bad-faith, insolvent; "none" clears it."""
    desk(ctx, "cause", **words)


@relanced.command()
@click.option("--what", required=True, type=click.Choice(["sauvegarde", "redressement", "liquidation"]))
@click.option("--on", metavar="DATE", required=True, help="The day of the opening judgment.")
@click.option(
    "--published", metavar="DATE", help="The day of the BODACC: the claim is declared within two months of it."
)
@_note
@_on_a_case
def insolvency(ctx: click.Context, /, **words: Any) -> None:
    """The debtor of CASE is in a collective procedure: a hard stop, and a deadline."""
    desk(ctx, "insolvency", **words)


@relanced.command()
@_case
@click.argument("where", metavar="[ADDRESS]", required=False)
@click.option("--reason")
@_seen
@creditor_option
@click.pass_context
def optout(ctx: click.Context, /, **words: Any) -> None:
    """Nothing is sent any more to ADDRESS of CASE, or to any of its mail addresses and numbers."""
    desk(ctx, "optout", **words)


@relanced.command()
@click.argument("report", metavar="promises|causes")
@click.option("--since", metavar="DATE", help="Promises for this day or later; default the last year.")
@creditor_option
@click.pass_context
def report(ctx: click.Context, /, **words: Any) -> None:
    """What became of promises; why what is owed is not paid."""
    desk(ctx, "report", **words)


@relanced.command()
@click.option("--count", metavar="N", help="So many equal parts, a month apart.")
@click.option("--first", metavar="DATE", help="The day of the first one.")
@click.option("--part", "parts", multiple=True, metavar="DATE=AMOUNT", help="One part; repeat it for each.")
@click.option("--means", help="transfer (default), cheque, card, direct_debit, other.")
@click.option("--said-by", metavar="NAME", help="Who agreed.")
@click.option("--anyway", is_flag=True, help="Even over more than the 24 months that a judge would grant.")
@click.option("--revoke", is_flag=True, help="Everything is due again (déchéance du terme); say --reason.")
@click.option("--reason")
@click.option("-o", "--output", type=_FILE, help="Write the agreement to be signed to this PDF.")
@_unconfirmed
@_invoices
@_on_a_case
def instalments(ctx: click.Context, /, invoices: tuple[str, ...], parts: tuple[str, ...], **words: Any) -> None:
    """What CASE owes is paid in parts; without options: the parts and what became of them."""
    output = words.pop("output")
    if output is None:
        desk(ctx, "instalments", invoices=",".join(invoices) or None, parts=";".join(parts) or None, **words)
        return
    with new_file(output) as file:
        write_files(desk(ctx, "instalments", case=words["case"], creditor=words["creditor"], paper=True), file)


@relanced.command()
@click.option("--off", metavar="AMOUNT|PERCENT", help="What is let go: 100.00 or 10%.")
@click.option("--until", metavar="DATE", help="The last day on which it may be taken.")
@click.option("--means", help="transfer (default), cheque, card, direct_debit, other: how long the money may take.")
@click.option("--hold", is_flag=True, help="No reminder meanwhile; default as the policy says.")
@click.option("--remind", is_flag=True, help="Reminders go on, and recall it.")
@click.option("--withdraw", is_flag=True, help="Take it back; say --reason.")
@click.option("--reason")
@click.option("-o", "--output", type=_FILE, help="Write the running offer as a letter to this PDF.")
@click.option("--unconfirmed", is_flag=True, help="Do not say it to the debtor by mail.")
@_invoices
@_note
@_on_a_case
def offer(ctx: click.Context, /, invoices: tuple[str, ...], **words: Any) -> None:
    """CASE owes less if the rest is paid by a day; without options: what was offered and what became of it."""
    output = words.pop("output")
    if words["hold"] and words["remind"]:
        raise Failed("--hold and --remind exclude one another", 2)
    if output is None:
        desk(ctx, "offer", invoices=",".join(invoices) or None, **words)
        return
    with new_file(output) as file:
        write_files(desk(ctx, "offer", case=words["case"], creditor=words["creditor"], paper=True), file)


@relanced.command()
@_case
@click.argument("file", metavar="[FILE]", type=_WORDS, required=False)
@click.option("--subject", help="Default: that of what the debtor wrote last.")
@click.option("--release", is_flag=True, help="The reply is the answer: the case goes on.")
@_seen
@creditor_option
@click.pass_context
def reply(ctx: click.Context, /, file: Path | None, **words: Any) -> None:
    """Answer the debtor of CASE with the words of FILE, or of your editor.

    With --release a file says by --seen what it answers; in the editor it answers what stands below the line.
    """
    if file:
        desk(ctx, "reply", {file.name: file.read_bytes()}, **words)
        return
    said, version = _typed(ctx, words["case"], words["creditor"])
    try:
        desk(ctx, "reply", {"reply.txt": said.encode()}, **{**words, "seen": words["seen"] or version})
    except Failed as refused:
        raise Failed(f"{refused}\nyour words are kept: {_kept(said)}", refused.status) from None


def _kept(said: str) -> str:
    """Where words are found again that could not leave."""
    with NamedTemporaryFile("w", encoding="utf-8", prefix="relanced-reply-", suffix=".txt", delete=False) as file:
        file.write(said)
    return file.name


_BELOW = "# What stands below this line is not sent."


def _typed(ctx: click.Context, case: str, creditor: str | None) -> tuple[str, str]:
    """What a person types in their editor, above what the debtor wrote last, and the version of the case that they saw.
    Raises Failed when nothing is saved."""
    config, _style = ctx.obj
    record = ask(config, "show", {"case": case, "creditor": creditor})["record"]
    last = next((one for one in reversed(record["thread"]) if one["what"].startswith("← ")), None)
    known = f"\n\n{_BELOW}\n# {last['what']}\n{last['text']}\n" if last else None
    said = click.edit(known)
    if said is None:
        raise Failed("nothing was saved: nothing is sent")
    return said.partition(_BELOW)[0], str(record["version"])

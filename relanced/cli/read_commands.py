"""The command that shows what a message means; it needs no configuration and no database."""

from __future__ import annotations

import json
import mailbox
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from relanced.cli.printing import Failed, show
from relanced.cli.root import relanced

if TYPE_CHECKING:
    from relanced.reading import Child, Verdict

_COLUMNS = ("file", "kind", "recipients", "reference", "intent", "reason", "text")
_SHORT = 300  # characters of a text in a table
_DELIVERING = "tmp"  # of a Maildir: what has not arrived


@relanced.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path, allow_dash=True))
@click.option(
    "-f", "--format", "style", type=click.Choice(["auto", "table", "json", "tsv"]), help="As before the command."
)
@click.pass_context
def read(ctx: click.Context, /, files: tuple[Path, ...], style: str | None) -> None:
    """What messages mean: bounce, answer, person, whose, about what. FILES are messages, folders, mboxes or Maildirs;
    - is standard input. With --format json one line for each message."""
    from relanced.reading import Child

    missed: list[str] = []
    child = Child()
    try:
        verdicts = ((name, _verdict(child, raw)) for name, raw in _messages(files, missed))
        _show(verdicts, style or ctx.obj[1])
    finally:
        child.close()
    if missed:
        raise Failed("\n".join(missed))


def _verdict(child: Child, raw: bytes) -> Verdict:
    try:
        return child.read(raw)
    except OSError as error:
        raise Failed(str(error)) from None


def _show(verdicts: Iterable[tuple[str, Verdict]], style: str) -> None:
    if style != "json":
        show({"columns": _COLUMNS, "rows": [_row(name, verdict) for name, verdict in verdicts]}, style)
        return
    for name, verdict in verdicts:
        print(json.dumps({"file": name, **verdict.as_json()}, ensure_ascii=False))


def _messages(files: Iterable[Path], missed: list[str]) -> Iterator[tuple[str, bytes]]:
    """Every message by name, in an mbox with its number. What cannot be opened is told in `missed`."""
    for file in files:
        for path in _below(file) if file.is_dir() else [file]:
            try:
                yield from _in_file(path)
            except OSError as error:
                missed.append(f"{path} cannot be read: {error.strerror or error}")


def _in_file(path: Path) -> Iterator[tuple[str, bytes]]:
    from relanced.reading.message import LARGEST

    if str(path) == "-":
        yield "-", sys.stdin.buffer.read(LARGEST + 1)
        return
    with path.open("rb") as opened:
        raw = opened.read(LARGEST + 1)
    if not raw.startswith(b"From "):
        yield str(path), raw
        return
    with closing(mailbox.mbox(path, create=False)) as box:
        yield from ((f"{path}:{n}", box.get_bytes(key)) for n, key in enumerate(box.iterkeys(), 1))


def _below(folder: Path) -> Iterator[Path]:
    """The files of a folder and of those below, in order."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != _DELIVERING)
        yield from (Path(place, name) for name in sorted(names) if Path(place, name).is_file())


def _row(name: str, verdict: Verdict) -> list[Any]:
    told = [f"{r.address} {r.status}".strip() + (" dead" if r.address_dead else "") for r in verdict.recipients]
    intent = verdict.intent.value if verdict.intent else ""
    return [
        name,
        verdict.kind.value,
        ", ".join(told),
        verdict.reference,
        intent,
        verdict.reason[:_SHORT],
        " ".join(verdict.text[:_SHORT].split()),
    ]

"""The first and the last words of the demonstration: who is who, what happened to each, and where everything lies."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import fill

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from relanced.demo.answers import ANSWERING
from relanced.demo.chapters import Chapter
from relanced.demo.company import CUSTOMERS
from relanced.demo.folder import Folder
from relanced.demo.narrator import Narrator
from relanced.demo.post import customers_mail, mornings

_WIDTH = 120
_EVENTS, _NOW = 54, 22
_GLUE = "\u00a0"
_LEFT = ("sent", "delivered")


def open_with(folder: Folder, narrator: Narrator) -> None:
    """Say what is to be seen."""
    narrator.line(
        "Atelier Dubois, January to March 2026: the real daemon, real SMTP, a Twilio that rings no phone, a fast clock."
    )
    narrator.line(f"▶ is what people do; the other lines are the log, whole in {_short(folder.log)}. The cases:")
    cases = [f"{n:>4} {customer.name}" for n, customer in enumerate(CUSTOMERS, start=1)]
    for start in range(0, len(cases), 3):
        narrator.line("".join(f"{case:<38}" for case in cases[start : start + 3]).rstrip())
    narrator.line()


def close_with(told: Sequence[Chapter], folder: Folder, narrator: Narrator, stay: bool) -> None:
    """Say what happened, where everything lies, and what to try."""
    narrator.line()
    narrator.line(_table(told))
    for line in (*_counts(told, folder), "", *_places(folder), "", *_commands(told, folder, stay)):
        narrator.line(line)


def _table(told: Sequence[Chapter]) -> str:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("customer", "what happened (amounts in EUR)", "now"):
        table.add_column(name, no_wrap=True)
    for chapter in told:
        debtor = chapter.case.facts.debtor
        now = chapter.now + (f", owes {chapter.owed / 100:.2f}" if chapter.owed else "")
        table.add_row(f"{debtor.key} {debtor.name}", _wrapped(chapter.events, _EVENTS), fill(now, _NOW))
    console = Console(width=_WIDTH)
    with console.capture() as written:
        console.print(table)
    return written.get().strip("\n")


def _wrapped(parts: Sequence[str], width: int) -> str:
    """The parts as lines of a cell; a day stays beside its month, and a dot with what it follows."""
    glued = f"{_GLUE}· ".join(part.replace(" ", _GLUE, 3) for part in parts)
    return fill(glued, width, break_on_hyphens=False).replace(_GLUE, " ")


def _counts(told: Sequence[Chapter], folder: Folder) -> Iterator[str]:
    messages = [m for chapter in told for m in chapter.messages]
    left = Counter(m["road"] for m in messages if m["state"] in _LEFT)
    ends = Counter((m["road"], m["state"]) for m in messages)
    events = Counter(entry["event"] for chapter in told for entry in chapter.journal)
    mails = f"{left['email']} e-mails (in the mailbox: {len(customers_mail(folder))})"
    texts = f"{left['sms']} SMS ({ends['sms', 'delivered']} delivered)"
    yield f"Left: {mails}, {texts}, {left['letter']} letters, {left['registered']} registered."
    nowhere = f"Refused: {ends['email', 'failed']} e-mail. Undelivered: {ends['sms', 'failed']} SMS."
    withdrawn = sum(n for (road, state), n in ends.items() if state == "cancelled" and road != "phone")
    yield f"{nowhere} Withdrawn before they left: {withdrawn}. In the tray: {ends['letter', 'in_tray']}."
    calls = (
        f"{events['call made']} made, {ends['phone', 'expired']} that nobody made, {ends['phone', 'in_tray']} waiting"
    )
    yield f"Calls: {calls}. Answers: {events['reply']}. Mornings in Claire's mailbox: {len(mornings(folder))}."


def _places(folder: Folder) -> Iterator[str]:
    places = {
        folder.mailbox: "every e-mail as .eml, to be opened in a mail program; Claire's mornings too, with their .xlsx",
        folder.texts: "every SMS, with its segments and its end, and the STOP",
        folder.answers: "what customers wrote back, as .eml, and Claire's answer",
        folder.letters: "letters as PDF; withdrawn/ holds the one that was paid while it lay in the tray",
        folder.registered: "the mise en demeure as PDF",
        folder.posted: "what Claire took to the post, a merged PDF per morning",
        folder.books: "the CSV files of the accounting program and of the bank",
        folder.config: "the configuration",
        folder.database: "the database",
        folder.log: "the log of the daemon, every line of it",
    }
    yield "Where everything lies"
    for path, what in places.items():
        yield f"  {_short(path) + ('/' if path.is_dir() else ''):<34} {what}"


def _commands(told: Sequence[Chapter], folder: Folder, stay: bool) -> Iterator[str]:
    start = f"{_program()} -c {_short(folder.config)}"
    waiting = [f"r{c.case.facts.live.id}" for c in told if c.case.facts.live and not c.case.facts.live.messages]
    asked = {
        "why FA-2026-007": "why an invoice stands where it stands",
        "show C12": "one case whole, with its journal",
        "inbox": "what waits for Claire",
        f"show {ANSWERING}": "one that was answered, word by word",
        "queue": "what has not left, and why",
        "tasks": "what the machine asks of people",
        "calls": "whom to call, with the words to say",
    }
    done = {
        f"approve {waiting[0] if waiting else 'MESSAGE'}": "let the case of the bad payer be handed over",
        "letters take -o today.pdf": "print what lies in the tray",
        "forecast --days 30": "what would leave in April",
    }
    yield "Try, in another terminal" if stay else "Try"
    for command, what in (asked | (done if stay else {})).items():
        yield f"  {start} {command:<26} # {what}"
    if stay:
        yield ""
        yield "The daemon stays up, and its clock goes on from 31 March 2026, 15:00. Ctrl-C ends it."


def _short(path: Path) -> str:
    """As one would type it here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _program() -> str:
    called = Path(sys.argv[0])
    return str(called) if called.name == "relanced" and not called.is_absolute() else "relanced"

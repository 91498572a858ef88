"""Claire, who runs the desk: every word of hers goes over the socket, as the command line would send it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from relanced.demo.clock import DemoClock
from relanced.demo.folder import Folder
from relanced.demo.narrator import Narrator
from relanced.demo.post import mornings, opened, tables, text
from relanced.demo.window import Window

_CALL = ("reference", "debtor", "contact", "number", "amount")
_REGISTERED_NUMBER = "1A 203 456 7890 1"


class Claire:
    """Says verbs at the desk. What she types is told, with the answer where it is worth reading."""

    def __init__(self, window: Window, clock: DemoClock, folder: Folder, narrator: Narrator) -> None:
        self._window, self._clock, self._folder, self._narrator = window, clock, folder, narrator
        self._handled: set[str] = set()

    async def imports(self, *names: str, covers: date | None = None, quietly: bool = False) -> None:
        """Import files of the accounting program."""
        files = {Path(name).name: (self._folder.books / name).read_bytes() for name in names}
        words = {"covers": str(covers)} if covers else {}
        until = f" --covers {covers}" if covers else ""
        said = await self._window.ask("import", words, files)
        if not quietly:
            self._narrator.typed(f"import {' '.join(names)}{until}", said["lines"])

    async def opens(self, creditor: str) -> None:
        """Let reminders leave."""
        said = await self._window.ask("open", {"creditor": creditor})
        self._narrator.typed(f"open {creditor}", said["lines"])

    async def asks_why(self, invoice: str) -> list[str]:
        """Ask why an invoice stands where it stands."""
        said = await self._window.ask("why", {"case": invoice})
        self._narrator.typed(f"why {invoice}", said["lines"])
        return list(said["lines"])

    async def reads_tasks(self) -> None:
        """Look at what the machine asks of people."""
        self._narrator.typed("tasks", [_row(row, "id", "kind", "words") for row in await self._rows("tasks")])

    async def reads_queue(self) -> list[dict[str, Any]]:
        """Look at what has not left, and why."""
        queue = await self._rows("queue")
        self._narrator.typed(
            "queue", [_row(row, "message", "name", "step", "road", "state", "reason") for row in queue]
        )
        return queue

    async def approves(self, step: str) -> None:
        """Read the queue, and let what waits on a step go."""
        for row in await self.reads_queue():
            if row["step"] == step and row["state"] == "parked":
                said = await self._window.ask("approve", {"message": row["message"]})
                self._narrator.typed(f"approve {row['message']}", said["lines"])

    async def reads_inbox(self) -> None:
        """Look at what waits for her."""
        self._narrator.typed(
            "inbox", [_row(row, "kind", "case", "debtor", "words") for row in await self._rows("inbox")]
        )

    async def looks_at(self, customer: str) -> None:
        """Look at a case: its head, and the conversation from what the customer said last."""
        lines = (await self._window.ask("show", {"case": customer}))["lines"]
        last = max(n for n, line in enumerate(lines) if "← " in line)
        self._narrator.typed(f"show {customer}", [*lines[:3], "…", *lines[last:]], whole=True)

    async def takes(self, customer: str) -> None:
        """Take a case in hand."""
        said = await self._window.ask("take", {"case": customer})
        self._narrator.typed(f"take {customer}", said["lines"])

    async def answers(self, customer: str, words: str) -> None:
        """Write back, and let the case go on."""
        path = self._folder.answers / f"reponse-{customer}.txt"
        path.write_text(words, encoding="utf-8")
        seen = await self._version(customer)
        answer = {"case": customer, "release": True, "seen": seen}
        said = await self._window.ask("reply", answer, {path.name: path.read_bytes()})
        typed = f"reply {customer} {path.relative_to(self._folder.root)} --release --seen {seen}"
        self._narrator.typed(typed, said["lines"])

    async def releases(self, customer: str, why: str) -> None:
        """Let a case go on: what was written is read, and answered."""
        seen = await self._version(customer)
        said = await self._window.ask("release", {"case": customer, "seen": seen, "reason": why})
        self._narrator.typed(f'release {customer} --seen {seen} --reason "{why}"', said["lines"])

    async def _version(self, customer: str) -> int:
        """Which state of a case she has read, as `show` tells it."""
        return int((await self._window.ask("show", {"case": customer}))["record"]["version"])

    async def pauses(self, customer: str, until: date, why: str) -> None:
        """Let a case stand still."""
        said = await self._window.ask("pause", {"case": customer, "until": str(until), "reason": why})
        self._narrator.typed(f'pause {customer} --until {until} --reason "{why}"', said["lines"])

    async def reads_calls(self) -> None:
        """Look at whom to call today, the largest amount first."""
        said = await self._window.ask("calls", {"today": True})
        self._narrator.typed("calls --today", [_row(row, *_CALL) for row in said["record"]] or said["lines"])

    async def called(self, customer: str, result: str, note: str, promised: date | None = None) -> None:
        """Write down what became of a call."""
        said = await self._window.ask(
            "call", {"which": customer, "result": result, "note": note, "date": str(promised or "")}
        )
        named = f" --date {promised}" if promised else ""
        self._narrator.typed(f'call {customer} --result {result}{named} --note "{note}"', said["lines"])

    async def opens_her_mail(self) -> None:
        """Read what this morning's mail says, and open the workbook that came with it."""
        path = mornings(self._folder)[-1]
        mail = opened(path)
        self._narrator.opened(str(path.relative_to(self._folder.root)), text(mail))
        for name, sheets in tables(mail).items():
            self._narrator.opened(name, sheets)

    async def goes_to_the_post(self, today: date) -> None:
        """Take what has lain in the trays overnight, print it in one go, and post it."""
        await self._clock.settle()
        lying = self._sheets() - self._handled
        rows = [row for row in await self._rows("letters") if row["since"] < str(today)] if lying else []
        if not rows:
            return
        name = f"{today}.pdf"
        taken = await self._window.ask("letters take", {})
        took = {sheet["reference"] for sheet in taken["record"]}
        self._handled |= {row["file"] for row in rows if row["reference"] in took}
        if not took:
            return
        for content in taken["files"].values():
            (self._folder.posted / name).write_bytes(base64.b64decode(content))
        self._narrator.headline("Claire goes to the post")
        self._narrator.typed(f"letters take -o posted/{name}", taken["lines"])
        await self._posts([row["reference"] for row in taken["record"] if row["road"] == "letter"], "")
        for row in taken["record"]:
            if row["road"] == "registered":
                await self._posts([row["reference"]], _REGISTERED_NUMBER)

    def _sheets(self) -> set[str]:
        return {path.name for tray in (self._folder.letters, self._folder.registered) for path in tray.glob("*.pdf")}

    async def _posts(self, references: Sequence[str], number: str) -> None:
        if not references:
            return
        said = await self._window.ask("letters posted", {"references": ",".join(references), "number": number})
        numbered = f' --number "{number}"' if number else ""
        self._narrator.typed(f"letters posted {' '.join(references)}{numbered}", said["lines"])

    async def notes_presentation(self, reference: str, on: date) -> None:
        """Note when the postman first presented a registered letter."""
        said = await self._window.ask("letters presented", {"reference": reference, "on": str(on)})
        self._narrator.typed(f"letters presented {reference} --on {on}", said["lines"])

    async def _rows(self, verb: str) -> list[dict[str, Any]]:
        said = await self._window.ask(verb, {})
        return list(said["record"])


def _row(row: Mapping[str, Any], *columns: str) -> str:
    return "  ".join(str(row[name]) for name in columns)

"""Claire, who runs the desk: every word of hers goes over the socket, as the command line would send it."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import aiohttp

from relanced.demo.clock import DemoClock
from relanced.demo.folder import Folder
from relanced.demo.narrator import Narrator
from relanced.demo.post import mornings, opened, tables, text

_CALL = ("reference", "debtor", "contact", "number", "amount")
_REGISTERED_NUMBER = "1A 203 456 7890 1"


class Refused(Exception):
    """The desk said no where the story expects a yes."""


class Claire:
    """Says verbs at the desk. What she types is told, with the answer where it is worth reading."""

    def __init__(self, socket: Path, clock: DemoClock, folder: Folder, narrator: Narrator) -> None:
        self._session = aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(socket)))
        self._clock, self._folder, self._narrator = clock, folder, narrator
        self._handled: set[str] = set()

    async def leave(self) -> None:
        """Go home."""
        await self._session.close()

    async def imports(self, *names: str, covers: date | None = None, quietly: bool = False) -> None:
        """Import files of the accounting program."""
        files = {Path(name).name: (self._folder.books / name).read_bytes() for name in names}
        words = {"covers": str(covers)} if covers else {}
        until = f" --covers {covers}" if covers else ""
        said = await self._ask("import", words, files)
        if not quietly:
            self._narrator.typed(f"import {' '.join(names)}{until}", said["lines"])

    async def opens(self, creditor: str) -> None:
        """Let reminders leave."""
        said = await self._ask("open", {"creditor": creditor})
        self._narrator.typed(f"open {creditor}", said["lines"])

    async def asks_why(self, invoice: str) -> list[str]:
        """Ask why an invoice stands where it stands."""
        said = await self._ask("why", {"case": invoice})
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
                said = await self._ask("approve", {"message": row["message"]})
                self._narrator.typed(f"approve {row['message']}", said["lines"])

    async def resumes(self, customer: str, why: str) -> None:
        """Let a case go on: what stopped it is answered."""
        said = await self._ask("resume", {"case": customer, "reason": why})
        self._narrator.typed(f'resume {customer} --reason "{why}"', said["lines"])

    async def pauses(self, customer: str, until: date, why: str) -> None:
        """Let a case stand still."""
        said = await self._ask("pause", {"case": customer, "until": str(until), "reason": why})
        self._narrator.typed(f'pause {customer} --until {until} --reason "{why}"', said["lines"])

    async def reads_calls(self) -> None:
        """Look at whom to call today, the largest amount first."""
        said = await self._ask("calls", {"today": True})
        self._narrator.typed("calls --today", [_row(row, *_CALL) for row in said["record"]] or said["lines"])

    async def called(self, customer: str, result: str, note: str, promised: date | None = None) -> None:
        """Write down what became of a call."""
        said = await self._ask("call", {"which": customer, "result": result, "note": note, "date": str(promised or "")})
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
        taken = await self._ask("letters take", {})
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
        said = await self._ask("letters posted", {"references": ",".join(references), "number": number})
        numbered = f' --number "{number}"' if number else ""
        self._narrator.typed(f"letters posted {' '.join(references)}{numbered}", said["lines"])

    async def notes_presentation(self, reference: str, on: date) -> None:
        """Note when the postman first presented a registered letter."""
        said = await self._ask("letters presented", {"reference": reference, "on": str(on)})
        self._narrator.typed(f"letters presented {reference} --on {on}", said["lines"])

    async def _rows(self, verb: str) -> list[dict[str, Any]]:
        said = await self._ask(verb, {})
        return list(said["record"])

    async def _ask(
        self, verb: str, words: Mapping[str, Any], files: Mapping[str, bytes] | None = None
    ) -> dict[str, Any]:
        request = {
            "verb": verb,
            "words": {name: word for name, word in words.items() if word != ""},
            "files": {name: base64.b64encode(content).decode() for name, content in (files or {}).items()},
            "request_id": secrets.token_hex(16),
        }
        await self._clock.settle()  # nobody types faster than the machine works
        async with self._session.post("http://desk/desk", json=request) as answer:
            said: dict[str, Any] = await answer.json()
        if said.get("error") or said.get("bad"):
            raise Refused(f"relanced {verb}: {said.get('error') or '; '.join(said.get('lines', ()))}")
        return said


def _row(row: Mapping[str, Any], *columns: str) -> str:
    return "  ".join(str(row[name]) for name in columns)

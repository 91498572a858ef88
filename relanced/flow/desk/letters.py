"""Verbs about letters: the tray, taking the day's sheets, what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

from msgspec import Struct

from relanced.channel import comes_out_printed, registered_number
from relanced.counter import Asked, Desk, Misasked, Told, Verb, moment, table
from relanced.flow.desk.at_hand import asked_again
from relanced.flow.desk.proofs import paper
from relanced.premises import Conditions, new_reference
from relanced.rules.gate import GATE, Strength, calendar_open, caps_free, channel_open
from relanced.rules.model import Road
from relanced.store.facts import Loaded
from relanced.store.proofs import ProofKind
from relanced.store.tray import Sheet
from relanced.words.bundle import bound

LETTERS = ("reference", "debtor", "creditor", "road", "since", "taken", "file", "note")
DO_NOT_POST = "do not post"


async def letters(desk: Desk, asked: Asked) -> Told:
    """What lies in the trays, and what must not be posted."""
    rows = [_row(desk, sheet, "") for sheet in await desk.store.tray.sheets()]
    rows += [_row(desk, sheet, f"{DO_NOT_POST}: {sheet.reason}") for sheet in await stopped_sheets(desk)]
    return table(LETTERS, rows, none="the trays are empty")


async def stopped_sheets(desk: Desk) -> list[Sheet]:
    """The sheets that must not be posted any more; a call that was withdrawn is nowhere."""
    return [sheet for sheet in await desk.store.tray.to_pull() if sheet.road != Road.PHONE]


def _row(desk: Desk, sheet: Sheet, note: str) -> dict[str, object]:
    return {
        "reference": sheet.reference,
        "debtor": sheet.debtor,
        "creditor": sheet.creditor,
        "road": sheet.road,
        "since": moment(sheet.since, desk),
        "taken": moment(sheet.taken_at, desk),
        "file": sheet.job if _is_printed(desk, sheet) else f"{sheet.attempt}.pdf",
        "note": note,
    }


class Looked(Struct, frozen=True):
    """A sheet, the version of its case at which it was looked through, and why it must stay, empty when it may go."""

    sheet: Sheet
    version: int
    why: str


async def take(desk: Desk, asked: Asked) -> Told:
    """The day's sheets in one PDF with a tick-list. The gate is asked once more; what must not leave is left out."""
    sheets = [s for s in await desk.store.tray.sheets() if asked.flag("again") or s.taken_at is None]
    if asked.maybe("creditor"):
        sheets = [s for s in sheets if s.creditor == asked.text("creditor")]
    looked = await look_through(desk, sheets)
    free = {one.sheet.message_id: one.version for one in looked if not one.why}
    taken = set(await desk.store.tray.taken(free, asked.by, desk.now))
    kept = [one.sheet for one in looked if one.sheet.message_id in taken]
    stops = left_out(looked, taken)
    stops += [f"[x] {named(s)}: ne pas poster ({s.reason})" for s in await stopped_sheets(desk)]
    if not kept:
        return Told((*stops, "no letter to take"), record=[])
    return Told(
        (
            "1 letter" if len(kept) == 1 else f"{len(kept)} letters",
            *(f"[ ] {named(s)}{_how(desk, s)}" for s in kept),
            *stops,
        ),
        record=[{"reference": s.reference, "debtor": s.debtor, "road": s.road} for s in kept],
        files=await _to_print(desk, [s for s in kept if not _is_printed(desk, s)]),
    )


_MEANWHILE = "ne pas poster (son dossier vient de changer)"


def left_out(looked: Sequence[Looked], taken: Collection[int]) -> list[str]:
    """A line for each sheet that was not taken, with why."""
    return [f"[x] {named(one.sheet)}: {one.why or _MEANWHILE}" for one in looked if one.sheet.message_id not in taken]


def named(sheet: Sheet) -> str:
    """A sheet in one line."""
    return f"{sheet.reference}  {sheet.road:<10} {sheet.debtor}"


def _is_printed(desk: Desk, sheet: Sheet) -> bool:
    return comes_out_printed(desk.doors.get(sheet.channel))


def _how(desk: Desk, sheet: Sheet) -> str:
    return f"  ({sheet.job})" if _is_printed(desk, sheet) else ""


async def _to_print(desk: Desk, sheets: Sequence[Sheet]) -> dict[str, bytes]:
    """The sheets in one PDF; none when a printer has made them all."""
    letters = [(await desk.store.tray.parcel(sheet.attempt)).wire for sheet in sheets]
    return {"letters.pdf": (await asyncio.to_thread(bound, letters))[0]} if letters else {}


async def look_through(desk: Desk, sheets: Sequence[Sheet]) -> list[Looked]:
    """Ask the gate once more of each sheet."""
    conditions = await desk.premises.conditions(desk.store)
    return [await _look_at(desk, sheet, conditions) for sheet in sheets]


async def _look_at(desk: Desk, sheet: Sheet, conditions: Conditions) -> Looked:
    (case,) = await desk.store.planning.load([sheet.case_id], desk.now.date())
    await desk.premises.known(desk.store, [case])
    return Looked(sheet, case.facts.version, await _against(desk, sheet, case, conditions))


# A sheet that lies printed was counted when it was made, has left its door, and troubles nobody at this hour.
_AT_THE_POST = tuple(question for question in GATE if question not in (calendar_open, caps_free, channel_open))


async def _against(desk: Desk, sheet: Sheet, case: Loaded, conditions: Conditions) -> str:
    """Why the sheet must not be posted now; empty when it may."""
    verdict = await asked_again(desk, case, sheet.message_id, Road(sheet.road), conditions, _AT_THE_POST)
    if verdict.strength is Strength.DEFER:
        return f"pas avant {moment(verdict.until, desk)} ({verdict.words})"
    return "" if verdict.strength is Strength.ALLOW else f"ne pas poster ({verdict.words})"


async def posted(desk: Desk, asked: Asked) -> Told:
    """Letters went to the post. Never refused: what had changed meanwhile is flagged on the case."""
    named = [r for r in asked.text("references").split(",") if r]
    day, lines = asked.day("on", desk.now.date()), []
    number = _number(asked.maybe("number") or "")
    if (number or asked.files) and len(named) > 1:
        raise Misasked("a number and its proof belong to one letter: post them one by one")
    proof = paper(asked, ProofKind.POSTING, day) if asked.files else None
    for reference in named:
        crossed = await desk.store.tray.posted(reference.upper(), number, day, asked.by, desk.now, proof)
        lines.append(
            f"{reference} posted on {day}" + (": CROSSED, the case had changed: relanced show CASE" if crossed else "")
        )
    return Told(tuple(lines))


def _number(typed: str) -> str:
    """The number of a registered letter. Raises Misasked."""
    try:
        return registered_number(typed) if typed.strip() else ""
    except ValueError as fault:
        raise Misasked(f"number: {fault}") from fault


async def number(desk: Desk, asked: Asked) -> Told:
    """A posted letter gets its number, or another one in place of one that was typed wrong."""
    reference, said = asked.text("reference").upper(), _number(asked.text("number"))
    await desk.store.tray.numbered(reference, said, asked.by, desk.now)
    return Told((f"{reference} has the number {said}",))


async def presented(desk: Desk, asked: Asked) -> Told:
    """A registered letter was first presented: the notice's clock runs from that day."""
    reference, day = asked.text("reference").upper(), asked.day("on")
    await desk.store.tray.presented(reference, day, asked.by, desk.now)
    return Told((f"{reference} was presented on {day}",))


async def spoiled(desk: Desk, asked: Asked) -> Told:
    """A sheet is lost or unusable: another is made, unless it must not be posted anyway."""
    reference, fresh = asked.text("reference").upper(), new_reference()
    why = asked.maybe("reason") or "spoiled"
    if await desk.store.tray.spoiled(reference, fresh, why, asked.by, desk.now) is None:
        return Told((f"{reference} must not be posted any more: noted that it is destroyed",))
    return Told((f"{reference} is spoiled; {fresh} replaces it",), record={"reference": fresh})


VERBS: dict[str, Verb] = {
    "letters": letters,
    "letters take": take,
    "letters posted": posted,
    "letters number": number,
    "letters presented": presented,
    "letters spoiled": spoiled,
}

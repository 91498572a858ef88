"""Verbs about letters: the tray, taking the day's sheets, what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from relanced.counter import Asked, Desk, Misasked, Told, Verb, moment, table
from relanced.premises import Conditions, new_reference
from relanced.rules.decide import Named
from relanced.rules.gate import GATE, Strength, ask, calendar_open, caps_free, channel_open
from relanced.rules.model import LineState, Road
from relanced.store.facts import Loaded
from relanced.store.tray import Sheet

LETTERS = ("reference", "debtor", "creditor", "road", "since", "taken", "file", "note")
DO_NOT_POST = "do not post"


async def letters(desk: Desk, asked: Asked) -> Told:
    """What lies in the trays, and what must not be posted."""
    rows = [_row(desk, sheet, "") for sheet in await desk.store.tray.sheets()]
    rows += [_row(desk, sheet, f"{DO_NOT_POST}: {sheet.reason}") for sheet in await desk.store.tray.to_pull()]
    return table(LETTERS, rows, none="the trays are empty")


def _row(desk: Desk, sheet: Sheet, note: str) -> dict[str, object]:
    return {
        "reference": sheet.reference,
        "debtor": sheet.debtor,
        "creditor": sheet.creditor,
        "road": sheet.road,
        "since": moment(sheet.since, desk),
        "taken": moment(sheet.taken_at, desk),
        "file": f"{sheet.attempt}.pdf",
        "note": note,
    }


@dataclass(frozen=True, slots=True)
class _Looked:
    """A sheet, the version of its case at which it was looked through, and why it must stay, empty when it may go."""

    sheet: Sheet
    version: int
    why: str


async def take(desk: Desk, asked: Asked) -> Told:
    """The day's sheets in one PDF with a tick-list. The gate is asked once more; what must not leave is left out."""
    sheets = [s for s in await desk.store.tray.sheets() if asked.flag("again") or s.taken_at is None]
    if asked.maybe("creditor"):
        sheets = [s for s in sheets if s.creditor == asked.text("creditor")]
    conditions = await desk.premises.conditions(desk.store)
    looked = [await _look_through(desk, sheet, conditions) for sheet in sheets]
    free = {one.sheet.message_id: one.version for one in looked if not one.why}
    taken = set(await desk.store.tray.taken(free, asked.by, desk.now))
    kept = [one.sheet for one in looked if one.sheet.message_id in taken]
    left = [(one.sheet, one.why or _MEANWHILE) for one in looked if one.sheet.message_id not in taken]
    left += [(s, f"ne pas poster ({s.reason})") for s in await desk.store.tray.to_pull()]
    stops = [f"[x] {_named(s)}: {why}" for s, why in left]
    if not kept:
        return Told((*stops, "no letter to take"), record=[])
    return Told(
        ("1 letter" if len(kept) == 1 else f"{len(kept)} letters", *(f"[ ] {_named(s)}" for s in kept), *stops),
        record=[{"reference": s.reference, "debtor": s.debtor, "road": s.road} for s in kept],
        files={"letters.pdf": await _bound(desk, kept)},
    )


_MEANWHILE = "ne pas poster (son dossier vient de changer)"


def _named(sheet: Sheet) -> str:
    return f"{sheet.reference}  {sheet.road:<10} {sheet.debtor}"


async def _bound(desk: Desk, sheets: Sequence[Sheet]) -> bytes:
    """The sheets in one PDF."""
    from pypdf import PdfWriter  # slow to import

    pdf, out = PdfWriter(), BytesIO()
    for sheet in sheets:
        pdf.append(BytesIO((await desk.store.tray.parcel(sheet.attempt)).wire))
    pdf.write(out)
    return out.getvalue()


async def _look_through(desk: Desk, sheet: Sheet, conditions: Conditions) -> _Looked:
    (case,) = await desk.store.planning.load([sheet.case_id], desk.now.date())
    await desk.premises.known(desk.store, [case])
    return _Looked(sheet, case.facts.version, await _against(desk, sheet, case, conditions))


# A sheet that lies printed was counted when it was made, has left its door, and troubles nobody at this hour.
_AT_THE_POST = tuple(question for question in GATE if question not in (calendar_open, caps_free, channel_open))


async def _against(desk: Desk, sheet: Sheet, case: Loaded, conditions: Conditions) -> str:
    """Why the sheet must not be posted now; empty when it may."""
    policy = desk.premises.policy(case)
    message = await desk.store.views.message(sheet.message_id)
    reminder = next((r for r in case.facts.reminders if r.id == message["reminder_id"]), None)
    if policy is None or reminder is None:
        return "ne pas poster (its reminder is gone)"
    planned = [i for i in case.facts.lines if i.reminder_id == reminder.id and i.state is not LineState.PASSED_OVER]
    asked = desk.premises.moment(
        case,
        policy.step(reminder.step),
        tuple(Named(i.term_id, i.step, i.kind, i.cents) for i in planned),
        desk.premises.decide(case, policy, desk.now),
        Road(sheet.road),
        message["address_id"],
        desk.now,
        conditions,
        reminder.performed_on is not None,
    )
    verdict = ask(asked, _AT_THE_POST)
    if verdict.strength is Strength.DEFER:
        return f"pas avant {moment(verdict.until, desk)} ({verdict.words})"
    return "" if verdict.strength is Strength.ALLOW else f"ne pas poster ({verdict.words})"


async def posted(desk: Desk, asked: Asked) -> Told:
    """Letters went to the post. Never refused: what had changed meanwhile is flagged on the case."""
    named = [r for r in asked.text("references").split(",") if r]
    day, lines = asked.day("on", desk.now.date()), []
    number = asked.maybe("number") or ""
    if number and len(named) > 1:
        raise Misasked("a number belongs to one letter: post them one by one")
    for reference in named:
        crossed = await desk.store.tray.posted(reference.upper(), number, day, asked.by, desk.now)
        lines.append(
            f"{reference} posted on {day}" + (": CROSSED, the case had changed: relanced show" if crossed else "")
        )
    return Told(tuple(lines))


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
    "letters presented": presented,
    "letters spoiled": spoiled,
}

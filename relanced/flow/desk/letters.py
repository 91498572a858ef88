"""Verbs about letters: the tray, taking the day's sheets, what became of them."""

from __future__ import annotations

from io import BytesIO

from pypdf import PdfWriter

from relanced.counter import Asked, Desk, Misasked, Told, Verb, moment, table
from relanced.premises import new_reference
from relanced.rules.decide import Named
from relanced.rules.gate import Strength, ask
from relanced.rules.model import LineState, Road
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


async def take(desk: Desk, asked: Asked) -> Told:
    """The day's sheets in one PDF with a tick-list. The gate is asked once more; what must not leave is left out."""
    sheets = [s for s in await desk.store.tray.sheets() if asked.flag("again") or s.taken_at is None]
    if asked.maybe("creditor"):
        sheets = [s for s in sheets if s.creditor == asked.text("creditor")]
    judged = [(sheet, await _against(desk, sheet)) for sheet in sheets]
    kept = [(sheet, why) for sheet, why in judged if not why]
    refused = [(sheet, why) for sheet, why in judged if why]
    pdf = PdfWriter()
    for sheet, _ in kept:
        parcel = await desk.store.tray.parcel(sheet.attempt)
        pdf.append(BytesIO(parcel.wire))
    await desk.store.tray.taken([s.message_id for s, _ in kept], asked.by, desk.now)
    withdrawn = [(s, s.reason) for s in await desk.store.tray.to_pull()]
    ticks = [f"[ ] {s.reference}  {s.road:<10} {s.debtor}" for s, _ in kept]
    stops = [f"[x] {s.reference}  {s.road:<10} {s.debtor}: ne pas poster ({why})" for s, why in refused + withdrawn]
    if not kept:
        return Told((*stops, "no letter to take"), record=[])
    out = BytesIO()
    pdf.write(out)
    record = [{"reference": s.reference, "debtor": s.debtor, "road": s.road} for s, _ in kept]
    return Told(
        ("1 letter" if len(kept) == 1 else f"{len(kept)} letters", *ticks, *stops),
        record=record,
        files={"letters.pdf": out.getvalue()},
    )


async def _against(desk: Desk, sheet: Sheet) -> str:
    """Why the sheet must not be posted now; empty when it may."""
    (case,) = await desk.store.planning.load([sheet.case_id], desk.now.date())
    policy = desk.premises.policy(case)
    message = await desk.store.views.message(sheet.message_id)
    reminder = next((r for r in case.facts.reminders if r.id == message["reminder_id"]), None)
    if policy is None or reminder is None:
        return "its reminder is gone"
    planned = [i for i in case.facts.lines if i.reminder_id == reminder.id and i.state is not LineState.PASSED_OVER]
    lines = tuple(Named(i.term_id, i.step, i.kind, i.cents) for i in planned)
    decision = desk.premises.decide(case, policy, desk.now)
    conditions = await desk.premises.conditions(desk.store)
    step, road = policy.step(reminder.step), Road(sheet.road)
    asked = desk.premises.moment(
        case,
        step,
        lines,
        decision,
        road,
        message["address_id"],
        desk.now,
        conditions,
        reminder.performed_on is not None,
    )
    verdict = ask(asked)
    return "" if verdict.strength is Strength.ALLOW else verdict.words


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
    """A sheet is lost or unusable: another is made."""
    reference, fresh = asked.text("reference").upper(), new_reference()
    await desk.store.tray.spoiled(reference, fresh, asked.maybe("reason") or "spoiled", asked.by, desk.now)
    return Told((f"{reference} is spoiled; {fresh} replaces it",), record={"reference": fresh})


VERBS: dict[str, Verb] = {
    "letters": letters,
    "letters take": take,
    "letters posted": posted,
    "letters presented": presented,
    "letters spoiled": spoiled,
}

"""Verbs about messages: holding back, letting go, sending again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from relanced.counter import Asked, Desk, Misasked, Told, Verb
from relanced.premises import new_mail_id, new_reference
from relanced.rules.model import Address, MessageState, Road
from relanced.rules.turns import ways

TRAY_LAPSE = timedelta(days=14)


async def park(desk: Desk, asked: Asked) -> Told:
    """Hold a planned message back."""
    message = asked.number("message")
    await desk.store.people.park(message, asked.maybe("reason") or f"parked by {asked.by}", asked.by, desk.now)
    return Told((f"message {message} is parked: relanced approve {message} lets it go",))


async def cancel(desk: Desk, asked: Asked) -> Told:
    """A message will not leave; a step that only it would have performed is passed over."""
    message, now = asked.number("message"), desk.now
    why = asked.maybe("reason") or f"cancelled by {asked.by}"
    passed = await desk.store.people.cancel(message, why, asked.by, now, now.date())
    then = "; the step it would have performed is passed over" if passed else ""
    return Told((f"message {message} is cancelled{then}",))


async def settle(desk: Desk, asked: Asked) -> Told:
    """A person knows what became of an uncertain message."""
    message, now = asked.number("message"), desk.now
    why = asked.text("reason")
    if asked.flag("sent"):
        state = await desk.store.people.said_sent(message, why, asked.by, now, now.date(), now + TRAY_LAPSE)
        if state is MessageState.IN_TRAY:
            row = await desk.store.views.message(message)
            say = "call" if row["road"] == Road.PHONE else "letters posted"
            return Told((f"message {message} lies in the tray: relanced {say} {row['reference']} once it is done",))
        return Told((f"message {message} counts as sent",))
    await desk.store.people.cancel(message, why, asked.by, now, now.date())
    return Told((f"message {message} is cancelled: it did not leave",))


async def approve(desk: Desk, asked: Asked) -> Told:
    """Let what was parked go: one message, one hand-over, or all of a step."""
    step, named = asked.maybe("step"), asked.maybe("message")
    if step and asked.flag("all"):
        return await _approve_all(desk, asked, step)
    if named is None:
        raise Misasked("say which: relanced approve MESSAGE, or --step NAME --all")
    if named.startswith("r"):
        number = Asked({"hand-over": named[1:]}, asked.by).number("hand-over")
        await desk.store.people.approve_hand_over(number, asked.by, desk.now, desk.now.date())
        return Told((f"hand-over {named} is approved: its terms have left the ladder",))
    done = await desk.store.people.approve([asked.number("message")], asked.by, desk.now)
    if not done:
        raise Misasked(f"message {named} is not parked: relanced queue shows what is")
    return Told((f"message {named} is approved and leaves at the next permitted moment",))


async def _approve_all(desk: Desk, asked: Asked, step: str) -> Told:
    """What lies in other hands is left to them."""
    rows = await desk.store.views.awaiting(step)
    waiting = [r["id"] for r in rows if r["taken_by"] in ("", asked.by)]
    done = await desk.store.people.approve(waiting, asked.by, desk.now) if waiting else []
    overs = [r for r in await desk.store.views.hand_overs() if r["step"] == step]
    handed = [r for r in overs if r["taken_by"] in ("", asked.by)]
    for row in handed:
        await desk.store.people.approve_hand_over(row["id"], asked.by, desk.now, desk.now.date())
    left = len(rows) - len(waiting) + len(overs) - len(handed)
    kept = f"; {left} left to whoever has the case in hand" if left else ""
    return Told((f"{len(done) + len(handed)} of step {step} approved{kept}",))


async def resend(desk: Desk, asked: Asked) -> Told:
    """Say the same once more, for a reason; a word of the desk whose address is dead goes to the next one."""
    message = asked.number("message")
    row = await desk.store.views.message(message)
    creditor = desk.premises.creditor(row["creditor"])
    reference = new_reference()
    mail_id = new_mail_id(reference, str(creditor.send_as)) if creditor and row["road"] == Road.EMAIL else ""
    to, why = await _instead(desk, row), asked.text("reason")
    made = await desk.store.people.resend(message, why, reference, mail_id, asked.by, desk.now, to)
    where = f", to {to.where}" if to else ""
    return Told((f"message {made} says the same as {message} once more{where}",), record={"message": made})


async def _instead(desk: Desk, row: Mapping[str, Any]) -> Address | None:
    """Where a word of the desk can go whose address is dead; None: where it went, or nowhere."""
    if row["word_id"] is None:
        return None  # the planner knows the next road of a reminder
    (case,) = await desk.store.planning.load([row["case_id"]], desk.now.date())
    alive = [a for _, a in ways((Road.EMAIL,), case.facts.addresses, desk.premises.consent)]
    return None if any(a.id == row["address_id"] for a in alive) else next(iter(alive), None)


VERBS: dict[str, Verb] = {
    "park": park,
    "cancel": cancel,
    "settle": settle,
    "approve": approve,
    "resend": resend,
}

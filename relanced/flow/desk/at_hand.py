"""What lies at hand, a sheet to be posted or a call to be made: the gate is asked once more before a person acts."""

from __future__ import annotations

from relanced.counter import Desk
from relanced.premises import Conditions
from relanced.rules.decide import Named
from relanced.rules.gate import Question, Strength, Verdict, ask
from relanced.rules.model import LineState, Road
from relanced.store.facts import Loaded

GONE = Verdict(Strength.CANCEL, "still decided", "its reminder is gone")


async def asked_again(
    desk: Desk,
    case: Loaded,
    message_id: int,
    road: Road,
    conditions: Conditions,
    questions: tuple[Question, ...],
) -> Verdict:
    """What the gate says now of a message that was taken out of our hands before."""
    policy = desk.premises.policy(case)
    message = await desk.store.views.message(message_id)
    reminder = next((r for r in case.facts.reminders if r.id == message["reminder_id"]), None)
    if policy is None or reminder is None or reminder.step not in {s.name for s in policy.steps}:
        return GONE
    planned = [i for i in case.facts.lines if i.reminder_id == reminder.id and i.state is not LineState.PASSED_OVER]
    asked = desk.premises.moment(
        case,
        policy.step(reminder.step),
        tuple(Named(i.term_id, i.step, i.kind, i.cents) for i in planned),
        desk.premises.decide(case, policy, desk.now),
        road,
        message["address_id"],
        desk.now,
        conditions,
        reminder.performed_on is not None,
    )
    return ask(asked, questions)

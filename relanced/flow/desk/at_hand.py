"""What lies at hand, a sheet to be posted or a call to be made: the gate is asked once more before a person acts."""

from __future__ import annotations

from datetime import timedelta

from relanced.counter import Desk
from relanced.premises import OVERTAKEN, Conditions, gist
from relanced.rules.gate import Question, Strength, Verdict, ask
from relanced.rules.model import Road
from relanced.rules.naming import lines_of
from relanced.store.facts import Loaded

GONE = Verdict(Strength.CANCEL, "still decided", "its reminder is gone")
A_MOMENT = timedelta(minutes=1)


async def asked_again(
    desk: Desk,
    case: Loaded,
    message_id: int,
    road: Road,
    conditions: Conditions,
    questions: tuple[Question, ...],
) -> Verdict:
    """What the gate says now of a message that was taken out of our hands before; what came back is read first."""
    if conditions.unread:
        return Verdict(Strength.DEFER, "unread", "what came back is being read", desk.now + A_MOMENT)
    policy = desk.premises.policy(case)
    message = await desk.store.views.message(message_id)
    reminder = next((r for r in case.facts.reminders if r.id == message["reminder_id"]), None)
    if policy is None or reminder is None or reminder.step not in {s.name for s in policy.steps}:
        return GONE
    named = lines_of(case.facts, reminder)
    asked = desk.premises.moment(
        case,
        policy.step(reminder.step),
        named,
        desk.premises.decide(case, policy, desk.now),
        road,
        message["address_id"],
        desk.now,
        conditions,
        reminder.performed_on is not None,
    )
    verdict = ask(asked, questions)
    if verdict.strength is Strength.CANCEL or message["gist"] == gist(case, named, reminder.id, desk.now.date()):
        return verdict
    return Verdict(Strength.CANCEL, "still true", OVERTAKEN)

"""Writing plans, many cases at once: the caller holds the locks and has seen that each plan still fits its case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from sqlalchemy import bindparam, insert, select, update

from relanced.rules.decide import Named
from relanced.rules.model import LineState, MessageState
from relanced.store.journal import DAEMON, Entry
from relanced.store.offering import write_ruled
from relanced.store.plan import NewMessage, NewReminder, Plan
from relanced.store.promising import end_paid_up, write_judged
from relanced.store.saying import say
from relanced.store.steps import REWORDED, hand_over_key, mark_handed_over, withdraw
from relanced.store.tables import cases, holds, lines, messages, policies, reminders
from relanced.store.tasks import Task, ask_once, close_tasks, open_tasks
from relanced.store.upsert import or_leave

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class Head(Struct, frozen=True):
    """A case as it is under the lock."""

    version: int
    round: int
    creditor: str
    live: int | None = None
    message: int = 0
    look_at: datetime | None = None


class Writing(Struct):
    """One batch of plans being written."""

    connection: AsyncConnection
    heads: dict[int, Head]
    now: datetime
    today: date
    entries: list[Entry] = field(default_factory=list)
    begun: int = 0


async def write_plans(w: Writing, plans: Sequence[Plan]) -> list[Plan]:
    """Write them all. Returns those that were written: what is on its way keeps the others waiting."""
    going = [plan for plan in plans if await _makes_way(w, plan)]
    waiting = {p.case_id for p in plans} - {p.case_id for p in going}
    await _pass_over(w, going)
    await _keep_policies(w.connection, going)
    begun = await _begin(w, going)
    await _add(w, begun + [(plan.case_id, reminder_id, new) for plan in going for reminder_id, new in plan.more])
    await _strand(w, going)
    for plan in going:
        for said in plan.says:
            w.entries += await say(w.connection, plan.case_id, w.heads[plan.case_id].creditor, said, DAEMON, w.now)
        w.entries += await end_paid_up(w.connection, plan.case_id, plan.paid_up, w.now)
        w.entries += await write_judged(w.connection, plan.case_id, plan.judged, w.now, w.today)
        w.entries += await write_ruled(w.connection, plan.case_id, plan.ruled, w.now, w.today)
    await open_tasks(w.connection, [task for plan in going for task in plan.tasks], w.now)
    await ask_once(w.connection, [task for plan in going for task in plan.once], w.now)
    await close_tasks(w.connection, [key for plan in going for key in plan.done_tasks], DAEMON, w.now)
    await _keep_cases(w.connection, going)
    await look_at(w.connection, dict.fromkeys(waiting))  # what is on its way asks for another look
    return going


def changes(plan: Plan) -> bool:
    """Whether a fact of the case is another now: steps passed over, terms that stand still."""
    return bool(plan.passes or plan.stranded or plan.lapsed or plan.paid_up or plan.judged or plan.ruled)


async def _makes_way(w: Writing, plan: Plan) -> bool:
    """Take back what waits in vain, and take back or reword the live reminder. False when one may be on its way."""
    if plan.cancel and not await _cancel(w, plan):
        return False
    if plan.withdraw is not None:
        return await withdraw(w.connection, plan.case_id, plan.withdraw, plan.withdraw_why, w.now, w.entries)
    return await _reline(w, plan) if plan.reline else True


async def _cancel(w: Writing, plan: Plan) -> bool:
    why = dict(plan.cancel)
    query = select(messages.c.id, messages.c.state).where(messages.c.id.in_(sorted(why)))
    states = {row.id: row.state for row in await w.connection.execute(query)}
    if {"submitting", "uncertain"} & set(states.values()):
        return False
    for number in sorted(i for i, state in states.items() if state in ("planned", "parked", "in_tray")):
        values = {"state": "cancelled", "reason": why[number], "ended_at": w.now}
        await w.connection.execute(update(messages).where(messages.c.id == number).values(**values))
        about = {"message": number, "was": states[number], "why": why[number]}
        w.entries.append(Entry(plan.case_id, "message cancelled", about))
    return True


async def _reline(w: Writing, plan: Plan) -> bool:
    """The live reminder names other terms, or other amounts."""
    reminder_id = w.heads[plan.case_id].live
    mine = messages.c.reminder_id == reminder_id
    moving = mine & messages.c.state.in_(("submitting", "uncertain", "in_tray"))
    if (await w.connection.execute(select(messages.c.id).where(moving).limit(1))).first() or reminder_id is None:
        return False
    planned = (lines.c.reminder_id == reminder_id) & (lines.c.state == "planned")
    await w.connection.execute(update(lines).where(planned).values(state="void", reason=REWORDED))
    await w.connection.execute(insert(lines), [_line(w, plan.case_id, reminder_id, n) for n in plan.reline])
    about = {"reminder": reminder_id, "terms": [n.term_id for n in plan.reline]}
    w.entries.append(Entry(plan.case_id, "reminder reworded", about))
    return True


def _line(w: Writing, case_id: int, reminder_id: int, named: Named, performed: bool = False) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "term_id": named.term_id,
        "reminder_id": reminder_id,
        "step": named.step,
        "round": w.heads[case_id].round,
        "state": (LineState.PERFORMED if performed else LineState.PLANNED).value,
        "kind": named.kind.value,
        "cents": named.cents,
        "on_day": w.today,
    }


async def _pass_over(w: Writing, plans: Iterable[Plan]) -> None:
    passing = [plan for plan in plans if plan.passes]
    rows = [
        {
            "case_id": plan.case_id,
            "term_id": p.term_id,
            "step": p.step,
            "round": w.heads[plan.case_id].round,
            "state": LineState.PASSED_OVER.value,
            "on_day": w.today,
            "reason": p.reason.value,
        }
        for plan in passing
        for p in plan.passes
    ]
    if rows:
        await w.connection.execute(insert(lines), rows)
    for plan in passing:
        about = [{"term": p.term_id, "step": p.step, "why": p.reason.value} for p in plan.passes]
        w.entries.append(Entry(plan.case_id, "steps passed over", {"steps": about}))


_POLICY = or_leave(policies)


async def _keep_policies(connection: AsyncConnection, plans: Iterable[Plan]) -> None:
    bodies = {p.policy_digest: p.policy_body for p in plans if p.policy_digest and p.policy_body}
    if bodies:
        rows = [{"digest": digest, "body": body} for digest, body in sorted(bodies.items())]
        await connection.execute(_POLICY[connection.dialect.name], rows)


# -- what begins --------------------------------------------------------------------------------------------------

_REMINDER = insert(reminders).returning(reminders.c.id, sort_by_parameter_order=True)
_MESSAGE = insert(messages).returning(messages.c.id, sort_by_parameter_order=True)


async def _begin(w: Writing, plans: Iterable[Plan]) -> list[tuple[int, int, NewMessage]]:
    """New reminders with their lines. Returns their messages, by case and reminder."""
    beginning = [(plan, plan.begin) for plan in plans if plan.begin]
    if not beginning:
        return []
    w.begun = len(beginning)
    made = await w.connection.execute(_REMINDER, [_reminder(w, plan, new) for plan, new in beginning])
    begun = [(plan, new, reminder_id) for (plan, new), reminder_id in zip(beginning, made.scalars(), strict=True)]
    named = [_line(w, plan.case_id, i, n, new.hand_over_now) for plan, new, i in begun for n in new.lines]
    await w.connection.execute(insert(lines), named)
    gone = [n.term_id for _, new, _ in begun if new.hand_over_now for n in new.lines]
    if gone:
        await mark_handed_over(w.connection, gone, w.today)
    w.entries += [_told(plan, new, reminder_id) for plan, new, reminder_id in begun]
    asked = [_ask(w, plan, new, i) for plan, new, i in begun if new.hand_over and not new.hand_over_now]
    await open_tasks(w.connection, asked, w.now)
    return [(plan.case_id, reminder_id, message) for plan, new, reminder_id in begun for message in new.messages]


def _ask(w: Writing, plan: Plan, new: NewReminder, reminder_id: int) -> Task:
    words = f"{new.step} waits for approval: relanced approve r{reminder_id}"
    return Task("hand-over", hand_over_key(reminder_id), words, w.heads[plan.case_id].creditor, plan.case_id)


def _reminder(w: Writing, plan: Plan, new: NewReminder) -> dict[str, Any]:
    return {
        "case_id": plan.case_id,
        "step": new.step,
        "round": w.heads[plan.case_id].round,
        "policy_digest": plan.policy_digest,
        "planned_at": w.now,
        "planned_on": w.today,
        "performed_on": w.today if new.hand_over_now else None,
        "live": not new.hand_over_now,
    }


def _told(plan: Plan, new: NewReminder, reminder_id: int) -> Entry:
    about = {"reminder": reminder_id, "step": new.step, "why": new.reason, "terms": [n.term_id for n in new.lines]}
    return Entry(plan.case_id, "handed over" if new.hand_over_now else "reminder planned", about)


async def _add(w: Writing, new: Sequence[tuple[int, int, NewMessage]]) -> None:
    if not new:
        return
    made = await w.connection.execute(_MESSAGE, [_message(w, *one) for one in new])
    for (case_id, _, message), message_id in zip(new, made.scalars(), strict=True):
        about = {"message": message_id, "road": message.road.value, "reference": message.reference}
        about |= {"why": message.parked or message.deferred, "due": message.due_at}
        w.entries.append(Entry(case_id, f"message {_state(message).value}", about))


def _message(w: Writing, case_id: int, reminder_id: int, new: NewMessage) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "creditor": w.heads[case_id].creditor,
        "reminder_id": reminder_id,
        "slot": new.slot,
        "turn": new.turn,
        "road": new.road.value,
        "channel": new.channel,
        "state": _state(new).value,
        "reason": new.parked or new.deferred,
        "address_id": new.address_id,
        "place": new.place,
        "contact": new.contact,
        "reference": new.reference,
        "mail_id": new.mail_id,
        "due_at": new.due_at,
        "lapse_at": new.lapse_at,
        "asked_digest": new.asked_digest,
        "planned_at": w.now,
    }


def _state(new: NewMessage) -> MessageState:
    return MessageState.PARKED if new.parked else MessageState.PLANNED


# -- what becomes of the case -------------------------------------------------------------------------------------


_HELD = {
    "unreachable": "no usable address is left on any road of the step",
    "lapsed": "the hand-over waited too long for a person",
}


async def _strand(w: Writing, plans: Iterable[Plan]) -> None:
    """No road is left, or nobody answered: the terms stand still, and a task asks a person."""
    for plan in plans:
        await _hold(w, plan, "unreachable", plan.stranded)
        await _hold(w, plan, "lapsed", plan.lapsed)


async def _hold(w: Writing, plan: Plan, kind: str, held: tuple[int, ...]) -> None:
    if held:
        about = {"case_id": plan.case_id, "kind": kind, "reason": _HELD[kind], "by": DAEMON, "began_at": w.now}
        await w.connection.execute(insert(holds), [{**about, "term_id": t} for t in held])
        told = {"kind": kind, "why": _HELD[kind], "terms": list(held)}
        w.entries.append(Entry(plan.case_id, "hold begun", told))


_CASE = (
    update(cases)
    .where(cases.c.id == bindparam("which"))
    .values(look_at=bindparam("look"), state=bindparam("now_is"), policy_digest=bindparam("policy"))
)
_LOOK = update(cases).where(cases.c.id == bindparam("which")).values(look_at=bindparam("look"))


async def _keep_cases(connection: AsyncConnection, plans: Sequence[Plan]) -> None:
    rows = [{"which": p.case_id, "look": p.look_at, "now_is": p.state, "policy": p.policy_digest} for p in plans]
    if rows:
        await connection.execute(_CASE, rows)


async def look_at(connection: AsyncConnection, when: dict[int, datetime | None]) -> None:
    """When each of these cases is looked at again; None: only a new fact asks for it."""
    if when:
        await connection.execute(_LOOK, [{"which": case_id, "look": moment} for case_id, moment in when.items()])

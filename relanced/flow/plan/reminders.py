"""What becomes of a case's reminders: the live one, a new one, and the messages of those that were performed."""

from __future__ import annotations

from datetime import date, datetime, time

from msgspec.structs import replace

from relanced.premises import OVERTAKEN, Conditions, Premises, approval_words, gist, new_mail_id, new_reference
from relanced.rules.decide import Decision, Named, PassOver, PassReason
from relanced.rules.gate import Strength, Verdict, ask
from relanced.rules.model import LIVE, HoldKind, LineState, Message, MessageState, Reminder, Road
from relanced.rules.naming import lines_of
from relanced.rules.policy import Policy, Step, Tone
from relanced.rules.turns import Turn, followed, next_message, open_slots, rests, usable, ways
from relanced.store.facts import Loaded
from relanced.store.planning import NewMessage, NewReminder, Plan
from relanced.store.tasks import Task

IN_MOTION = (MessageState.SUBMITTING, MessageState.UNCERTAIN)
WAITING = (MessageState.PLANNED, MessageState.PARKED, MessageState.IN_TRAY)
_FOR_ALL = ("stopped", "channel open")  # gates that open for every message at once


class Reminders:
    """The reminders of one case: the live one kept, changed or withdrawn, a new one begun, the old ones followed up."""

    def __init__(
        self,
        case: Loaded,
        premises: Premises,
        conditions: Conditions,
        now: datetime,
        policy: Policy,
        decision: Decision,
    ) -> None:
        self.case, self.premises, self.conditions = case, premises, conditions
        self.now, self.policy, self.decision = now, policy, decision

    def drawn_into(self, plan: Plan) -> Plan:
        """The plan with what becomes of reminders."""
        live = self.case.facts.live
        if overtaken := self._overtaken():
            plan = replace(plan, cancel=plan.cancel + overtaken)
        if live is None:
            return self._begun(self._followed_up(plan))
        if any(m.state in IN_MOTION for m in live.messages):
            return replace(plan, passes=())  # its outcome asks for another look
        step = self.decision.step
        if step is None or step.name != live.step or live.round != self.case.facts.round:
            return self._begun(replace(plan, withdraw=live.id, withdraw_why=self.decision.reason))
        return self._kept_on(plan, live, step)

    def _kept_on(self, plan: Plan, live: Reminder, step: Step) -> Plan:
        """The live reminder is still the one: its lines may have changed, its slot may want the next turn."""
        if not self._same_lines(live):
            if any(m.state is MessageState.IN_TRAY for m in live.messages):
                return self._begun(replace(plan, withdraw=live.id, withdraw_why="the lines have changed: do not post"))
            return replace(plan, reline=self.decision.lines)
        if any(self._is_overtaken(live, m, self.decision.lines) for m in live.messages):
            return self._begun(replace(plan, withdraw=live.id, withdraw_why=f"{OVERTAKEN}: do not post"))
        if step.hand_over:
            return self._awaited(plan, live, step)
        waiting = [m for m in live.messages if m.state in LIVE and m.slot == 0]
        lost = tuple((m.id, why) for m in waiting if (why := self._leads_nowhere(m)))
        if len(lost) < len(waiting):
            return plan
        plan = replace(plan, cancel=plan.cancel + lost)
        turn = next_message(step, 0, live.messages, self.case.facts.addresses, self.premises.consent)
        if turn is None:
            return self._stranded(replace(plan, withdraw=live.id, withdraw_why="no road is left"))
        message = self._message(step, self.decision.lines, turn)
        return replace(plan, more=((live.id, message),)) if message else plan

    def _awaited(self, plan: Plan, live: Reminder, step: Step) -> Plan:
        """A hand-over waits for its approval, but not for ever."""
        until = self._hand_over_until(step, live.planned_on)
        if self.now < until:
            return replace(plan, look_at=min(plan.look_at or until, until))
        why = f"{step.name} waited too long for approval"
        plan, facts = replace(plan, withdraw=live.id, withdraw_why=why), self.case.facts
        mine = [n.term_id for n in self.decision.lines if n.step == step.name]
        if step.tone is not Tone.FORMAL:
            return replace(plan, passes=plan.passes + tuple(PassOver(t, step.name, PassReason.LAPSED) for t in mine))
        words = f"{why}: resume the case to ask again"
        task = Task("lapsed", f"lapsed:{live.id}", words, facts.creditor, facts.id, self.case.owner)
        return replace(plan, lapsed=tuple(mine), tasks=(*plan.tasks, task))

    def _hand_over_until(self, step: Step, asked_on: date) -> datetime:
        asked = datetime.combine(asked_on, time.min, tzinfo=self.now.tzinfo)
        return self.premises.lapse_at(step, asked, self.case.facts.creditor)

    def _leads_nowhere(self, message: Message) -> str:
        """Why a message that waits can never leave as it is; empty when it can."""
        if message.state not in WAITING:
            return ""
        address = next((a for a in self.case.facts.addresses if a.id == message.address_id), None)
        if address is None or not usable(message.road, address, self.premises.consent):
            return "the address is gone, dead or not agreed to"
        door = self.premises.door(self.case.facts.creditor, message.road)
        moved = door is None or door.name != message.channel
        return f"the channel {message.channel} is not its road's any more" if moved and not _lies(message) else ""

    def _is_overtaken(self, reminder: Reminder, message: Message, lines: tuple[Named, ...]) -> bool:
        """Whether what lies in a tray says what is not so any more."""
        return _lies(message) and message.gist != gist(self.case, lines, reminder.id, self.now.date())

    def _same_lines(self, live: Reminder) -> bool:
        planned = {
            (line.term_id, line.step, line.cents)
            for line in self.case.facts.lines
            if line.reminder_id == live.id and line.state is LineState.PLANNED
        }
        return planned == {(n.term_id, n.step, n.cents) for n in self.decision.lines}

    def _begun(self, plan: Plan) -> Plan:
        step, lines = self.decision.step, self.decision.lines
        if step is None:
            return plan
        if step.hand_over:
            new = NewReminder(step.name, lines, (), self.decision.reason, True, not step.approval)
            until = self._hand_over_until(step, self.now.date())
            look_at = min(plan.look_at or until, until) if step.approval else plan.look_at
            return replace(plan, begin=new, look_at=look_at)
        turn = next_message(step, 0, (), self.case.facts.addresses, self.premises.consent)
        if turn is None:
            return self._stranded(plan)
        message = self._message(step, lines, turn)
        if message is None:
            return plan
        begun = NewReminder(step.name, lines, (message,), self.decision.reason)
        return replace(plan, begin=begun, done_tasks=(*plan.done_tasks, self._unreachable))

    def _stranded(self, plan: Plan) -> Plan:
        """No road is left for the step that is due: a person finds one, or a later step has one of its own."""
        step = self.decision.step
        if step is None:
            return plan
        if step.tone is not Tone.FORMAL and self._reached_later(step):
            mine = [n.term_id for n in self.decision.lines if n.step == step.name]
            return replace(plan, passes=plan.passes + tuple(PassOver(t, step.name, PassReason.NO_ROAD) for t in mine))
        return self._unreached(plan, step, tuple(n.term_id for n in self.decision.lines))

    def _reached_later(self, step: Step) -> bool:
        later = self.policy.steps[self.policy.index(step.name) + 1 :]
        roads = (road for one in later for road in one.via)
        return next(ways(roads, self.case.facts.addresses, self.premises.consent), None) is not None

    def _unreached(self, plan: Plan, step: Step, terms: tuple[int, ...]) -> Plan:
        """These terms stand still until somebody finds an address."""
        facts = self.case.facts
        held = {h.term_id for h in facts.holds if h.kind is HoldKind.UNREACHABLE}
        fresh = tuple(t for t in terms if not {t, None} & held and t not in plan.stranded)
        if not fresh:
            return plan
        words = f"{facts.debtor.name}: no usable address is left for {step.name}"
        task = Task(
            "unreachable", self._unreachable, words, self.case.facts.creditor, self.case.facts.id, self.case.owner
        )
        return replace(plan, stranded=plan.stranded + fresh, tasks=(*plan.tasks, task))

    @property
    def _unreachable(self) -> str:
        return f"unreachable:{self.case.facts.id}"

    # -- messages -------------------------------------------------------------------------------------------------

    def _overtaken(self) -> tuple[tuple[int, str], ...]:
        """The messages of earlier reminders that wait in vain, and why."""
        earlier = [r for r in self.case.facts.reminders if not r.live]
        waiting = [(r, m) for r in earlier for m in r.messages if m.state in WAITING]
        return tuple((m.id, why) for r, m in waiting if (why := self._in_vain(r, m)))

    def _in_vain(self, reminder: Reminder, message: Message) -> str:
        lines = lines_of(self.case.facts, reminder)
        if reminder.performed_on is None or reminder.step not in {s.name for s in self.policy.steps}:
            return "its reminder was withdrawn"
        if not lines:
            return "nothing of it is owed any more"
        if self._is_overtaken(reminder, message, lines):
            return OVERTAKEN
        verdict = self._ask(self.policy.step(reminder.step), lines, message.road, message.address_id, follows=True)
        return verdict.words if verdict.strength is Strength.CANCEL else self._leads_nowhere(message)

    def _followed_up(self, plan: Plan) -> Plan:
        """The `also` messages and next turns of reminders that have just been performed."""
        names = {s.name for s in self.policy.steps}
        for reminder in self.case.facts.reminders:
            if reminder.performed_on and reminder.step in names:
                plan = self._also(plan, reminder, self.policy.step(reminder.step))
        return plan

    def _also(self, plan: Plan, reminder: Reminder, step: Step) -> Plan:
        lines, addresses = lines_of(self.case.facts, reminder), self.case.facts.addresses
        for slot in open_slots(step, reminder.messages, performed=True) if lines else ():
            late = not followed(reminder, slot, step, self.case.facts, self.now.date())
            if late or rests(slot, reminder.messages, addresses, self.premises.consent):
                continue
            turn = next_message(step, slot, reminder.messages, addresses, self.premises.consent)
            message = self._message(step, lines, turn, follows=True) if turn else None
            if message:
                plan = replace(plan, more=(*plan.more, (reminder.id, message)))
            elif turn is None and slot == 0 and not self._reached_later(step):
                plan = self._unreached(plan, step, tuple(n.term_id for n in lines))
        return plan

    def _message(self, step: Step, lines: tuple[Named, ...], turn: Turn, follows: bool = False) -> NewMessage | None:
        """A message for that turn, at the moment the gate names; None when the gate would withdraw it at once."""
        door = self.premises.door(self.case.facts.creditor, turn.road)
        if door is None:
            return None
        asks = step.approval and (turn.slot == 0 or not follows)
        digest = self._digest(step, lines, turn) if asks else ""
        verdict = self._ask(step, lines, turn.road, turn.address.id, follows)
        if verdict.strength is Strength.CANCEL:
            return None
        parked = verdict.words if verdict.strength is Strength.PARK else ""
        if asks and not parked:
            parked = f"{step.name} waits for approval"
        reference = new_reference()
        sender = str(self.premises.config.creditors[self.case.facts.creditor].send_as)
        return NewMessage(
            slot=turn.slot,
            turn=turn.turn,
            road=turn.road,
            channel=door.name,
            address_id=turn.address.id,
            place=turn.address.where,
            contact=turn.address.name,
            reference=reference,
            mail_id=new_mail_id(reference, sender) if turn.road is Road.EMAIL else "",
            due_at=self._due_at(verdict),
            parked=parked,
            deferred=verdict.words if verdict.strength is Strength.DEFER else "",
            lapse_at=self.premises.lapse_at(step, self.now, self.case.facts.creditor) if parked else None,
            asked_digest=digest,
        )

    def _due_at(self, verdict: Verdict) -> datetime:
        """When the gate may be asked again. A house that is stopped, or a door that is closed, keeps all of its
        messages waiting: none has a moment of its own."""
        if verdict.strength is not Strength.DEFER or verdict.gate in _FOR_ALL:
            return self.now
        return max(verdict.until or self.now, self.now)

    def _ask(self, step: Step, lines: tuple[Named, ...], road: Road, address_id: int | None, follows: bool) -> Verdict:
        decision = self.decision
        moment = self.premises.moment(
            self.case, step, lines, decision, road, address_id, self.now, self.conditions, follows
        )
        return ask(moment)

    def _digest(self, step: Step, lines: tuple[Named, ...], turn: Turn) -> str:
        door = self.premises.door(self.case.facts.creditor, turn.road)
        wording = self.premises.wording_digest(self.case.facts.creditor, step, door.form) if door else ""
        return approval_words(step.name, turn.road, turn.address.where, lines, self.case.facts.terms, wording)


def _lies(message: Message) -> bool:
    return message.state is MessageState.IN_TRAY

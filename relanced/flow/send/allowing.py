"""Whether one planned message may leave: what it is about, and the gate's permit or a ruling."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from relanced.channel import Channel
from relanced.flow.send.desk_mail import desk_word
from relanced.flow.send.worded import Changed, Worded, withdrawn
from relanced.premises import Conditions, Premises, approval_difference, approval_words
from relanced.rules.decide import Decision, Named, decide
from relanced.rules.gate import Strength, Verdict, ask
from relanced.rules.lifecycle import MessageEvent
from relanced.rules.model import Reminder
from relanced.rules.naming import lines_of
from relanced.rules.policy import Policy, Step
from relanced.rules.promises import undecided
from relanced.store.facts import Loaded
from relanced.store.outcomes import Rest
from relanced.store.sealing import Permit
from relanced.store.sending import Ruling, Waiting


class Told(Struct, frozen=True):
    """What a message is about, gathered once."""

    case: Loaded
    policy: Policy
    reminder: Reminder
    step: Step
    lines: tuple[Named, ...]
    decision: Decision
    follows: bool


class Allowed(Struct, frozen=True):
    """A message that may leave: what it is about, its permit, and until when the case may rest then. `now` is local."""

    message: Waiting
    told: Told
    permit: Permit
    now: datetime
    rest: Rest | None


class Gatekeeper:
    """Asks the gate about messages of one configuration."""

    def __init__(self, premises: Premises, doors: Mapping[str, Channel]) -> None:
        self._premises = premises
        self._doors = doors

    def allow(
        self, message: Waiting, case: Loaded, conditions: Conditions, now: datetime
    ) -> Allowed | Worded | Ruling | Changed:
        """Whether it may leave, or why not now; a word of the desk is worded at once. `now` is local."""
        if message.reminder_id is None:
            return desk_word(self._premises, self._doors[message.channel], message, case, conditions, now)
        if undecided(case.facts, now.date(), case.creditor.covers):
            return Changed(case.facts.id)
        told = self.told(message, case, now)
        live = case.facts.live is not None and case.facts.live.id == message.reminder_id
        if told is None or not (live or told.follows):
            return Changed(case.facts.id) if live else withdrawn(message, "its reminder was withdrawn")
        if told.follows and not told.lines:
            return withdrawn(message, "nothing of it is owed any more")
        asked = self._asked(message, told)
        verdict = self._ask(message, told, conditions, now, approved=not asked)
        if verdict.strength is not Strength.ALLOW:
            return self._ruled(message, told, verdict, asked, now)
        permit = Permit(case.facts.version, case.creditor.version, conditions.epoch, verdict.until or now)
        return Allowed(message, told, permit, now, _rest(message, told, now))

    def told(self, message: Waiting, case: Loaded, now: datetime) -> Told | None:
        """What a reminder's message is about; None when its step is in the policy no more."""
        policy = self._premises.policy(case)
        reminder = next((r for r in case.facts.reminders if r.id == message.reminder_id), None)
        if policy is None or reminder is None or reminder.step not in {s.name for s in policy.steps}:
            return None
        decision = self._premises.decide(case, policy, now)
        return Told(
            case,
            policy,
            reminder,
            policy.step(reminder.step),
            lines_of(case.facts, reminder),
            decision,
            reminder.performed_on is not None,
        )

    def _asked(self, message: Waiting, told: Told) -> str:
        """The digest a person still has to approve; empty when nothing is asked, or exactly this was approved."""
        if not told.step.approval or (told.follows and message.slot != 0):
            return ""
        creditor = told.case.facts.creditor
        words = self._premises.wording_digest(creditor, told.step, self._doors[message.channel].form)
        terms = told.case.facts.terms
        digest = approval_words(told.step.name, message.road, message.place, told.lines, terms, words)
        return "" if digest == message.approved_digest else digest

    def _ask(self, message: Waiting, told: Told, conditions: Conditions, now: datetime, approved: bool) -> Verdict:
        moment = self._premises.moment(
            told.case,
            told.step,
            told.lines,
            told.decision,
            message.road,
            message.address_id,
            now,
            conditions,
            told.follows,
            approved,
        )
        return ask(moment)

    def _ruled(self, message: Waiting, told: Told, verdict: Verdict, asked: str, now: datetime) -> Ruling | Changed:
        case_id = told.case.facts.id
        if verdict.strength is Strength.CANCEL:
            if told.follows:
                return withdrawn(message, verdict.words)
            return Changed(case_id)
        if verdict.strength is Strength.PARK:
            lapse_at = self._premises.lapse_at(told.step, now, told.case.facts.creditor)
            why = verdict.words + _changed(message.approved_digest, asked)
            return Ruling(message.id, case_id, MessageEvent.PARK, why, asked_digest=asked, lapse_at=lapse_at)
        until = max(verdict.until or now, now + timedelta(seconds=1))
        return Ruling(message.id, case_id, MessageEvent.DEFER, verdict.words, until)


def _changed(approved: str, asked: str) -> str:
    return f" again: {approval_difference(approved, asked)}" if asked and approved else ""


def _rest(message: Waiting, told: Told, now: datetime) -> Rest | None:
    """Until when nothing is to be done once this has left today; None when the planner has to look."""
    if message.slot or told.follows or told.step.also:
        return None
    then = decide(told.case.facts, told.policy, now, told.case.creditor.covers, told.reminder.id)
    return None if then.step or then.passes or then.ended else Rest(now.date(), then.look_again)

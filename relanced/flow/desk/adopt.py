"""The verb that moves cases to today's policy: first what each would do under the old one and the new one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from hashlib import sha256

from msgspec import Struct
from msgspec.structs import replace

from relanced.counter import Asked, Desk, Misasked, Told, Verb
from relanced.rules.adopt import notice_lost, passed, passed_by_place
from relanced.rules.policy import Policy
from relanced.rules.stand import PassOver
from relanced.store.adopting import Move
from relanced.store.facts import Loaded

ADOPT = ("case", "debtor", "name", "policy", "becomes", "as_it_is", "as_it_would_be", "passed_over", "stays")


class _Look(Struct, frozen=True):
    """One case under its policy and under the one it would move to. `stays` says why it cannot."""

    case: Loaded
    old: Policy
    new: Policy | None
    as_it_is: str
    as_it_would_be: str = ""
    passes: tuple[PassOver, ...] = ()
    stays: str = ""

    def row(self) -> dict[str, object]:
        """As a row of the table."""
        facts = self.case.facts
        numbers = {t.id: t.invoice for t in facts.terms}
        return {
            "case": facts.id,
            "debtor": facts.debtor.key,
            "name": facts.debtor.name,
            "policy": _called(self.old, self.case.policy_digest or ""),
            "becomes": _called(self.new, self.new.digest) if self.new else "",
            "as_it_is": self.as_it_is,
            "as_it_would_be": self.as_it_would_be,
            "passed_over": ", ".join(f"{p.step} of {numbers[p.term_id]}" for p in self.passes),
            "stays": self.stays,
        }


def _called(policy: Policy, digest: str) -> str:
    """Two policies of one name are told apart by their digest."""
    return f"{policy.name} ({digest[:6]})"


async def adopt(desk: Desk, asked: Asked) -> Told:
    """Show what moving would change; with `yes` move. `seen` is what somebody was shown before saying yes."""
    creditor = asked.text("creditor")
    looks = await _looked(desk, asked, creditor, _wanted(desk, creditor, asked.maybe("policy")))
    rows = [look.row() for look in looks]
    moving = [look for look in looks if not look.stays]
    seen = sha256(json.dumps(rows, default=str, sort_keys=True).encode()).hexdigest()[:16]
    record = {"cases": rows, "moving": len(moving), "seen": seen}
    if not looks or not asked.flag("yes"):
        return _shown(rows, record, [_summary(looks, moving)])
    if asked.maybe("seen") not in (None, seen):
        raise Misasked("something has changed since you looked: ask again")
    done = await desk.store.adopting.adopt([_move(look) for look in moving], asked.by, desk.now, desk.now.date())
    lines = [f"on today's policy from now on: {_many(len(done))}"]
    late = len(moving) - len(done)
    lines += [f"changed meanwhile, and as they were: {_many(late)}: ask again"] if late else []
    return _shown([] if asked.maybe("seen") else rows, {**record, "moved": done}, lines)


def _wanted(desk: Desk, creditor: str, name: str | None) -> Policy | None:
    """The policy asked for by name, if any. Raises Misasked."""
    if desk.premises.creditor(creditor) is None:
        known = ", ".join(desk.premises.config.creditors)
        raise Misasked(f"there is no creditor {creditor} in the configuration (there are: {known})")
    policies = {p.name: p for p in desk.premises.config.policies_of(creditor)}
    if name and name not in policies:
        raise Misasked(f"{creditor} has no policy {name} (there are: {', '.join(policies)})")
    return policies[name] if name else None


async def _looked(desk: Desk, asked: Asked, creditor: str, wanted: Policy | None) -> list[_Look]:
    """The cases that started under a policy which is not the one they would start under today."""
    named = asked.maybe("case")
    views = desk.store.views
    ids = [await views.find_case(named, creditor)] if named else await views.case_ids(creditor)
    loaded = await desk.store.planning.load(list(ids), desk.now.date())
    await desk.premises.known(desk.store, loaded)
    looks = []
    for case in loaded:
        look = _look(desk, case, wanted or desk.premises.chosen(case))
        looks += [look] if look else []
        await asyncio.sleep(0)  # many cases must not keep the wheels waiting
    return looks


def _look(desk: Desk, case: Loaded, new: Policy | None) -> _Look | None:
    old = desk.premises.policy(case)
    if old is None or case.policy_digest is None or (new and new.digest == case.policy_digest):
        return None
    as_it_is = desk.premises.decide(case, old, desk.now).reason
    if new is None:
        return _Look(case, old, None, as_it_is, stays="no policy fits the debtor today")
    lost = notice_lost(case.facts, old, new)
    if lost:
        words = f"{lost} was given, and {new.name} has no step of that name: what follows it would never come"
        return _Look(case, old, new, as_it_is, stays=words)
    passes = passed_by_place(case.facts, old, new)
    moved = replace(case, facts=passed(case.facts, passes, desk.now.date()))
    there = desk.premises.decide(moved, new, desk.now)
    return _Look(case, old, new, as_it_is, there.reason, passes)


def _move(look: _Look) -> Move:
    facts = look.case.facts
    assert look.new is not None  # it stays otherwise
    return Move(facts.id, facts.version, facts.round, look.case.policy_digest or "", look.new, look.passes)


def _summary(looks: Sequence[_Look], moving: Sequence[_Look]) -> str:
    if not looks:
        return "every open case climbs today's policy already"
    staying = len(looks) - len(moving)
    kept = f"; to stay with the policy they started under: {_many(staying)}" if staying else ""
    return f"to move to today's policy: {_many(len(moving))}{kept}"


def _many(cases: int) -> str:
    return "1 case" if cases == 1 else f"{cases} cases"


def _shown(rows: Sequence[dict[str, object]], record: object, lines: Sequence[str]) -> Told:
    picked = tuple(tuple(row[c] for c in ADOPT) for row in rows)
    return Told(tuple(lines), ADOPT if rows else (), picked, record)


VERBS: dict[str, Verb] = {"adopt": adopt}

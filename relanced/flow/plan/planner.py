"""One round of planning: the cases whose moment has come are read, decided, and their plans applied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta

import structlog
from msgspec import Struct

from relanced.flow.plan.draft import plan_case
from relanced.premises import Conditions, Premises
from relanced.store.errors import Conflict
from relanced.store.facts import Loaded
from relanced.store.opening import Store
from relanced.store.planning import Pace, Plan

BATCH = 200
POISON_REST = timedelta(hours=1)

log = structlog.get_logger("relanced.plan")


class Planner(Struct, frozen=True):
    """Decides for cases, a batch at a time; rings when it has written something that others wait for."""

    store: Store
    premises: Premises
    ring: Callable[[], None] = lambda: None

    async def turn(self, now: datetime) -> bool:
        """Look at the cases that are due. True when there may be more."""
        ids = await self.store.planning.due(now, BATCH)
        if ids:
            await self.look_at(ids, now)
        return len(ids) == BATCH

    async def look_at(self, ids: Sequence[int], now: datetime) -> None:
        """Decide for these cases and apply what was decided."""
        local = self.premises.local(now)
        conditions = await self.premises.conditions(self.store)
        loaded = await self.store.planning.load(ids, local.date())
        by_creditor: dict[str, list[Plan]] = {}
        paces: dict[str, Pace | None] = {}
        for case in loaded:
            plan = await self._plan(case, local, conditions)
            if plan is not None:
                by_creditor.setdefault(case.facts.creditor, []).append(plan)
                paces[case.facts.creditor] = _pace(case, local)
        for creditor, plans in by_creditor.items():
            written = await self._apply(plans, now, local, paces[creditor])
            for plan in written:
                _tell(plan, creditor)
            if any(plan.begin or plan.more or plan.withdraw for plan in written):
                self.ring()

    async def _apply(self, plans: Sequence[Plan], now: datetime, local: datetime, pace: Pace | None) -> list[Plan]:
        """Together; one by one when one of them breaks the machine: it rests for an hour, and stops no other. Returns
        those that were written."""
        try:
            return await self.store.planning.apply(plans, now, local.date(), pace)
        except Conflict as error:
            if len(plans) > 1:
                return [done for plan in plans for done in await self._apply([plan], now, local, pace)]
            log.exception("case cannot be planned", case=plans[0].case_id)
            await self._put_off(plans[0].case_id, error, local)
            return []

    async def _plan(self, case: Loaded, local: datetime, conditions: Conditions) -> Plan | None:
        """A case that cannot be decided rests for an hour: it must not stop the others."""
        try:
            await self.premises.known(self.store, [case])
            return plan_case(case, self.premises, conditions, local)
        except Exception as error:
            log.exception("case cannot be decided", case=case.facts.id)
            await self._put_off(case.facts.id, error, local)
            return None

    async def _put_off(self, case_id: int, error: Exception, local: datetime) -> None:
        why = f"{type(error).__name__}: {error}"
        await self.store.planning.put_off(case_id, local + POISON_REST, why, local)

    async def next_moment(self) -> datetime | None:
        """When the next case wants to be looked at."""
        return await self.store.planning.next_look()


def _pace(case: Loaded, local: datetime) -> Pace | None:
    if not case.creditor.per_day:
        return None
    tomorrow = datetime.combine(local.date() + timedelta(days=1), time.min, tzinfo=local.tzinfo)
    return Pace(case.facts.creditor, case.creditor.per_day, local.date(), tomorrow)


def _tell(plan: Plan, creditor: str) -> None:
    if plan.withdraw is not None:
        log.info("reminder withdrawn", case=plan.case_id, creditor=creditor, why=plan.withdraw_why)
    if plan.begin is not None:
        log.info("reminder planned", case=plan.case_id, creditor=creditor, step=plan.begin.step, why=plan.begin.reason)
    if plan.stranded:
        log.warning("no road is left", case=plan.case_id, creditor=creditor)

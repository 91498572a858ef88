"""Moving cases to another policy: a person has seen what each would do under the old one and the new one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from sqlalchemy import bindparam, insert, select, update

from relanced.rules.model import LineState
from relanced.rules.policy import Policy
from relanced.rules.stand import PassOver
from relanced.store import journal
from relanced.store.among import among
from relanced.store.engine import Engine
from relanced.store.journal import Entry
from relanced.store.lock import Bumps, bump, lock_cases
from relanced.store.tables import cases, lines, policies
from relanced.store.upsert import or_leave

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class Move(Struct, frozen=True):
    """One case, as it was when somebody looked at it, and the policy it moves to."""

    case_id: int
    version: int
    round: int
    former: str
    policy: Policy
    passes: tuple[PassOver, ...] = ()


_POLICY = or_leave(policies)
_ADOPT = update(cases).where(cases.c.id == bindparam("which")).values(policy_digest=bindparam("policy"))


class Adopting:
    """The desk's side of the store for policies."""

    def __init__(self, engine: Engine, bumps: Bumps) -> None:
        self._engine = engine
        self._bumps = bumps

    async def adopt(self, moves: Sequence[Move], by: str, now: datetime, today: date) -> list[int]:
        """Move the cases that are still as they were looked at. Returns their ids."""

        async def work(connection: AsyncConnection) -> list[int]:
            ids = sorted(move.case_id for move in moves)
            await lock_cases(connection, ids)
            found = await connection.execute(select(cases.c.id, cases.c.version).where(among(cases.c.id, ids)))
            versions = {row.id: row.version for row in found}
            going = [move for move in moves if versions.get(move.case_id) == move.version]
            if going:
                await _write(connection, going, today)
            await bump(connection, [move.case_id for move in going], now, self._bumps)
            await journal.write(connection, [_told(move, by) for move in going], now)
            return [move.case_id for move in going]

        return await self._engine.write(work)


async def _write(connection: AsyncConnection, moves: Sequence[Move], today: date) -> None:
    bodies = {move.policy.digest: move.policy.to_json() for move in moves}
    kept = [{"digest": digest, "body": body} for digest, body in sorted(bodies.items())]
    await connection.execute(_POLICY[connection.dialect.name], kept)
    await connection.execute(_ADOPT, [{"which": move.case_id, "policy": move.policy.digest} for move in moves])
    passed = [
        {
            "case_id": move.case_id,
            "term_id": p.term_id,
            "step": p.step,
            "round": move.round,
            "state": LineState.PASSED_OVER.value,
            "on_day": today,
            "reason": p.reason.value,
        }
        for move in moves
        for p in move.passes
    ]
    if passed:
        await connection.execute(insert(lines), passed)


def _told(move: Move, by: str) -> Entry:
    passed = [{"term": p.term_id, "step": p.step, "why": p.reason.value} for p in move.passes]
    about = {"policy": move.policy.name, "digest": move.policy.digest, "former": move.former, "passed over": passed}
    return Entry(move.case_id, "policy adopted", about, by)

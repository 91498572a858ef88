"""What the wheels ask all day long is found by an index that covers only what can still be due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection, Executable, Select, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from relanced.channel import Receipt, Said
from relanced.store.among import among
from relanced.store.bulk import Bulk
from relanced.store.calls import Calls
from relanced.store.chores import Chores
from relanced.store.engine import Engine
from relanced.store.hearing import Hearing
from relanced.store.lock import Bumps
from relanced.store.matching import of_receipt
from relanced.store.opening import Store
from relanced.store.planning import Planning
from relanced.store.sending import Sending
from relanced.store.tables import cases, requests
from relanced.store.tray import Tray, bearers
from relanced.store.upsert import or_leave
from tests.store.books import NOW, Books
from tests.store.rows import every

T = TypeVar("T")


class Explaining(Engine):
    """Asks SQLite how it would answer, before each query."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.plans: list[str] = []

    async def read(self, work: Callable[[AsyncConnection], Coroutine[Any, Any, T]]) -> T:
        """Read, and keep how."""

        async def explained(connection: AsyncConnection) -> T:
            return await work(_Asked(connection, self.plans))  # type: ignore[arg-type]

        return await super().read(explained)


class _Asked:
    def __init__(self, connection: AsyncConnection, plans: list[str]) -> None:
        self._connection, self._plans, self.dialect = connection, plans, connection.dialect

    async def execute(self, statement: Executable, parameters: Any = None) -> Any:
        assert isinstance(statement, Select)
        self._plans += await self._connection.run_sync(lambda c: _plan(c, statement))
        return await self._connection.execute(statement, parameters)


def _plan(connection: Connection, statement: Select[Any]) -> list[str]:
    spelt = statement.compile(connection, compile_kwargs={"render_postcompile": True})
    bound = [f":p{n}" for n, _ in enumerate(spelt.positiontup or ())]
    sql = str(spelt).replace("?", "{}").format(*bound)
    asked = connection.execute(text(f"EXPLAIN QUERY PLAN {sql}"), {name[1:]: "0" for name in bound})
    return [str(row.detail) for row in asked]


_TAKEN = Receipt(Said.TAKEN, NOW, "", provider_id="SM1")
_NAMED = Receipt(Said.BOUNCED, NOW, "", mail_ids=("<0101@eu-west-3.amazonses.com>",))
WHEELS: dict[str, tuple[Callable[[Explaining], Awaitable[object]], str]] = {
    "cases to be looked at": (lambda e: Planning(e, Bumps()).due(NOW, 200), "ix_cases_look_at"),
    "the next look": (lambda e: Planning(e, Bumps()).next_look(), "ix_cases_look_at"),
    "messages to be worded": (lambda e: Sending(e).pick("compta", NOW, 64, "one"), "ix_messages_due"),
    "the next message": (lambda e: Sending(e).next_due("compta"), "ix_messages_due"),
    "the next doubt": (lambda e: Sending(e).next_settle(), "ix_messages_settle"),
    "doubts": (lambda e: Sending(e).doubtful(NOW, 10), "ix_messages_settle"),
    "orphans": (lambda e: Sending(e).orphans(NOW, list, "one", {}), "ix_messages_submitting"),
    "the next lapse": (lambda e: Chores(e, Bumps()).next_lapse(), "ix_messages_lapse"),
    "lapses": (lambda e: Chores(e, Bumps()).lapse(NOW, NOW.date()), "ix_messages_lapse"),
    "sheets in the tray": (lambda e: Tray(e, Bumps()).sheets(), "ix_messages_waiting"),
    "calls to be made": (lambda e: Calls(e, Bumps()).waiting(), "ix_messages_waiting"),
    "calls made today": (lambda e: Calls(e, Bumps()).made_since(NOW), "ix_calls_at"),
    "sheets to be pulled": (lambda e: Tray(e, Bumps()).to_pull(), "ix_attempts_tray"),
    "what was not read": (lambda e: Hearing(e, Bumps()).unread(["sms"], NOW, 50), "ix_heard_unread"),
    "what nobody reads": (lambda e: Hearing(e, Bumps()).forsaken(["sms"], NOW), "ix_heard_unread"),
    "the next to be read": (lambda e: Hearing(e, Bumps()).next_look(["sms"]), "ix_heard_unread"),
    "what left and was not heard of": (lambda e: Hearing(e, Bumps()).awaited("sms", NOW), "ix_messages_unheard"),
    "receipts to come": (lambda e: Hearing(e, Bumps()).awaited("tray", NOW), "ix_messages_registered"),
    "what waits in a tray": (lambda e: Hearing(e, Bumps()).awaited("tray", NOW), "ix_messages_waiting"),
    "whose number it is": (lambda e: _all(e, bearers("tray", "1A12345678901")), "ix_messages_unheard"),
    "whose it was": (lambda e: _all(e, bearers("tray", "1A12345678901")), "ix_messages_registered"),
    "who is meant by a name": (lambda e: e.read(lambda c: of_receipt(c, "sms", _TAKEN)), "ix_heard_provider_id"),
    "whose name a relay gave": (lambda e: e.read(lambda c: of_receipt(c, "compta", _NAMED)), "ix_attempts_mail_id"),
    "what is in doubt": (lambda e: Hearing(e, Bumps()).awaited("sms", NOW), "ix_messages_settle"),
}


async def _all(engine: Engine, queries: Sequence[Select[Any]]) -> None:
    async def work(connection: AsyncConnection) -> None:
        for query in queries:
            await connection.execute(query)

    await engine.read(work)


@pytest.mark.parametrize("what", WHEELS)
async def test_a_wheel_reads_by_an_index_and_never_the_whole_table(sqlite_url: str, what: str) -> None:
    engine = Explaining(sqlite_url)
    ask, index = WHEELS[what]
    await ask(engine)
    assert any(index in plan for plan in engine.plans), engine.plans
    whole = [
        plan for plan in engine.plans if plan.startswith("SCAN") and "INDEX" not in plan and "json_each" not in plan
    ]
    assert whole == []
    await engine.close()


# -- how the store says it ----------------------------------------------------------------------------------------


async def test_among_finds_any_number_of_them_and_none_among_none(store: Store, books: Books) -> None:
    keys = await books.many(40)

    async def found(many: list[Any], column: Any) -> int:
        async def work(connection: AsyncConnection) -> int:
            by_name = await connection.execute(_among(column, "these"), {"these": many})
            by_value = await connection.execute(_among(column, many))
            rows = by_name.all()
            assert rows == by_value.all()
            return len(rows)

        return await store.engine.read(work)

    assert await found([], cases.c.id) == 0
    assert await found(keys, cases.c.debtor_key) == 40
    assert await found([*keys[:3], "é'\"\\", "nobody"], cases.c.debtor_key) == 3
    assert await found(list(range(100_000)), cases.c.id) == 40


def _among(column: Any, many: Any) -> Select[Any]:

    return select(cases.c.id).where(among(column, many)).order_by(cases.c.id)


async def test_bulk_writes_what_the_statement_would_have_written(store: Store) -> None:
    rows = [{"id": f"r{n}", "verb": "v", "at": NOW + timedelta(hours=n), "answer": "é"} for n in range(3)]
    keep = Bulk(or_leave(requests))

    async def work(connection: AsyncConnection) -> None:
        for _ in range(2):
            await keep.run(connection, rows)
        await keep.run(connection, [])

    await store.engine.write(work)
    assert [(r["id"], r["at"], r["answer"]) for r in await every(store, requests)] == [
        (r["id"], r["at"], "é") for r in rows
    ]


async def test_bulk_refuses_a_naive_moment_too(store: Store) -> None:
    keep = Bulk(or_leave(requests))
    rows = [{"id": "r", "verb": "v", "at": NOW.replace(tzinfo=None), "answer": ""}]

    async def work(connection: AsyncConnection) -> None:
        await keep.run(connection, rows)

    with pytest.raises(ValueError, match="a naive datetime cannot be stored"):
        await store.engine.write(work)

"""Hearing other daemons on the same PostgreSQL: a NOTIFY is a wake-up, never a message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from relanced.store.engine import Engine, StoreError
from relanced.store.lock import WAKE

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

AGAIN = 5.0  # seconds


async def listen(engine: Engine, ring: Callable[[], None]) -> None:
    """Ring whenever another daemon changed something, until cancelled. On SQLite there is nobody to hear.

    A lost connection is made again; what was missed meanwhile is found by looking, within seconds.
    """
    while not engine.sqlite:
        try:
            await engine.read(lambda connection: _hear(connection, ring))
        except (OSError, StoreError, SQLAlchemyError):
            await asyncio.sleep(AGAIN)
        ring()
    await asyncio.Event().wait()


async def _hear(connection: AsyncConnection, ring: Callable[[], None]) -> None:
    raw = (await connection.get_raw_connection()).driver_connection
    if raw is None:
        return
    await connection.commit()
    gone = asyncio.Event()
    raw.add_termination_listener(lambda *_: gone.set())
    await raw.add_listener(WAKE, lambda *_: ring())
    await gone.wait()

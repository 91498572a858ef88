"""Keeping what comes through a door, before anybody acknowledges it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from relanced.channel import Heard, Keep
from relanced.store.opening import Store

log = structlog.get_logger("relanced.listen")


def keeper(channel: str, store: Store, now: Callable[[], datetime], ring: Callable[[], None]) -> Keep:
    """The `keep` of a channel: returns once it is committed, and has it read. Raises StoreError when it could not be
    kept: then nothing may be acknowledged, flagged or moved."""

    async def keep(heard: Heard) -> None:
        if await store.hearing.keep(channel, heard, now()):
            log.info("heard", channel=channel, key=heard.key, bytes=len(heard.raw))
            ring()

    return keep

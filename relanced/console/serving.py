"""Everything a daemon serves: the desk, and the port for machines."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from relanced.channel import Heard
from relanced.console.desk import serve_desk
from relanced.console.hooks import Hooks
from relanced.console.metrics import Metrics
from relanced.console.web import Site, serve_web
from relanced.counter import Desk
from relanced.flow.watch import Auditor, Health
from relanced.house import House


class Watched(Protocol):
    """A daemon that tells how it is."""

    health: Health
    auditor: Auditor


@asynccontextmanager
async def serve(house: House, daemon: Watched) -> AsyncIterator[None]:
    """Serve the house's people and machines while the context lasts. Raises StoreError."""
    desk = Desk(house.store, house.premises, house.doors, house.clock)
    async with serve_desk(desk, house.ring), serve_web(site(house, daemon)):
        yield


def site(house: House, daemon: Watched) -> Site:
    """What the port for machines shows of a house."""
    said = house.config.desk

    async def keep(channel: str, heard: Heard) -> None:
        await house.keeper(channel)(heard)

    hooks = Hooks(house.ears, said.public_url, keep)
    pulse = daemon.health.pulse
    metrics = Metrics(house.store, house.doors, daemon.auditor, pulse, hooks, house.clock)
    return Site(said, daemon.health, metrics, hooks, house.clock)

"""The port for machines over a real database, with a provider that calls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from relanced.channel import Heard
from relanced.console.hooks import Hooks
from relanced.console.metrics import Metrics
from relanced.console.web import Site, application
from relanced.daemon.pulse import Pulse
from relanced.flow.watch import Auditor, Health
from relanced.house import premises_of
from relanced.store.opening import Store
from tests.config.samples import SMALL, read
from tests.console.provider import PUBLIC, CallingDoor
from tests.flow.clock import Clock
from tests.store.books import NOW


@dataclass
class Port:
    """A port, and what stands behind it."""

    client: TestClient[Any, Any]
    store: Store
    plan: SimpleNamespace  # a wheel: name and turned
    auditor: Auditor
    clerk: list[bool] = field(default_factory=lambda: [True])
    real: list[float] = field(default_factory=lambda: [0.0])
    trouble: list[Exception] = field(default_factory=list)


@pytest.fixture
async def port(store: Store) -> AsyncIterator[Port]:
    """Everything is well."""
    async with opened(store) as made:
        yield made


@asynccontextmanager
async def opened(store: Store) -> AsyncIterator[Port]:
    """A port over that database."""
    config = read(SMALL + f'desk: {{listen: "127.0.0.1:8025", public_url: "{PUBLIC}/"}}\n')
    clock, plan, doors = Clock(NOW), SimpleNamespace(name="plan", turned=1), {"twilio": CallingDoor()}
    pulse = Pulse([plan], lambda: made.clerk[0], lambda: made.real[0])
    auditor = Auditor(store, premises_of(config), doors, pulse)
    made = Port(None, store, plan, auditor)  # type: ignore[arg-type]

    async def keep(channel: str, heard: Heard) -> None:
        if made.trouble:
            raise made.trouble[0]
        await store.hearing.keep(channel, heard, clock.now())

    hooks = Hooks(doors, config.desk.public_url, keep)
    metrics = Metrics(store, ["compta", "office"], auditor, pulse, hooks, clock)
    site = Site(config.desk, Health(store, pulse), metrics, hooks, clock)
    async with TestClient(TestServer(application(site))) as made.client:
        yield made

"""Trying every door without sending. The daemon does it for a check, because it alone may know the passwords."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime

from relanced.channel import Channel, Probes, Surroundings
from relanced.config import Config
from relanced.counter import Asked, Desk, Told

LONGEST = 90.0  # seconds for one door, which has waits of its own

Now = Callable[[], datetime]


async def probe(desk: Desk, asked: Asked) -> Told:
    """What is wrong with the doors, one line each. `bad` when anything is."""
    config = desk.premises.config
    found = await faults_of_doors(config, desk.clock.now, config.channels)
    return Told(tuple(found), record=found, bad=bool(found))


async def faults_of_doors(config: Config, now: Now, names: Iterable[str]) -> list[str]:
    """What the channels of these names find wrong with themselves, each line with its place in the configuration.

    They are opened apart from those that work, on the same state folders.
    """
    by_door = await asyncio.gather(*(_faults(config, name, now) for name in names))
    return [line for lines in by_door for line in lines]


async def _faults(config: Config, name: str, now: Now) -> list[str]:
    """A door that breaks is a fault too: it may be another package's."""
    try:
        async with asyncio.timeout(LONGEST):
            found = await _probed(config, name, now)
    except TimeoutError:
        found = [f"it could not be tried within {LONGEST:.0f} seconds"]
    except Exception as error:
        found = [f"it cannot be tried: {type(error).__name__}: {error}"]
    return [f"channels.{name}: {line}" for line in found]


async def _probed(config: Config, name: str, now: Now) -> list[str]:
    async with opened_apart(config, name, now) as door:
        return await door.probe() if isinstance(door, Probes) else []


@asynccontextmanager
async def opened_apart(config: Config, name: str, now: Now) -> AsyncIterator[Channel]:
    """A door as it is, apart from the one at work, which learns nothing of what is done with this one."""
    door = config.channels[name]
    writers = (c.send_as.address for c in config.creditors.values() if name in c.roads.values())
    surroundings = Surroundings(name, config.state / "channels" / name, now, tuple(dict.fromkeys(writers)))
    opened = door.channel(door.settings, surroundings)  # type: ignore[call-arg]
    try:
        yield opened
    finally:
        await opened.close()

"""Opening the house from the command line, with every refusal in one line and its exit status."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from relanced.cli.printing import BAD_CONFIG, BUSY, Failed
from relanced.clock import WallClock
from relanced.config import Config, ConfigFault, Secrets, load
from relanced.counter import Desk
from relanced.house import House, Unusable, open_house
from relanced.store.engine import StoreError
from relanced.store.guard import Busy
from relanced.store.house import WrongMode
from relanced.store.migrate import WrongSchema
from relanced.words.errors import WordingError


def load_config(path: Path, secrets: Secrets = Secrets.NOTED) -> Config:
    """The configuration. Raises Failed with all of its faults; only who sends requires the secrets."""
    try:
        return load(path, os.environ, secrets=secrets)
    except ConfigFault as faults:
        raise Failed(str(faults), BAD_CONFIG) from None
    except OSError as error:
        raise Failed(f"{path}: {error.strerror}: name the configuration with --config", BAD_CONFIG) from None


@asynccontextmanager
async def opened(config: Config, who: str) -> AsyncIterator[House]:
    """The house, open while the context lasts. Raises Failed."""
    try:
        house = await open_house(config, WallClock(), who)
    except Busy as error:
        raise Failed(str(error), BUSY) from None
    except (Unusable, WrongSchema, WrongMode, WordingError) as error:
        raise Failed(str(error), BAD_CONFIG) from None
    except (StoreError, OSError) as error:
        raise Failed(f"the database cannot be opened: {error}", 1) from None
    try:
        yield house
    finally:
        await house.close()


@asynccontextmanager
async def opened_desk(path: Path) -> AsyncIterator[Desk]:
    """A desk without a daemon."""
    async with opened(load_config(path), "relanced (command line)") as house:
        yield Desk(house.store, house.premises, house.doors, house.clock)

"""`relanced login`: a person lets a channel into a provider's house, at the terminal; the token is for the daemon."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import click

from relanced.channel import LogsIn, NoEntry, Surroundings
from relanced.cli.opening import load_config
from relanced.cli.printing import Failed
from relanced.clock import WallClock
from relanced.config import Config


def sign_in(path: Path, name: str) -> str:
    """Lead the person through it; one line about what was obtained. Raises Failed."""
    config = load_config(path)
    if name not in config.channels:
        raise Failed(f"there is no channel {name} in the configuration (there are: {', '.join(config.channels)})", 2)
    state = _state(config.state / "channels" / name)
    try:
        return asyncio.run(_signed_in(config, name, state))
    except (NoEntry, OSError) as error:
        raise Failed(str(error)) from None


def _state(folder: Path) -> Path:
    """The channel's private folder; what root makes belongs to the account that the folder above it belongs to."""
    try:
        for part in (*reversed(folder.parents), folder):
            if not part.exists():
                part.mkdir(mode=0o750)
                if os.geteuid() == 0:
                    above = part.parent.stat()
                    os.chown(part, above.st_uid, above.st_gid)
    except OSError as error:
        raise Failed(f"{error.filename}: {error.strerror}: run it as the account that runs relanced") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Failed(f"{folder} cannot be written: run it as the account that runs relanced")
    return folder


async def _signed_in(config: Config, name: str, state: Path) -> str:
    door = config.channels[name]
    opened = door.channel(door.settings, Surroundings(name, state, WallClock().now))  # type: ignore[call-arg]
    try:
        if not isinstance(opened, LogsIn):
            raise NoEntry(f"{name}: a channel of kind {door.kind} needs nobody to sign in")
        return await opened.login(click.echo, _typed)
    finally:
        await opened.close()


async def _typed() -> str:
    """The next line on the terminal; without one, nobody will ever type."""
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str] = loop.create_future()

    def hear() -> None:
        said = sys.stdin.readline()
        if not said:
            loop.remove_reader(sys.stdin)
        elif said.strip() and not line.done():
            line.set_result(said)

    try:
        loop.add_reader(sys.stdin, hear)
    except (OSError, ValueError):
        return await line
    try:
        return await line
    finally:
        loop.remove_reader(sys.stdin)

"""The socket of the desk, as whoever stands before it uses it: the command line, or a mail server with a mail."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

from relanced.demo.clock import DemoClock


class Refused(Exception):
    """The desk said no where the story expects a yes."""


class Window:
    """Asks the desk, once everything that goes on has come to rest."""

    def __init__(self, socket: Path, clock: DemoClock) -> None:
        self._session = aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(socket)))
        self._clock = clock

    async def leave(self) -> None:
        """Go home."""
        await self._session.close()

    async def ask(
        self, verb: str, words: Mapping[str, Any], files: Mapping[str, bytes] | None = None
    ) -> dict[str, Any]:
        """What the desk says to a verb. Raises Refused."""
        request = {
            "verb": verb,
            "words": {name: word for name, word in words.items() if word != ""},
            "files": {name: base64.b64encode(content).decode() for name, content in (files or {}).items()},
            "request_id": secrets.token_hex(16),
        }
        await self._clock.settle()  # nobody types faster than the machine works
        async with self._session.post("http://desk/desk", json=request) as answer:
            said: dict[str, Any] = await answer.json()
        if said.get("error") or said.get("bad"):
            raise Refused(f"relanced {verb}: {said.get('error') or '; '.join(said.get('lines', ()))}")
        return said

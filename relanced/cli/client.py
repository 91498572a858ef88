"""Asking the desk: over the daemon's socket, or, when none runs, by opening the house under the same lock."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from relanced.cli.printing import Failed

DEFAULT_CONFIG = "/etc/relanced/config.yaml"
DEFAULT_SOCKET = "/run/relanced/desk.sock"


def ask(config: Path, verb: str, words: Mapping[str, Any], files: Mapping[str, bytes] | None = None) -> dict[str, Any]:
    """What the desk says to a verb. Raises Failed with one line and an exit status."""
    request = _request(verb, words, files or {})
    said = _by_the_daemon(socket_path(config), request)
    return answered(_by_ourselves(config, request) if said is None else said)


def ask_daemon(config: Path, verb: str, words: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the running daemon says, unjudged; None when none runs. Raises Failed."""
    return _by_the_daemon(socket_path(config), _request(verb, words, {}))


def answered(said: dict[str, Any]) -> dict[str, Any]:
    """An answer that is none of an error. Raises Failed."""
    if said.get("error"):
        raise Failed(str(said["error"]), int(said.get("status", 1)))
    return said


def _request(verb: str, words: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
    return {
        "verb": verb,
        "words": dict(words),
        "files": {name: base64.b64encode(content).decode() for name, content in files.items()},
        "request_id": secrets.token_hex(16),
    }


def socket_path(config: Path) -> str:
    """Where the desk listens. Read without the whole configuration: a command should answer at once."""
    named = os.environ.get("RELANCED_SOCKET")
    if named:
        return named
    import yaml

    try:
        said = yaml.load(config.read_text(encoding="utf-8"), Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
        return str(config.parent / said["desk"]["socket"])
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        return DEFAULT_SOCKET


def _by_the_daemon(path: str, request: Mapping[str, Any]) -> dict[str, Any] | None:
    """Its answer over the socket; None when none listens there."""
    from relanced.cli.over_socket import over_socket  # what a command that asks nobody does not wait for

    return over_socket(path, request)


def _by_ourselves(config: Path, request: Mapping[str, Any]) -> dict[str, Any]:
    """Open the house, do it, close. Rows change and nothing is sent."""
    import asyncio

    from relanced.cli.opening import opened_desk
    from relanced.console.desk import answer, person, user_name

    async def do() -> dict[str, Any]:
        async with opened_desk(config) as desk:
            return await answer(desk, request, person(desk.premises.config, user_name(os.getuid())))

    return asyncio.run(do())

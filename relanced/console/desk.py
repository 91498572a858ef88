"""The desk's API: one POST per verb on a Unix socket. Who asks is told by the kernel, not by the request."""

from __future__ import annotations

import asyncio
import base64
import binascii
import grp
import json
import os
import pwd
import socket
import stat
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import structlog
from aiohttp import web

from relanced.config import Config
from relanced.counter import Asked, Desk, Misasked, Told, Verb
from relanced.flow.desk import VERBS as DESK_VERBS
from relanced.flow.forecast import VERBS as FORECAST_VERBS
from relanced.flow.intake.verbs import VERBS as INTAKE_VERBS
from relanced.flow.listen import VERBS as LISTEN_VERBS
from relanced.flow.send.verbs import VERBS as SEND_VERBS
from relanced.flow.trial import VERBS as TRIAL_VERBS
from relanced.flow.watch import VERBS as WATCH_VERBS
from relanced.store.engine import StoreError, StoreFull

VERBS: dict[str, Verb] = {
    **DESK_VERBS,
    **INTAKE_VERBS,
    **FORECAST_VERBS,
    **LISTEN_VERBS,
    **SEND_VERBS,
    **TRIAL_VERBS,
    **WATCH_VERBS,
}
LOOKING = frozenset(
    {
        "queue",
        "inbox",
        "unmatched",
        "heard",
        "report",
        "cases",
        "calls",
        "show",
        "why",
        "forecast",
        "census",
        "letters",
        "tasks",
        "status",
        "backup",
        "probe",
        "audit",
    }
)
_AT_WORK: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
LARGEST_REQUEST = 80 * 1024 * 1024

log = structlog.get_logger("relanced.desk")


async def answer(desk: Desk, request: Mapping[str, Any], user: str) -> dict[str, Any]:
    """Do what a request asks: {verb, words, files, request_id} in, what was told out; a repeat, the first answer.

    A repeat that comes while the first is at work waits for it. Who only looks may look again.
    """
    request_id, verb = str(request.get("request_id") or ""), str(request.get("verb"))
    if not request_id or verb in LOOKING:
        return await _do(desk, request, user)
    async with _AT_WORK.setdefault(request_id, asyncio.Lock()):
        known = await desk.store.house.answered(request_id)
        if known is not None:
            kept: dict[str, Any] = json.loads(known)
            return kept
        said = await _do(desk, request, user)
        if not said.get("files") and not said.get("error"):
            await desk.store.house.remember(request_id, verb, json.dumps(said), desk.now)
        return said


async def _do(desk: Desk, request: Mapping[str, Any], user: str) -> dict[str, Any]:
    name = str(request.get("verb"))
    verb = VERBS.get(name)
    if verb is None:
        return {"error": f"there is no verb {name}"}
    try:
        words, own_id = request.get("words") or {}, str(request.get("request_id") or "")
        asked = Asked(words, user, _files(request), desk.now.date(), own_id)
        told = await verb(desk, asked)
    except StoreFull:
        return {"error": "no room is left on the disk: nothing was changed", "status": 75}
    except StoreError as refused:
        return {"error": str(refused)}
    except Exception as error:
        log.exception("verb failed", verb=name)
        return {"error": f"{name} failed: {type(error).__name__}: {error}; the log says more"}
    if name == "import":
        await _imported(desk, request, told)
    return _plain(told)


async def _imported(desk: Desk, request: Mapping[str, Any], told: Told) -> None:
    """A file that was refused stands as a task until one of that creditor is taken in; a dry run is no import."""
    words, known = request.get("words") or {}, list(desk.premises.config.creditors)
    if words.get("dry_run"):
        return
    creditor = str(words.get("creditor") or known[0])
    if told.bad:
        said = f"{creditor}: an import was refused: {'; '.join(told.lines)[:300]}"
        await desk.store.audit.import_refused(creditor, said, desk.now)
    else:
        await desk.store.audit.import_taken(creditor, desk.now)


def _files(request: Mapping[str, Any]) -> dict[str, bytes]:
    try:
        return {name: base64.b64decode(text, validate=True) for name, text in (request.get("files") or {}).items()}
    except (binascii.Error, ValueError, AttributeError):
        raise Misasked("a file is not base64") from None


def _plain(told: Told) -> dict[str, Any]:
    """As JSON can say it."""
    said = {
        "lines": list(told.lines),
        "columns": list(told.columns),
        "rows": [[_cell(c) for c in row] for row in told.rows],
        "record": json.loads(json.dumps(told.record, default=_cell)),
        "bad": told.bad,
    }
    if told.files:
        said["files"] = {name: base64.b64encode(content).decode() for name, content in told.files.items()}
    return said


def _cell(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def peer(sock: socket.socket) -> str:
    """The user name of the process at the other end (SO_PEERCRED)."""
    credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", credentials)
    return user_name(uid)


def user_name(uid: int) -> str:
    """The name of an account, as the system knows it and no variable of the environment can say."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def person(config: Config, user: str) -> str:
    """Under which name a peer is journalled: the person of that account, else the account."""
    known = config.person_of(user)
    return known.key if known else user


@asynccontextmanager
async def serve_desk(desk: Desk, ring: Callable[[], None]) -> AsyncIterator[None]:
    """Listen on the configured socket while the context lasts."""
    config = desk.premises.config
    path = Path(config.desk.socket)
    app = web.Application(client_max_size=LARGEST_REQUEST)
    app.router.add_post("/desk", _handler(desk, ring))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    _clear(path)
    await web.UnixSite(runner, str(path)).start()
    _permit(path, config.desk.group)
    try:
        yield
    finally:
        await runner.cleanup()
        with suppress(StoreError):
            _clear(path)


def _handler(desk: Desk, ring: Callable[[], None]) -> Callable[[web.Request], Any]:
    async def handle(request: web.Request) -> web.Response:
        transport = request.transport
        user = peer(transport.get_extra_info("socket")) if transport else "nobody"
        try:
            asked = json.loads(await request.read())
        except ValueError:
            return web.json_response({"error": "the request is not JSON"}, status=400)
        who = person(desk.premises.config, user)
        said = await answer(desk, asked, who)
        log.info("asked", verb=asked.get("verb"), by=who, error=said.get("error"))
        ring()
        return web.json_response(said)

    return handle


def _clear(path: Path) -> None:
    """Remove the socket that a killed daemon left. Raises StoreError for anything else that goes by its name."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_symlink() and not path.exists():
            return
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise StoreError(f"desk.socket: {path} is there and is no socket: name another path")
        if _answers(path):
            raise StoreError(f"desk.socket: another daemon listens on {path}: name another path")
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"desk.socket: {path.parent}: {error.strerror}") from error


def _answers(path: Path) -> bool:
    """Whether somebody listens on the socket."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(1)
        try:
            line.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except TimeoutError:
            return True
    return True


def _permit(path: Path, group: str | None) -> None:
    """The owner, and a group if one is named, may ask."""
    path.chmod(0o660 if group else 0o600)
    if group is None:
        return
    try:
        gid = grp.getgrnam(group).gr_gid
    except KeyError:
        raise StoreError(f"desk.group: there is no group {group} on this machine") from None
    try:
        os.chown(path, -1, gid)
    except PermissionError:
        log.warning("the socket could not be given to the group", group=group)

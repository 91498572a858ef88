"""The access token of a channel: kept in a file of its own, renewed before it ends, by one process at a time.

SMTP and IMAP share it. The refresh token may change with every renewal (Microsoft), so what came back is on the disk
before it is used.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from relanced_email.signin import Grant, Provider, SignInSettings

FILE = "token.json"
_EARLY = 120.0  # seconds before its end a token is renewed: it must outlive a login
_ANSWER = 30.0  # seconds
_TURNS = 800  # twentieths of a second for another process to finish its renewal


class NoToken(Exception):
    """There is no token to be had. The message says why, what to do, and holds no secret."""


class Token(Struct, frozen=True):
    """What a provider gave. `expires_at` is an epoch second; `client_id` is the application it was given to."""

    access_token: str
    expires_at: float
    refresh_token: str = ""
    client_id: str = ""


class Tokens:
    """The token of one channel. `state` is the channel's private folder, `now` reads the house's clock."""

    def __init__(
        self, channel: str, provider: Provider, settings: SignInSettings, state: Path, now: Callable[[], datetime]
    ) -> None:
        self.provider, self.settings = provider, settings
        self._channel, self._file, self._now = channel, state / FILE, now
        self._one_at_a_time = asyncio.Lock()
        self._known: Token | None = None

    @property
    def login(self) -> str:
        """The command that obtains a first token."""
        return f"relanced login {self._channel}"

    async def access(self, refused: str = "") -> str:
        """A token that lasts for a while; never the one that a server has just `refused`. Raises NoToken."""
        async with self._one_at_a_time:
            if self._known is None or not self._good(self._known, refused):
                try:
                    self._known = await self._fresh(refused)
                except OSError as error:
                    raise NoToken(f"{self._file}: {error.strerror or error}") from error
            return self._known.access_token

    async def _fresh(self, refused: str) -> Token:
        """What another process left, if that is good; else what the provider gives now."""
        if (kept := self._kept()) and self._good(kept, refused):
            return kept
        async with self._alone():
            kept = self._kept()
            return kept if kept and self._good(kept, refused) else await self._renewed(kept)

    def _kept(self) -> Token | None:
        """What the file holds. Raises NoToken where a person has to sign in before anything else."""
        kept = read(self._file)
        if self.settings.grant is Grant.APPLICATION:
            return kept if kept and kept.client_id == self.settings.client_id else None
        if kept is None or not kept.refresh_token:
            raise NoToken(f"nobody has signed in to {self.provider.name} yet: run {self.login}")
        if kept.client_id != self.settings.client_id:
            raise NoToken(f"the sign-in belongs to another client_id: run {self.login} again")
        return kept

    def _good(self, token: Token, refused: str) -> bool:
        return token.access_token != refused and self._now().timestamp() < token.expires_at - _EARLY

    async def _renewed(self, kept: Token | None) -> Token:
        asked = {"grant_type": "client_credentials"}
        if kept is not None and self.settings.grant is Grant.PERSON:
            asked = {"grant_type": "refresh_token", "refresh_token": kept.refresh_token}
        said = await self.ask(self.provider.token_url, asked)
        if "access_token" not in said:
            raise NoToken(self._refusal(said))
        return self.keep(said, kept.refresh_token if kept else "")

    def _refusal(self, said: Mapping[str, Any]) -> str:
        """A refusal in words: what the provider said, and what a person has to do."""
        why = told(said)
        if said.get("error") in ("invalid_client", "unauthorized_client") or self.settings.grant is Grant.APPLICATION:
            return f"{self.provider.name} does not accept the application ({why}): look at sign_in: of {self._channel}"
        return f"{self.provider.name} does not renew the sign-in ({why}): run {self.login} again"

    async def ask(self, url: str, form: Mapping[str, str]) -> dict[str, Any]:
        """Post a form as our application, and read the JSON that comes back, be it an error. Raises NoToken."""
        whole = {"client_id": self.settings.client_id, **form, **self._secret()}
        if form.get("grant_type") != "authorization_code":
            whole |= {"scope": self.provider.scope}
        try:
            return await _posted(url, whole)
        except (OSError, ValueError) as error:  # aiohttp's own are among them
            raise NoToken(f"{self.provider.name} cannot be asked for a token: {error or 'no answer'}") from None

    def _secret(self) -> dict[str, str]:
        try:
            secret = self.settings.client_secret
            return {"client_secret": secret.get_secret_value()} if secret else {}
        except OSError as error:
            raise NoToken(f"client_secret cannot be read here: {error.strerror or error}") from None

    def keep(self, said: Mapping[str, Any], refresh_token: str = "") -> Token:
        """Write what the provider gave; the refresh token stays if it gave no new one. Raises OSError."""
        lasts = float(said.get("expires_in") or 3600)
        token = Token(
            access_token=str(said["access_token"]),
            expires_at=self._now().timestamp() + lasts,
            refresh_token=str(said.get("refresh_token") or refresh_token),
            client_id=self.settings.client_id,
        )
        write(self._file, token)
        self._known = token
        return token

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """No other process renews meanwhile. Raises OSError."""
        lock = _opened(self._file.with_suffix(".lock"), os.O_RDWR)
        try:
            for _ in range(_TURNS):
                if _locked(lock):
                    break
                await asyncio.sleep(0.05)
            else:
                raise NoToken(f"another process does not let go of {self._file.with_suffix('.lock')}")
            yield
        finally:
            os.close(lock)


async def _posted(url: str, form: Mapping[str, str]) -> dict[str, Any]:
    """The JSON a server answers, whatever its status below 500. Raises OSError, ValueError."""
    import aiohttp  # a fifth of a second, which a password does not need

    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_ANSWER)) as session,
            session.post(url, data=form, allow_redirects=False) as answer,
        ):
            said = await answer.json(content_type=None) if answer.status < 500 else None
    except aiohttp.ClientError as error:
        raise ConnectionError(str(error)) from error
    if not isinstance(said, dict):
        raise ValueError(f"it answered {answer.status}")
    return said


def told(said: Mapping[str, Any]) -> str:
    """The provider's reason on one line."""
    first = str(said.get("error_description") or "").partition("\n")[0].strip()
    words = f"{said.get('error', 'no reason')}: {first}" if first else str(said.get("error", "no reason"))
    return "".join(c for c in words if c.isprintable())[:300]


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def read(file: Path) -> Token | None:
    """The token in a file; None if there is none. Raises NoToken for a file that others may read, or that is none."""
    try:
        if file.stat().st_mode & 0o077:
            raise NoToken(f"{file} can be read by others: chmod 600 it, and sign in again if they did")
        said = json.loads(file.read_text("utf-8"))
        return Token(str(said["access_token"]), float(said["expires_at"]), said["refresh_token"], said["client_id"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise NoToken(f"{file} is damaged: remove it and sign in again") from None


def write(file: Path, token: Token) -> None:
    """Replace the file as a whole, for its owner alone; it is on the disk when this returns. Raises OSError."""
    fresh = file.with_suffix(f".{os.getpid()}")
    with os.fdopen(_opened(fresh, os.O_WRONLY | os.O_TRUNC), "w", encoding="utf-8") as out:
        json.dump(asdict(token), out)
        out.flush()
        os.fsync(out.fileno())
    fresh.rename(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _opened(file: Path, flags: int) -> int:
    """A file for its owner alone; what root makes belongs to the account that the folder belongs to."""
    descriptor = os.open(file, flags | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if os.geteuid() == 0:
        folder = file.parent.stat()
        os.fchown(descriptor, folder.st_uid, folder.st_gid)
    return descriptor

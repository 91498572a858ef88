"""An ear at one inbox: it tells at once what comes (IDLE), and looks by itself every few minutes as a net.

Nothing is flagged or moved before it is kept. What may have been missed is fetched again: kept twice, it is one.
"""

from __future__ import annotations

import asyncio
import imaplib
import logging
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from imap_tools.errors import ImapToolsError

from relanced.channel import BEGINNING, LARGEST_MAIL, Keep, heard_mail
from relanced_email.mailbox import Folder, Mailbox, NotLetIn
from relanced_email.memory import Memory
from relanced_email.settings import ImapSettings
from relanced_email.tokens import NoToken, Tokens

T = TypeVar("T")

SWEEP = timedelta(days=30)  # what a person moves back within this time is still heard
OVERLAP = timedelta(days=1)  # servers count days, in a time zone of their own
_WITHOUT_IDLE = 60.0  # seconds between two looks
_NOTED_EVERY = 100  # messages
_JUNK_KEPT = 64 * 1024  # bytes of what lies in the folder for junk

log = logging.getLogger("relanced.email")


class Ear:
    """Listens at one inbox. `state` is the channel's private folder, `now` reads the house's clock."""

    def __init__(self, settings: ImapSettings, tokens: Tokens | None, state: Path, now: Callable[[], datetime]) -> None:
        self._settings, self._tokens, self._now = settings, tokens, now
        self._memory = Memory(state / f"inbox-{re.sub(r'[^A-Za-z0-9@.-]', '_', settings.user)}.json")
        self._again = True

    async def listen(self, since: datetime, keep: Keep, hears: Callable[[], None]) -> None:
        """Keep whatever has come since then and comes. Raises OSError or TimeoutError when the ear is cut."""
        first = self._memory.first_day((since - OVERLAP).date())
        async with _Line(self._settings, self._tokens) as line:
            round_ = _Round(line, self._settings, self._memory, keep)
            folders = await line.do(line.box.folders)
            while True:
                look_from = max(first, min(since, self._now() - SWEEP).date() - OVERLAP)
                for folder in folders:
                    await round_.hear(folder, look_from, (since - OVERLAP).date() if self._again else None)
                self._again = False
                hears()
                await line.wait()

    async def probe(self) -> str:
        """Log in and look into every folder. Returns what is wrong, empty when all is well."""
        try:
            async with _Line(self._settings, self._tokens) as line:
                for folder in await line.do(line.box.folders):
                    await line.do(line.box.select, folder)
        except OSError as error:
            return str(error)
        return ""


class _Round:
    """One look into each folder after the other."""

    def __init__(self, line: _Line, settings: ImapSettings, memory: Memory, keep: Keep) -> None:
        self._line, self._settings, self._memory, self._keep = line, settings, memory, keep
        self._told = False

    async def hear(self, folder: Folder, since: date, again: date | None) -> None:
        """Keep what is new in a folder; from the day `again` on, what was heard before too."""
        do, box = self._line.do, self._line.box
        validity = await do(box.select, folder)
        there = await do(box.received_since, since)
        heard = self._memory.heard(folder.name, validity) & there
        if again is not None:
            heard -= await do(box.received_since, again)
        fresh = sorted(there - heard)
        for n, (uid, size) in enumerate(await do(lambda: list(box.sizes(fresh)))):
            await self._take(folder, f"{validity}/{uid}", uid, size)
            heard.add(uid)
            if n % _NOTED_EVERY == _NOTED_EVERY - 1:
                self._memory.keep(folder.name, validity, heard)
        self._memory.keep(folder.name, validity, heard)

    async def _take(self, folder: Folder, number: str, uid: int, size: int) -> None:
        do, box = self._line.do, self._line.box
        most = _JUNK_KEPT if folder.junk else BEGINNING if size > LARGEST_MAIL else None
        raw = await do(box.content, uid, most)
        if raw is None:
            return
        about = {"how": "imap", "inbox": self._settings.user, "folder": folder.name, "uid": number}
        cut = size if most is not None and len(raw) == most else 0
        await self._keep(heard_mail(raw, {**about, "junk": "yes"} if folder.junk else about, cut))
        if not folder.junk:
            await self._done(uid)

    async def _done(self, uid: int) -> None:
        """It is kept: a mark that the server does not take costs nobody anything."""
        try:
            await self._line.do(self._line.box.done, uid)
        except _Refused as refused:
            if not self._told:
                log.warning(
                    "%s: kept, but not marked (after: %s): %s", self._settings.user, self._settings.after, refused
                )
            self._told = True


class _Refused(ConnectionError):
    """The server said no to a command; the line is open."""


class _Line:
    """An open mailbox in a thread of its own. Use as an async context."""

    def __init__(self, settings: ImapSettings, tokens: Tokens | None) -> None:
        self._settings, self._tokens = settings, tokens
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"ear {settings.user}")
        self.box: Mailbox

    async def __aenter__(self) -> _Line:
        try:
            self.box = await self._opened()
        except BaseException:
            self._thread.shutdown(wait=False)
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Whatever the thread waits for ends; then the line is closed."""
        if kind is None:
            await self.do(self.box.part)
        self.box.cut()
        self._thread.submit(self.box.close)
        self._thread.shutdown(wait=False)

    async def _opened(self) -> Mailbox:
        try:
            if self._tokens is None or self._settings.password is not None:
                return await self._open("")
            token = await self._tokens.access()
            try:
                return await self._open(token)
            except NotLetIn:
                return await self._open(await self._tokens.access(refused=token))
        except (NotLetIn, NoToken) as error:
            raise ConnectionError(f"{self._settings.host} does not let {self._settings.user} in: {error}") from None

    async def _open(self, token: str) -> Mailbox:
        opening = asyncio.ensure_future(self.do(Mailbox.open, self._settings, token))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_let_go)
            raise

    async def do(self, work: Callable[..., T], *words: object) -> T:
        """Do it in the thread. Raises OSError when the line is cut, or the server does not do as it is asked."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work, *words)
        except imaplib.IMAP4.abort as error:
            raise ConnectionError(f"{self._settings.host}: {error}") from None
        except (imaplib.IMAP4.error, ImapToolsError, ValueError) as error:
            raise _Refused(f"{self._settings.host}: {error}") from None
        except TimeoutError:
            raise TimeoutError(f"{self._settings.host} does not answer") from None
        except OSError as error:
            raise ConnectionError(f"{self._settings.host}: {error}") from error

    async def wait(self) -> None:
        """Until something may have come."""
        if self.box.idles:
            await self.do(self.box.wait, self._settings.poll)
        else:
            await asyncio.sleep(min(self._settings.poll, _WITHOUT_IDLE))


def _let_go(opening: asyncio.Future[Mailbox]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()

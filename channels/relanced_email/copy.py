"""The journal copy: a second envelope recipient, whose Maildir tells which attempts a relay really took.

One SMTP reply covers both recipients, so a copy that is there proves acceptance. A copy that is not there proves the
contrary only while the mailbox is alive: something written a whole settle time after the attempt must have arrived,
since two messages written close to each other may overtake each other in a relay's queue.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from uuid import uuid4

from msgspec import Struct

from relanced.channel import Absent, Answer, Found, Go, Parcel, Sent, Unknown
from relanced_email.mime import canary
from relanced_email.settings import CopySettings

Carry = Callable[[Parcel, Go], Awaitable[Answer]]

_HEAD = 65_536
_SLACK = timedelta(days=1)  # between the relay's clock and ours
_FIELD = re.compile(rb"^(X-Relanced-Attempt|Message-ID|Date):[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


class Copy(Struct, frozen=True):
    """A message of ours that arrived in the journal mailbox. `written` is its Date, if it can be read."""

    name: str
    attempt: str
    message_id: str
    written: datetime | None


class JournalCopy:
    """Looks for attempts in the journal's Maildir. `carry` sends the canary that wakes a silent mailbox."""

    def __init__(self, settings: CopySettings, settle: timedelta, now: Callable[[], datetime], carry: Carry) -> None:
        self._to, self._maildir = settings.to, settings.maildir
        self._settle, self._now, self._carry = settle, now, carry
        self._known: dict[str, Copy | None] = {}
        self._canary_sent: datetime | None = None
        self._one_at_a_time = asyncio.Lock()

    async def find(self, parcel: Parcel, since: datetime) -> Found | Absent | Unknown:
        """What became of the attempt submitted at or after `since`. May send a canary and ask to be called again."""
        if parcel.envelope.get("copy") != self._to:
            return Unknown("nobody can tell: this attempt carried no copy for the journal mailbox of today")
        async with self._one_at_a_time:
            try:
                return await self._find(parcel, since)
            except OSError as error:
                return Unknown(f"the journal mailbox cannot be read: {error.strerror or error}")

    async def _find(self, parcel: Parcel, since: datetime) -> Found | Absent | Unknown:
        copies = await self._look(since)
        if found := copies.get(parcel.attempt):
            return Found(Sent(found.message_id, f"journal copy present: {found.name}"))
        if self._now() < since + self._settle:
            return Unknown("no journal copy yet; the relay may still be passing it on")
        after = self._telling(since)
        sign = next((c for c in copies.values() if c.written and c.written >= after), None)
        if sign is None:
            return await self._send_canary(parcel.envelope.get("plain", parcel.envelope["from"]), since)
        # A file renamed while a folder is read can be overlooked once.
        if parcel.attempt in await self._look(since):
            return Unknown("the journal copy has just arrived")
        return Absent(f"no journal copy, though the mailbox received attempt {sign.attempt} of {sign.written}")

    def _telling(self, since: datetime) -> datetime:
        """What was written from then on tells that a copy would be here by now. A Date header knows no fractions."""
        return (since + self._settle).replace(microsecond=0)

    async def _look(self, since: datetime) -> Mapping[str, Copy]:
        """Every copy of ours that the Maildir holds, by attempt."""
        oldest = (since - _SLACK).timestamp()
        self._known = await asyncio.to_thread(_read_maildir, self._maildir, oldest, self._known)
        return {copy.attempt: copy for copy in self._known.values() if copy}

    async def _send_canary(self, writer: str, since: datetime) -> Unknown:
        now = self._now()
        sent = self._canary_sent
        if sent and sent >= self._telling(since) and now < sent + self._settle:
            return Unknown("no journal copy; a canary is on its way to the journal mailbox")
        parcel = canary(f"canary-{uuid4().hex}", writer, self._to, now, now + self._settle)
        outcome = await self._carry(parcel, _always)
        if not isinstance(outcome, Sent):
            return Unknown(f"no journal copy, and the relay did not take a canary: {outcome}")
        self._canary_sent = now
        return Unknown("no journal copy; a canary was sent to the journal mailbox")


async def _always() -> bool:
    return True


def _read_maildir(maildir: Path, oldest: float, known: Mapping[str, Copy | None]) -> dict[str, Copy | None]:
    """The messages of a Maildir by unique name: known ones as they are, new ones since `oldest` (a timestamp) read.

    `new` before `cur`, the way a message moves. Raises OSError if a folder is missing.
    """
    now_known: dict[str, Copy | None] = {}
    for folder in ("new", "cur"):
        with os.scandir(maildir / folder) as entries:
            for entry in entries:
                name = entry.name.partition(":")[0]
                if name in known:
                    now_known[name] = known[name]
                elif name not in now_known:
                    _add(now_known, name, entry, oldest)
    return now_known


def _add(messages: dict[str, Copy | None], name: str, entry: os.DirEntry[str], oldest: float) -> None:
    try:
        if entry.stat().st_mtime >= oldest:
            with Path(entry.path).open("rb") as file:
                messages[name] = read_copy(name, file.read(_HEAD))
    except FileNotFoundError:
        return  # moved to `cur` or deleted in this moment


def read_copy(name: str, message: bytes) -> Copy | None:
    """The copy that the first bytes of a message are, or None if we did not write it. Only the header block counts."""
    head = re.split(rb"\r?\n\r?\n", message, maxsplit=1)[0]
    fields = {match[1].lower(): match[2].decode("ascii", "replace").strip() for match in _FIELD.finditer(head)}
    if b"x-relanced-attempt" not in fields:
        return None
    return Copy(name, fields[b"x-relanced-attempt"], fields.get(b"message-id", ""), _date(fields.get(b"date", "")))


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.utcoffset() is not None else None

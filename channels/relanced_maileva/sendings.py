"""The verbs of a sending at Maileva: a draft is made, filled, submitted or deleted; all of them can be listed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from msgspec import Struct

from relanced.channel import Parcel
from relanced_maileva.line import Line, Reply, Unclear

DRAFT = "DRAFT"
PAGE = 500  # the most that one page of the list holds
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


class Refusing(Exception):
    """They answered, and it was not done."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.words)
        self.reply = reply


class Moved(OSError):
    """The list changed while it was read: what was not seen proves nothing."""


class Sending(Struct, frozen=True):
    """One line of the list."""

    id: str
    custom_id: str
    status: str


class Sendings:
    """Every verb raises Closed, Unclear or Refusing, unless it returns the reply itself."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def create(self, sending: str) -> str:
        """Make a draft of these options (JSON). Its id."""
        reply = _good(await self._line.call("POST", "/sendings", **_as_json(sending)))
        made = reply.said.get("id") or reply.location.rstrip("/").rpartition("/")[2]
        if not is_id(made):
            raise Unclear("Maileva made a sending and did not say which")
        return str(made)

    async def fill(self, draft: str, parcel: Parcel) -> None:
        """Add the document and the recipient."""
        document, envelope = parcel.wire, parcel.envelope

        def form() -> aiohttp.FormData:
            fields = aiohttp.FormData()
            fields.add_field("metadata", envelope["document"])
            fields.add_field("document", document, filename="letter.pdf", content_type="application/pdf")
            return fields

        _good(await self._line.call("POST", f"/sendings/{draft}/documents", data=form))
        _good(await self._line.call("POST", f"/sendings/{draft}/recipients", **_as_json(envelope["recipient"])))

    async def submit(self, draft: str) -> Reply:
        """Hand it over for good (« un envoi soumis ne peut pas être annulé »). Raises Closed or Unclear."""
        return await self._line.once("POST", f"/sendings/{draft}/submit")

    async def delete(self, draft: str) -> Reply:
        """Take a draft away; they refuse it for anything else. Raises Closed or Unclear."""
        return await self._line.call("DELETE", f"/sendings/{draft}")

    async def read(self, path: str) -> Reply:
        """What stands at a path."""
        return _good(await self._line.call("GET", path))

    async def all(self) -> AsyncIterator[Sending]:
        """Every sending of the account. Raises Moved as well.

        Nothing says in which order they are listed, nor that a page is as long as asked for. So each page begins with
        the last sending of the one before, which shows that nothing slipped away between the two, and the list ends
        with a page that holds nothing else.
        """
        start, last = 1, ""
        while True:
            page, total = await self._page(start)
            if last and (not page or page[0].id != last):
                raise Moved("the list of sendings changed while it was read")
            for sending in page[1 if last else 0 :]:
                yield sending
            if len(page) <= (1 if last else 0):
                if total is not None and total > (start if last else 0):
                    raise Moved(f"Maileva lists {start if last else 0} sendings and says there are {total}")
                return
            start, last = start + len(page) - 1, page[-1].id

    async def _page(self, start: int) -> tuple[list[Sending], int | None]:
        asked = {"start_index": str(start), "count": str(PAGE)}
        said = _good(await self._line.call("GET", "/sendings", params=asked)).said
        listed, paging = said.get("sendings"), said.get("paging")
        if not isinstance(listed, list):
            raise Unclear("Maileva's list of sendings cannot be understood")
        total = paging.get("total_results") if isinstance(paging, dict) else None
        return [_sending(one) for one in listed], int(total) if isinstance(total, int | float) else None


def is_id(said: object) -> bool:
    """Whether it can be an identifier of theirs: nothing else goes into a path."""
    return isinstance(said, str) and _ID.fullmatch(said) is not None


def _sending(said: Any) -> Sending:
    if not isinstance(said, dict) or not is_id(said.get("id")):
        raise Unclear("Maileva's list of sendings cannot be understood")
    return Sending(said["id"], str(said.get("custom_id") or ""), str(said.get("status") or ""))


def _as_json(text: str) -> dict[str, Any]:
    """The sealed text itself, byte for byte. A payload serves once: a renewed login needs another."""
    return {"data": lambda: aiohttp.BytesPayload(text.encode(), content_type="application/json")}


def _good(reply: Reply) -> Reply:
    if not reply.good:
        raise Refusing(reply)
    return reply

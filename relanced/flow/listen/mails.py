"""From what a mail means to what follows from it: receipts of machines, replies of persons. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from relanced.channel import Heard, Receipt, Reply, Said
from relanced.reading.verdict import Intent, Kind, Recipient, Verdict

_SAID = {Kind.BOUNCE: Said.BOUNCED, Kind.DELAYED: Said.DELAYED, Kind.DELIVERED: Said.DELIVERED}
_NO_HURRY = frozenset({Kind.DELAYED, Kind.DELIVERED, Kind.AUTO_REPLY, Kind.READ_RECEIPT})
_NOBODY = Recipient("")


def said_of(verdict: Verdict, heard: Heard, came_at: datetime, ours: Collection[str]) -> tuple[Receipt | Reply, ...]:
    """What follows; nothing for a machine that speaks of nothing of ours. Raises ValueError for what is unreadable.

    `ours`: the addresses of the house in lower case: nobody there is a debtor.
    """
    match verdict.kind:
        case Kind.UNREADABLE:
            raise ValueError(verdict.reason)
        case Kind.AUTOMATIC:
            return ()
        case Kind.PERSON | Kind.COMPLAINT:
            return (_reply(verdict, heard, came_at, ours),)
        case _:
            return (_receipt(verdict, heard, came_at, ours),)


def _reply(verdict: Verdict, heard: Heard, came_at: datetime, ours: Collection[str]) -> Reply:
    """A STOP is a word like any other here: it is a person who obeys it."""
    return Reply(
        at=_at(verdict, came_at),
        sender=_sender(verdict, ours),
        to=heard.about.get("inbox", ""),
        text=_text(verdict, heard),
        subject=verdict.subject,
        attempt=verdict.attempt,
        provider_id=verdict.message_id if verdict.message_id.startswith("<") else "",
        mail_ids=verdict.references,
        reference=verdict.reference,
        seems=_seems(verdict),
        quiet="junk" in heard.about,
    )


def _sender(verdict: Verdict, ours: Collection[str]) -> str:
    """Who speaks: behind a colleague's forward the debtor, behind a complaint whoever complained."""
    if verdict.kind is Kind.COMPLAINT:
        return next((r.address for r in verdict.recipients), verdict.sender)
    return verdict.forwarded_from if verdict.forwarded_from and verdict.sender in ours else verdict.sender


def _text(verdict: Verdict, heard: Heard) -> str:
    text = verdict.text
    if verdict.kind is Kind.COMPLAINT:
        text = f"called our message spam: {verdict.reason}"
    size = heard.about.get("size")
    return f"{text}\n\n(cut: the whole mail of {size} bytes lies in the mailbox)" if size else text


def _seems(verdict: Verdict) -> str:
    if verdict.intent is None:
        return ""
    told = "STOP" if verdict.intent is Intent.STOP else verdict.intent.value
    return f"{told}, {verdict.reason}" if verdict.reason else told


def _receipt(verdict: Verdict, heard: Heard, came_at: datetime, ours: Collection[str]) -> Receipt:
    spoken_of = [r for r in verdict.recipients if r.address not in ours]
    one = next((r for r in spoken_of if r.address_dead), (spoken_of or [_NOBODY])[0])
    said = _said(verdict, bool(spoken_of) or not verdict.recipients)
    return Receipt(
        said,
        at=_at(verdict, came_at),
        words=(verdict.reason or verdict.subject)[:500],
        attempt=verdict.attempt,
        code=one.status,
        address_dead=said is Said.BOUNCED and one.address_dead,
        on=verdict.absent_until,
        reference=verdict.reference,
        mail_ids=verdict.references,
        address=one.address or verdict.sender if verdict.kind is Kind.AUTO_REPLY else one.address,
        quiet=verdict.kind in _NO_HURRY or "junk" in heard.about,
    )


def _said(verdict: Verdict, about_theirs: bool) -> Said:
    """What became of it. Of a copy that went to ourselves nothing follows."""
    if verdict.kind is Kind.CHALLENGE:
        return Said.CHALLENGED
    if verdict.kind is Kind.AUTO_REPLY:
        return Said.ABSENT if verdict.absent_until else Said.NOTED
    if verdict.kind is Kind.READ_RECEIPT:
        return Said.READ if verdict.receipt == "displayed" else Said.NOTED
    return _SAID[verdict.kind] if about_theirs else Said.NOTED


def _at(verdict: Verdict, came_at: datetime) -> datetime:
    """When it was written, if its clock is not ahead of ours."""
    return min(verdict.sent_on, came_at) if verdict.sent_on else came_at

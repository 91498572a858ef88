"""The verb of a mail server that hands a mail to us."""

from __future__ import annotations

from relanced.channel import Form, heard_mail
from relanced.counter import Asked, Desk, Misasked, Told, Verb


async def ingest(desk: Desk, asked: Asked) -> Told:
    """A mail that arrived: it is on the disk when this returns, and read later."""
    channel = _channel(desk, asked.maybe("channel"))
    raw = asked.files.get("message", b"")
    if not raw.strip():
        raise Misasked("the message is empty")
    heard = heard_mail(raw, {"how": "pipe"}, asked.number("size", 0))
    fresh = await desk.store.hearing.keep(channel, heard, desk.now)
    return Told((f"kept for {channel}" if fresh else f"{channel} has it already",), record={"kept": fresh})


def _channel(desk: Desk, named: str | None) -> str:
    """The e-mail channel that is named, or the only one. Raises Misasked."""
    mail = [name for name, door in desk.premises.config.channels.items() if door.form is Form.MAIL]
    if named is None and len(mail) == 1:
        return mail[0]
    if named not in mail:
        what = "no e-mail channel is configured" if not mail else f"say --channel, one of {', '.join(mail)}"
        raise Misasked(f"channel: {what}" if named is None else f"channel: {named} is no e-mail channel: {what}")
    return named


VERBS: dict[str, Verb] = {"ingest": ingest}

"""The verb that shows a message: as it would be worded now, or the very bytes that left."""

from __future__ import annotations

from relanced.channel import Draft, Form, MailDraft, PaperDraft, Parcel, TextDraft, Unfit
from relanced.counter import Asked, Desk, Misasked, Told, Verb
from relanced.flow.send.wording import Wording
from relanced.premises.wires import in_lines, pages
from relanced.store.sending import Waiting
from relanced.words.errors import WordingError

_SUFFIX = {Form.MAIL: "eml", Form.PAPER: "pdf", Form.TEXT: "txt", Form.CALL: "json"}


async def preview(desk: Desk, asked: Asked) -> Told:
    """A message by number, before a person approves it and after it left. Changes nothing."""
    number = asked.number("message")
    row = await desk.store.views.message(number)
    waiting = await desk.store.sending.in_hand(number)
    if waiting is not None:
        return await _planned(desk, waiting)
    parcel = await desk.store.sending.last_parcel(number)
    if parcel is None:
        raise Misasked(f"message {number} is {row['state']} and was never worded")
    return _left(desk, number, row["state"], row["channel"], parcel)


async def _planned(desk: Desk, waiting: Waiting) -> Told:
    """In today's words: figures and dates are those of the day it leaves."""
    (case,) = await desk.store.planning.load([waiting.case_id], desk.now.date())
    await desk.premises.known(desk.store, [case])
    try:
        draft, parcel = await Wording(desk.premises, desk.doors).preview(waiting, case, desk.now)
    except (WordingError, Unfit) as error:
        raise Misasked(f"message {waiting.id} cannot be worded: {error}") from None
    head = f"message {waiting.id} has not left; worded today it says:"
    return _told(waiting.id, head, parcel.address, _said(draft), _file(desk, waiting.channel, draft, parcel))


def _said(draft: Draft) -> list[str]:
    if isinstance(draft, MailDraft):
        return [f"Objet : {draft.subject}", "", *draft.text.splitlines(), *(f"[{e.name}]" for e in draft.enclosures)]
    if isinstance(draft, PaperDraft):
        return pages(draft.pdf)
    return draft.text.splitlines() if isinstance(draft, TextDraft) else draft.script.splitlines()


def _file(desk: Desk, channel: str, draft: Draft, parcel: Parcel) -> tuple[str, bytes]:
    return _SUFFIX[desk.doors[channel].form], draft.pdf if isinstance(draft, PaperDraft) else parcel.wire


def _left(desk: Desk, number: int, state: str, channel: str, parcel: Parcel) -> Told:
    """The exact bytes of the last attempt, whatever became of it; their SHA-256 is the one in the journal."""
    door = desk.premises.config.channels.get(channel)
    if door is None:
        raise Misasked(f"channel {channel} of message {number} is not configured any more")
    said = in_lines(door.form, parcel.wire)
    head = f"message {number} is {state}; the bytes of its last attempt, SHA-256 {parcel.sha256}, say:"
    return _told(number, head, parcel.address, said, (_SUFFIX[door.form], parcel.wire))


def _told(number: int, head: str, to: str, said: list[str], file: tuple[str, bytes]) -> Told:
    suffix, content = file
    lines = (head, "", f"to {', '.join(to.splitlines())}", "", *said)
    return Told(
        lines, record={"message": number, "to": to, "text": said}, files={f"message-{number}.{suffix}": content}
    )


VERBS: dict[str, Verb] = {"preview": preview}

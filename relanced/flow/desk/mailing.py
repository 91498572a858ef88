"""The day's letters by mail to whoever prints them: taken as a person takes them, mailed once, told when in doubt."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import structlog

from relanced.channel import (
    Answer,
    Daily,
    Enclosure,
    MailDraft,
    Parcel,
    Refused,
    Sent,
    TooHeavy,
    Tray,
    Unavailable,
    Unfit,
    Unknown,
)
from relanced.counter import Asked, Desk, Misasked, Told, Verb
from relanced.flow.desk.letters import Looked, left_out, look_through, named, stopped_sheets
from relanced.premises import new_attempt, new_mail_id, new_reference
from relanced.rules.calendar import is_working_day
from relanced.rules.model import Road
from relanced.store.bundles import Bundle, BundleState, Ending
from relanced.store.journal import DAEMON
from relanced.store.tray import Sheet
from relanced.words.bundle import BundleWords, Ticked, bound, ticked
from relanced.words.errors import WordingError

LONGEST = timedelta(minutes=30)  # no door takes longer over one mail
LOOK_AGAIN = timedelta(minutes=15)
LATE = timedelta(hours=1)  # from then on people are told that it does not leave
FILLED = 0.9  # of what a mail may carry: letters bound together weigh a little more
AGAIN = "relanced letters mail --again"

log = structlog.get_logger("relanced.desk")


async def mail(desk: Desk, asked: Asked) -> Told:
    """Mail the new letters now; with `again`, all that lie in the tray."""
    doors = dict(_daily(desk))
    if not doors:
        raise Misasked("no letter channel mails its letters: one with out: mail does")
    told: list[str] = []
    for channel, daily in doors.items():
        looked, kept = await _gathered(desk, channel, asked.by, again=asked.flag("again"))
        told += _said(channel, daily, looked, kept)
    return Told(tuple(told))


def _said(channel: str, daily: Daily, looked: Sequence[Looked], kept: Sequence[int]) -> list[str]:
    letters = [f"[ ] {named(one.sheet)}" for one in looked if one.sheet.message_id in kept]
    count = f"{len(letters)} letter{'s' if len(letters) > 1 else ''} to {daily.to}" if letters else "no letter to mail"
    return [f"{channel}: {count}", *letters, *left_out(looked, kept)]


def _daily(desk: Desk) -> Iterator[tuple[str, Daily]]:
    for name, door in desk.premises.config.channels.items():
        if door.daily is not None:
            yield name, door.daily


async def _gathered(
    desk: Desk, channel: str, by: str, *, again: bool = False, before: datetime | None = None
) -> tuple[list[Looked], list[int]]:
    """A bundle of the channel's letters: those that were looked through, and the messages that are in it."""
    lying = [s for s in await desk.store.tray.sheets() if s.channel == channel and (again or s.taken_at is None)]
    looked = await look_through(desk, [s for s in lying if before is None or s.since < before])
    free = {one.sheet.message_id: one.version for one in looked if not one.why}
    return looked, await desk.store.bundles.make(channel, desk.now.date(), free, by, desk.now, again=again)


class Mailing:
    """The wheel that asks for the day's mail at its hour, and hands over what is asked for."""

    def __init__(self, desk: Desk, words: BundleWords) -> None:
        self._desk, self._words = desk, words
        self._rests: dict[str, datetime] = {}

    async def turn(self, now: datetime) -> bool:
        """Gather, hand over, and tell what was leaving when a process ended."""
        doors = dict(_daily(self._desk))
        for lost in await self._desk.store.bundles.lost(now - LONGEST, "its process ended", _DOUBT, now):
            log.warning("letters mailed or not: nobody knows", channel=lost.channel, day=str(lost.day))
        for channel, daily in doors.items():
            await self._gather(channel, daily, now)
        more = False
        for bundle in await self._desk.store.bundles.due(now):
            if bundle.channel in doors:
                more |= await self._hand_over(bundle, doors[bundle.channel], now)
        return more

    async def next_moment(self) -> datetime | None:
        """None: no clock is moved for its sake; it is woken often enough."""
        return None

    async def _gather(self, channel: str, daily: Daily, now: datetime) -> None:
        """On a working day, the letters that lay there at the hour; what comes later leaves with the next day's."""
        local = self._desk.premises.local(now)
        hour = local.replace(hour=daily.at.hour, minute=daily.at.minute, second=0, microsecond=0)
        if local < hour or not is_working_day(local.date()) or self._has_rest(channel, now):
            return
        self._rests[channel] = now + LOOK_AGAIN
        _, kept = await _gathered(self._desk, channel, DAEMON, before=hour)
        if kept:
            log.info("letters gathered", channel=channel, letters=len(kept))

    def _has_rest(self, channel: str, now: datetime) -> bool:
        until = self._rests.get(channel)
        return until is not None and now < until <= now + LOOK_AGAIN

    # -- one mail -------------------------------------------------------------------------------------------------

    async def _hand_over(self, bundle: Bundle, daily: Daily, now: datetime) -> bool:
        """Word it, note that it leaves, let it leave, note what became of it. True: it was too heavy, and its parts
        wait."""
        store = self._desk.store
        sheets = [s for s in await store.tray.sheets() if s.message_id in bundle.letters]
        try:
            ready = await self._worded(bundle, sheets, daily) if sheets else _NOTHING_LEFT
        except TooHeavy as fault:
            parts = await self._parts(sheets, fault.limit)
            if bundle.parts == 1 and len(parts) > 1:
                return await store.bundles.split(bundle, parts, now)
            ready = _failed(bundle, sheets, daily, str(fault))
        if not await store.bundles.begin(bundle, now):
            return False
        ending = ready if isinstance(ready, Ending) else await self._submitted(ready, bundle, sheets, daily)
        await store.bundles.end(bundle, ending, self._desk.clock.now())
        log.info("letters mailed", channel=bundle.channel, state=ending.state.value, words=ending.words)
        return False

    async def _parts(self, sheets: Sequence[Sheet], limit: int) -> list[list[int]]:
        """These letters, in their order, in as many mails as their weight asks for."""
        parts: list[list[int]] = []
        room = 0.0
        for sheet in sheets:
            weight = len((await self._desk.store.tray.parcel(sheet.attempt)).wire)
            if not parts or weight > room:
                parts.append([])
                room = limit * FILLED
            parts[-1].append(sheet.message_id)
            room -= weight
        return parts

    async def _worded(self, bundle: Bundle, sheets: Sequence[Sheet], daily: Daily) -> Parcel | Ending:
        """Raises TooHeavy."""
        try:
            return self._desk.doors[daily.by].compose(await self._draft(bundle, sheets, daily))
        except TooHeavy:
            raise
        except (Unfit, WordingError) as fault:
            return _failed(bundle, sheets, daily, str(fault))

    async def _submitted(self, parcel: Parcel, bundle: Bundle, sheets: Sequence[Sheet], daily: Daily) -> Ending:
        try:
            answer = await self._desk.doors[daily.by].submit(parcel, _always)
        except Exception as error:
            log.exception("letters mailed or not: nobody knows", channel=bundle.channel)
            answer = Unknown(f"{type(error).__name__}: {error}")
        return _ending(bundle, sheets, daily, answer, self._desk.clock.now())

    async def _draft(self, bundle: Bundle, sheets: Sequence[Sheet], daily: Daily) -> MailDraft:
        now, reference, sender = self._desk.now, new_reference(), self._sender(bundle, daily)
        pdf, listed = await self._printed(sheets)
        stopped = await self._stopped(bundle.channel)
        said = self._words.mail(bundle.day, listed, stopped, bundle.part, bundle.parts)
        name = f"lettres-{bundle.day}" + (f"-{bundle.part}" if bundle.parts > 1 else "")
        return MailDraft(
            attempt=new_attempt(),
            reference=reference,
            deadline=now + LONGEST,
            sent_on=now,
            sender=sender,
            to=daily.to,
            to_name="",
            subject=said.subject,
            text=said.text,
            html=said.html,
            message_id=new_mail_id(reference, sender),
            enclosures=(Enclosure(f"{name}.pdf", "application/pdf", pdf),),
        )

    def _sender(self, bundle: Bundle, daily: Daily) -> str:
        """A creditor whose letters these are, and best one whose mail leaves by that channel anyway."""
        creditors = self._desk.premises.config.creditors.values()
        mine = [c for c in creditors if bundle.channel in c.roads.values()] or list(creditors)
        return str(next((c for c in mine if daily.by in c.roads.values()), mine[0]).send_as)

    async def _printed(self, sheets: Sequence[Sheet]) -> tuple[bytes, list[Ticked]]:
        parcels = [await self._desk.store.tray.parcel(sheet.attempt) for sheet in sheets]
        pdf, pages = await asyncio.to_thread(bound, [parcel.wire for parcel in parcels])
        lines = zip(sheets, parcels, pages, strict=True)
        return pdf, [_ticked(sheet, parcel.address, count) for sheet, parcel, count in lines]

    async def _stopped(self, channel: str) -> list[Ticked]:
        """Letters of earlier mails that somebody may have printed since, and that must not be posted."""
        gone = [s for s in await stopped_sheets(self._desk) if s.channel == channel and s.taken_at is not None]
        return [_ticked(s, (await self._desk.store.tray.parcel(s.attempt)).address, 0) for s in gone]


def _ticked(sheet: Sheet, address: str, pages: int) -> Ticked:
    return ticked(sheet.reference, sheet.debtor, address.split("\n"), pages, sheet.road == Road.REGISTERED)


async def _always() -> bool:
    """The gate was asked when the letters were taken; from then on they are in a person's hands."""
    return True


# -- what became of it --------------------------------------------------------------------------------------------

_NOTHING_LEFT = Ending(BundleState.FAILED, "none of its letters is to be posted any more")
_DOUBT = f"nobody knows whether the mail of {{day}} with {{count}} letters left: look whether it arrived, else {AGAIN}"


def _ending(bundle: Bundle, sheets: Sequence[Sheet], daily: Daily, answer: Answer, now: datetime) -> Ending:
    match answer:
        case Sent() | Tray():
            return Ending(BundleState.SENT, f"to {daily.to}: {answer.words}")
        case Unavailable():
            late = now - bundle.made_at >= LATE
            task = f"{_which(bundle, sheets, daily)} has not left yet: {answer.words}" if late else ""
            return Ending(BundleState.DUE, answer.words, answer.not_before or now + LOOK_AGAIN, task)
        case Refused():
            return _failed(bundle, sheets, daily, answer.words)
    said = _DOUBT.format(day=bundle.day, count=len(sheets))
    return Ending(BundleState.DOUBTFUL, answer.words, task=f"{said} ({answer.words})")


def _failed(bundle: Bundle, sheets: Sequence[Sheet], daily: Daily, words: str) -> Ending:
    which = _which(bundle, sheets, daily)
    return Ending(BundleState.FAILED, words, task=f"{which} cannot leave: {words}: mend it, then {AGAIN}")


def _which(bundle: Bundle, sheets: Sequence[Sheet], daily: Daily) -> str:
    return f"the mail of {bundle.day} with {len(sheets)} letters to {daily.to}"


VERBS: dict[str, Verb] = {"letters mail": mail}

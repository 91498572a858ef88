"""The verb that sends a message to oneself through a real door, and waits a little for what the door hears of it."""

from __future__ import annotations

import asyncio
import time

import phonenumbers
from msgspec import Struct

from relanced.channel import Answer, Asks, Awaited, Channel, Form, Found, Heard, Parcel, Receipt, Sent, Tray, Unfit
from relanced.config import Config, Creditor, Mode, Person
from relanced.config.channels import FORMS, Door
from relanced.counter import Asked, Desk, Misasked, Told
from relanced.flow.trial.probing import opened_apart
from relanced.flow.trial.specimen import Specimen, drawn_up
from relanced.premises import Premises
from relanced.rules.model import Road
from relanced.rules.policy import Step
from relanced.words.errors import WordingError

WAIT, LONGEST_WAIT = 20, 300  # seconds
_REGIONS = ("FR", "GP", "MQ", "GF", "RE", "YT", "PM")
_PACE = 2.0  # seconds between two questions to the door


async def send_test(desk: Desk, asked: Asked) -> Told:
    """A test through a channel, to whoever asks or to an address. Journalled; no case knows of it."""
    name = asked.text("channel")
    door, wait = _door(desk.premises.config, name), min(asked.number("wait", WAIT), LONGEST_WAIT)
    await _permitted(desk, name)
    specimen = _specimen(desk.premises, name, door, asked)
    try:
        draft = drawn_up(specimen, desk.premises, door.form, desk.now)
        parcel = await asyncio.to_thread(desk.doors[name].compose, draft)
    except (WordingError, Unfit) as error:
        raise Misasked(f"the test cannot be worded: {error}") from None
    return await _Trial(desk, name, specimen, parcel, asked.by).run(wait)


def _door(config: Config, name: str) -> Door:
    door = config.channels.get(name)
    if door is None:
        raise Misasked(f"there is no channel {name} in the configuration (there are: {', '.join(config.channels)})")
    if config.mode is Mode.SHADOW:
        raise Misasked("mode is shadow: nothing leaves the house, a test neither")
    if config.mode is Mode.REDIRECT and config.redirected_to(name) is None:
        raise Misasked(f"mode is redirect, and nothing leaves through {name}: it carries neither mail nor short texts")
    if door.form is Form.CALL:
        raise Misasked(f"{name} lists calls for people: nothing leaves through it that could be tested")
    return door


async def _permitted(desk: Desk, name: str) -> None:
    """A stop holds for a test as well; a channel that has closed is what a test is for."""
    conditions = await desk.premises.conditions(desk.store)
    if conditions.stopped:
        raise Misasked(f"nothing leaves: {conditions.stopped}")


# -- who writes to whom -------------------------------------------------------------------------------------------


def _specimen(premises: Premises, name: str, door: Door, asked: Asked) -> Specimen:
    creditor, roads = _writer(premises.config, name, asked.maybe("creditor"))
    step, road = _step(premises, creditor, roads)
    return Specimen(creditor, road, step, _place(premises.config, door, asked))


def _writer(config: Config, name: str, wanted: str | None) -> tuple[Creditor, list[Road]]:
    """The creditor asked for, else the first that writes through this channel; and by which roads it does."""
    for key, creditor in config.creditors.items():
        roads = [road for road, channel in creditor.roads.items() if channel == name]
        if roads and wanted in (None, key):
            return creditor, roads
    raise Misasked(f"no creditor{' ' + wanted if wanted else ''} writes through {name}: see its roads")


def _step(premises: Premises, creditor: Creditor, roads: list[Road]) -> tuple[Step, Road]:
    """The first step that takes one of these roads and has words for it."""
    words = premises.words[creditor.key]
    for policy in premises.config.policies_of(creditor.key):
        for step in policy.steps:
            for road in (r for r in (*step.via, *step.also) if r in roads and words.exists(step.words, FORMS[r])):
                return step, road
    raise Misasked(f"no step of {creditor.key} takes the road {roads[0].value}: there is nothing to say")


def _place(config: Config, door: Door, asked: Asked) -> str:
    """Where to: as asked, else to the person who asks."""
    to, person = asked.maybe("to"), config.people.get(asked.by)
    if to is None and person is not None:
        to = _own(person, door.form)
    if to is None and door.form is not Form.PAPER:
        missing = "has no phone" if person else "is nobody of people:"
        raise Misasked(f"to is missing: {asked.by} {missing}, so say where the test goes")
    return _number(to) if to and door.form is Form.TEXT else to or ""


def _own(person: Person, form: Form) -> str | None:
    return {Form.MAIL: person.email, Form.TEXT: person.phone}.get(form)


def _number(said: str) -> str:
    """A telephone number in E.164 form; one of overseas may be written like the mainland's."""
    for region in _REGIONS:
        try:
            number = phonenumbers.parse(said, region)
        except phonenumbers.NumberParseException:
            break
        if phonenumbers.is_valid_number(number) or said.startswith("+"):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    raise Misasked(f"to: {said!r} is not a telephone number")


# -- and what became of it ------------------------------------------------------------------------------------------


class _Trial(Struct):
    """One test on its way."""

    desk: Desk
    name: str
    specimen: Specimen
    parcel: Parcel
    by: str

    @property
    def door(self) -> Channel:
        """The door that works for everybody, in the mode of the house."""
        return self.desk.doors[self.name]

    async def run(self, wait: int) -> Told:
        """Submit, tell, wait."""
        about = {"channel": self.name, "to": self.parcel.address, "attempt": self.parcel.attempt}
        await self._journal("test sealed", **about, sha256=self.parcel.sha256)
        since = self.desk.clock.now()
        answer = await self.door.submit(self.parcel, self._go)
        said = type(answer).__name__.lower()
        await self._journal("test answered", attempt=self.parcel.attempt, answer=said, words=answer.words)
        lines, good = [self._said(answer)], isinstance(answer, Sent | Tray)
        if isinstance(answer, Sent):
            lines += await self._heard(Awaited(self.parcel.attempt, answer.id, self.parcel.address, since), wait)
        elif isinstance(answer, Tray):
            lines += self._no_further()
        record = {**about, "answer": said, "words": answer.words, "lines": lines}
        return Told(tuple(lines), record=record, bad=not good)

    async def _journal(self, event: str, **about: str) -> None:
        await self.desk.store.house.tell(event, about, self.by, self.desk.now)

    async def _go(self) -> bool:
        conditions = await self.desk.premises.conditions(self.desk.store)
        return not conditions.stopped

    def _said(self, answer: Answer) -> str:
        to = ", ".join(self.parcel.address.splitlines())
        if isinstance(answer, Sent):
            return f"a test in the words of {self.specimen.step.name} went through {self.name} to {to}: {answer.words}"
        if isinstance(answer, Tray):
            return f"a test for {to} lies in the tray of {self.name}: {answer.words or answer.job}"
        return f"no test went through {self.name}: {answer.words}"

    def _no_further(self) -> list[str]:
        """A mail of the day's letters holds those of cases alone."""
        daily = self.desk.premises.config.channels[self.name].daily
        return [f"only its folder was tried: no mail to {daily.to} will hold this sheet"] if daily else []

    # -- waiting ------------------------------------------------------------------------------------------------------

    async def _heard(self, awaited: Awaited, wait: int) -> list[str]:
        """What is heard within so many seconds, and finally that nothing was.

        Whoever is asked is a door of our own: the one at work remembers what it has brought already.
        """
        end = time.monotonic() + wait
        async with opened_apart(self.desk.premises.config, self.name, self.desk.clock.now) as door:
            if not isinstance(door, Asks) and not door.can_prove_absence:
                return ["this channel cannot tell what becomes of it: look whether it arrived"]
            while True:
                told = await (self._asked(door, awaited) if isinstance(door, Asks) else self._found(awaited))
                if told or time.monotonic() + _PACE > end:
                    break
                await asyncio.sleep(_PACE)
        return told or [f"nothing was heard of it within {wait} seconds: look whether it arrived"]

    async def _asked(self, door: Asks, awaited: Awaited) -> list[str]:
        """All that is heard is kept for the house too: a debtor may have written meanwhile."""
        heard: list[Heard] = []

        async def keep(one: Heard) -> None:
            await self.desk.store.hearing.keep(self.name, one, self.desk.now)
            heard.append(one)

        try:
            await door.ask([awaited], awaited.since, keep)
            said = [one for raw in heard for one in door.read(raw)]
        except (OSError, ValueError) as error:
            return [f"the provider could not be asked: {error}"]
        mine = [one for one in said if isinstance(one, Receipt) and _about(one, awaited)]
        return [f"{r.said.value}: {r.words}" for r in mine]

    async def _found(self, awaited: Awaited) -> list[str]:
        found = await self.door.find(self.parcel, awaited.since)
        return [f"found: {found.answer.words}"] if isinstance(found, Found) else []


def _about(receipt: Receipt, awaited: Awaited) -> bool:
    return receipt.attempt == awaited.attempt or receipt.provider_id == awaited.provider_id != ""

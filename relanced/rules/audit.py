"""What an attentive operator would notice by looking at everything once a minute. Pure: what was seen in, findings out.

Each finding has a key that stays the same while it lasts, so that it is told once, and a sentence that says what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from relanced.rules.calendar import bank_days_between
from relanced.rules.decide import Decision

STUCK = timedelta(minutes=30)  # the same message first in its queue: nothing of its channel leaves
ON_ITS_WAY = timedelta(hours=1)  # sealed, and nobody has recorded what became of it
IN_DOUBT = timedelta(days=1)
UNHEARD = timedelta(hours=24)  # taken by a provider that tells what became of it, and told nothing
UNREAD = timedelta(hours=2)  # kept and not read: a receipt that came too early may wait for an hour
FEW = 3  # one telephone may be switched off; several are a webhook that does not arrive
AGED = timedelta(days=7)  # waiting for a person
DEAF = timedelta(hours=1)  # an ear that has heard nothing, not even that there was nothing
SHUT_AFTER = 3  # failures of a door in a row
LEAPT = "the clock leapt"  # in the words of a stop, beside a person's: no person gave this one
STANDS_STILL = timedelta(minutes=10)  # a wheel that has not come round
LEAST_FREE, LEAST_SHARE = 200_000_000, 0.05  # bytes, and share of the disk
RESERVE = 50_000_000  # bytes: with less than that nothing new leaves
_NAMED = 5


class Finding(Struct, frozen=True):
    """Something is wrong. `here`: only this machine sees it, and only it can say when it is over."""

    key: str
    words: str
    here: bool = False


class Head(Struct, frozen=True):
    """The message that is first in the queue of a channel, and since when it is due."""

    channel: str
    message: int
    due_at: datetime


class Waiting(Struct, frozen=True):
    """How many things of a kind wait (counted up to a bound), and since when the oldest does. `lapses`: when the most
    pressing of them is too late, `pressing` from when on it is so (see `half_over`)."""

    what: str
    number: int
    oldest: datetime
    pressing: datetime | None = None
    lapses: datetime | None = None


class Breaker(Struct, frozen=True):
    """How a channel has failed of late."""

    channel: str
    failures: int
    closed_until: datetime | None
    why: str


class Disk(Struct, frozen=True):
    """A folder and the room around it, in bytes."""

    folder: str
    free: int
    whole: int


def forgotten(cases: Iterable[tuple[int, Decision]]) -> Iterator[Finding]:
    """Open cases that nobody will look at again although there is, or will be, something to do for them."""
    lost = [case for case, decision in cases if decision.step or decision.look_again]
    if lost:
        words = f"{_many(lost, 'open case')} without a next moment ({_named(lost)}): nothing will be done for them"
        yield Finding("forgotten", f"{words}; relanced why CASE says what is due")


def stuck(
    heads: Iterable[Head], first_seen: Mapping[str, tuple[int, datetime]], closed: Iterable[str], now: datetime
) -> Iterator[Finding]:
    """Channels that are open and move nothing: the same message has been first for long.

    `first_seen`: by channel, the message that was first when one last looked, and since when it was.
    """
    shut = set(closed)
    for head in heads:
        message, since = first_seen.get(head.channel, (0, now))
        if head.message == message and now - since >= STUCK and head.channel not in shut:
            words = f"{head.channel}: message {message} is due since {_at(head.due_at)} and does not leave"
            yield Finding(f"stuck:{head.channel}", f"{words}, though the channel is open; the log says more")


def on_their_way(sealed: Iterable[Waiting], now: datetime) -> Iterator[Finding]:
    """Messages of which nobody knows for too long whether they left. `what` is their state."""
    bounds = {"submitting": ON_ITS_WAY, "uncertain": IN_DOUBT}
    for seen in sealed:
        if now - seen.oldest >= bounds[seen.what]:
            many = f"{_number(seen)} {seen.what} since {_at(seen.oldest)}"
            yield Finding(f"doubt:{seen.what}", f"{many}: relanced queue shows them, relanced settle tells what became")


def unheard(taken: Iterable[Waiting], now: datetime) -> Iterator[Finding]:
    """Channels whose provider tells what became of a message, and has not told for long. `what` is the channel."""
    for seen in taken:
        if seen.number >= FEW and now - seen.oldest >= UNHEARD:
            words = f"{seen.what}: {_number(seen)} taken by the provider without a receipt since {_at(seen.oldest)}"
            hint = "its own list says what became of them; if it calls us, does the call reach desk.public_url?"
            yield Finding(f"unheard:{seen.what}", f"{words}: {hint}")


def unread(kept: Iterable[Waiting], now: datetime) -> Iterator[Finding]:
    """Channels through which something came that nobody has read: a reply may be in it. `what` is the channel."""
    for seen in kept:
        if now - seen.oldest >= UNREAD:
            words = f"{seen.what}: what came since {_at(seen.oldest)} is kept and was not read ({seen.number})"
            yield Finding(
                f"unread:{seen.what}", f"{words}: replies may be among it, so nothing leaves; the log says why"
            )


def half_over(since: datetime, lapses: datetime) -> datetime:
    """When a person has had half of the time there is (`within:`)."""
    return since + (lapses - since) / 2


def ageing(waiting: Iterable[Waiting], now: datetime) -> Iterator[Finding]:
    """What has waited for a person for more than a week, or for half of its time. `what` is a sentence's end: "for
    approval"."""
    for seen in waiting:
        if now - seen.oldest >= AGED or (seen.pressing and now >= seen.pressing):
            words = f"{_number(seen)} waiting {seen.what} since {_at(seen.oldest)}"
            end = f", the first lapses {_at(seen.lapses)}" if seen.lapses else ""
            yield Finding(f"waits:{seen.what}", words + end)


def stale(creditor: str, covers: date | None, at_most: int, today: date) -> Iterator[Finding]:
    """A creditor that is open and whose bank data are too old: none of its late invoices is reminded."""
    if covers is not None and bank_days_between(covers, today) <= at_most:
        return
    known = f"cover until {covers} only" if covers else "were never imported"
    yield Finding(f"stale:{creditor}", f"{creditor}: bank data {known}: nobody is reminded; relanced import")


def closed(breakers: Iterable[Breaker], now: datetime) -> Iterator[Finding]:
    """Doors that have failed again and again, or that refused too many: one failure is no news."""
    for one in breakers:
        asks = one.failures == 0 and one.closed_until is not None and one.closed_until > now
        if asks or one.failures >= SHUT_AFTER:
            yield Finding(
                f"closed:{one.channel}", f"{one.channel} is closed: {one.why}; relanced start tries it at once"
            )


def ear(channel: str, inbox: str = "") -> str:
    """What people call an ear."""
    return f"{channel} ({inbox})" if inbox else channel


def deaf(heard: Mapping[str, datetime], bounds: Mapping[str, timedelta], now: datetime) -> Iterator[Finding]:
    """Ears that are shut: by name, until when everything was heard, and how long they may be without hearing."""
    for channel, until in heard.items():
        if now - until >= bounds[channel]:
            words = f"{channel}: nothing was heard since {_at(until)}: answers and receipts may wait at the provider"
            yield Finding(f"deaf:{channel}", f"{words}; the log says why")


def leapt(stopped: str) -> Iterator[Finding]:
    """A house that stopped itself, since its clock is not to be believed."""
    if LEAPT in stopped:
        yield Finding("clock", f"{stopped}: nothing leaves; set the clock right, then relanced start")


def full(disks: Iterable[Disk]) -> Iterator[Finding]:
    """Folders on a disk that fills."""
    for disk in disks:
        if disk.free < LEAST_FREE or disk.free < LEAST_SHARE * disk.whole:
            left = f"{disk.free // 1_000_000} MB of {disk.whole // 1_000_000} MB are left"
            words = f"{disk.folder}: {left} on its disk; below {RESERVE // 1_000_000} MB nothing leaves"
            yield Finding(f"disk:{disk.folder}", words, True)


def still(wheels: Mapping[str, timedelta]) -> Iterator[Finding]:
    """Wheels that fail every time, or hang. By name: how long ago each last came round."""
    for name, since in wheels.items():
        if since >= STANDS_STILL:
            words = f"the wheel {name} has not come round for {since // timedelta(minutes=1)} minutes"
            yield Finding(f"wheel:{name}", f"{words}: the log says why", True)


def _number(seen: Waiting) -> str:
    return "1 message" if seen.number == 1 else f"{seen.number} messages"


def _many(things: Sequence[int], name: str) -> str:
    return f"{len(things)} {name}" + ("s" if len(things) != 1 else "")


def _named(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, sorted(numbers)[:_NAMED])) + (", …" if len(numbers) > _NAMED else "")


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"

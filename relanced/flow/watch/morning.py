"""The morning: each person gets what waits for them, by mail, once on a working day; nothing to say, no mail."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import structlog

from relanced.channel import Enclosure
from relanced.config import Person
from relanced.flow.watch.post import OwnMail, OwnPost
from relanced.premises import Premises
from relanced.rules.calendar import is_working_day
from relanced.rules.calls import share
from relanced.store.morning import Item, Waiting
from relanced.store.opening import Store
from relanced.words.agenda import Agenda, AgendaWords, Entry
from relanced.words.errors import WordingError

LATEST = timedelta(hours=4)  # what could not be sent by then is no morning's mail any more
AGAIN = timedelta(minutes=5)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

log = structlog.get_logger("relanced.watch")


class Morning:
    """The wheel that writes the digests."""

    def __init__(self, store: Store, premises: Premises, words: AgendaWords, post: OwnPost, at: time) -> None:
        self._store, self._premises, self._words, self._post, self._at = store, premises, words, post, at
        self._rests_until: datetime | None = None

    async def turn(self, now: datetime) -> bool:
        """Write to whoever has not been written to today."""
        local = self._premises.local(now)
        if not self._is_time(local) or (self._rests_until and now < self._rests_until <= now + AGAIN):
            return False
        self._rests_until = now + AGAIN
        start = local.replace(hour=0, minute=0, second=0, microsecond=0)
        waiting = await self._store.morning.waiting(start, _next_midnight(local))
        made = await self._store.calls.made_since(start)
        for person in self._premises.config.people.values():
            agenda = self.agenda(person, waiting, made, local)
            if agenda.asks or agenda.leaving:
                await self._write(person, agenda, now)
        return False

    async def next_moment(self) -> datetime | None:
        """None: it is woken often enough."""
        return None

    def _is_time(self, now: datetime) -> bool:
        begins = now.replace(hour=self._at.hour, minute=self._at.minute, second=0, microsecond=0)
        return begins <= now < begins + LATEST and is_working_day(now.date())

    async def _write(self, person: Person, agenda: Agenda, now: datetime) -> None:
        """Once a day, whoever restarts meanwhile."""
        name = f"{agenda.day} {person.key}"
        if not await self._store.alerts.first_digest(name, now):
            return
        try:
            sent = await self._post.send(self._mail(person, agenda))
        except WordingError as error:
            log.error("the morning's mail cannot be worded", person=person.key, error=str(error))
            return
        if not sent:
            await self._store.alerts.no_digest(name)

    def _mail(self, person: Person, agenda: Agenda) -> OwnMail:
        said = self._words.mail(agenda)
        from relanced.flow.watch.workbook import workbook  # a tenth of a second that only a morning needs

        table = Enclosure(f"journee-{agenda.day}.xlsx", XLSX, workbook(agenda, self._words))
        return OwnMail(person.email, person.name or "", said.subject, said.text, said.html, (table,))

    # -- whose is what --------------------------------------------------------------------------------------------

    def agenda(self, person: Person, waiting: Waiting, made: Mapping[tuple[str, str], int], now: datetime) -> Agenda:
        """What waits for one person: what is theirs, and what is nobody's of the creditors whose answers they read.

        `made`: how many calls each person has made today, by channel.
        """

        def mine(items: Iterable[Item], wanted: Callable[[Item], bool] = lambda _: True) -> tuple[Entry, ...]:
            return tuple(_entry(i, now) for i in items if wanted(i) and self._is_for(person, i))

        largest = sorted(waiting.calls, key=lambda i: (-i.cents, i.message_id))
        calls = [i for i in largest if self._is_for(person, i)]
        promised = {i.case_id for i in waiting.promises}
        return Agenda(
            person=(person.name or person.key.capitalize()).split(" ")[0],
            day=now.date(),
            calls=mine(share(calls, lambda i: (person.key, i.channel), made, self._premises.calls_per_day)),
            replies=mine(waiting.replies),
            approvals=mine(waiting.approvals, lambda i: i.asks),
            held=mine(waiting.approvals, lambda i: not i.asks),
            promises=mine(waiting.promises),
            letters=mine(waiting.letters),
            tasks=mine(waiting.tasks, lambda i: _is_told_nowhere_else(i, promised)),
            leaving=mine(waiting.leaving),
        )

    def _is_for(self, person: Person, item: Item) -> bool:
        people: Mapping[str, Any] = self._premises.config.people
        if item.owner in people:
            return item.owner == person.key
        creditor = self._premises.creditor(item.creditor)
        readers = creditor.read_by if creditor else ()
        return person.key in (readers or people)


def _is_told_nowhere_else(task: Item, promised: Collection[int | None]) -> bool:
    """Hand-overs stand among the approvals, what was answered in a case among the replies, `promised` in these cases
    among the promises."""
    if task.kind == "promise":
        return task.case_id not in promised
    return task.kind != "hand-over" and (task.kind != "reply" or task.case_id is None)


def _entry(item: Item, now: datetime) -> Entry:
    end = item.until - timedelta(microseconds=1) if item.until else None
    named = item.named.astimezone(now.tzinfo) if isinstance(item.named, datetime) else None
    return Entry(
        debtor=item.debtor,
        case=item.case_id or 0,
        cents=item.cents,
        currency=item.currency,
        step=item.step,
        road=item.road,
        place=item.place,
        contact=item.contact,
        reference=item.reference,
        kind=item.kind,
        since=_day(item.since, now),
        until=(named.date() if named else item.named) or _day(end, now),
        hour=named.time() if named and named.time() != time.min else None,
    )


def _day(moment: datetime | None, now: datetime) -> date | None:
    """The local day of a moment."""
    return moment.astimezone(now.tzinfo).date() if moment else None


def _next_midnight(now: datetime) -> datetime:
    return datetime.combine(now.date() + timedelta(days=1), time.min, tzinfo=now.tzinfo)

"""The herald: one mail when something begins, one when it is over; when there is too much, one that sums up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from relanced.flow.watch.post import OwnMail, OwnPost
from relanced.premises import Premises
from relanced.store.alerts import Change
from relanced.store.opening import Store

MOST_AN_HOUR = 6  # mails; what happens beyond is told in the next one


class Herald:
    """The wheel that tells of alerts. Without anybody to tell, they count as told: the log has them."""

    def __init__(self, store: Store, premises: Premises, post: OwnPost | None) -> None:
        self._store, self._premises, self._post = store, premises, post
        alerts = premises.config.alerts
        self._to = alerts.mail if alerts else ()

    async def turn(self, now: datetime) -> bool:
        """Tell what is untold. What cannot be told now is told later."""
        changes = await self._store.alerts.take(MOST_AN_HOUR, now)
        if not changes:
            return False
        if not self._to or self._post is None or await self._post.send_all(self._mails(changes)):
            await self._store.alerts.told(changes, now)
        else:
            await self._store.alerts.untold(changes, now, now)
        return False

    async def next_moment(self) -> datetime | None:
        """None: it is woken often enough."""
        return None

    def _mails(self, changes: Sequence[Change]) -> list[OwnMail]:
        subject, text = self._subject(changes), self._text(changes)
        return [OwnMail(to, "", subject, text) for to in self._to]

    def _subject(self, changes: Sequence[Change]) -> str:
        begun = [c for c in changes if not c.ended_at]
        first = (begun or changes)[0]
        more = f" (and {len(changes) - 1} more)" if len(changes) > 1 else ""
        return f"relanced: {'' if begun else 'over: '}{first.words[:120]}{more}"

    def _text(self, changes: Sequence[Change]) -> str:
        begun = [f"- since {self._at(c.begun_at)}: {c.words}" for c in changes if not c.ended_at]
        over = [f"- {self._at(c.begun_at)} to {self._at(c.ended_at)}: {c.words}" for c in changes if c.ended_at]
        parts = ["Wrong now:", *begun, ""] if begun else []
        parts += ["Over:", *over, ""] if over else []
        return "\n".join([*parts, "relanced check --online tells how it stands.", ""])

    def _at(self, moment: datetime) -> str:
        return f"{self._premises.local(moment):%Y-%m-%d %H:%M}"

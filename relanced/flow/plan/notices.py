"""What the desk says by itself: each instalment is announced before its date, and missed with courtesy after its grace.

Where nobody can be written to, a person is asked instead.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from relanced.premises import Premises
from relanced.premises.desk_words import new_word
from relanced.premises.unsaid import unsaid
from relanced.rules.given import Promise, PromiseState, WordKind
from relanced.rules.instalments import announced_on, hushed
from relanced.rules.model import HoldKind
from relanced.rules.offers import next_ruling
from relanced.rules.promises import BROKEN, next_judgement
from relanced.store.facts import Loaded
from relanced.store.saying import NewWord
from relanced.store.tasks import Task

FRESH = timedelta(days=5)  # how long after it was missed an instalment is still news


def notices(case: Loaded, premises: Premises, now: datetime) -> tuple[NewWord | Task, ...]:
    """What is to be said today about the instalments of a running agreement; what was said before is not said again,
    and nothing while the debtor waits for a word of ours.

    Where nobody can be written to, it is a task.
    """
    if not any(h.kind is HoldKind.INSTALMENTS for h in case.facts.holds):
        return ()
    said = (_notice(case, premises, part, now) for part in case.facts.promises if part.agreement is not None)
    return tuple(one for one in said if one is not None)


def _notice(case: Loaded, premises: Premises, part: Promise, now: datetime) -> NewWord | Task | None:
    if hushed(case.facts, part, now):
        return None
    today, about = now.date(), {"promise": part.id, "agreement": part.agreement}
    ahead = announced_on(part.on, case.facts.debtor.postcode)
    new = part.said_on is not None and part.said_on >= ahead  # who has just agreed need not be told again
    if part.state is PromiseState.OPEN and ahead <= today < part.on and not new:
        end = datetime.combine(part.on, time.min, tzinfo=now.tzinfo)
        kind, key = WordKind.UPCOMING, f"upcoming:{part.id}"
        said = new_word(premises, case, kind, key, now, lapse_at=end, about=about)
        return said or unsaid(premises, case, kind, key)
    if part.state in BROKEN and part.judged_on and today <= part.judged_on + FRESH:
        kind, key = WordKind.MISSED, f"missed:{part.id}"
        return new_word(premises, case, kind, key, now, about=about) or unsaid(premises, case, kind, key)
    return None


def next_day(case: Loaded, today: date) -> date | None:
    """The next day on which a promise may be broken, an instalment is to be announced, or an offer is over."""
    parts = [p for p in case.facts.promises if p.agreement is not None and p.state is PromiseState.OPEN]
    days = [announced_on(p.on, case.facts.debtor.postcode) for p in parts]
    found = [*(day for day in days if day > today), next_judgement(case.facts.promises, today)]
    found.append(next_ruling(case.facts.offers, today))
    return min((day for day in found if day is not None), default=None)

"""What the desk says by itself: each instalment is announced before its date, and missed with courtesy after its grace.

Where nobody can be written to, a person is asked instead.
"""

from __future__ import annotations

from datetime import date, datetime, time

from relanced.premises import Premises
from relanced.premises.desk_words import FRESH, new_word
from relanced.premises.unsaid import unsaid
from relanced.rules.given import Promise, PromiseState, WordKind
from relanced.rules.instalments import announced_on, hushed, runs
from relanced.rules.offers import next_ruling
from relanced.rules.promises import BROKEN, next_judgement
from relanced.store.facts import Loaded
from relanced.store.saying import NewWord
from relanced.store.tasks import Task


def notices(case: Loaded, premises: Premises, now: datetime) -> tuple[NewWord | Task, ...]:
    """What is to be said today about the instalments of a running agreement; what was said before is not said again,
    and nothing while the debtor waits for a word of ours.

    Where nobody can be written to, it is a task.
    """
    parts = (p for p in case.facts.promises if p.agreement is not None and runs(case.facts, p))
    said = (_notice(case, premises, part, now) for part in parts)
    return tuple(one for one in said if one is not None)


def _notice(case: Loaded, premises: Premises, part: Promise, now: datetime) -> NewWord | Task | None:
    kind = _due(case, part, now.date())
    if kind is None or hushed(case.facts, part, now):
        return None
    about, key = {"promise": part.id, "agreement": part.agreement}, f"{kind.value}:{part.id}"
    end = datetime.combine(part.on, time.min, tzinfo=now.tzinfo) if kind is WordKind.UPCOMING else None
    said = new_word(premises, case, kind, key, now, lapse_at=end, about=about)
    return said or unsaid(premises, case, kind, key)


def _due(case: Loaded, part: Promise, today: date) -> WordKind | None:
    """What is to be said of an instalment today; who has just agreed on it need not be told again."""
    ahead = announced_on(part.on, case.facts.debtor.postcode)
    new = part.said_on is not None and part.said_on >= ahead
    if part.state is PromiseState.OPEN and ahead <= today < part.on and not new:
        return WordKind.UPCOMING
    missed = part.state in BROKEN and part.judged_on is not None and today <= part.judged_on + FRESH
    return WordKind.MISSED if missed else None


def next_day(case: Loaded, today: date) -> date | None:
    """The next day on which a promise may be broken, an instalment is to be announced, or an offer is over."""
    parts = [p for p in case.facts.promises if p.agreement is not None and p.state is PromiseState.OPEN]
    days = [announced_on(p.on, case.facts.debtor.postcode) for p in parts]
    found = [*(day for day in days if day > today), next_judgement(case.facts.promises, today)]
    found.append(next_ruling(case.facts.offers, today))
    return min((day for day in found if day is not None), default=None)

"""Two forecasts of the same cases side by side: what comes earlier, later, by another road, anew, or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from msgspec import Struct

from relanced.flow.forecast.walk import Foreseen

CHANGES = ("creditor", "debtor", "name", "step", "road", "invoices", "before", "after", "change")
DAYS_SHOWN = 14

Sums = Mapping[str, Mapping[str, Any]]


class Change(Struct, frozen=True):
    """One message in both forecasts, or in one of them."""

    before: Foreseen | None
    after: Foreseen | None

    @property
    def kind(self) -> str:
        """One word; empty when nothing is otherwise."""
        if self.before is None or self.after is None:
            return "gone" if self.before else "new"
        if self.before.day != self.after.day:
            return "later" if self.after.day > self.before.day else "earlier"
        return "otherwise" if self.what else ""

    @property
    def what(self) -> str:
        """What is otherwise, in words; empty when nothing is."""
        if self.before is None or self.after is None:
            return self.kind
        days = (self.after.day - self.before.day).days
        told = [f"{abs(days)} day{'s' * (abs(days) > 1)} {'later' if days > 0 else 'earlier'}"] if days else []
        if self.before.road is not self.after.road:
            told.append(f"by {self.after.way} instead of {self.before.way}")
        told += ["names other invoices"] if self.before.terms != self.after.terms else []
        return ", ".join(told)

    def row(self) -> dict[str, Any]:
        """As a row of the table."""
        one = self.after or self.before
        assert one is not None  # a change has one side at least
        said = {name: one.row()[name] for name in ("creditor", "debtor", "name", "step", "road", "invoices")}
        days = {"before": self.before.day if self.before else "", "after": self.after.day if self.after else ""}
        return {**said, **days, "change": self.what, "kind": self.kind}


def changes(before: Sequence[Foreseen], after: Sequence[Foreseen]) -> Iterator[Change]:
    """The messages of one case, paired: the same step, first message or copy, for a term that both name."""
    left = list(after)
    for one in before:
        same = next((f for f in left if _answers(one, f)), None)
        if same is not None:
            left.remove(same)
        yield Change(one, same)
    yield from (Change(None, f) for f in left)


def _answers(one: Foreseen, other: Foreseen) -> bool:
    return one.step == other.step and bool(one.slot) == bool(other.slot) and bool(one.terms & other.terms)


def summed(before: Iterable[list[Foreseen]], after: Iterable[list[Foreseen]], found: Iterable[Change]) -> Sums:
    """How many messages by step, road and day, before and after; and how many changes of each kind."""
    one, two = list(chain.from_iterable(before)), list(chain.from_iterable(after))
    kinds = Counter(change.kind for change in found if change.what)
    return {
        "messages": {"all": [len(one), len(two)]},
        "steps": _counted(one, two, lambda f: f.step),
        "roads": _counted(one, two, lambda f: f.way),
        "days": dict(sorted(_counted(one, two, lambda f: f.day.isoformat()).items())),
        "kinds": dict(kinds),
    }


def _counted(
    before: Iterable[Foreseen], after: Iterable[Foreseen], by: Callable[[Foreseen], str]
) -> dict[str, list[int]]:
    old, new = Counter(map(by, before)), Counter(map(by, after))
    return {name: [old[name], new[name]] for name in dict.fromkeys([*old, *new])}


def words(sums: Sums) -> list[str]:
    """The sums in a few lines."""
    (old, new) = sums["messages"]["all"]
    kinds = ", ".join(f"{n} {kind}" for kind, n in sums["kinds"].items())
    told = [f"messages: {old} now, {new} then" + (f" ({kinds})" if kinds else "")]
    told += [f"  {name}: {a} → {b}" for part in ("steps", "roads") for name, (a, b) in sums[part].items()]
    days = [f"  {day}: {a} → {b}" for day, (a, b) in sums["days"].items() if a != b]
    more = [f"  and {len(days) - DAYS_SHOWN} more days: --format json has them"] if len(days) > DAYS_SHOWN else []
    return told + days[:DAYS_SHOWN] + more

"""The words of a policy (*scénario*): which step follows which, when, on which road, in which tone."""

from __future__ import annotations

import hashlib
from enum import IntEnum, StrEnum
from functools import lru_cache

from msgspec import Struct, field, json
from msgspec.structs import replace

from relanced.rules.model import Road, Segment


class Tone(IntEnum):
    """How a step speaks. The higher tone goes first when two steps share a day."""

    COURTEOUS = 1  # a favour asked
    FIRM = 2  # a duty recalled
    FORMAL = 3  # a legal act: names only terms that climbed here


class Only(StrEnum):
    """Whom a step is meant for; several words mean any of them."""

    LARGE = "large"  # a line whose principal is at least the policy's `large`
    NEW = "new"  # a debtor who has not yet fully paid an invoice
    USUALLY_LATE = "usually late"  # mean lateness of the last twelve above 5 days


class Enclose(StrEnum):
    """What goes along with a message."""

    NOTHING = "nothing"  # the words alone
    INVOICES = "invoices"  # a duplicate of every invoice named


class DuringOffer(StrEnum):
    """What the ladder does while an offer runs, unless a person says otherwise."""

    REMIND = "remind"  # reminders go on, and recall it; nothing formal leaves
    HOLD = "hold"  # what it is about stands still


class When(Struct, frozen=True):
    """The moment of a step: days from the due date (negative: before), or once the deadline of a notice has passed."""

    days: int = 0
    deadline_of: str = ""


class AtMost(Struct, frozen=True):
    """How often a step may be performed for one case: `times` in `days` rolling local days."""

    times: int
    days: int


class Step(Struct, frozen=True):
    """One level of the ladder. `within` is in working days, `max_lateness` and `deadline` in calendar days."""

    name: str
    tone: Tone
    when: When
    via: tuple[Road, ...] = ()
    also: tuple[Road, ...] = ()
    only: frozenset[Only] = frozenset()
    at_most: AtMost | None = None
    min_amount: int = 0
    approval: bool = False
    within: int = 10
    max_lateness: int | None = None
    enclose: Enclose = Enclose.NOTHING
    deadline: int | None = None
    hand_over: bool = False
    wording: str = ""

    @property
    def before_due(self) -> bool:
        """Whether the step belongs before the due date."""
        return not self.when.deadline_of and self.when.days < 0

    @property
    def absorbs(self) -> bool:
        """Whether other overdue terms may be listed along: never in a notice, a call or a hand-over."""
        return not (self.tone is Tone.FORMAL or self.hand_over or self.via[:1] == (Road.PHONE,) or self.before_due)

    @property
    def words(self) -> str:
        """The folder of its wording."""
        return self.wording or self.name


class Policy(Struct, frozen=True):
    """A ladder and whom it is for. Amounts in cents, `gather` in days."""

    name: str
    segments: frozenset[Segment]
    steps: tuple[Step, ...]
    min_amount: int = 0
    gather: int = 0
    large: int = 100_000
    tags: frozenset[str] = field(default_factory=frozenset)  # only debtors with one of these tags; empty: all
    during_offer: DuringOffer = DuringOffer.REMIND

    def step(self, name: str) -> Step:
        """The step of that name. Raises KeyError."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)

    def index(self, name: str) -> int:
        """The place of a step on the ladder, from 0. Raises KeyError."""
        for i, step in enumerate(self.steps):
            if step.name == name:
                return i
        raise KeyError(name)

    def with_doors(self, roads: frozenset[Road]) -> Policy:
        """The same policy with the roads that lead through no configured door left out."""

        def keep(wanted: tuple[Road, ...]) -> tuple[Road, ...]:
            return tuple(r for r in wanted if r in roads)

        return replace(self, steps=tuple(replace(s, via=keep(s.via), also=keep(s.also)) for s in self.steps))

    def to_json(self) -> str:
        """The snapshot a case keeps."""
        return _canonical(self)

    @staticmethod
    def from_json(text: str) -> Policy:
        """A policy back from its snapshot."""
        return json.decode(text, type=Policy)

    @property
    def digest(self) -> str:
        """A short name for exactly this policy."""
        return hashlib.sha256(_canonical(self).encode()).hexdigest()[:16]


@lru_cache(maxsize=256)  # every case that starts keeps one
def _canonical(policy: Policy) -> str:
    """JSON with keys and sets in order, so that equal policies have equal texts."""
    return json.encode(policy, order="sorted").decode()

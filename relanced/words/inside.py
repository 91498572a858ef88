"""What our own people are written, said over samples before any of them reads it: their morning, the day's letters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, time
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from relanced.words.agenda import SHOWN, Agenda, AgendaWords, Entry
from relanced.words.bundle import BundleWords, Ticked
from relanced.words.errors import WordingError

# What the house asks of people: each kind of task has words of its own.
KINDS = (
    *("ladder ended", "lapsed", "hand-over", "do not post", "letters mail", "import refused", "refusals"),
    *("unmatched", "paid but open", "promise", "broken promise", "missed instalment", "validation", "dispute"),
    *(
        "call back",
        "insolvency",
        "reply",
        "data request",
        "unread",
        "unreadable",
        "not ours",
        "unproved",
        "uncertain",
        "not known",
    ),
    *("challenge", "lost", "not delivered", "unreachable", "unsaid", "offer", "credit note", "offer lapsed"),
    *("duplicate missing", "late answer", "not recorded", "content", "refused for now", "pause ends"),
)
DAY = date(2026, 3, 31)
_ONE = Entry(
    debtor="Menuiserie Lefèvre & Fils",
    case=12,
    cents=123_450,
    step="relance-2",
    road="email",
    place="+33299001234",
    contact="Service comptabilité",
    reference="7K2QX-M4T9B",
    since=date(2026, 3, 27),
    until=DAY,
    hour=time(10, 30),
)
_BARE = Entry("{{ 7*7 }} <b>", step="relance-1", road="letter", kind="import refused")
_HAND_OVER, _INSTALMENT = replace(_ONE, step="transmission", road=""), replace(_ONE, kind="instalment")
_LETTER = Ticked("7K2QX-M4T9B", "Menuiserie Lefèvre & Fils", "35170 BRUZ", 2)
_REGISTERED = replace(_LETTER, pages=1, registered=True)


def problems(folders: Sequence[Path]) -> list[str]:
    """What is wrong with these wordings, each fault once. Raises WordingError where there are none at all."""
    found: dict[str, None] = {}
    for say in (*_mornings(AgendaWords(folders)), *_bundles(BundleWords(folders))):
        try:
            say()
        except WordingError as error:
            found[str(error)] = None
    return list(found)


def _mornings(words: AgendaWords) -> Iterator[Callable[[], object]]:
    """A full day, one that is too full to be shown, one on which nothing is asked; then all that a task may ask."""
    for some in ((_ONE, _BARE), (_ONE,) * (SHOWN + 1)):
        day = Agenda("Claire", DAY, *[some] * 8)
        yield partial(words.mail, replace(day, approvals=(*some, _HAND_OVER), promises=(*some, _INSTALMENT)))
    yield partial(words.mail, Agenda("Claire", DAY, leaving=(_ONE,)))
    for kind in KINDS:
        for one in (_ONE, _BARE):
            yield partial(words.task, replace(one, kind=kind))


def _bundles(words: BundleWords) -> Iterator[Callable[[], object]]:
    """One letter; several in one of two mails, and one that must not be posted."""
    yield partial(words.mail, DAY, [_LETTER])
    yield partial(words.mail, DAY, [_LETTER, _REGISTERED], [_LETTER], 2, 2)

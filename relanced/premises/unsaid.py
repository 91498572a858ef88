"""A word of the desk that no mail can carry: what a person is asked, and which road remains."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from relanced.premises.desk_words import out_of_date
from relanced.premises.premises import Premises
from relanced.rules.gate import NO_ADDRESS
from relanced.rules.given import WordKind
from relanced.rules.model import Address, MessageState, Road
from relanced.rules.turns import usable, ways
from relanced.store.facts import Loaded, Unsaid
from relanced.store.tasks import Task, unsaid_key

WHAT = {
    WordKind.REPLY: "your reply",
    WordKind.PROMISE: "the confirmation of a promise",
    WordKind.INSTALMENTS: "the confirmation of instalments",
    WordKind.UPCOMING: "the announcement of an instalment",
    WordKind.MISSED: "the notice of a missed instalment",
    WordKind.OFFER: "our offer",
    WordKind.THANKS: "the thanks for a message",
}


def unsaid(premises: Premises, case: Loaded, kind: WordKind, key: str) -> Task:
    """There is no address to say it to."""
    words = f"{case.facts.debtor.name}: {WHAT[kind]} could not be written: no usable mail address is known"
    return _task(case, f"unsaid:{key}", f"{words}; {roads_left(premises, case)}")


def not_arrived(premises: Premises, case: Loaded, today: date) -> tuple[Task, ...]:
    """What the desk said to an address that is dead, as one task for each; what holds no more is left out."""
    found = (one for one in case.unsaid if _in_vain(premises, case, one) and not out_of_date(case, one.said, today))
    return tuple(_lost(premises, case, one) for one in found if one.said.kind is not WordKind.THANKS)


def waits_in_vain(premises: Premises, case: Loaded) -> tuple[tuple[int, str], ...]:
    """The messages that wait to leave for an address that is dead, and why they are taken back."""
    waiting = (one for one in case.unsaid if one.state in _WAIT and _in_vain(premises, case, one))
    return tuple((one.message_id, NO_ADDRESS) for one in waiting)


def no_longer_missed(case: Loaded, today: date) -> tuple[str, ...]:
    """The tasks about what did not arrive, and need not any more."""
    return tuple(unsaid_key(one.message_id) for one in case.unsaid if out_of_date(case, one.said, today))


_WAIT = (MessageState.PLANNED, MessageState.PARKED)


def _in_vain(premises: Premises, case: Loaded, one: Unsaid) -> bool:
    """Whether its address is why it does not arrive. What a person took back, or what was paid, is not missed."""
    mine = (a for a in case.facts.addresses if a.id == one.address_id)
    alive = any(usable(Road.EMAIL, a, premises.consent) for a in mine)
    return one.why == NO_ADDRESS if one.state is MessageState.CANCELLED else not alive


def _lost(premises: Premises, case: Loaded, one: Unsaid) -> Task:
    why = NO_ADDRESS if one.state in _WAIT else one.why
    words = f"{case.facts.debtor.name}: {WHAT[one.said.kind]} did not reach {one.place}: {why}"
    return _task(case, unsaid_key(one.message_id), f"{words}; {roads_left(premises, case, one.message_id)}")


def _task(case: Loaded, key: str, words: str) -> Task:
    return Task("unsaid", key, words, case.facts.creditor, case.facts.id, case.owner)


def roads_left(premises: Premises, case: Loaded, message_id: int | None = None) -> str:
    """Which roads to the debtor remain, the easiest first."""
    left = list(_left(premises, case, message_id))
    return f"what remains: {', '.join(left)}" if left else "no road to them remains"


def _left(premises: Premises, case: Loaded, message_id: int | None) -> Iterator[str]:
    mail = next((a.where for a in _alive(premises, case, Road.EMAIL)), "")
    if mail and message_id is not None:
        yield f"a mail to {mail} (relanced resend {message_id} --reason …)"
    if letter := next((a.where for a in _alive(premises, case, Road.LETTER)), ""):
        yield f"a letter to {', '.join(letter.split(chr(10)))}"
    if number := next((a.where for a in _alive(premises, case, Road.PHONE)), ""):
        yield f"a call to {number}"


def _alive(premises: Premises, case: Loaded, road: Road) -> Iterator[Address]:
    return (address for _, address in ways((road,), case.facts.addresses, premises.consent))

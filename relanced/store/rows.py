"""From rows to the values the rules reason about. The columns come in the order of the fields they become."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from msgspec import Struct

from relanced.rules.given import Offer, OfferState, Promise, PromiseState
from relanced.rules.habits import habits
from relanced.rules.model import (
    Address,
    CaseFacts,
    Consent,
    Debtor,
    GoLive,
    Habits,
    Hold,
    HoldKind,
    Line,
    LineKind,
    LineState,
    Message,
    MessageState,
    Money,
    PaymentMode,
    Reminder,
    Road,
    Segment,
    Term,
)

E = TypeVar("E", bound=StrEnum)


def _members(kind: type[E]) -> Callable[[str], E]:
    """Its members by what a column says: to ask the class itself takes ten times as long."""
    return {member.value: member for member in kind}.__getitem__


_segment, _road, _consent, _payment_mode = _members(Segment), _members(Road), _members(Consent), _members(PaymentMode)
_line_state, _line_kind, _message_state = _members(LineState), _members(LineKind), _members(MessageState)

Cells = Any  # a row, by position
Rows = dict[int, list[Cells]]
Touches = dict[str, list[tuple[date, int]]]


class Parts(Struct, frozen=True):
    """The rows of many cases, by case; the first column of each is the case's number."""

    terms: Rows
    money: Rows
    addresses: Rows
    lines: Rows
    holds: Rows
    reminders: Rows
    messages: Rows
    touches: Touches
    promises: Rows
    offers: Rows


def case_key(case_id: int) -> str:
    """The key under which contacts with a debtor are counted."""
    return f"case:{case_id}"


def place_key(place: str, name: str) -> str:
    """The key under which contacts at an address are counted, over all debtors. A postal address counts with the name
    above it: an office tower has many doors, and the same debtor of two creditors one."""
    return f"at:{_level(name)}\n{place}" if "\n" in place else f"at:{place}"


def _level(name: str) -> str:
    """Without case, accents and punctuation."""
    bare = unicodedata.normalize("NFKD", name.casefold())
    return " ".join(re.findall(r"[^\W_]+", "".join(c for c in bare if not unicodedata.combining(c))))


def facts(
    case_id: int, version: int, creditor: str, round_: int, owes: Debtor, opened: GoLive | None, parts: Parts
) -> CaseFacts:
    """One case."""
    owed = _terms(parts.terms.get(case_id, ()))
    paid = tuple(Money(*row[1:]) for row in parts.money.get(case_id, ()))
    lived = tuple(map(_line, parts.lines.get(case_id, ())))
    ways = tuple(map(_address, parts.addresses.get(case_id, ())))
    sent = _reminders(parts.reminders.get(case_id, ()), lived, parts.messages.get(case_id, ()))
    live = {reminder.id for reminder in sent if reminder.live}

    def days(key: str) -> list[date]:
        """The contacts before the one that is on its way."""
        return [day for day, reminder_id in parts.touches.get(key, ()) if reminder_id not in live]

    return CaseFacts(
        id=case_id,
        version=version,
        creditor=creditor,
        debtor=owes,
        terms=owed,
        money=paid,
        addresses=ways,
        lines=lived,
        holds=tuple(map(_hold, parts.holds.get(case_id, ()))),
        reminders=sent,
        habits=_habits(owed, paid),
        go_live=opened,
        round=round_,
        touched_on=tuple(days(case_key(case_id))),
        address_days=tuple((a.where, day) for a in ways for day in days(place_key(a.where, owes.name))),
        promises=tuple(map(promise, parts.promises.get(case_id, ()))),
        offers=tuple(map(offer, parts.offers.get(case_id, ()))),
    )


def debtor(row: Cells) -> Debtor:
    """Who owes."""
    key, name, segment, siren, address, postcode, language, tags, excluded, closed = row
    quiet = tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in closed)
    place = (siren, tuple(address), postcode, language)
    return Debtor(key, name, _segment(segment), *place, tuple(tags), excluded, quiet)


def go_live(opened_on: date | None, from_step: str, per_day: int) -> GoLive | None:
    """Since when the creditor is open, if it is."""
    return GoLive(opened_on, from_step, per_day) if opened_on else None


def _terms(rows: Sequence[Cells]) -> tuple[Term, ...]:
    parts: dict[int, int] = defaultdict(int)
    for row in rows:
        parts[row[3]] += bool(row[6])
    return tuple([_term(row, parts[row[3]] or 1) for row in rows])


def _term(row: Cells, of: int) -> Term:
    _, number, invoice, invoice_id, issued_on, due_on, cents, currency, n, whole, *rest = row
    stated_open, stated_on, settled_on, excluded, mode, order_number, payer, iban, handed_over_on, closed_on = rest
    said = (whole, stated_open, stated_on, settled_on, excluded, _payment_mode(mode), order_number, payer, iban)
    own = (number, invoice, invoice_id, issued_on, due_on, cents, currency, n)
    return Term(*own, of, *said, handed_over_on, closed_on)


def _address(row: Cells) -> Address:
    _, number, road, where, name, rank, consent, dead_since = row
    return Address(number, _road(road), where, name, rank, _consent(consent), dead_since)


def _line(row: Cells) -> Line:
    _, term_id, step, state, day, round_, reason, reminder_id, clock_from, kind, cents = row
    about = (day, round_, reason, reminder_id, clock_from)
    return Line(term_id, step, _line_state(state), *about, _line_kind(kind), cents)


def _hold(row: Cells) -> Hold:
    _, number, kind, *rest = row
    return Hold(number, HoldKind(kind), *rest)


def promise(row: Cells) -> Promise:
    """A debtor's word."""
    _, number, on, until, cents, upto, named, state, judged_on, agreement, n, said_on, means, said_by = row
    about = (PromiseState(state), judged_on, agreement, n, said_on, means, said_by)
    return Promise(number, on, until, cents, upto, tuple((t, owed) for t, owed in named), *about)


def offer(row: Cells) -> Offer:
    """An offer of ours."""
    _, number, until, last, cents, waived, named, state, judged_on, said_on = row
    about = tuple((t, owed) for t, owed in named)
    return Offer(number, until, last, cents, waived, about, OfferState(state), judged_on, said_on)


def _habits(terms: tuple[Term, ...], money: tuple[Money, ...]) -> Habits:
    """Nothing was ever paid: there is no need to count."""
    if not money and all(t.settled_on is None and t.stated_open != 0 for t in terms):
        return Habits()
    return habits(terms, money)


def _reminders(rows: Iterable[Cells], lived: Iterable[Line], sent: Iterable[Cells]) -> tuple[Reminder, ...]:
    named: dict[int | None, list[int]] = defaultdict(list)
    for line in lived:
        named[line.reminder_id].append(line.term_id)
    wordings: dict[int | None, list[Message]] = defaultdict(list)
    for row in sent:
        wordings[row[-1]].append(_message(row))
    return tuple([_reminder(row, tuple(named[row[1]]), tuple(wordings[row[1]])) for row in rows])


def _reminder(row: Cells, term_ids: tuple[int, ...], sent: tuple[Message, ...]) -> Reminder:
    _, number, step, round_, planned_on, performed_on, live = row
    return Reminder(number, step, round_, planned_on, performed_on, live, term_ids, sent)


def _message(row: Cells) -> Message:
    _, number, slot, turn, road, state, address_id, where, reason, digest, channel, gist, _ = row
    about = (address_id, where, reason, bool(digest), digest, channel, gist)
    return Message(number, slot, turn, _road(road), _message_state(state), *about)

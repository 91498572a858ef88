"""Reading cases whole: everything `decide` and the gate need, for many cases in a handful of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from relanced.rules.habits import habits
from relanced.rules.model import (
    Address,
    CaseFacts,
    Consent,
    Debtor,
    GoLive,
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
from relanced.store.lock import chunks
from relanced.store.tables import (
    addresses,
    cases,
    creditors,
    holds,
    invoices,
    lines,
    messages,
    money,
    reminders,
    terms,
    touches,
)

Rows = dict[int, list[Row[Any]]]
Touches = dict[str, list[tuple[date, int]]]


@dataclass(frozen=True, slots=True)
class Standing:
    """What the database knows of a creditor."""

    key: str
    version: int
    covers: date | None = None
    opened_on: date | None = None
    from_step: str = ""
    per_day: int = 0
    iban: str = ""
    paced: int = 0


@dataclass(frozen=True, slots=True)
class Loaded:
    """A case as the rules see it, with what only the flow needs."""

    facts: CaseFacts
    creditor: Standing
    policy_digest: str | None
    policy_wanted: str
    owner: str
    state: str
    look_at: datetime | None
    crossed: bool


def case_key(case_id: int) -> str:
    """The key under which contacts with a debtor are counted."""
    return f"case:{case_id}"


def place_key(place: str) -> str:
    """The key under which contacts at an address are counted, over all debtors."""
    return f"at:{place}"


async def load(connection: AsyncConnection, ids: Collection[int], today: date) -> list[Loaded]:
    """The cases, in the order of their ids. Contacts are counted over the 31 local days that end `today`."""
    loaded: list[Loaded] = []
    for some in chunks(sorted(ids)):
        loaded += await _load(connection, some, today)
    return loaded


async def _load(connection: AsyncConnection, wanted: list[int], today: date) -> list[Loaded]:
    heads = list(await connection.execute(_heads(wanted)))
    parts = _Parts(
        terms=await _grouped(connection, _terms(wanted)),
        money=await _grouped(connection, _of(money, wanted)),
        addresses=await _grouped(connection, _of(addresses, wanted)),
        lines=await _grouped(connection, _of(lines, wanted).where(lines.c.state != "void")),
        holds=await _grouped(connection, _of(holds, wanted).where(holds.c.ended_at.is_(None))),
        reminders=await _grouped(connection, _of(reminders, wanted)),
        messages=await _grouped(connection, _messages(wanted)),
        touches=await _touches(connection, wanted, today),
    )
    return [_loaded(head, parts, today) for head in heads]


@dataclass(frozen=True, slots=True)
class _Parts:
    terms: Rows
    money: Rows
    addresses: Rows
    lines: Rows
    holds: Rows
    reminders: Rows
    messages: Rows
    touches: Touches


def _heads(ids: list[int]) -> Select[Any]:
    of_creditor = (c.label(f"creditor_{c.name}") for c in creditors.c if c.name != "key")
    joined = cases.join(creditors, creditors.c.key == cases.c.creditor)
    return select(cases, *of_creditor).select_from(joined).where(cases.c.id.in_(ids)).order_by(cases.c.id)


def _of(table: Table, ids: list[int]) -> Select[Any]:
    return select(table).where(table.c.case_id.in_(ids)).order_by(table.c.id)


def _terms(ids: list[int]) -> Select[Any]:
    of_invoice = (c.label(f"invoice_{c.name}") for c in invoices.c if c.name != "id")
    joined = terms.join(invoices, invoices.c.id == terms.c.invoice_id)
    return select(terms, *of_invoice).select_from(joined).where(terms.c.case_id.in_(ids)).order_by(terms.c.id)


def _messages(ids: list[int]) -> Select[Any]:
    wanted = ("case_id", "id", "reminder_id", "slot", "turn", "road", "state", "address_id", "place", "reason")
    columns = [messages.c[name] for name in (*wanted, "approved_digest")]
    return select(*columns).where(messages.c.case_id.in_(ids)).order_by(messages.c.id)


async def _grouped(connection: AsyncConnection, query: Select[Any]) -> Rows:
    grouped: Rows = defaultdict(list)
    for row in await connection.execute(query):
        grouped[row.case_id].append(row)
    return grouped


async def _touches(connection: AsyncConnection, ids: list[int], today: date) -> Touches:
    since = today - timedelta(days=31)
    places = select(addresses.c.place).where(addresses.c.case_id.in_(ids))
    keys = [case_key(i) for i in ids] + [place_key(p) for p in (await connection.execute(places)).scalars()]
    found: Touches = defaultdict(list)
    for some in chunks(keys):
        query = select(touches).where(touches.c.key.in_(some), touches.c.day > since)
        for row in await connection.execute(query):
            found[row.key].append((row.day, row.reminder_id))
    return found


def _loaded(head: Row[Any], parts: _Parts, today: date) -> Loaded:
    paced = head.creditor_pace_count if head.creditor_pace_day == today else 0
    standing = Standing(
        head.creditor,
        head.creditor_version,
        head.creditor_covers,
        head.creditor_opened_on,
        head.creditor_from_step,
        head.creditor_per_day,
        head.creditor_iban,
        paced,
    )
    return Loaded(
        _facts(head, standing, parts),
        standing,
        head.policy_digest,
        head.policy_wanted,
        head.owner,
        head.state,
        head.look_at,
        head.crossed,
    )


def _facts(head: Row[Any], creditor: Standing, parts: _Parts) -> CaseFacts:
    owed_terms = tuple(_term(r) for r in parts.terms[head.id])
    paid = tuple(_money(r) for r in parts.money[head.id])
    lived = parts.lines[head.id]
    ways = tuple(_address(r) for r in parts.addresses[head.id])
    live = {r.id for r in parts.reminders[head.id] if r.live}

    def days(key: str) -> list[date]:
        """The contacts before the one that is on its way."""
        return [day for day, reminder_id in parts.touches.get(key, ()) if reminder_id not in live]

    return CaseFacts(
        id=head.id,
        version=head.version,
        creditor=head.creditor,
        debtor=_debtor(head),
        terms=owed_terms,
        money=paid,
        addresses=ways,
        lines=tuple(_line(r) for r in lived),
        holds=tuple(_hold(r) for r in parts.holds[head.id]),
        reminders=_reminders(parts.reminders[head.id], lived, parts.messages[head.id]),
        habits=habits(owed_terms, paid),
        go_live=GoLive(creditor.opened_on, creditor.from_step, creditor.per_day) if creditor.opened_on else None,
        round=head.round,
        touched_on=tuple(days(case_key(head.id))),
        address_days=tuple((a.where, day) for a in ways for day in days(place_key(a.where))),
    )


def _debtor(head: Row[Any]) -> Debtor:
    closed = tuple((date.fromisoformat(a), date.fromisoformat(b)) for a, b in head.closed)
    return Debtor(
        head.debtor_key,
        head.name,
        Segment(head.segment),
        head.siren,
        tuple(head.address),
        head.postcode,
        head.language,
        tuple(head.tags),
        head.excluded,
        closed,
    )


def _term(r: Row[Any]) -> Term:
    return Term(
        id=r.id,
        invoice=r.invoice_number,
        invoice_id=r.invoice_id,
        issued_on=r.invoice_issued_on,
        due_on=r.due_on,
        cents=r.cents,
        currency=r.invoice_currency,
        n=r.n,
        invoice_cents=r.invoice_cents,
        stated_open=r.invoice_stated_open,
        stated_on=r.invoice_stated_on,
        settled_on=r.settled_on,
        excluded=r.invoice_excluded,
        payment_mode=PaymentMode(r.invoice_payment_mode),
        order_number=r.invoice_order_number,
        payer=r.invoice_payer,
        payee_iban=r.invoice_payee_iban,
        handed_over_on=r.handed_over_on,
        closed_on=r.closed_on,
    )


def _money(r: Row[Any]) -> Money:
    return Money(r.id, r.booked_on, r.cents, r.currency, r.invoice_id, r.credit)


def _address(r: Row[Any]) -> Address:
    return Address(r.id, Road(r.road), r.place, r.name, r.rank, Consent(r.consent), r.dead_since)


def _line(r: Row[Any]) -> Line:
    state, kind = LineState(r.state), LineKind(r.kind)
    return Line(r.term_id, r.step, state, r.on_day, r.round, r.reason, r.reminder_id, r.clock_from, kind, r.cents)


def _hold(r: Row[Any]) -> Hold:
    return Hold(r.id, HoldKind(r.kind), r.reason, r.began_at, r.term_id, r.until, r.owner)


def _reminders(rows: Iterable[Row[Any]], lived: list[Row[Any]], sent: list[Row[Any]]) -> tuple[Reminder, ...]:
    named: dict[int | None, list[int]] = defaultdict(list)
    for line in lived:
        named[line.reminder_id].append(line.term_id)
    wordings: dict[int | None, list[Message]] = defaultdict(list)
    for row in sent:
        wordings[row.reminder_id].append(_message(row))
    return tuple(
        Reminder(r.id, r.step, r.round, r.planned_on, r.performed_on, r.live, tuple(named[r.id]), tuple(wordings[r.id]))
        for r in rows
    )


def _message(r: Row[Any]) -> Message:
    state, road, digest = MessageState(r.state), Road(r.road), r.approved_digest
    return Message(r.id, r.slot, r.turn, road, state, r.address_id, r.place, r.reason, bool(digest), digest)

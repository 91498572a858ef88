"""Reading cases whole: everything `decide` and the gate need, for many cases in a handful of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy import Select, Table, bindparam, exists, select

from relanced.rules.given import DeskWord, WordKind
from relanced.rules.model import CaseFacts, GoLive, MessageState
from relanced.store import rows
from relanced.store.among import among
from relanced.store.rows import Parts, Rows, Touches, case_key, place_key
from relanced.store.tables import (
    addresses,
    cases,
    creditors,
    holds,
    in_state,
    invoices,
    lines,
    messages,
    money,
    offers,
    promises,
    reminders,
    terms,
    touches,
    words,
)

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

__all__ = ["Loaded", "Standing", "case_key", "load", "place_key"]


class Standing(Struct, frozen=True):
    """What the database knows of a creditor."""

    key: str
    version: int
    covers: date | None = None
    opened_on: date | None = None
    from_step: str = ""
    per_day: int = 0
    iban: str = ""
    paced: int = 0


class Unsaid(Struct, frozen=True):
    """A word of the desk that has not reached anybody: its message, what it says, where to, and why it stands there."""

    message_id: int
    said: DeskWord
    state: MessageState
    address_id: int | None
    place: str
    why: str


class Loaded(Struct, frozen=True):
    """A case as the rules see it, with what only the flow needs."""

    facts: CaseFacts
    creditor: Standing
    policy_digest: str | None
    policy_wanted: str
    owner: str
    state: str
    look_at: datetime | None
    crossed: bool
    spoken_on: date | None = None  # the day of the last conversation with the debtor
    words: Mapping[int, DeskWord] = field(default_factory=dict)  # by message: what the desk says that has not left
    unsaid: tuple[Unsaid, ...] = ()  # all that has not arrived: waiting, failed or cancelled, and not said again


async def load(connection: AsyncConnection, ids: Collection[int], today: date) -> list[Loaded]:
    """The cases, in the order of their ids. Contacts are counted over the 31 local days that end `today`."""
    wanted = {"ids": sorted(ids)}
    heads = (await connection.execute(_HEADS, wanted)).all()
    standings = await _standings(connection, {creditor for _, _, creditor, *_ in heads}, today)
    opened = {key: rows.go_live(one.opened_on, one.from_step, one.per_day) for key, one in standings.items()}
    ways = await _grouped(connection, _ADDRESSES, wanted)
    parts = Parts(
        terms=await _grouped(connection, _TERMS, wanted),
        money=await _grouped(connection, _MONEY, wanted),
        addresses=ways,
        lines=await _grouped(connection, _LINES, wanted),
        holds=await _grouped(connection, _HOLDS, wanted),
        reminders=await _grouped(connection, _REMINDERS, wanted),
        messages=await _grouped(connection, _MESSAGES, wanted),
        touches=await _touches(connection, wanted["ids"], _places(heads, ways), today),
        promises=await _grouped(connection, _PROMISES, wanted),
        offers=await _grouped(connection, _OFFERS, wanted),
    )
    said = await _said(connection, wanted)
    return [
        replace(one, words=_waiting(said[i]), unsaid=tuple(said[i])) if (i := one.facts.id) in said else one
        for one in (_loaded(h, standings, opened, parts) for h in heads)
    ]


# -- the columns, in the order of the fields they become ----------------------------------------------------------


def _of(table: Table, *names: str) -> Select[Any]:
    """These columns of the cases asked for, in the order of their numbers; the case comes first."""
    return _those(table, *(table.c[name] for name in names))


def _those(table: Table, *columns: Any) -> Select[Any]:
    wanted = among(table.c.case_id, "ids")
    return select(table.c.case_id, *columns).where(wanted).order_by(table.c.id)


_DEBTOR = ("debtor_key", "name", "segment", "siren", "address", "postcode", "language", "tags", "excluded", "closed")
_STANDING = ("key", "version", "covers", "opened_on", "from_step", "per_day", "iban", "pace_count", "pace_day")
_OWN = ("policy_digest", "policy_wanted", "owner", "state", "look_at", "crossed", "spoken_on")
_HEADS = (
    select(*(cases.c[name] for name in ("id", "version", "creditor", "round", *_DEBTOR, *_OWN)))
    .where(among(cases.c.id, "ids"))
    .order_by(cases.c.id)
)
_STANDINGS = select(*(creditors.c[name] for name in _STANDING)).where(among(creditors.c.key, "keys"))
_TERMS = _those(
    terms,
    *(terms.c.id, invoices.c.number, terms.c.invoice_id, invoices.c.issued_on, terms.c.due_on, terms.c.cents),
    *(invoices.c.currency, terms.c.n, invoices.c.cents.label("invoice_cents"), invoices.c.stated_open),
    *(invoices.c.stated_on, terms.c.settled_on, invoices.c.excluded, invoices.c.payment_mode),
    *(invoices.c.order_number, invoices.c.payer, invoices.c.payee_iban, terms.c.handed_over_on, terms.c.closed_on),
).join(invoices, invoices.c.id == terms.c.invoice_id)
_MONEY = _of(money, "id", "booked_on", "cents", "currency", "invoice_id", "credit")
_ADDRESSES = _of(addresses, "id", "road", "place", "name", "rank", "consent", "dead_since").where(
    addresses.c.removed_on.is_(None)
)
_LINES = _of(
    lines, "term_id", "step", "state", "on_day", "round", "reason", "reminder_id", "clock_from", "kind", "cents"
).where(lines.c.state != "void")
_HOLDS = _of(holds, "id", "kind", "reason", "began_at", "term_id", "until", "owner", "cents").where(
    holds.c.ended_at.is_(None)
)
_REMINDERS = _of(reminders, "id", "step", "round", "planned_on", "performed_on", "live")
_SAID = ("on_day", "until_day", "cents", "upto", "terms", "state", "judged_on", "agreement_id", "n", "said_on")
_HOW = ("means", "said_by")
_PROMISES = _of(promises, "id", *_SAID, *_HOW).where(promises.c.state != "replaced")
_OFFERED = ("until_day", "last_day", "cents", "waived", "terms", "state", "judged_on", "said_on")
_OFFERS = _of(offers, "id", *_OFFERED).where(offers.c.state.in_(["open", "taken", "lapsed"]))
_MESSAGES = _of(
    messages,
    "id",
    "slot",
    "turn",
    "road",
    "state",
    "address_id",
    "place",
    "reason",
    "approved_digest",
    "channel",
    "gist",
    "reminder_id",
)


_later = messages.alias("later")
_SAID_AGAIN = exists().where(
    _later.c.case_id == messages.c.case_id, _later.c.word_id == messages.c.word_id, _later.c.id > messages.c.id
)
_ABOUT = (messages.c.state, messages.c.address_id, messages.c.place, messages.c.reason)
_DESK = (
    select(messages.c.case_id, messages.c.id, words.c.kind, words.c.subject, words.c.body, words.c.about, *_ABOUT)
    .select_from(messages.join(words, words.c.id == messages.c.word_id))
    .where(among(messages.c.case_id, "ids"), messages.c.word_id.is_not(None))
    .where(in_state("planned", "parked", "failed", "cancelled"), ~_SAID_AGAIN)
)


async def _said(connection: AsyncConnection, wanted: dict[str, list[int]]) -> dict[int, list[Unsaid]]:
    """What the desk says that has not reached anybody, by case."""
    said: dict[int, list[Unsaid]] = defaultdict(list)
    for case_id, message_id, kind, subject, body, about, state, *where in await connection.execute(_DESK, wanted):
        word = _word(kind, subject, body, about)
        said[case_id].append(Unsaid(message_id, word, MessageState(state), *where))
    return said


def _waiting(said: Iterable[Unsaid]) -> dict[int, DeskWord]:
    return {one.message_id: one.said for one in said if one.state in (MessageState.PLANNED, MessageState.PARKED)}


def _word(kind: str, subject: str, body: str, about: Mapping[str, Any]) -> DeskWord:
    named = (about.get("promise"), about.get("agreement"), tuple(about.get("answers", ())), about.get("offer"))
    return DeskWord(WordKind(kind), subject, body, *named)


async def _grouped(connection: AsyncConnection, query: Select[Any], wanted: dict[str, list[int]]) -> Rows:
    grouped: Rows = defaultdict(list)
    for row in (await connection.execute(query, wanted)).all():
        grouped[row[0]].append(row)
    return grouped


async def _standings(connection: AsyncConnection, keys: Collection[str], today: date) -> dict[str, Standing]:
    """What the database knows of these creditors, by key."""
    found = await connection.execute(_STANDINGS, {"keys": sorted(keys)})
    return {row.key: _standing(row, today) for row in found}


def _standing(row: Any, today: date) -> Standing:
    key, version, covers, opened_on, from_step, per_day, iban, count, day = row
    return Standing(key, version, covers, opened_on, from_step, per_day, iban, count if day == today else 0)


_TOUCHES = select(touches.c.key, touches.c.day, touches.c.reminder_id).where(
    among(touches.c.key, "keys"), touches.c.day > bindparam("since")
)


def _places(heads: Iterable[Any], ways: Rows) -> set[str]:
    """The keys of every address of these cases."""
    return {place_key(row[3], head[5]) for head in heads for row in ways.get(head[0], ())}


async def _touches(connection: AsyncConnection, ids: list[int], places: set[str], today: date) -> Touches:
    keys = [case_key(i) for i in ids] + sorted(places)
    found: Touches = defaultdict(list)
    rows = await connection.execute(_TOUCHES, {"keys": keys, "since": today - timedelta(days=31)})
    for key, day, reminder_id in rows:
        found[key].append((day, reminder_id))
    return found


def _loaded(head: Any, standings: Mapping[str, Standing], opened: Mapping[str, GoLive | None], parts: Parts) -> Loaded:
    case_id, version, creditor, round_ = head[:4]
    facts = rows.facts(case_id, version, creditor, round_, rows.debtor(head[4:14]), opened[creditor], parts)
    return Loaded(facts, standings[creditor], *head[14:])

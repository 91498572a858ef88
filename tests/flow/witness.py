"""Stands at every door while wheels race, and says of each message that leaves what is wrong with it.

What a message says is read from its words; what is true, from the ledger and from the rows as they were committed
before its seal. Nothing of the product's own reasoning is asked.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from msgspec import Struct

from relanced.store.tables import (
    addresses,
    agreements,
    attempts,
    cases,
    creditors,
    heard,
    holds,
    house,
    invoices,
    lines,
    messages,
    offers,
    promises,
    reminders,
    terms,
    words,
)
from relanced.words.typography import jour
from tests.flow.clock import PARIS
from tests.flow.company import Company
from tests.flow.ledger import Ledger
from tests.store.rows import every

Row = dict[str, Any]

AMOUNT = r"(\d[\d ]*,\d\d) €"
LINE = re.compile(rf"^ *(F-\d+)(?:\n.*){{0,3}}?\s+\d\d/\d\d/\d{{4}} +(\d\d/\d\d/\d{{4}}) +{AMOUNT} +{AMOUNT}", re.M)
ZERO = re.compile(r"(?<![\d,])(?<!\d )0,00 €")
PAYABLE = re.compile(rf"^ *Montant :? ?{AMOUNT}", re.M)
OFFERED = re.compile(rf"votre règlement de {AMOUNT} nous parvient au plus tard le (.+?),")
WHEN = {"courtoisie": -5, "relance-1": 3, "relance-2": 10, "appel": 14, "relance-ferme": 21, "mise-en-demeure": 30}


class Left(Struct, frozen=True):
    """Something that left, or lies ready to: of which attempt, to whom, in which words (every blank a plain one)."""

    attempt: str
    to: str
    text: str


def cents(said: str) -> int:
    """1 234,50 in cents."""
    return int(said.replace(" ", "").replace(",", ""))


def plain(text: str) -> str:
    """Every blank a plain one."""
    return text.replace("\u00a0", " ").replace("\u202f", " ").replace("’", "'")


class Rows(Struct):
    """The rows as they are committed."""

    now: datetime
    house: Row
    covers: date | None
    numbers: dict[int, str]
    terms: dict[str, Row]
    cases: dict[int, Row]
    holds: list[Row]
    promises: list[Row]
    agreements: dict[int, Row]
    offers: list[Row]
    addresses: list[Row]
    unread: int

    @property
    def today(self) -> date:
        return self.now.date()

    @classmethod
    async def read(cls, company: Company) -> Rows:
        """As they are now."""
        store, now = company.house.store, company.clock.now()
        (the_house,) = await every(store, house)
        (creditor,) = await every(store, creditors)
        known = {row["id"]: row["number"] for row in await every(store, invoices)}
        all_terms = await every(store, terms)
        return cls(
            now.astimezone(PARIS),
            the_house,
            creditor["covers"],
            {t["id"]: known[t["invoice_id"]] for t in all_terms},
            {known[t["invoice_id"]]: t for t in all_terms},
            {row["id"]: row for row in await every(store, cases)},
            [h for h in await every(store, holds, ended_at=None) if h["until"] is None or h["until"] > now],
            await every(store, promises),
            {row["id"]: row for row in await every(store, agreements)},
            await every(store, offers),
            await every(store, addresses),
            sum(1 for h in await every(store, heard) if h["read_at"] is None and h["not_before"] is None),
        )

    def about(self, row: Row) -> list[tuple[str, int]]:
        """The invoices a promise or an offer is about, each with what it owed then."""
        return [(self.numbers[term], then) for term, then in row["terms"]]


def _agreed_with(one: Row, other: Row) -> bool:
    return one["agreement_id"] is not None and one["agreement_id"] == other["agreement_id"]


class Witness:
    """Knows the ledger, and sees what leaves."""

    def __init__(self, company: Company, ledger: Ledger) -> None:
        self._company, self._ledger = company, ledger
        self.again: set[int] = set()  # messages a person asked for once more

    # -- what is true -------------------------------------------------------------------------------------------------

    def askable(self, rows: Rows, number: str) -> int:
        """What may be asked of an invoice."""
        term = rows.terms[number]["id"]
        against = sum(int(h["cents"]) for h in rows.holds if h["cents"] is not None and h["term_id"] == term)
        return max(0, self._ledger.owed(number) - against)

    def asks(self, rows: Rows, offer: Row) -> int:
        return self._ledger.asks(offer, rows.about(offer))

    def rest(self, rows: Rows, part: Row) -> int:
        """What has not come of a promise, or of an instalment; a credit note gives first what nobody had promised."""
        return min(int(part["cents"]), self._behind(rows, part))

    def _behind(self, rows: Rows, part: Row) -> int:
        """What has not come of it and of all the instalments before it."""
        terms = rows.about(part)
        promised = max(p["upto"] for p in rows.promises if p is part or _agreed_with(p, part))
        spare = max(0, sum(then for _, then in terms) - promised)
        gone = self._ledger.gone(terms) - min(spare, self._credited(rows, part))
        left: int = max(0, part["upto"] - gone)
        return left

    def _left(self, rows: Rows, part: Row, kind: str) -> int:
        """What may be asked for of it: whoever is behind is told of all that was due by then."""
        before = (p for p in rows.promises if _agreed_with(p, part) and p["n"] < part["n"])
        late = kind == "missed" and any(p["state"] in ("partly", "broken") for p in before)
        return self._behind(rows, part) if late else self.rest(rows, part)

    def _credited(self, rows: Rows, part: Row) -> int:
        return self._ledger.credited(rows.about(part), self._ledger.given[part["id"]])

    def quiet(self, rows: Rows, number: str, courteous: bool) -> Iterator[str]:
        """Why an invoice must not be reminded of."""
        term, today = rows.terms[number], rows.today
        if self.askable(rows, number) <= 0:
            yield "nothing of it may be asked for"
        for name in ("closed_on", "handed_over_on"):
            if term[name]:
                yield f"it is {name.split('_on')[0]}"
        for hold in rows.holds:
            mine = hold["case_id"] == term["case_id"] and hold["term_id"] in (None, term["id"])
            if mine and hold["cents"] is None and (courteous or hold["kind"] != "absent"):
                yield f"it is on hold ({hold['kind']})"
        for word in rows.promises:
            open_ = word["state"] == "open" and word["agreement_id"] is None and number in dict(rows.about(word))
            waits = today <= word["until_day"] or rows.covers is None or rows.covers < word["until_day"]
            if open_ and waits and self.rest(rows, word):
                yield f"it is promised for {word['on_day']}"
        for offer in rows.offers:
            if number not in dict(rows.about(offer)) or offer["state"] not in ("open", "taken"):
                continue
            if not self.asks(rows, offer):
                yield "an offer was paid: the rest is waived"
            elif today > offer["until_day"] and (rows.covers is None or rows.covers < offer["last_day"]):
                yield "an offer has ended, and nobody knows whether it was taken"

    # -- what leaves --------------------------------------------------------------------------------------------------

    async def wrong(self, left: Left, rows: Rows) -> list[str]:
        """What is wrong with something that left, given what was committed before its seal."""
        store = self._company.house.store
        (attempt,) = await every(store, attempts, id=left.attempt)
        (message,) = await every(store, messages, id=attempt["message_id"])
        found = [*self._anything(left, message, rows)]
        if message["reminder_id"]:
            (reminder,) = await every(store, reminders, id=message["reminder_id"])
            found += self._reminder(left, reminder, rows)
            what = f"{reminder['step']} {message['road']}"
        else:
            (word,) = await every(store, words, id=message["word_id"])
            found += self._word(left, word, rows)
            what = word["kind"]
        return [f"{what} (message {message['id']}, slot {message['slot']}): {one}" for one in found]

    def _anything(self, left: Left, message: Row, rows: Rows) -> Iterator[str]:
        if rows.house["stopped"] or rows.house["frozen"]:
            yield "the house is stopped"
        if ZERO.search(left.text):
            yield "it says 0,00 €"
        address = next(a for a in rows.addresses if a["id"] == message["address_id"])
        if address["dead_since"] or address["removed_on"] or address["consent"] == "withdrawn":
            yield f"it goes to an address that is gone: {address}"
        if address["place"] != message["place"]:
            yield f"it goes to {message['place']}, which is now {address['place']}"
        for number, _due, _cents, open_ in LINE.findall(left.text):
            if cents(open_) != self.askable(rows, number):
                yield f"it says that {number} owes {open_}, not {self.askable(rows, number) / 100:.2f}"
        for said, until in OFFERED.findall(" ".join(left.text.split())):
            fit = [o for o in rows.offers if o["state"] == "open" and _day(o["until_day"]) == until]
            if rows.today > min((o["until_day"] for o in fit), default=date.min):
                yield f"it recalls an offer until {until} that is over"
            elif cents(said) not in [self.asks(rows, o) for o in fit]:
                yield f"it recalls an offer of {said} until {until}: {[self.asks(rows, o) for o in fit]}"

    def _reminder(self, left: Left, reminder: Row, rows: Rows) -> Iterator[str]:
        named = {number for number, *_ in LINE.findall(left.text)}
        if "Détail" in left.text and not named:
            yield "its table could not be read"
        mine = {number for number, term in rows.terms.items() if term["case_id"] == reminder["case_id"]}
        if not named <= mine:
            yield f"it names invoices of another: {named - mine}"
        for number in sorted(named):
            courteous = reminder["step"] in ("courtoisie", "relance-1")
            yield from (f"{number}: {why}" for why in self.quiet(rows, number, courteous))
        if not named and not any(self.askable(rows, number) for number in mine):
            yield "nothing is owed"
        if not named:  # a short text names none
            free = [n for n in mine if not list(self.quiet(rows, n, False))]
            if not free:
                yield "nothing may be asked for"
            if (said := re.search(rf"sauf erreur, {AMOUNT}", left.text)) and cents(said[1]) > sum(
                self.askable(rows, n) for n in free
            ):
                yield f"it asks for {said[1]}, and {sum(self.askable(rows, n) for n in free) / 100:.2f} may be asked"
        for said in PAYABLE.findall(left.text) if "mise-en-demeure" not in reminder["step"] else ():
            if cents(said) != sum(self.askable(rows, n) for n in named):
                yield f"it asks for {said}, and {sum(self.askable(rows, n) for n in named) / 100:.2f} may be asked"
        yield from self._recalls(left, named, rows)

    def _recalls(self, left: Left, named: set[str], rows: Rows) -> Iterator[str]:
        text = " ".join(left.text.split())
        for found in re.finditer(
            rf"un règlement de {AMOUNT} pour le (.+?) : sauf erreur de notre part, (il ne nous|nous n'en avons)(.+?)\.",
            text,
        ):
            about = [p for p in rows.promises if p["agreement_id"] is None and _day(p["on_day"]) == found[2]]
            about = [p for p in about if p["cents"] == cents(found[1]) and p["state"] != "replaced"]
            came = [p["cents"] - self.rest(rows, p) for p in about]
            paid = [c - self._credited(rows, p) for p, c in zip(about, came, strict=True)]
            if not about:
                yield f"it recalls a promise that is over: {found[0]}"
            elif found[3].startswith("il") and min(paid) > 0:
                yield f"it says that nothing came of a promise: {found[0]} {came}"
            elif all(p["cents"] == c for p, c in zip(about, came, strict=True)):
                yield f"it recalls a promise that was paid: {found[0]}"

    def _word(self, left: Left, word: Row, rows: Rows) -> Iterator[str]:
        about, kind = word["about"], word["kind"]
        if kind in ("reply", "thanks"):
            return
        if any(h["kind"] == "insolvency" and h["case_id"] == word["case_id"] for h in rows.holds):
            yield "a procedure runs"
        said = cents(found[0]) if (found := PAYABLE.findall(left.text)) else 0
        if kind == "offer":
            yield from self._offer(said, next(o for o in rows.offers if o["id"] == about["offer"]), rows)
            return
        parts = [p for p in rows.promises if about.get("promise") in (None, p["id"])]
        if about.get("agreement"):
            parts = [p for p in parts if p["agreement_id"] == about["agreement"]]
            if rows.agreements[about["agreement"]]["state"] != "running":
                yield "the agreement is over"
        if any(p["state"] == "replaced" for p in parts):
            yield "what it speaks of was replaced"
        invoices_ = {number for p in parts for number, _ in rows.about(p)}
        if not any(self.askable(rows, n) for n in invoices_):
            yield "nothing is owed"
        if not any(self.rest(rows, p) for p in parts):
            yield "all of it has come"
        if kind in ("upcoming", "missed") and all(rows.terms[n]["closed_on"] for n in invoices_):
            yield "the case is closed"
        yield from self._dates(kind, said, parts, rows)
        if said > sum(self.askable(rows, n) for n in invoices_):
            yield f"it asks for {said / 100:.2f}, more than may be asked"
        if kind in ("upcoming", "missed"):
            held = [h for h in rows.holds if h["case_id"] == word["case_id"] and h["cents"] is None]
            about_terms = {rows.terms[n]["id"] for n in invoices_}
            kinds = {h["kind"] for h in held if h["term_id"] is None or h["term_id"] in about_terms}
            if kinds - {"instalments", "absent", "unreachable"}:
                yield f"the case is on hold: {kinds}"

    def _offer(self, said: int, offer: Row, rows: Rows) -> Iterator[str]:
        if offer["state"] != "open":
            yield f"the offer is {offer['state']}"
        if rows.today > offer["until_day"]:
            yield f"the offer ended on {offer['until_day']}"
        if not self.asks(rows, offer):
            yield "the offer was paid"
        on = {rows.terms[n]["id"] for n, _ in rows.about(offer)}
        case = offer["case_id"]
        for hold in rows.holds:
            if hold["kind"] == "dispute" and hold["case_id"] == case and (hold["term_id"] in on or not hold["term_id"]):
                yield "what it is about is contested"
        del said

    def _dates(self, kind: str, said: int, parts: list[Row], rows: Rows) -> Iterator[str]:
        if kind == "promise" and rows.today > parts[0]["on_day"]:
            yield f"the day it speaks of is over: {parts[0]['on_day']}"
        if kind == "upcoming" and rows.today >= parts[0]["on_day"]:
            yield f"it announces {parts[0]['on_day']}"
        if kind in ("promise", "upcoming", "missed") and said != (rest := self._left(rows, parts[0], kind)):
            yield f"it asks for {said / 100:.2f}, and {rest / 100:.2f} is left of it"
        until = parts[0]["until_day"]
        if kind == "missed" and (rows.today <= until or rows.covers is None or rows.covers < until):
            yield f"nobody knows yet whether the instalment of {parts[0]['on_day']} was missed"

    # -- all in all ---------------------------------------------------------------------------------------------------

    async def doubled(self) -> list[str]:
        """What was said twice, or too soon after something else."""
        store = self._company.house.store
        told = {m["id"]: m for m in await every(store, messages)}
        gone = [a for a in await every(store, attempts) if a["answer"].startswith(("sent", "tray"))]
        return [*self._twice(told, gone), *self._too_many(told, gone), *await self._too_soon()]

    def _twice(self, told: dict[int, Row], gone: list[Row]) -> Iterator[str]:
        for number, times in Counter(a["message_id"] for a in gone).items():
            if times > 1:
                yield f"message {number} left {times} times"
        slots: dict[tuple[int, int], list[Row]] = defaultdict(list)
        said: dict[int, list[Row]] = defaultdict(list)
        for attempt in gone:
            message = told[attempt["message_id"]]
            if message["id"] in self.again:
                continue
            if message["reminder_id"]:
                slots[message["reminder_id"], message["slot"]].append(message)
            else:
                said[message["word_id"]].append(message)
        for key, several in [*slots.items(), *said.items()]:
            kept = [m for m in several if m["state"] in ("sent", "delivered", "in_tray")]
            if len(kept) > 1:
                yield f"said twice {key}: {[m['id'] for m in kept]}"

    def _too_many(self, told: dict[int, Row], gone: list[Row]) -> Iterator[str]:
        first: dict[int, tuple[int, date]] = {}
        for attempt in sorted(gone, key=lambda a: a["sealed_at"]):
            message = told[attempt["message_id"]]
            if message["reminder_id"] and message["slot"] == 0 and message["state"] not in ("cancelled", "expired"):
                day = attempt["sealed_at"].astimezone(PARIS).date()
                first.setdefault(message["reminder_id"], (message["case_id"], day))
        days: dict[int, list[date]] = defaultdict(list)
        for case, day in first.values():
            days[case].append(day)
        for case, mine in days.items():
            for span, most in ((1, 1), (7, 2), (31, 4)):
                for day in mine:
                    if sum(1 for d in mine if day <= d < day + timedelta(days=span)) > most:
                        yield f"case {case}: more than {most} reminders in {span} days from {day}: {sorted(mine)}"

    async def _too_soon(self) -> list[str]:
        store = self._company.house.store
        found, climbed = [], defaultdict(list)
        for line in await every(store, lines, state="performed"):
            climbed[line["term_id"], line["round"]].append(line)
        broken = [p for p in await every(store, promises) if p["state"] in ("partly", "broken")]
        for (term, _round), mine in climbed.items():
            mine.sort(key=lambda n: (n["on_day"], n["id"]))
            for before, after in pairwise(mine):
                gap = (after["on_day"] - before["on_day"]).days
                word = any(
                    before["on_day"] <= p["judged_on"] <= after["on_day"] and term in dict(p["terms"]) for p in broken
                )
                least = max(1, WHEN.get(after["step"], 0) - WHEN.get(before["step"], 0))
                if gap < (0 if word else least):
                    found.append(f"term {term}: {before['step']} {before['on_day']}, {after['step']} {after['on_day']}")
        return found


def _day(day: date) -> str:
    return plain(jour(day))

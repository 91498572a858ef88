"""A heading line in, the place of every field out; and which kind of file such a line belongs to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache

from msgspec import Struct

from relanced.flow.intake.faults import Faults, printable
from relanced.flow.intake.grid import Row
from relanced.flow.intake.vocabulary import VOCABULARY

KINDS = tuple(VOCABULARY)
FIELDS: Mapping[str, frozenset[str]] = {kind: frozenset(fields) for kind, fields in VOCABULARY.items()}

_REQUIRED: Mapping[str, tuple[tuple[str, ...], ...]] = {  # one of each group
    "debtors": (("debtor",),),
    "contacts": (("debtor",), ("email", "phone", "mobile", "sms")),
    "invoices": (("debtor",), ("number",), ("issued_on",), ("due_on",), ("amount", "total")),
    "credits": (("debtor",), ("number",), ("issued_on",), ("amount",)),
    "payments": (("booked_on",), ("amount", "debit")),
    "history": (("debtor",), ("step", "last_contact", "hold_until", "comment")),
}
_MARKS: Mapping[str, Callable[[frozenset[str]], bool]] = {  # what tells a kind, among the fields a file names plainly
    "invoices": lambda found: {"number", "due_on"} <= found,
    "credits": lambda found: "number" in found,
    "payments": lambda found: "booked_on" in found and bool({"amount", "debit"} & found),
    "history": lambda found: bool({"step", "last_contact", "hold_until"} & found),
}
_DEBTOR_MARKS = frozenset(("name", "segment", "siren", "address", "postcode", "town"))
_CONTACT_MARKS = frozenset(("contact", "email", "phone", "mobile", "sms"))

_IDLE = frozenset(("de", "d", "la", "le", "l", "les", "des", "of", "the", "in", "en", "eur", "euro", "euros"))
_SAME = dict.fromkeys(("no", "num", "numero", "nr", "nbr", "number"), "n")


class Columns(Struct, frozen=True):
    """Where each field stands, from 0, and the headings that nobody understood."""

    place: Mapping[str, int]
    ignored: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def normal(heading: str) -> str:
    """A heading without case, accents, signs and idle words: `N° de facture`, `invoiceNumber` -> `n facture`,
    `invoice n`."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading[:100])
    bare = "".join(c for c in unicodedata.normalize("NFKD", apart).casefold() if not unicodedata.combining(c))
    words = [_SAME.get(word, word) for word in re.findall(r"[a-z0-9]+", bare) if word not in _IDLE]
    return " ".join(word for i, word in enumerate(words) if word != "du" or i == len(words) - 1)


@lru_cache(maxsize=128)
def _words(kind: str, field: str, plainly: bool) -> tuple[str, ...]:
    words = [word.strip() for word in VOCABULARY[kind][field].split(",")]
    return tuple(normal(word) for word in words if not (plainly and word.startswith("?")))


KNOWN = frozenset(word for kind in KINDS for field in FIELDS[kind] for word in _words(kind, field, False))


def find_columns(kind: str, heading: Row, said: Mapping[str, str | int], faults: Faults) -> Columns:
    """The place of every field of that kind: where `said` puts it (a heading, or a position from 1), else by our
    vocabulary. A column that must be there and is not becomes a fault."""
    place = _named(kind, heading, said, faults)
    spare = _spare(heading, set(place.values()))
    for field in VOCABULARY[kind]:
        if field not in said and (word := _first(kind, field, spare)):
            place[field] = _only(spare.pop(word), field, heading, faults)
    _require(kind, place, heading, faults)
    return Columns(place, tuple(printable(str(heading.cells[i])) for places in spare.values() for i in places))


def tell_kinds(heading: Row, said: Callable[[str], Mapping[str, str | int]]) -> tuple[str, ...]:
    """The kinds that a file with this heading line may be; `said` gives the mapped columns of a kind.

    A snapshot is never told from its headings: that absence means settled must be said by a person.
    """
    plain = {kind: _found(kind, heading, said(kind), plainly=True) for kind in KINDS if kind != "snapshot"}
    told = tuple(kind for kind, mark in _MARKS.items() if mark(plain[kind]))
    if "due_on" in plain["invoices"] and "invoices" not in told:  # what is due some day is no payment
        loose = _found("invoices", heading, said("invoices"), plainly=False)
        told = ("invoices",) if "number" in loose else tuple(kind for kind in told if kind != "payments")
    if told:
        return told
    loose = _found("payments", heading, said("payments"), plainly=False)
    if {"booked_on", "amount"} <= loose and not {"invoice"} & loose:
        return ("payments",)
    return _people_kind(plain["debtors"], plain["contacts"], heading)


def _people_kind(debtors: frozenset[str], contacts: frozenset[str], heading: Row) -> tuple[str, ...]:
    if "debtor" not in debtors:
        return ()
    if _DEBTOR_MARKS & debtors:
        return ("debtors",)
    if not _CONTACT_MARKS & contacts:
        return ()
    whose_name = {"nom", "name"} & {normal(str(cell)) for cell in heading.cells}
    return ("debtors", "contacts") if whose_name else ("contacts",)


def _found(kind: str, heading: Row, said: Mapping[str, str | int], *, plainly: bool) -> frozenset[str]:
    """The fields that a heading line names, each heading serving one field."""
    place = _named(kind, heading, said, Faults(""))
    spare = _spare(heading, set(place.values()))
    found = set(place)
    for field in VOCABULARY[kind]:
        if field not in said and (word := _first(kind, field, spare, plainly=plainly)):
            del spare[word]
            found.add(field)
    return frozenset(found)


def _named(kind: str, heading: Row, said: Mapping[str, str | int], faults: Faults) -> dict[str, int]:
    place = {}
    for field, column in said.items():
        if field not in FIELDS[kind]:
            faults.add(f"the mapping names a field that {kind} do not have", field=field)
        elif column == "":
            continue  # said to be left unread
        elif (found := _place(column, heading)) is None:
            there = ", ".join(f'"{printable(str(cell))}"' for cell in heading.cells)
            faults.add(f'no column "{column}", as the mapping says (there are: {there})', heading.line, field)
        else:
            place[field] = found
    return place


def _place(column: str | int, heading: Row) -> int | None:
    """From 0. Without a heading line any position may be meant, and no heading is known."""
    if isinstance(column, int):
        return column - 1 if column >= 1 and (column <= len(heading.cells) or not heading.cells) else None
    exact = [i for i, cell in enumerate(heading.cells) if cell == column.strip()]
    alike = [i for i, cell in enumerate(heading.cells) if normal(str(cell)) == normal(column)]
    return next(iter(exact or alike), None)


def _spare(heading: Row, taken: set[int]) -> dict[str, list[int]]:
    spare: dict[str, list[int]] = {}
    for i, cell in enumerate(heading.cells):
        if cell != "" and i not in taken:
            spare.setdefault(normal(str(cell)), []).append(i)
    return spare


def _first(kind: str, field: str, spare: Mapping[str, object], *, plainly: bool = False) -> str | None:
    return next((word for word in _words(kind, field, plainly) if word in spare), None)


def _only(places: list[int], field: str, heading: Row, faults: Faults) -> int:
    if len(places) > 1:
        name = printable(str(heading.cells[places[0]]))
        faults.add(f'{len(places)} columns are called "{name}": say which by its position', heading.line, field)
    return places[0]


def _require(kind: str, place: Mapping[str, int], heading: Row, faults: Faults) -> None:
    for group in _REQUIRED["invoices" if kind == "snapshot" else kind]:
        if not any(field in place for field in group):
            field = group[0]
            usual = ", ".join(f'"{word}"' for word in _words(kind, field, False)[:5])
            faults.add(f"no such column (usual headings: {usual}; or name it in the mapping)", heading.line, field)

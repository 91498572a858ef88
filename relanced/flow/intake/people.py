"""Debtors and their addresses, gathered over the lines of a file that names each of them once or often."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from relanced.flow.intake import cells, reach
from relanced.flow.intake.faults import printable
from relanced.flow.intake.grid import Cell
from relanced.flow.intake.line import Line
from relanced.rules.model import Consent, Road
from relanced.rules.rows import ContactRow, DebtorRow

_STREETS = ("address", "address_2", "address_3", "address_4")
_MOST_STREETS = 4  # NF Z10-011: six lines, of which one is the name and one the town
_TOLD = ("name", "segment", "siren", "address", "language", "tags", "excluded", "policy", "owner")
_WHERE: tuple[tuple[str, Road, Callable[[Cell], tuple[str, ...]]], ...] = (
    ("email", Road.EMAIL, reach.mails),
    ("email_2", Road.EMAIL, reach.mails),
    ("phone", Road.PHONE, reach.phones),
    ("mobile", Road.PHONE, reach.phones),
    ("sms", Road.SMS, reach.phones),
)
_COLUMNS = (*_TOLD, *_STREETS, "postcode", "town", "country", *(w[0] for w in _WHERE))
_COLUMNS += ("contact", "rank", "consent", "sms_consent", "excluded", "debtor_excluded")


class People:
    """What a file says of people. `excluded` is the name of the column that excludes a debtor from reminders."""

    def __init__(self, excluded: str = "debtor_excluded") -> None:
        self._excluded = excluded
        self._columns: tuple[str, ...] = ()
        self._read: set[tuple[Cell, ...]] = set()
        self._debtors: dict[str, DebtorRow] = {}
        self._contacts: dict[tuple[str, Road, str], ContactRow] = {}
        self._known: dict[tuple[str, Road], int] = defaultdict(int)

    @property
    def debtors(self) -> tuple[DebtorRow, ...]:
        """One row for each debtor."""
        return tuple(self._debtors.values())

    @property
    def contacts(self) -> tuple[ContactRow, ...]:
        """One row for each address, in the order of the file."""
        return tuple(map(_given_for_texts, self._contacts.values()))

    def add(self, line: Line, key: str) -> None:
        """Read the debtor and the addresses of a line; what an earlier line said well is not read again."""
        self._columns = self._columns or tuple(column for column in _COLUMNS if line.has(column))
        written = (key, *(line.cell(column) for column in self._columns))
        if written not in self._read:
            self._meet(_debtor(line, key, self._excluded), line)
            self.reach(line, key)
            if not line.faulty:
                self._read.add(written)

    def reach(self, line: Line, key: str) -> bool:
        """Read the addresses of a line. Whether there were any."""
        found, rank = list(_contacts(line, key)), line.read("rank", cells.rank)
        for contact in found:
            self._keep(contact, rank, line)
        return bool(found)

    def _meet(self, row: DebtorRow, line: Line) -> None:
        """Two lines may complete each other, not contradict each other."""
        known = self._debtors.setdefault(row.key, row)
        for told in _TOLD:
            new, old = getattr(row, told), getattr(known, told)
            if new is not None and old is None:
                known = replace(known, **{told: new})
            elif new is not None and new != old:
                line.fault(told, f"{_shown(new)} is not what a line above says of {_shown(row.key)}: {_shown(old)}")
        self._debtors[row.key] = known

    def _keep(self, contact: ContactRow, rank: int | None, line: Line) -> None:
        place = (contact.debtor, contact.road, contact.where.lower())
        known = self._contacts.get(place)
        if known is None:
            order = self._known[place[:2]]
            self._known[place[:2]] += 1
            self._contacts[place] = replace(contact, rank=order if rank is None else rank)
        elif known.consent is Consent.NONE:
            self._contacts[place] = replace(known, consent=contact.consent)
        elif contact.consent not in (Consent.NONE, known.consent):
            line.fault("consent", f"{_shown(contact.where)} said otherwise in line {known.line}")


def _shown(value: object) -> str:
    return f'"{printable(", ".join(value) if isinstance(value, tuple) else str(value))}"'


def _debtor(line: Line, key: str, excluded: str) -> DebtorRow:
    return DebtorRow(
        line=line.number,
        key=key,
        name=line.read("name", cells.text),
        segment=line.read("segment", cells.segment),
        siren=line.read("siren", cells.siren),
        address=_address(line),
        language=line.read("language", cells.language),
        tags=line.read("tags", cells.tags),
        excluded=line.read(excluded, cells.yes),
        policy=line.read("policy", cells.text),
        owner=line.read("owner", cells.text),
    )


def _address(line: Line) -> tuple[str, ...] | None:
    """The postal lines, the last one `35000 RENNES`, or below it the country if it is not France."""
    streets = tuple(part for column in _STREETS for part in line.read(column, cells.lines) or ())
    country = line.read("country", reach.abroad) or ""
    place = _place(line, country)
    if not streets and not place:
        return None
    if len(streets) > _MOST_STREETS + (not place):
        line.fault("address", f"has more than {_MOST_STREETS} lines above the town (NF Z10-011)")
    if not place and not country:
        streets = reach.with_town(streets) or ()
        if not streets:
            line.fault("address", "ends in no postcode and town, and there are no columns for them")
    return tuple(part for part in (*streets, place, country) if part)


def _place(line: Line, country: str) -> str:
    """Postcode and town: in France both or neither."""
    written = [column for column in ("postcode", "town") if line.cell(column) != ""]
    if len(written) == 1 and not country:
        missing = "town" if written == ["postcode"] else "postcode"
        line.fault(missing, f"is missing beside the {written[0]}")
    code, town = line.read("postcode", reach.postcode(country)), line.read("town", cells.text)
    return f"{code or ''} {town or ''}".strip()


def _contacts(line: Line, key: str) -> Iterator[ContactRow]:
    """The addresses of a line. A number in a column made for short texts is one for them; the others are for calls."""
    name = line.read("contact", cells.text) or ""
    agreed = _consent(line.read("consent", cells.yes))
    agreed_to_texts = _consent(line.read("sms_consent", cells.yes))
    for column, road, reader in _WHERE:
        consent = agreed_to_texts if road is Road.SMS and agreed_to_texts is not Consent.NONE else agreed
        for where in line.read(column, reader) or ():
            yield ContactRow(line.number, key, road, where, name, consent=consent)


def _given_for_texts(contact: ContactRow) -> ContactRow:
    """Whoever gave a number for short texts agreed to them, unless some line says no."""
    given = contact.road is Road.SMS and contact.consent is Consent.NONE
    return replace(contact, consent=Consent.GIVEN) if given else contact


def _consent(agreed: bool | None) -> Consent:
    return Consent.NONE if agreed is None else Consent.GIVEN if agreed else Consent.WITHDRAWN

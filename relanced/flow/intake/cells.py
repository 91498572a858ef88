"""One cell in, one value out: texts, yes and no, words of our enums, identifiers. Raises `Unreadable`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import TypeVar

from stdnum import exceptions, iban
from stdnum.fr import siren as fr_siren
from stdnum.fr import siret as fr_siret

from relanced.flow.intake.faults import Unreadable
from relanced.flow.intake.grid import Cell
from relanced.rules.model import PaymentMode, Segment

T = TypeVar("T")

_LONGEST, _LONGEST_NOTE = 200, 2_000
_EXACT_DIGITS = 15  # what a spreadsheet keeps of a number


class Document(Enum):
    """What a line of an invoice list is."""

    INVOICE = "invoice"  # asks for money
    CREDIT = "credit note"  # gives money back, whatever the sign of its amount


def text(cell: Cell) -> str:
    """A line of text, at most 200 characters, without a control or invisible character."""
    said = _composed(cell)
    if len(said) > _LONGEST:
        raise Unreadable(f"is longer than {_LONGEST} characters")
    return _visible(said)


def note(cell: Cell) -> str:
    """A text of at most 2,000 characters. Line breaks become spaces."""
    return " ".join(lines(cell, _LONGEST_NOTE))


def lines(cell: Cell, longest: int = _LONGEST * 2) -> tuple[str, ...]:
    """The lines of a text, without empty ones."""
    said = cell.isoformat() if isinstance(cell, date) else _composed(cell)
    if len(said) > longest:
        raise Unreadable(f"is longer than {longest} characters")
    parts = (" ".join(part.replace("\t", " ").split(" ")).strip() for part in re.split(r"\r\n|\r|\n", said))
    return tuple(_visible(part) for part in parts if part)


def _composed(cell: Cell) -> str:
    if isinstance(cell, Decimal):
        return _digits(cell)
    if isinstance(cell, date):
        raise Unreadable("is a date: a spreadsheet took it for one; format the column as text and write it again")
    return unicodedata.normalize("NFC", cell)


def _digits(number: Decimal) -> str:
    if abs(number) >= 10**_EXACT_DIGITS:
        raise Unreadable("has lost its last digits in the spreadsheet: format the column as text and write it again")
    return f"{number.normalize():f}"


def _visible(said: str) -> str:
    """Refuses line breaks, controls, marks of direction, invisible characters and what is no character."""
    for c in said:
        if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp"):
            raise Unreadable(f"holds an invisible character (U+{ord(c):04X})")
    return said


def level(said: str) -> str:
    """Without case and accents, for comparing words."""
    bare = unicodedata.normalize("NFKD", said.casefold())
    return "".join(c for c in bare if not unicodedata.combining(c))


def one_of(words: Mapping[str, T], usual: str) -> Callable[[Cell], T]:
    """A reader of one of these words; `usual` says what may be written."""

    def read(cell: Cell) -> T:
        said = " ".join(re.findall(r"[a-z0-9]+", level(text(cell))))
        if said not in words:
            raise Unreadable(f"is none of: {usual}")
        return words[said]

    return read


def _spread(*meant: tuple[T, str]) -> dict[str, T]:
    return {word.strip(): value for value, words in meant for word in words.split(",")}


yes = one_of(
    _spread((True, "oui, o, yes, y, vrai, true, 1, x"), (False, "non, n, no, faux, false, 0")),
    "oui, non",
)
segment = one_of(
    _spread(
        (
            Segment.BUSINESS,
            "entreprise, entreprises, societe, professionnel, professionnels, pro, b2b, btob, business, company,"
            " artisan, commercant",
        ),
        (
            Segment.CONSUMER,
            "particulier, particuliers, consommateur, b2c, btoc, consumer, individual, personne physique",
        ),
        (
            Segment.PUBLIC,
            "public, secteur public, collectivite, collectivites, collectivite territoriale, administration, mairie,"
            " etat, etablissement public, b2g, government, public sector",
        ),
        (Segment.UNKNOWN, "inconnu, association, personne morale, syndic, copropriete, autre, unknown, other"),
    ),
    "entreprise, particulier, public",
)
payment_mode = one_of(
    _spread(
        (PaymentMode.TRANSFER, "virement, virement bancaire, virement sepa, vir, vrt, transfer, bank transfer, wire"),
        (
            PaymentMode.DIRECT_DEBIT,
            "prelevement, prelevement sepa, prelevement automatique, prlv, prel, prv, sdd, direct debit",
        ),
        (PaymentMode.CHEQUE, "cheque, cheque bancaire, chq, che, cheq, check"),
        (PaymentMode.CARD, "carte, carte bancaire, carte bleue, cb, card, credit card"),
        (
            PaymentMode.OTHER,
            "autre, other, especes, esp, cash, lcr, traite, billet a ordre, effet, compensation, mandat, paypal",
        ),
    ),
    "virement, prélèvement, chèque, carte, autre",
)
document = one_of(
    _spread(
        (
            Document.INVOICE,
            "facture, factures, fa, fac, f, invoice, inv, 380, 386, facture d acompte, acompte, 384",
        ),
        (Document.CREDIT, "avoir, avoirs, av, avo, a, facture avoir, facture d avoir, credit note, credit memo, 381"),
    ),
    "facture, avoir",
)
_LANGUAGES = _spread(
    ("fr", "fr, fra, fre, francais, french"),
    ("en", "en, eng, anglais, english"),
    ("de", "de, deu, ger, allemand, german"),
    ("es", "es, spa, espagnol, spanish"),
    ("it", "it, ita, italien, italian"),
    ("nl", "nl, nld, dut, neerlandais, dutch"),
)
language = one_of(_LANGUAGES, "fr, en, de, es, it, nl")


def tags(cell: Cell) -> tuple[str, ...]:
    """Words between commas, semicolons or bars, each once."""
    return tuple(dict.fromkeys(word for part in re.split(r"[,;|]", text(cell)) if (word := part.strip())))


def rank(cell: Cell) -> int:
    """A small number: 0 or 1 is asked first."""
    said = text(cell)
    if not re.fullmatch(r"[0-9]{1,3}", said):
        raise Unreadable("is not a rank (write 1, 2, 3)")
    return int(said)


def currency(cell: Cell) -> str:
    """A code of three letters (ISO 4217)."""
    said = {"€": "EUR", "$": "USD", "£": "GBP", "EURO": "EUR", "EUROS": "EUR"}.get(found := text(cell).upper(), found)
    if not re.fullmatch(r"[A-Z]{3}", said):
        raise Unreadable("is not a currency (write EUR)")
    return said


def siren(cell: Cell) -> str:
    """The 9 digits of a company, from its SIREN or SIRET, both with their check digit (Luhn; La Poste apart)."""
    said = re.sub(r"[ .\u00a0\u202f-]", "", text(cell))
    said = said.zfill(9) if isinstance(cell, Decimal) else said
    try:
        return str(fr_siret.to_siren(fr_siret.validate(said)) if len(said) == 14 else fr_siren.validate(said))
    except exceptions.ValidationError:
        raise Unreadable("is not a SIREN (9 digits) or SIRET (14 digits): its check digit does not fit") from None


def account(cell: Cell) -> str:
    """An IBAN without blanks, its check digits right (ISO 13616)."""
    try:
        return str(iban.validate(text(cell)))
    except exceptions.ValidationError:
        raise Unreadable("is not an IBAN: its check digits do not fit") from None

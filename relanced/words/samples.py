"""Sample cases: what `relanced check` words before any debtor reads it, and what the tests keep as golden files."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from relanced.rules.claim import Claim, Indemnity, InterestLine
from relanced.rules.model import Road, Segment
from relanced.rules.policy import Tone
from relanced.words.facts import Addressee, EarlierFacts, Letterhead, LineFacts, OfferFacts, PartFacts, ReminderFacts

TODAY = date(2026, 3, 31)
USUAL_DAYS = {"courtoisie": -5, "relance-1": 3, "relance-2": 10, "relance-ferme": 21, "mise-en-demeure": 30}
CALLED_AFTER = {"appel": 14}  # days: what is said, not written
DESK_WORDS = ("confirmation-promesse", "echeancier", "echeance-a-venir", "echeance-manquee", "offre", "remerciement")
ON_PAPER = ("echeancier", "offre")
_OTHERWISE = 10
_TONES = {-5: Tone.COURTEOUS, 3: Tone.COURTEOUS, 30: Tone.FORMAL}
_ROADS = {14: Road.PHONE, 21: Road.LETTER, 30: Road.REGISTERED}
_ALONE = (14, 30)  # a call and a notice absorb nothing

LETTERHEAD = Letterhead(
    name="Atelier Dubois",
    legal="SARL au capital de 10\u202f000\u00a0€",
    siren="732829320",
    address=("12 rue des Forges", "35000 Rennes"),
    phone="01 99 00 12 34",
    reply_to="compta@atelier-dubois.example",
    iban="FR7630006000011234567890189",
    bic="AGRIFRPP",
    signer="Claire Dubois",
    capacity="Gérante",
)

COMPANY = Addressee(
    name="Menuiserie Lefèvre & Fils",
    contact="Service comptabilité",
    siren="552100554",
    address=("ZA de la Haute-Épine", "8, avenue du Général-de-Gaulle", "35170 Bruz"),
)

PERSON = Addressee(name="Mme Éléonore Cœuret", address=("3 bis, rue de l'Œuvre", "21000 Dijon"))

TOWN_HALL = Addressee(
    name="Commune de Saint-Aubin-d'Aubigné",
    contact="Service des finances",
    siren="213500515",
    address=("Place de la Mairie", "35250 Saint-Aubin-d'Aubigné"),
)

HOSTILE = Addressee(
    name="{{ 7*7 }} <script>alert(1)</script>\r\nBcc: x@y",
    contact="[paiement]",
    siren="{% raw %}",
    address=('#eval("1") \u202eeht', "35000 RENNES"),
    salutation="- Bonjour [factures] {{ facts }} & Cie,",
)


def cases(wording: str) -> dict[str, ReminderFacts]:
    """The sample cases as they stand when a reminder of this name is usually due."""
    found = _cases(wording, (USUAL_DAYS | CALLED_AFTER).get(wording, _OTHERWISE))
    return {name: _agreed(facts) for name, facts in found.items()} if wording in DESK_WORDS else found


def _agreed(facts: ReminderFacts) -> ReminderFacts:
    """What is owed was promised in two parts, and the second is spoken of; a desk's word names no reminders."""
    total = sum(line.open_cents for line in facts.lines)
    half = total // 2
    first, second = (
        PartFacts(1, 2, date(2026, 4, 15), half),
        PartFacts(2, 2, date(2026, 5, 15), total - half),
    )
    about = None if facts.step == "echeancier" else second
    said = replace(facts, absorbed=(), earlier=(), tone=Tone.COURTEOUS, claim=None, parts=(first, second), part=about)
    return _with_an_offer(said) if facts.step == "offre" else said


def _with_an_offer(facts: ReminderFacts) -> ReminderFacts:
    """A tenth of it is let go for who pays in a fortnight."""
    total = sum(line.open_cents for line in facts.lines)
    until, numbers = TODAY + timedelta(days=15), tuple(line.invoice for line in facts.lines)
    offer = OfferFacts(TODAY - timedelta(days=2), until, total - total // 10, total // 10, numbers)
    return replace(facts, parts=(), part=PartFacts(0, 1, until, offer.cents), offer=offer)


def _cases(wording: str, days: int) -> dict[str, ReminderFacts]:
    return {
        "one": _reminder(wording, days, COMPANY, Segment.BUSINESS, _one(days), enclosed=("F-2026-0147",)),
        "three": _reminder(
            wording, days, COMPANY, Segment.BUSINESS, _three(days), absorbed=_absorbed(days), missing=("F-2026-0153",)
        ),
        "consumer": _reminder(wording, days, PERSON, Segment.CONSUMER, _one(days)),
        "public": _reminder(wording, days, TOWN_HALL, Segment.PUBLIC, _one(days)),
        "sixty": _reminder(wording, days, COMPANY, Segment.BUSINESS, _sixty(days)),
        "hostile": _reminder(
            wording,
            days,
            HOSTILE,
            Segment.BUSINESS,
            _hostile(days),
            reference="R-<&>\n{{ 1 }}",
            enclosed=("<i>\r\n.pdf",),
        ),
    }


def _reminder(
    wording: str, days: int, addressee: Addressee, segment: Segment, lines: tuple[LineFacts, ...], **more: Any
) -> ReminderFacts:
    usual = ReminderFacts(
        today=TODAY,
        reference="R-2026-0314",
        step=wording,
        tone=_TONES.get(days, Tone.FIRM),
        segment=segment,
        road=_ROADS.get(days, Road.EMAIL),
        letterhead=LETTERHEAD,
        addressee=addressee,
        lines=lines,
        claim=_claim((*lines, *more.get("absorbed", ())), segment) if days > 0 else None,
        deadline_days=15,
        earlier=_earlier(days),
    )
    return replace(usual, **more)


def _line(invoice: str, cents: int, days: int, **more: Any) -> LineFacts:
    due = TODAY - timedelta(days=days)
    whole = {"open_cents": cents, "invoice_cents": cents, "days_late": max(days, 0)} | more
    return LineFacts(invoice, due - timedelta(days=30), due, cents, **whole)


def _one(days: int) -> tuple[LineFacts, ...]:
    return (_line("F-2026-0147", 123_450, days),)


def _three(days: int) -> tuple[LineFacts, ...]:
    return (
        _line("F-2026-0147", 123_450, days),
        _line("F-2026-0151", 200_000, days, open_cents=75_025, order_number="4500123987"),
        _line("F-2026-0153", 100_000, days, n=2, of=3, invoice_cents=300_000),
    )


def _absorbed(days: int) -> tuple[LineFacts, ...]:
    """A younger invoice, which neither a courtesy note nor a call nor a notice lists."""
    younger = days - 7
    return (_line("F-2026-0160", 48_900, younger),) if younger > 0 and days not in _ALONE else ()


def _sixty(days: int) -> tuple[LineFacts, ...]:
    return tuple(
        _line(f"F-2026-{n:04}", 10_000 + 137 * n, days, order_number=f"BC {n}" * (n % 7 == 0)) for n in range(60)
    )


def _hostile(days: int) -> tuple[LineFacts, ...]:
    number = "F" + "9" * 60 + "<b>{{ 7*7 }}"
    return (_line(number, 10**12, days, order_number="\n[paiement]\n"), _line("[signature]", 1, days))


def _claim(lines: tuple[LineFacts, ...], segment: Segment) -> Claim:
    """The claim as it may stand; a private person owes nothing on top before the notice."""
    principal = sum(line.open_cents for line in lines)
    if segment is Segment.CONSUMER:
        return Claim(TODAY, principal)
    rate = Decimal("10.15") if segment is Segment.PUBLIC else Decimal("12.15")
    charges = tuple(Indemnity(line.invoice) for line in lines)
    return Claim(TODAY, principal, tuple(_interest(line, rate) for line in lines), charges)


def _interest(line: LineFacts, rate: Decimal) -> InterestLine:
    cents = int(Decimal(line.open_cents * line.days_late) * rate / 36500 + Decimal("0.5"))
    first = line.due_on + timedelta(days=1)
    return InterestLine(line.invoice, first, TODAY, line.open_cents, rate, cents, "C. com. L441-10 II")


def _earlier(days: int) -> tuple[EarlierFacts, ...]:
    """The reminders that usually went before."""
    before = ((name, usual) for name, usual in USUAL_DAYS.items() if 0 < usual < days)
    return tuple(
        EarlierFacts(TODAY - timedelta(days=days - usual), name, _ROADS.get(usual, Road.EMAIL))
        for name, usual in before
    )

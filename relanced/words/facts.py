"""The facts a wording may speak of. All money in integer cents of one currency, all days as local dates.

Whoever words a message builds one `ReminderFacts`; templates and layouts read nothing else.
"""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from relanced.rules.claim import Claim
from relanced.rules.model import PaymentMode, Road, Segment
from relanced.rules.policy import Tone


class Letterhead(Struct, frozen=True):
    """Who writes: the creditor as printed on every page, and the person who signs.

    `legal` is the form and capital ("SARL au capital de 10 000 €"), `address` ends with postcode and town, `reply_to`
    is a mailbox that a person reads, `logo` the bytes of a PNG, JPEG or SVG.
    """

    name: str
    reply_to: str
    signer: str
    capacity: str = ""
    legal: str = ""
    siren: str = ""
    address: tuple[str, ...] = ()
    phone: str = ""
    iban: str = ""
    bic: str = ""
    logo: bytes = b""

    @property
    def town(self) -> str:
        """The town of the last address line, for « Rennes, le … »."""
        _, _, town = (self.address[-1] if self.address else "").partition(" ")
        return town.title() if town.isupper() else town


class Addressee(Struct, frozen=True):
    """Who is written to. `address` holds the postal lines below the name, the last one being postcode and town.

    `salutation` ends with a comma; a letter's closing formula repeats it.
    """

    name: str
    contact: str = ""
    siren: str = ""
    address: tuple[str, ...] = ()
    salutation: str = "Madame, Monsieur,"


class LineFacts(Struct, frozen=True):
    """One term named by the reminder: `n` of `of` terms of an invoice of `invoice_cents`.

    `cents` is the amount of the term, `open_cents` what is still asked for of it after payments and credit notes, less
    the `contested_cents`, about which somebody is at work.
    """

    invoice: str
    issued_on: date
    due_on: date
    cents: int
    open_cents: int
    days_late: int = 0
    n: int = 1
    of: int = 1
    invoice_cents: int = 0
    order_number: str = ""
    currency: str = "EUR"
    contested_cents: int = 0

    @property
    def received_cents(self) -> int:
        """Payments and credit notes already deducted."""
        return self.cents - self.open_cents - self.contested_cents


class EarlierFacts(Struct, frozen=True):
    """A reminder that left before: the day it was performed, the name of its step, the road it took."""

    on: date
    step: str
    road: Road


class BrokenFacts(Struct, frozen=True):
    """A promise that was not kept: given on `said_on`, so much for the day `on`, of which `paid_cents` came in time."""

    said_on: date
    on: date
    cents: int
    paid_cents: int = 0


class OfferFacts(Struct, frozen=True):
    """An offer made on `said_on`: who pays `cents` until the day `until` is let off `waived_cents` of these invoices.

    `lapsed`: that day is over, and it was not paid; `parted`: it is not about all the due dates of each invoice.
    """

    said_on: date
    until: date
    cents: int
    waived_cents: int
    invoices: tuple[str, ...]
    lapsed: bool = False
    parted: bool = False

    @property
    def whole_cents(self) -> int:
        """What is owed without the offer."""
        return self.cents + self.waived_cents


class PartFacts(Struct, frozen=True):
    """A payment that was agreed: the `n`-th of `of` instalments, or a promise (n = 0), so much on that day.

    `paid_cents` of it have come already, `credited_cents` of these by credit notes; `means` is how it is to be paid,
    `said_by` whoever said so. `all_until`: it speaks of all the instalments until that day.
    """

    n: int
    of: int
    on: date
    cents: int
    paid_cents: int = 0
    means: PaymentMode = PaymentMode.TRANSFER
    said_by: str = ""
    credited_cents: int = 0
    all_until: bool = False

    @property
    def received_cents(self) -> int:
        """What the debtor has paid of it."""
        return self.paid_cents - self.credited_cents


class ReminderFacts(Struct, frozen=True):
    """One reminder. Raises ValueError without a line, or when its lines speak of several currencies.

    `absorbed` are terms of a lower step, listed apart. `enclosed` and `missing` are the invoice numbers whose duplicate
    goes along, or was wanted and not found. `registered` is the number of the registered letter, once known.
    `claim` is the *décompte* of all the terms named, wanted by firm reminders and notices. `broken` is a promise broken
    since the last reminder, `spoken_on` the day of a conversation since then, `agreed_on` the day of an agreement on
    instalments that was missed and has ended since then.
    `parts` are the payments agreed, where a word of the desk speaks of them, and `part` the one it is about. `offer` is
    an offer of ours that runs, or that has lapsed since the last reminder.
    """

    today: date
    reference: str
    step: str
    tone: Tone
    segment: Segment
    road: Road
    letterhead: Letterhead
    addressee: Addressee
    lines: tuple[LineFacts, ...]
    absorbed: tuple[LineFacts, ...] = ()
    claim: Claim | None = None
    deadline_days: int | None = None
    earlier: tuple[EarlierFacts, ...] = ()
    bank_details_unchanged: bool = True
    enclosed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    registered: str = ""
    broken: BrokenFacts | None = None
    spoken_on: date | None = None
    agreed_on: date | None = None
    parts: tuple[PartFacts, ...] = ()
    part: PartFacts | None = None
    offer: OfferFacts | None = None

    def __post_init__(self) -> None:
        if not self.lines:
            raise ValueError("a reminder names at least one line")
        if len({line.currency for line in (*self.lines, *self.absorbed)}) > 1:
            raise ValueError("a reminder speaks of one currency")

    @property
    def professional(self) -> bool:
        """Penalties and the 40 EUR may be mentioned (C. com. L441-10)."""
        return self.segment is Segment.BUSINESS

    @property
    def public(self) -> bool:
        """A public buyer (CCP L2192-13)."""
        return self.segment is Segment.PUBLIC

    @property
    def consumer(self) -> bool:
        """A private person, or nobody told: the most protective words."""
        return self.segment in (Segment.CONSUMER, Segment.UNKNOWN)

    @property
    def currency(self) -> str:
        """The one currency of all lines."""
        return self.lines[0].currency

    @property
    def line(self) -> LineFacts:
        """The first line, for wordings that name a single invoice."""
        return self.lines[0]

    @property
    def total_cents(self) -> int:
        """What is still owed of all lines, the absorbed ones included."""
        return sum(line.open_cents for line in (*self.lines, *self.absorbed))

    @property
    def contested_cents(self) -> int:
        """What is contested of all lines, and not asked for."""
        return sum(line.contested_cents for line in (*self.lines, *self.absorbed))

    @property
    def payable_cents(self) -> int:
        """The amount to transfer: what was agreed; from a formal notice on the whole claim, before it the principal."""
        if self.part is not None:
            return self.part.cents - self.part.paid_cents
        return self.claim.total if self.claim and self.tone is Tone.FORMAL else self.total_cents

    @property
    def means(self) -> PaymentMode:
        """How it is to be paid: as it was agreed, else by transfer."""
        spoken_of = self.part or (self.parts[0] if self.parts else None)
        return spoken_of.means if spoken_of else PaymentMode.TRANSFER

    @property
    def accessory_cents(self) -> int:
        """Interest and indemnities of the claim, on top of the principal."""
        return self.claim.interest + self.claim.indemnity if self.claim else 0

    @property
    def days_late(self) -> int:
        """The lateness of the latest line."""
        return max(line.days_late for line in self.lines)

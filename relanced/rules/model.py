"""The values the rules reason about: one case with its invoices, money, addresses and past. Amounts in cents."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct, field

from relanced.rules.given import Offer, Promise


class Segment(StrEnum):
    """Who the debtor is before the law."""

    BUSINESS = "business"  # a professional: penalties and the 40 EUR apply (C. com. L441-10)
    CONSUMER = "consumer"  # a private person: legal interest from the notice, nothing else
    PUBLIC = "public"  # a public buyer (CCP L2192-13)
    UNKNOWN = "unknown"  # not told: the most protective rules apply


class Road(StrEnum):
    """A way to reach a debtor. A road leads through a configured channel."""

    EMAIL = "email"  # an electronic mail
    SMS = "sms"  # a short text to a mobile number
    LETTER = "letter"  # a plain letter
    REGISTERED = "registered"  # a registered letter with receipt
    PHONE = "phone"  # a call made by a person


class Consent(StrEnum):
    """Whether the person agreed to be written to at this address."""

    NONE = "none"  # nothing said
    GIVEN = "given"  # agreed to, or given for that purpose
    WITHDRAWN = "withdrawn"  # refused: never used again


class PaymentMode(StrEnum):
    """How an invoice is meant to be paid."""

    TRANSFER = "transfer"  # the debtor orders a transfer
    DIRECT_DEBIT = "direct_debit"  # we collect it: a reminder only after a rejected debit
    CHEQUE = "cheque"  # a cheque by post
    CARD = "card"  # a card, by phone or on line
    OTHER = "other"  # anything else


class Debtor(Struct, frozen=True):
    """The person or company that owes. `address` holds the postal lines, the last one being postcode and town."""

    key: str
    name: str
    segment: Segment = Segment.UNKNOWN
    siren: str = ""
    address: tuple[str, ...] = ()
    postcode: str = ""
    language: str = "fr"
    tags: tuple[str, ...] = ()
    excluded: bool = False  # a person said: never remind this debtor
    closed: tuple[tuple[date, date], ...] = ()  # closing periods, both ends included


class Address(Struct, frozen=True):
    """One usable or dead way to one contact. `where` is a mail address or an E.164 number; empty for a letter."""

    id: int
    road: Road
    where: str
    name: str = ""
    rank: int = 0  # 0 is asked first
    consent: Consent = Consent.NONE
    dead_since: date | None = None


class Term(Struct, frozen=True):
    """One due date of one invoice: the grain at which the ladder is climbed.

    `stated_open` is what the books said the *whole invoice* still owed at the end of `stated_on`, if they ever said.
    """

    id: int
    invoice: str
    invoice_id: int
    issued_on: date
    due_on: date
    cents: int
    currency: str = "EUR"
    n: int = 1
    of: int = 1
    invoice_cents: int = 0
    stated_open: int | None = None
    stated_on: date | None = None
    settled_on: date | None = None  # a person said it is paid
    excluded: bool = False
    payment_mode: PaymentMode = PaymentMode.TRANSFER
    order_number: str = ""
    payer: str = ""
    payee_iban: str = ""
    handed_over_on: date | None = None
    closed_on: date | None = None  # its case was closed while it was open


class Money(Struct, frozen=True):
    """A payment or a credit note. Without `invoice_id` nobody said what it pays: the oldest term first."""

    id: int
    booked_on: date
    cents: int
    currency: str = "EUR"
    invoice_id: int | None = None
    credit: bool = False


class LineState(StrEnum):
    """What became of one step of one term."""

    PLANNED = "planned"  # named in a reminder that has not left
    PERFORMED = "performed"  # the step was taken on that day; it stays so even if the message bounces later
    PASSED_OVER = "passed_over"  # will not be taken, for a reason
    VOID = "void"  # withdrawn before anything left: the step can be decided again


class LineKind(StrEnum):
    """Why a reminder names a term."""

    MAIN = "main"  # the term stands on this step
    GATHERED = "gathered"  # its same step comes a few days later and is performed now
    ABSORBED = "absorbed"  # a lower step of another overdue term: listed apart


class Line(Struct, frozen=True):
    """One step of one term in one round, as history tells it. `clock_from` is the first presentation of a notice."""

    term_id: int
    step: str
    state: LineState
    on: date
    round: int = 0
    reason: str = ""
    reminder_id: int | None = None
    clock_from: date | None = None
    kind: LineKind = LineKind.MAIN
    cents: int = 0  # what the reminder named


class HoldKind(StrEnum):
    """Why some terms of a case stand still."""

    REPLY = "reply"  # a person wrote: somebody must read it
    PAUSE = "pause"  # a person asked for quiet, with an end
    PROMISE = "promise"  # a payment is promised for a date
    INSTALMENTS = "instalments"  # an agreed plan is running
    OFFER = "offer"  # an offer of ours runs, and a person wants quiet meanwhile
    DISPUTE = "dispute"  # the debt or a part of it is contested, or payment refused
    ABSENT = "absent"  # a machine said until when nobody is there: courteous steps wait, the others do not
    CALL_BACK = "call_back"  # somebody asked to be called back at a moment
    VALIDATION = "validation"  # the invoice is being checked at the debtor's, or its duplicate is awaited there
    UNREACHABLE = "unreachable"  # no road to the debtor is left
    PAID_BUT_OPEN = "paid_but_open"  # a person said paid, the books still say open
    LAPSED = "lapsed"  # a formal step waited too long for a person
    INSOLVENCY = "insolvency"  # a collective procedure: every reminder stops
    HISTORY = "history"  # imported: the former tool had it on hold


class Hold(Struct, frozen=True):
    """A row: who stopped what, why, until when. Without `term_id` the whole case stands still.

    With `cents` only that much of the term is contested: it is not asked for, and the rest goes on.
    """

    id: int
    kind: HoldKind
    reason: str
    began_at: datetime
    term_id: int | None = None
    until: datetime | None = None
    owner: str = ""
    cents: int | None = None


class Habits(Struct, frozen=True):
    """How this debtor pays. `mean_lateness` is in days, over the last twelve invoices fully paid."""

    paid_invoices: int = 0
    mean_lateness: float = 0.0


class GoLive(Struct, frozen=True):
    """The creditor was opened: since when, and on which step the terms late on that day start."""

    on: date
    from_step: str
    per_day: int


class MessageState(StrEnum):
    """Where a message stands. The first five are alive, the others are ends (but a sent message may still turn)."""

    PLANNED = "planned"  # waits for its moment
    PARKED = "parked"  # waits for a person
    SUBMITTING = "submitting"  # sealed: it may leave at any moment, or has just left
    UNCERTAIN = "uncertain"  # may have left; nobody answered
    IN_TRAY = "in_tray"  # paper or a call: a person or a printer still has to act
    SENT = "sent"  # taken by the relay or API, or posted
    DELIVERED = "delivered"  # a machine said it arrived
    FAILED = "failed"  # refused for good, bounced or returned
    CANCELLED = "cancelled"  # withdrawn before it left
    EXPIRED = "expired"  # waited past its deadline


LIVE = frozenset(
    {
        MessageState.PLANNED,
        MessageState.PARKED,
        MessageState.SUBMITTING,
        MessageState.UNCERTAIN,
        MessageState.IN_TRAY,
    }
)


class Message(Struct, frozen=True):
    """One wording on one road. `slot` 0 is the step's `via`, each `also` has its own; `turn` counts fallbacks.

    `gist` marks what a sheet or a call in a tray asks for and recalls.
    """

    id: int
    slot: int
    turn: int
    road: Road
    state: MessageState
    address_id: int | None = None
    where: str = ""
    reason: str = ""
    approved: bool = False
    approved_digest: str = ""
    channel: str = ""
    gist: str = ""


class Reminder(Struct, frozen=True):
    """One step performed, or being performed, for one case."""

    id: int
    step: str
    round: int
    planned_on: date
    performed_on: date | None = None
    live: bool = True
    term_ids: tuple[int, ...] = ()
    messages: tuple[Message, ...] = ()


class CaseFacts(Struct, frozen=True, dict=True):
    """Everything `decide` and the gate need to know of one case, read in one transaction.

    `touched_on` are the local days on which a reminder left for this debtor; `address_days` the same per mail address,
    number or postal address over all debtors. What was worked out of them stays with them: see `once`.
    """

    id: int
    version: int
    creditor: str
    debtor: Debtor
    terms: tuple[Term, ...] = ()
    money: tuple[Money, ...] = ()
    addresses: tuple[Address, ...] = ()
    lines: tuple[Line, ...] = ()
    holds: tuple[Hold, ...] = ()
    reminders: tuple[Reminder, ...] = ()
    habits: Habits = field(default_factory=Habits)
    go_live: GoLive | None = None
    round: int = 0
    touched_on: tuple[date, ...] = ()
    address_days: tuple[tuple[str, date], ...] = ()
    promises: tuple[Promise, ...] = ()
    offers: tuple[Offer, ...] = ()

    @property
    def live(self) -> Reminder | None:
        """The one reminder on its way, if any."""
        return next((r for r in self.reminders if r.live), None)

"""Short words to build a case, its past and the policies of a small company."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

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
from relanced.rules.policy import AtMost, Enclose, Only, Policy, Step, Tone, When

PARIS = ZoneInfo("Europe/Paris")
DUE = date(2026, 3, 10)  # a Tuesday, with no holiday before Easter Monday, 6 April
EVERYTHING = DUE + timedelta(days=3650)  # bank data that cover any day of a story
COURTEOUS, FIRM, FORMAL = Tone.COURTEOUS, Tone.FIRM, Tone.FORMAL
EMAIL, SMS, LETTER, REGISTERED, PHONE = Road.EMAIL, Road.SMS, Road.LETTER, Road.REGISTERED, Road.PHONE

# -- policies -----------------------------------------------------------------------------------------------------


def policy(*steps: Step, min_amount: int = 0, gather: int = 0, name: str = "plain") -> Policy:
    return Policy(name, frozenset({Segment.BUSINESS}), steps, min_amount, gather)


def _ladder(name: str, segments: set[Segment], gather: int, only: set[Only], days: tuple[int, ...]) -> Policy:
    """The ladder of the design, its six moments given: the first before the due date, or none when it is 0."""
    early, first, second, call, firm, notice = days
    steps = (
        Step("courtoisie", COURTEOUS, When(-early), (EMAIL,), only=frozenset(only), at_most=AtMost(2, 31)),
        Step("relance-1", COURTEOUS, When(first), (EMAIL, LETTER)),
        Step("relance-2", FIRM, When(second), (EMAIL, LETTER), also=(SMS,)),
        Step("appel", FIRM, When(call), (PHONE,), within=5),
        Step("relance-ferme", FIRM, When(firm), (LETTER,), also=(EMAIL,), enclose=Enclose.INVOICES),
        Step(
            "mise-en-demeure",
            FORMAL,
            When(notice),
            (REGISTERED,),
            also=(EMAIL,),
            at_most=AtMost(1, 30),
            min_amount=150_00,
            approval=True,
            deadline=15,
        ),
        Step("transmission", FORMAL, When(deadline_of="mise-en-demeure"), approval=True, hand_over=True),
    )
    return Policy(name, frozenset(segments), steps if early else steps[1:], min_amount=15_00, gather=gather)


ANYBODY_SPECIAL = {Only.LARGE, Only.NEW, Only.USUALLY_LATE}
BUSINESS = _ladder("business", {Segment.BUSINESS}, 7, ANYBODY_SPECIAL, (5, 3, 10, 14, 21, 30))
CONSUMER = _ladder(
    "consumer", {Segment.CONSUMER, Segment.UNKNOWN}, 7, {Only.LARGE, Only.USUALLY_LATE}, (5, 5, 15, 22, 30, 45)
)
PUBLIC = _ladder("public", {Segment.PUBLIC}, 10, set(), (0, 7, 21, 30, 45, 60))


# -- days ---------------------------------------------------------------------------------------------------------


def day(n: int) -> date:
    """`n` days after the due date of the story."""
    return DUE + timedelta(days=n)


def at(n: int, hour: int = 10, minute: int = 0) -> datetime:
    """That day, in the morning, in Paris."""
    return datetime.combine(day(n), datetime.min.time(), tzinfo=PARIS).replace(hour=hour, minute=minute)


# -- what is owed -------------------------------------------------------------------------------------------------


def term(
    id: int = 1,
    due: int = 0,
    cents: int = 2_000_00,
    *,
    invoice: int | None = None,
    n: int = 1,
    of: int = 1,
    currency: str = "EUR",
    stated: tuple[int, int] | None = None,
    settled: int | None = None,
    excluded: bool = False,
    mode: PaymentMode = PaymentMode.TRANSFER,
    handed_over: int | None = None,
    closed: int | None = None,
) -> Term:
    """One due date. `stated` is (day, cents still open); all days count from the due date of the story."""
    number = invoice or id
    return Term(
        id=id,
        invoice=f"FA-{number}",
        invoice_id=number,
        issued_on=day(due - 30),
        due_on=day(due),
        cents=cents,
        currency=currency,
        n=n,
        of=of,
        invoice_cents=cents * of,
        stated_open=stated[1] if stated else None,
        stated_on=day(stated[0]) if stated else None,
        settled_on=None if settled is None else day(settled),
        excluded=excluded,
        payment_mode=mode,
        handed_over_on=None if handed_over is None else day(handed_over),
        closed_on=None if closed is None else day(closed),
    )


def paid(
    cents: int, invoice: int | None = 1, on: int = 1, id: int = 1, currency: str = "EUR", credit: bool = False
) -> Money:
    return Money(id, day(on), cents, currency, invoice, credit)


def credit(cents: int, invoice: int | None = 1, on: int = 1, id: int = 1) -> Money:
    return paid(cents, invoice, on, id, credit=True)


# -- the past -----------------------------------------------------------------------------------------------------


def performed(step: str, on: int, term: int = 1, presented: int | None = None, round: int = 0) -> Line:
    clock = None if presented is None else day(presented)
    return Line(term, step, LineState.PERFORMED, day(on), round, clock_from=clock)


def passed(step: str, on: int = 0, term: int = 1, why: str = "person") -> Line:
    return Line(term, step, LineState.PASSED_OVER, day(on), reason=why)


def climbed(below: str, term: int = 1, ladder: Policy = BUSINESS) -> tuple[Line, ...]:
    """Every step below that one, each performed on its day."""
    steps = ladder.steps[: ladder.index(below)]
    return tuple(performed(s.name, s.when.days, term) for s in steps)


def reminder(step: str, on: int, id: int = 1) -> Reminder:
    """One that was performed."""
    return Reminder(id, step, 0, day(on), day(on), live=False)


def message(state: MessageState, slot: int = 0, turn: int = 0, road: Road = EMAIL, address: int = 1) -> Message:
    return Message(turn * 10 + slot, slot, turn, road, state, address)


def hold(until: datetime | None = None, term: int | None = None, kind: HoldKind = HoldKind.REPLY) -> Hold:
    return Hold(1, kind, "asked about the delivery", at(-60), term, until)


MAIL = Address(1, EMAIL, "compta@durand.example", "Paul Durand")
HOUSE = Address(2, LETTER, "SARL DURAND, 1 RUE HAUTE, 35000 RENNES")
MOBILE = Address(3, SMS, "+33639980001", consent=Consent.GIVEN)
DESK = Address(4, PHONE, "+33199000001")
NEWCOMER = Habits()
DURAND = Debtor("durand", "SARL Durand", Segment.BUSINESS, postcode="35000")


def case(
    *terms: Term,
    money: Iterable[Money] = (),
    lines: Iterable[Line] = (),
    holds: Iterable[Hold] = (),
    reminders: Iterable[Reminder] = (),
    addresses: Iterable[Address] = (MAIL, HOUSE, MOBILE, DESK),
    habits: Habits = NEWCOMER,
    debtor: Debtor = DURAND,
    go_live: GoLive | None = None,
    round: int = 0,
    touched: Iterable[int] = (),
    address_days: Iterable[tuple[str, date]] = (),
) -> CaseFacts:
    """One debtor of one creditor. Without a word a new debtor with one large invoice."""
    return CaseFacts(
        id=1,
        version=1,
        creditor="atelier-dubois",
        debtor=debtor,
        terms=terms or (term(),),
        money=tuple(money),
        addresses=tuple(addresses),
        lines=tuple(lines),
        holds=tuple(holds),
        reminders=tuple(reminders),
        habits=habits,
        go_live=go_live,
        round=round,
        touched_on=tuple(day(n) for n in touched),
        address_days=tuple(address_days),
    )

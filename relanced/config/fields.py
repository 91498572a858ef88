"""The types of the fields: a reader of `words`, with the pattern and examples that the JSON schema shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator
from stdnum import bic, iban
from stdnum.fr import siren

from relanced.config import words as w
from relanced.rules.calendar import Hours
from relanced.rules.claim import RateRule
from relanced.rules.limits import Cap, Rate
from relanced.rules.model import Road
from relanced.rules.policy import AtMost, Tone, When


def _spoken(read: Callable[[Any], object], pattern: str, *examples: str) -> PlainValidator:
    shape: Any = Annotated[str, Field(pattern=pattern, examples=list(examples))]
    return PlainValidator(read, json_schema_input_type=shape)


def _number(pattern: str, example: str) -> PlainValidator:
    return _spoken(w.number(pattern, f'a number like "{example}"'), pattern, example)


def _text(pattern: str, what: str, example: str) -> PlainValidator:
    return _spoken(w.exactly(pattern, f"{what} like {example}"), pattern, example)


def _decimal(read: Callable[[Any], object], example: float) -> PlainValidator:
    shape: Any = Annotated[float, Field(ge=0, examples=[example])]
    return PlainValidator(read, json_schema_input_type=shape)


def _sum(check: Callable[[str], str], what: str, example: str) -> PlainValidator:
    return _spoken(w.checked(check, what), r"^[0-9A-Z ]+$", example)


def one_or_more(item: Any) -> BeforeValidator:
    """One value or a list of them."""
    shape: Any = item | list[item]
    return BeforeValidator(w.listed, json_schema_input_type=shape)


Text = Annotated[str, AfterValidator(w.one_line)]
Name = Annotated[str, _text(w.NAME, "a name of letters, digits, - _ .", "relance-1")]
MailAddress = Annotated[str, _text(w.MAIL, "a mail address", "compta@example.fr")]
Phone = Annotated[str, _text(w.PHONE, "a telephone number", "+33 1 99 00 12 34")]
Sender = Annotated[w.Mailbox, _spoken(w.sender, w.SENDER, "Claire Dubois <compta@example.fr>")]

Siren = Annotated[str, _sum(siren.validate, "a SIREN of 9 digits", "732829320")]
Iban = Annotated[str, _sum(iban.validate, "an IBAN", "FR76 3000 6000 0112 3456 7890 189")]
Bic = Annotated[str, _sum(bic.validate, "a BIC of 8 or 11 characters", "AGRIFRPP")]

Cents = Annotated[int, _decimal(w.cents, 150.00)]
Percent = Annotated[Decimal, _decimal(w.percent, 2.15)]
PenaltyRate = Annotated[RateRule, _spoken(w.penalty, w.PENALTY, "legal_default", "12 %", "3 times legal")]

Days = Annotated[int, _number(w.DAYS, "7 days")]
WorkingDays = Annotated[int, _number(w.WORKING_DAYS, "5 working days")]
BankDays = Annotated[int, _number(w.BANK_DAYS, "3 bank days")]
Deadline = Annotated[int, _number(w.AFTER_PRESENTATION, "15 days after presentation")]
Period = Annotated[tuple[date, date], _spoken(w.period, w.PERIOD, "2027-08-02..2027-08-20")]
HoursWord = Annotated[Hours, _spoken(w.hours, w.HOURS, "09:00-12:00")]
Weekdays = Annotated[frozenset[int], _spoken(w.weekdays, r"^[a-z, -]+$", "mon-fri", "mon, wed, sat")]
CapWord = Annotated[Cap, _spoken(w.cap, w.CAP, "1/day", "2/week", "4/month")]
Domains = Annotated[str, _spoken(w.domains, w.DOMAINS, "gmail.com", "orange.fr wanadoo.fr", "default")]
RateWord = Annotated[Rate, _spoken(w.rate, w.RATE, "20/min", "150/hour")]
Listen = Annotated[w.Listening, _spoken(w.listening, w.LISTEN, "127.0.0.1:8025")]
PublicUrl = Annotated[str, _spoken(w.public, w.PUBLIC, "https://relances.example.fr")]
Link = Annotated[str, _text(w.LINK, "an address", "https://ping.example.fr/abc")]
Morning = Annotated[time | Literal[False], _spoken(w.morning, f"{w.CLOCK}|^never$", "07:45", "never")]
Size = Annotated[int, _spoken(w.size, w.SIZE, "10 MB")]

Moment = Annotated[When, _spoken(w.when, f"{w.WHEN_DUE}|{w.WHEN_PASSED}", "3 days after due", "5 days before due")]
Times = Annotated[AtMost, _spoken(w.times, w.TIMES, "2 per 31 days")]
ToneWord = Annotated[Tone, PlainValidator(w.tone, json_schema_input_type=Literal["courteous", "firm", "formal"])]
Texts = Annotated[tuple[Text, ...], one_or_more(Text)]
Roads = Annotated[tuple[Road, ...], one_or_more(Road)]

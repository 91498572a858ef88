"""The tables and the payment details every form prints: facts in, rows of finished texts out.

Mail, HTML and letter lay out these same rows, so that they cannot say different things.
"""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from relanced.rules.claim import Claim, InterestLine
from relanced.words.facts import Letterhead, LineFacts, ReminderFacts
from relanced.words.labels import Labels
from relanced.words.typography import clean, euros, iban, jour, jour_court, pluriel, siren, taux


class Row(Struct, frozen=True):
    """One row: its cells, and a line of small print below."""

    cells: tuple[str, ...]
    detail: str = ""


class Table(Struct, frozen=True):
    """A captioned table. The first `left` columns are words, the others figures.

    `total` is the label and the sum of the column `summed`, counted from 0.
    """

    caption: str
    heads: tuple[str, ...]
    left: int
    summed: int
    rows: tuple[Row, ...]
    total: tuple[str, str]


class Payment(Struct, frozen=True):
    """Where the money goes: labelled values to copy, and a sentence below."""

    title: str
    rows: tuple[tuple[str, str], ...]
    note: str


class Signature(Struct, frozen=True):
    """Who signs and in what capacity, for whom; telephone, label and address of the mailbox; small print."""

    person: tuple[str, ...]
    creditor: str
    phone: str
    mail: str
    reply_to: str
    foot: tuple[str, ...]


def named(marker: str, facts: ReminderFacts, labels: Labels) -> Table | None:
    """The table a marker stands for; None when nothing is absorbed. Raises ValueError for a claim that is not known."""
    if marker == "factures":
        return invoices(facts.lines, labels.invoices, labels)
    if marker == "egalement":
        return invoices(facts.absorbed, labels.absorbed, labels) if facts.absorbed else None
    if marker == "échéances":
        return schedule(facts, labels)
    if facts.claim is None:
        raise ValueError(f"[{marker}] needs a claim")
    return claim(facts.claim, facts.currency, labels)


def invoices(lines: tuple[LineFacts, ...], caption: str, labels: Labels) -> Table:
    """The terms that are named, each with what is still owed; days late once any is late."""
    late = any(line.days_late > 0 for line in lines)
    heads = (labels.invoice, labels.issued, labels.due, labels.amount, labels.open)
    total = euros(sum(line.open_cents for line in lines), lines[0].currency)
    return Table(
        caption,
        (*heads, labels.late) if late else heads,
        3,
        4,
        tuple(_invoice(line, late, labels) for line in lines),
        (labels.total, total),
    )


def _invoice(line: LineFacts, late: bool, labels: Labels) -> Row:
    cells = (
        clean(line.invoice),
        jour_court(line.issued_on),
        jour_court(line.due_on),
        euros(line.cents, line.currency),
        euros(line.open_cents, line.currency),
    )
    return Row(
        (*cells, labels.days.format(line.days_late) if line.days_late > 0 else "") if late else cells,
        _invoice_detail(line, labels),
    )


def _invoice_detail(line: LineFacts, labels: Labels) -> str:
    said = []
    if line.of > 1:
        said.append(labels.term.format(line.n, line.of, euros(line.invoice_cents, line.currency)))
    if line.order_number:
        said.append(labels.order.format(clean(line.order_number)))
    if line.received_cents:
        said.append(labels.received.format(euros(line.received_cents, line.currency)))
    if line.contested_cents:
        said.append(labels.contested.format(euros(line.contested_cents, line.currency)))
    return ", ".join(said)


def claim(claim: Claim, currency: str, labels: Labels) -> Table:
    """The *décompte*: principal, each interest line with its period and rate, the indemnities."""
    rows = [Row((labels.principal, euros(claim.principal, currency)))]
    rows += [_interest(line, currency, labels) for line in claim.lines]
    if claim.indemnities:
        said = labels.indemnity.format(len(claim.indemnities), euros(claim.indemnities[0].cents))
        rows.append(Row((said, euros(claim.indemnity, currency))))
    return Table(
        labels.claim.format(jour(claim.until)),
        (labels.claim_line, labels.claim_amount),
        1,
        1,
        tuple(rows),
        (labels.claim_total, euros(claim.total, currency)),
    )


def schedule(facts: ReminderFacts, labels: Labels) -> Table:
    """The instalments, and their sum."""
    rows = tuple(
        Row((str(p.n), jour(p.on), euros(p.cents, facts.currency))) for p in sorted(facts.parts, key=lambda p: p.n)
    )
    total = euros(sum(p.cents for p in facts.parts), facts.currency)
    heads = (labels.instalment, labels.due, labels.payable)
    return Table(labels.instalments, heads, 2, 2, rows, (labels.total, total))


def _interest(line: InterestLine, currency: str, labels: Labels) -> Row:
    detail = labels.interest_detail.format(
        euros(line.base, currency),
        jour_court(line.first),
        jour_court(line.last),
        f"{line.days}\u00a0{pluriel(line.days, 'jour', 'jours')}",
        taux(line.percent),
    )
    said = f"{detail} ({labels.provisional})" if line.missing else detail
    return Row((labels.interest.format(clean(line.invoice)), euros(line.cents, currency)), said)


def payment(facts: ReminderFacts, labels: Labels) -> Payment:
    """The bank details and the reference to quote; without an IBAN only a sentence."""
    us, reference = facts.letterhead, clean(facts.reference)
    if not us.iban:
        return Payment(labels.payment, (), labels.no_iban.format(reference))
    rows = [(labels.payee, clean(us.name)), (labels.iban, iban(us.iban))]
    if us.bic:
        rows.append((labels.bic, us.bic))
    rows += [(labels.payable, euros(facts.payable_cents, facts.currency)), (labels.quote, reference)]
    return Payment(labels.payment, tuple(rows), labels.unchanged if facts.bank_details_unchanged else "")


def signature(facts: ReminderFacts, labels: Labels) -> Signature:
    """Who answers, and where."""
    us = facts.letterhead
    person = tuple(clean(line) for line in (us.signer, us.capacity) if line)
    phone = labels.phone.format(clean(us.phone)) if us.phone else ""
    foot = (identity(us, labels.siren), labels.reference.format(clean(facts.reference)))
    return Signature(person, clean(us.name), phone, labels.mail, us.reply_to, foot)


@lru_cache(maxsize=64)
def identity(us: Letterhead, label: str) -> str:
    """The creditor as every business paper names it: name, form, SIREN, seat (C. com. R123-237)."""
    number = label.format(siren(us.siren)) if us.siren else ""
    parts = (us.name, us.legal, number, ", ".join(us.address))
    return " · ".join(clean(part) for part in parts if part)

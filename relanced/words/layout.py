"""From the blocks of a sheet to the parts of one form: the same walk for plain text, HTML and letter."""

from __future__ import annotations

from typing import Protocol, TypeVar

from relanced.words import tables
from relanced.words.blocks import Block, Bullets, Paragraph, Sheet
from relanced.words.facts import ReminderFacts
from relanced.words.labels import Labels
from relanced.words.tables import Payment, Signature, Table

Part = TypeVar("Part", covariant=True)


class Form(Protocol[Part]):
    """How one form shows each kind of block."""

    def paragraph(self, text: str) -> Part:
        """Running text."""

    def bullets(self, items: tuple[str, ...]) -> Part:
        """A list."""

    def table(self, table: Table) -> Part:
        """A captioned table."""

    def payment(self, payment: Payment) -> Part:
        """The bank details."""

    def signature(self, signature: Signature) -> Part:
        """The end."""


def lay_out(sheet: Sheet, facts: ReminderFacts, labels: Labels, form: Form[Part]) -> list[Part]:
    """The parts in order; a marker that has nothing to show leaves none. Raises ValueError for a claim not known."""
    shown = (_part(block, facts, labels, form) for block in sheet.blocks)
    return [part for part in shown if part is not None]


def _part(block: Block, facts: ReminderFacts, labels: Labels, form: Form[Part]) -> Part | None:
    if isinstance(block, Paragraph):
        return form.paragraph(block.text)
    if isinstance(block, Bullets):
        return form.bullets(block.items)
    if block.name == "paiement":
        return form.payment(tables.payment(facts, labels))
    if block.name == "signature":
        return form.signature(tables.signature(facts, labels))
    table = tables.named(block.name, facts, labels)
    return form.table(table) if table else None

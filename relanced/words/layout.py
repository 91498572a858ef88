"""From the blocks of a sheet to contents that every form shows in its own way: the facts behind each marker, once."""

from __future__ import annotations

from relanced.words import tables
from relanced.words.blocks import Block, Bullets, Marker, Paragraph, Sheet
from relanced.words.facts import ReminderFacts
from relanced.words.labels import Labels
from relanced.words.tables import Payment, Signature, Table

Content = Paragraph | Bullets | Table | Payment | Signature


def contents(sheet: Sheet, facts: ReminderFacts, labels: Labels) -> tuple[Content, ...]:
    """Everything below the subject, in order; a marker with nothing to show leaves nothing.

    Raises ValueError for a claim that is not known.
    """
    shown = (_content(block, facts, labels) for block in sheet.blocks)
    return tuple(content for content in shown if content is not None)


def _content(block: Block, facts: ReminderFacts, labels: Labels) -> Content | None:
    if not isinstance(block, Marker):
        return block
    if block.name == "paiement":
        return tables.payment(facts, labels)
    if block.name == "signature":
        return tables.signature(facts, labels)
    return tables.named(block.name, facts, labels)

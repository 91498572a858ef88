"""What short texts cost and what stands in their way, said in the name of each creditor that has a door for them."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from relanced.channel import Form, TextLength, text_length
from relanced.config import Config, Creditor
from relanced.house import words_of
from relanced.premises.brief import letterhead
from relanced.rules.model import Road
from relanced.words import samples
from relanced.words.engine import Words
from relanced.words.errors import WordingError


def short_texts(config: Config) -> tuple[list[str], list[str]]:
    """A line for each wording of each creditor, and the faults: a text that cannot be said, or is too long."""
    lines, faults = [], []
    for creditor, wording, words in _wordings(config):
        name = f"short text {wording} of {creditor.key}"
        try:
            length = _longest(words, wording, creditor)
        except WordingError as error:
            faults += [f"{name}: {error}"] if not words.problems(wording, [Form.TEXT]) else []  # else told already
            continue
        lines.append(f"{name}: {_segments(length.segments)} ({length.units}, {length.alphabet})")
        door = config.door(creditor.key, Road.SMS)
        most = getattr(door.settings, "segments", None) if door else None
        if most is not None and length.segments > most:
            faults.append(f"{name}: {_segments(length.segments)}, and the channel allows {most}")
    return lines, faults


def _wordings(config: Config) -> Iterator[tuple[Creditor, str, Words]]:
    try:
        words = words_of(config)
    except WordingError:
        return  # told already
    for key, creditor in config.creditors.items():
        steps = [s for p in config.policies_of(key) for s in p.with_doors(frozenset(creditor.roads)).steps]
        for wording in dict.fromkeys(s.words for s in steps if Road.SMS in (*s.via, *s.also)):
            if words[key].exists(wording, Form.TEXT):
                yield creditor, wording, words[key]


def _longest(words: Words, wording: str, creditor: Creditor) -> TextLength:
    """Over the sample cases, but for the one that no real debtor resembles. Raises WordingError."""
    cases = [facts for name, facts in samples.cases(wording).items() if name != "hostile"]
    said = (words.text(wording, replace(facts, letterhead=letterhead(creditor))) for facts in cases)
    return max(map(text_length, said), key=lambda length: length.units)


def _segments(number: int) -> str:
    return f"{number} {'segment' if number == 1 else 'segments'}"

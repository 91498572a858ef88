"""What the short texts of a forecast would cost: each in the words it would have, counted in segments."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from relanced.channel import text_length
from relanced.flow.forecast.walk import Foreseen
from relanced.premises import Premises, brief
from relanced.rules.model import Road
from relanced.words.errors import WordingError

_REFERENCE = "00000-00000"  # as long as any


def with_segments(premises: Premises, seen: Iterable[Foreseen]) -> tuple[list[Foreseen], list[str]]:
    """The same messages, each short text with its segments in the note; and a line about all of them, if any."""
    told = [(one, _segments(premises, one) if one.road is Road.SMS else None) for one in seen]
    counted = [segments for _, segments in told if segments is not None]
    whole = [f"short texts: {len(counted)}, {_words(sum(counted))}"] if any(counted) else []
    return [one if n is None else replace(one, note=f"{_words(n)}; {one.note}".strip("; ")) for one, n in told], whole


def _segments(premises: Premises, one: Foreseen) -> int:
    """The segments of one text; 0 when it cannot be worded, which `check` tells."""
    key, step = one.case.facts.creditor, one.decision.step
    if step is None:
        return 0
    house = (premises.config.creditors[key], premises.letterheads[key], premises.rates)
    facts = brief(one.case, step, one.decision.lines, Road.SMS, _REFERENCE, "", one.day, *house)
    try:
        return text_length(premises.words[key].text(step.words, facts)).segments
    except WordingError:
        return 0


def _words(segments: int) -> str:
    return f"{segments} {'segment' if segments == 1 else 'segments'}" if segments else "cannot be worded: see check"

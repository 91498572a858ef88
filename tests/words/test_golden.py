"""Every wording, form and sample as a file that people read and review. RELANCED_GOLDEN=1 writes them anew."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from relanced.words import samples
from relanced.words.engine import Words
from relanced.words.facts import ReminderFacts

GOLDEN = Path(__file__).parent / "golden"


def mail(words: Words, wording: str, facts: ReminderFacts) -> str:
    worded = words.mail(wording, facts)
    return f"Objet : {worded.subject}\n\n{worded.text}"


def html(words: Words, wording: str, facts: ReminderFacts) -> str:
    return words.mail(wording, facts).html


def letter(words: Words, wording: str, facts: ReminderFacts) -> str:
    pages = PdfReader(BytesIO(words.letter(wording, facts).pdf)).pages
    return "\n----- page -----\n".join(page.extract_text() for page in pages) + "\n"


def text(words: Words, wording: str, facts: ReminderFacts) -> str:
    return words.text(wording, facts) + "\n"


def call(words: Words, wording: str, facts: ReminderFacts) -> str:
    return words.call(wording, facts)


Say = Callable[[Words, str, ReminderFacts], str]
PAPER = [wording for wording in samples.USUAL_DAYS if wording != "courtoisie"]
FORMS: list[tuple[Say, str, list[str], list[str]]] = [
    (mail, "txt", list(samples.USUAL_DAYS), list(samples.cases("relance-1"))),
    (html, "html", ["relance-1", "mise-en-demeure"], ["three", "hostile"]),
    (letter, "txt", PAPER, list(samples.cases("relance-1"))),
    (text, "txt", ["relance-1", "relance-2", "relance-ferme"], ["one", "three", "hostile"]),
    (mail, "txt", list(samples.DESK_WORDS), ["one", "three", "consumer", "hostile"]),
    (mail, "txt", ["offre"], ["public"]),
    (letter, "txt", list(samples.ON_PAPER), ["one", "three", "consumer", "hostile"]),
    (call, "txt", list(samples.CALLED_AFTER), ["one", "three", "consumer", "public", "hostile"]),
]


def every() -> Iterator[tuple[str, Say, str, str]]:
    for say, suffix, wordings, cases in FORMS:
        for wording in wordings:
            for case in cases:
                yield f"{wording}/{say.__name__}-{case}.{suffix}", say, wording, case


@pytest.mark.parametrize(("name", "say", "wording", "case"), [pytest.param(*it, id=it[0]) for it in every()])
def test_the_words_are_the_ones_that_were_reviewed(words: Words, name: str, say: Say, wording: str, case: str) -> None:
    file, now = GOLDEN / name, say(words, wording, samples.cases(wording)[case])
    if os.environ.get("RELANCED_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(now, "utf-8", newline="\n")
    assert file.read_text("utf-8") == now


def test_no_golden_file_is_left_over() -> None:
    """The words to our own people have their goldens beside these: `test_agenda`."""
    found = {str(file.relative_to(GOLDEN)) for file in GOLDEN.rglob("*.*") if file.parent.name != "matin"}
    assert found == {name for name, *_ in every()}

"""What our own people are written is said before they read it, every kind of task included."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import relanced
from relanced.words.agenda import AgendaWords, Entry
from relanced.words.engine import shipped_templates
from relanced.words.inside import KINDS, problems

_OPENED = re.compile(r'\b_?[Tt]ask\(\s*"([a-z -]+)"')
SHIPPED = shipped_templates()


def test_what_ships_has_no_problem() -> None:
    assert problems([SHIPPED]) == []


BROKEN = [
    ("matin/mail.j2", "Objet : {{ asks }}\n\nBonjour {{ persson }}.\n", "matin/mail.j2:3: 'persson' is undefined"),
    ("matin/mail.j2", "Bonjour.\n", "matin/mail.j2: a wording begins with"),
    ("lettres/mail.j2", "Objet : x\n\n{% if stopped %}{{ stoped }}{% endif %}\n", "lettres/mail.j2:3: 'stoped'"),
    ("phrases/taches.j2", '{% if one.kind == "lost" %}{{ onne }}{% endif %}x', "phrases/taches.j2:1: 'onne'"),
]


@pytest.mark.parametrize(("file", "text", "told"), BROKEN)
def test_a_fault_in_a_wording_is_told_once_with_its_line(tmp_path: Path, file: str, text: str, told: str) -> None:
    mine = tmp_path / "fr" / file
    mine.parent.mkdir(parents=True)
    mine.write_text(text, "utf-8")
    (problem,) = problems([tmp_path, SHIPPED])
    assert problem.startswith(told)


def test_every_kind_of_task_that_the_house_opens_has_words() -> None:
    room = Path(relanced.__file__).parent
    opened = {kind for file in room.rglob("*.py") for kind in _OPENED.findall(file.read_text("utf-8"))}
    assert {"uncertain", "insolvency", "not ours"} < opened <= set(KINDS)
    words = AgendaWords([SHIPPED])
    unsaid = words.task(Entry("", kind="something new"))
    assert [kind for kind in KINDS if words.task(Entry("", kind=kind)) == unsaid] == []

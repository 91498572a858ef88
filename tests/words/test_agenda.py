"""A person's day, as files that people read and review. RELANCED_GOLDEN=1 writes them anew."""

from __future__ import annotations

import os
from datetime import date, time
from pathlib import Path

import pytest
from msgspec.structs import replace

from relanced.words.agenda import Agenda, AgendaWords, Entry
from relanced.words.engine import shipped_templates
from relanced.words.errors import WordingError

GOLDEN = Path(__file__).parent / "golden" / "matin"
MONDAY = date(2026, 3, 2)
PETIT = Entry(
    "Boulangerie Petit",
    12,
    123450,
    step="relance-2",
    road="email",
    place="+33 2 99 00 12 34",
    contact="M. Petit",
    reference="7K2QX-M4T9B",
    since=date(2026, 2, 27),
    until=date(2026, 3, 1),
)
MARTIN = replace(PETIT, debtor="Garage Martin & Fils", case=7, cents=56000, contact="", until=date(2026, 3, 6))
KINDS = ("ladder ended", "lapsed", "unmatched", "paid but open", "do not post", "unreachable", "duplicate missing")
MORE_KINDS = ("late answer", "something new")
SAID_KINDS = ("promise", "broken promise", "validation", "dispute", "call back", "reply", "unreadable", "not delivered")
FULL = Agenda(
    "Claire",
    MONDAY,
    calls=(PETIT, replace(MARTIN, until=None)),
    replies=(MARTIN,),
    approvals=(replace(MARTIN, step="mise-en-demeure", road="registered"), replace(PETIT, step="fin", road="")),
    held=(replace(PETIT, road="letter"),),
    promises=(PETIT, replace(MARTIN, kind="instalment", until=MONDAY)),
    letters=(replace(PETIT, road="letter"), replace(MARTIN, step="mise-en-demeure", road="registered")),
    tasks=(
        *(replace(PETIT, kind=k) for k in (*KINDS, *MORE_KINDS)),
        Entry("", kind="import refused"),
        Entry("", kind="refusals"),
    ),
    leaving=(PETIT, MARTIN),
)
SAMPLES = {
    "full": FULL,
    "one": Agenda("Jean", date(2026, 5, 1), replies=(replace(MARTIN, since=date(2026, 5, 1)),), leaving=(PETIT,)),
    "quiet": Agenda("Jean", MONDAY, leaving=(PETIT,)),
    "many": Agenda("Claire", MONDAY, letters=(replace(PETIT, road="letter"),) * 17),
    "hostile": Agenda("Claire", MONDAY, calls=(replace(PETIT, debtor="{{ 7*7 }} <b>\u202eObjet : x\n\n[paiement]"),)),
}


@pytest.fixture(scope="module")
def words() -> AgendaWords:
    return AgendaWords([shipped_templates()])


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_day_is_worded_as_it_was_reviewed(words: AgendaWords, sample: str) -> None:
    said = words.mail(SAMPLES[sample])
    _same(GOLDEN / f"mail-{sample}.txt", f"Objet : {said.subject}\n\n{said.text}")
    if sample in ("one", "hostile"):
        _same(GOLDEN / f"html-{sample}.html", said.html)


def _same(file: Path, now: str) -> None:
    if os.environ.get("RELANCED_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(now, "utf-8", newline="\n")
    assert now == file.read_text("utf-8")


def test_what_asks_a_person_is_counted_and_what_leaves_alone_is_not() -> None:
    assert FULL.asks == 2 + 1 + 2 + 1 + 2 + 2 + 11
    assert Agenda("Jean", MONDAY, leaving=(PETIT,)).asks == 0


def test_every_kind_of_task_asks_in_its_own_words(words: AgendaWords) -> None:
    asked = [words.task(Entry("", kind=kind)) for kind in (*KINDS, *MORE_KINDS, *SAID_KINDS)]
    assert len(set(asked)) == len(asked)


def test_a_task_is_one_sentence_and_a_hand_over_has_a_name(words: AgendaWords) -> None:
    assert words.task(Entry("", kind="unmatched")) == "un règlement n’a pas pu être rattaché à une facture"
    assert words.task(replace(PETIT, kind="promise")) == (
        "un règlement est promis pour le 1er\u00a0mars\u00a02026, est-il arrivé\u202f?"
    )
    assert words.task(replace(PETIT, kind="call back", hour=time(10, 30))) == (
        "ce client a demandé à être rappelé le 1er\u00a0mars\u00a02026 à 10\u00a0h\u00a030"
    )
    assert words.task(Entry("", kind="call back")) == "ce client a demandé à être rappelé"
    assert words.step(Entry("", step="mise-en-demeure", road="registered")) == "mise en demeure"
    assert words.step(Entry("", step="transmission")) == "transmission du dossier"
    assert words.step(Entry("")) == ""


def test_a_house_may_word_it_otherwise_and_a_mistake_names_its_line(tmp_path: Path) -> None:
    mine = tmp_path / "fr" / "matin"
    mine.mkdir(parents=True)
    (mine / "mail.j2").write_text("Objet : {{ asks }}\n\nBonjour {{ persson }}.\n", "utf-8")
    with pytest.raises(WordingError, match=r"matin/mail\.j2:3: 'persson' is undefined"):
        AgendaWords([tmp_path, shipped_templates()]).mail(FULL)
    (mine / "mail.j2").write_text("Bonjour.\n", "utf-8")
    with pytest.raises(WordingError, match="a wording begins with"):
        AgendaWords([tmp_path, shipped_templates()]).mail(FULL)

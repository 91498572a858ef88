from __future__ import annotations

import pytest

from relanced.channel import Form
from relanced.words import samples
from relanced.words.engine import Words
from tests.words.conftest import Write

FORMS = {
    "courtoisie": (Form.MAIL,),
    "relance-1": (Form.MAIL, Form.PAPER, Form.TEXT),
    "relance-2": (Form.MAIL, Form.PAPER, Form.TEXT),
    "appel": (Form.CALL,),
    "relance-ferme": (Form.MAIL, Form.PAPER, Form.TEXT),
    "mise-en-demeure": (Form.MAIL, Form.PAPER),
}


@pytest.mark.parametrize("wording", FORMS)
def test_the_shipped_wordings_have_no_problem(words: Words, wording: str) -> None:
    assert all(words.exists(wording, form) for form in FORMS[wording])
    assert words.problems(wording, FORMS[wording]) == []


def test_a_wording_that_is_not_there_is_a_problem(words: Words) -> None:
    assert words.problems("courtoisie", [Form.TEXT]) == ["courtoisie/text: there is no wording for this form"]
    assert words.problems("inconnue", [Form.MAIL]) == ["inconnue/mail: there is no wording for this form"]


def test_each_fault_is_told_once_with_file_and_line(write: Write, mine: Words) -> None:
    write("relance-1/mail.j2", "Objet : x\n\n{% if facts.consumer %}\n{{ facts.nothing }}\n{% endif %}\nBonjour,")
    (problem,) = mine.problems("relance-1", [Form.MAIL])
    assert problem.startswith("relance-1/mail.j2:4: ")


@pytest.mark.parametrize(
    "said", ["https://x.example", "www.x.example", "{{ letterhead.iban }}", "FR76 3000 6000 0112 3456"]
)
def test_a_short_text_with_a_link_or_an_iban_is_a_problem(write: Write, mine: Words, said: str) -> None:
    write("own/text.j2", f"Merci de régler : {said}")
    assert mine.problems("own", [Form.TEXT]) == ["own/text.j2: a short text carries no IBAN and no link"]


def test_the_samples_cover_what_can_go_wrong() -> None:
    cases = samples.cases("mise-en-demeure")
    assert {len(facts.lines) for facts in cases.values()} >= {1, 3, 60}
    assert {facts.segment.value for facts in cases.values()} == {"business", "consumer", "public"}
    assert samples.cases("relance-ferme")["three"].absorbed
    assert not cases["three"].absorbed
    assert not any(facts.claim for facts in samples.cases("courtoisie").values())

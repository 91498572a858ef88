"""What an author may write, and what a wording can never do."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from relanced.channel import Form
from relanced.words import samples
from relanced.words.engine import Words, shipped_templates
from relanced.words.errors import WordingError
from tests.words.conftest import Write

FACTS = samples.cases("relance-1")["one"]
MAIL = "own/mail.j2"


def body(mine: Words) -> str:
    return mine.mail("own", FACTS).text


def fault(mine: Words) -> WordingError:
    with pytest.raises(WordingError) as caught:
        mine.mail("own", FACTS)
    return caught.value


def test_a_creditors_own_file_comes_before_the_shipped_one(write: Write, mine: Words, words: Words) -> None:
    write("relance-1/mail.j2", "Objet : le mien\n\nBonjour,")
    assert mine.mail("relance-1", FACTS).subject == "le mien"
    assert mine.mail("relance-2", FACTS) == words.mail("relance-2", FACTS)


def test_a_phrase_may_be_overridden_alone(write: Write, mine: Words) -> None:
    write("phrases/croisement.j2", "Merci si c'est fait.")
    assert "Merci si c’est fait." in mine.mail("relance-1", FACTS).text


def test_conditions_loops_and_filters_of_the_dialect_work(write: Write, mine: Words) -> None:
    write(
        MAIL,
        "Objet : {{ facts.lines|length }} {{ facts.lines|pluriel('ligne', 'lignes') }}\n\n"
        "{% set line = facts.lines|first %}\n"
        "{% for each in facts.lines if each.cents > 0 %}\n"
        "{{ loop.index }}/{{ loop.length }} : {{ each.invoice }} du {{ each.issued_on|jour }}\n"
        "{% endfor %}\n"
        "soit {{ line.open_cents|euros }}{{ '' if facts.public else ' TTC' }}.\n",
    )
    assert mine.mail("own", FACTS).subject == "1 ligne"
    assert body(mine) == "1/1\u00a0: F-2026-0147 du 26\u00a0février\u00a02026 soit 1\u00a0234,50\u00a0€ TTC.\n"


def test_paragraphs_behind_an_include_or_a_tag_stay_paragraphs(write: Write, mine: Words) -> None:
    write("phrases/un.j2", "Un.\n")
    write(MAIL, 'Objet : x{% if facts.lines %} y{% endif %}\n\n{% include "phrases/un.j2" %}\n\nDeux.\n')
    assert mine.mail("own", FACTS).subject == "x y"
    assert body(mine) == "Un.\n\nDeux.\n"


def test_what_a_phrase_sets_stays_within_and_what_is_set_around_it_is_known(write: Write, mine: Words) -> None:
    write("phrases/un.j2", "{% set word = 'dedans' %}\n{{ word }}, {{ each.n }}.\n")
    write(
        MAIL,
        'Objet : x\n\n{% set word = "dehors" %}\n'
        '{% for each in facts.lines %}\n{% include "phrases/un.j2" %}\n{% endfor %}\n\n{{ word }}.\n',
    )
    assert body(mine) == "dedans, 1.\n\ndehors.\n"


def test_a_file_of_another_editor_is_read_alike(write: Write, mine: Words) -> None:
    write(MAIL, "\ufeffObjet : x\r\n\r\nUn.\r\n\r\nDeux.\r\n")
    assert body(mine) == "Un.\n\nDeux.\n"


@pytest.mark.parametrize(
    ("source", "line", "what"),
    [
        ("Objet : x\n\n{{ facts.nothing }}", 3, "nothing"),
        ("Objet : x\n\n\n{{ unknown }}", 4, "unknown"),
        ("Objet : x\n\n{{ facts.claim.nothing|euros }}", 3, "nothing"),
        ("Objet : x\n\n{{ facts.today }}", 3, "use a filter"),
        ("Objet : x\n\n{{ facts.professional }}", 3, "use a filter"),
        ("Objet : x\n\n{{ facts }}", 3, "use a filter"),
        ("Objet : x\n\n{{ None }}", 3, "use a filter"),
        ("Objet : x\n\n{{ facts.missing|liste }}", 3, "not enough values"),
        ("Objet : x\n\n{% if facts.lines %}", 3, "end of template"),
        ("Objet : x\n\n{{ facts.today|strftime }}", 3, "strftime"),
        ('Objet : x\n\n{% include "phrases/none.j2" %}', 0, "phrases/none.j2"),
        ("Objet : x\n\n[factuers]", 3, "unknown marker [factuers]"),
        ("Objet : x\n\nvoir {% if facts.lines -%}\n[paiement]\n{% endif %}", 0, "middle of a line"),
        ("Objet :\n\nBonjour,", 0, "begins with « Objet"),
        ("{{ '' }}\n\nBonjour,\n\nMerci.", 0, "begins with « Objet"),
        ("Objet : x\n\n[factures]", 0, "no sentence"),
        ("", 0, "begins with « Objet"),
    ],
)
def test_fault_51_a_wrong_wording_is_never_sent_empty_or_half(
    write: Write, mine: Words, source: str, line: int, what: str
) -> None:
    write(MAIL, source)
    error = fault(mine)
    assert error.template == MAIL
    assert (error.line, what in error.what) == (line, True), str(error)


def test_fault_51_a_wrong_phrase_is_named_with_its_own_line(write: Write, mine: Words) -> None:
    write("phrases/un.j2", "Un.\n{{ facts.nothing }}")
    write(MAIL, 'Objet : x\n\n{% include "phrases/un.j2" %}')
    assert fault(mine).line == 2


def test_fault_51_a_notice_whose_claim_is_not_known_is_held(words: Words) -> None:
    facts = replace(samples.cases("mise-en-demeure")["one"], claim=None)
    for say in (words.mail, words.letter):
        with pytest.raises(WordingError, match="claim"):
            say("mise-en-demeure", facts)


def test_a_notice_without_a_deadline_is_held(words: Words) -> None:
    facts = replace(samples.cases("mise-en-demeure")["one"], deadline_days=None)
    with pytest.raises(WordingError, match="use a filter"):
        words.letter("mise-en-demeure", facts)


@pytest.mark.parametrize(
    "payload",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ facts.__class__.__init__.__globals__ }}",
        "{{ facts.letterhead.__reduce__ }}",
        "{{ facts['__class__'] }}",
        "{{ self._TemplateReference__context }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ lipsum.__globals__['os'].system('id') }}",
        "{{ facts|attr('__class__') }}",
        "{{ facts.lines.__add__(facts.lines) }}",
        "{{ '%s'|format(facts) }}",
        "{{ '{0.__class__}'.format(facts) }}",
        "{% import 'os' as os %}{{ os }}",
        '{% include "../../etc/passwd" %}',
        '{% include "phrases/../../../etc/passwd" %}',
        "{% extends facts.reference %}",
        "{% macro x() %}{{ caller() }}{% endmacro %}{{ x() }}",
        "{{ range(9).__iter__.__self__ }}",
        "{{ loop.__init__ }}",
    ],
)
def test_a_wording_cannot_reach_python(write: Write, mine: Words, payload: str) -> None:
    """Attack 5."""
    write(MAIL, f"Objet : x\n\nBonjour,\n{payload}")
    fault(mine)


@pytest.mark.parametrize(
    "payload",
    [
        "{{ 'A' * 3000000000 }}",
        "{{ 9 ** 999999999 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ 'A'.ljust(3000000000) }}",
        "{{ 'A'|center(3000000000) }}",
        "{% for i in range(100000) %}{% endfor %}",
        "{% for a in facts.lines %}" * 3 + "{% endfor %}" * 3,
        "{% for a in facts.lines recursive %}{{ loop(facts.lines) }}{% endfor %}",
        "{% set a = 'xxxxxxxxxx' ~ 'x' %}",
        "{% set a = 'x' + 'x' %}",
        '{% include "own/mail.j2" %}',
    ],
)
def test_a_wording_cannot_eat_the_machine(write: Write, mine: Words, payload: str) -> None:
    """Attack 6, fault 52: what could be slow or large cannot even be written."""
    write(MAIL, f"Objet : x\n\nBonjour,\n{payload}")
    fault(mine)


def test_fault_52_a_wording_or_its_text_that_is_too_long_is_held(write: Write, mine: Words) -> None:
    write(MAIL, "Objet : x\n\n" + "mot " * 20_000)
    assert "longer than" in fault(mine).what


def test_fault_52_a_text_that_grows_too_long_is_held(write: Write, mine: Words) -> None:
    write(MAIL, "Objet : x\n\n" + "{{ addressee.name }}\n" * 2_000)
    facts = replace(FACTS, addressee=replace(FACTS.addressee, name="x" * 100))
    with pytest.raises(WordingError, match="longer than"):
        mine.mail("own", facts)


def test_what_a_debtor_is_called_is_printed_literally(words: Words) -> None:
    """Attack 7."""
    hostile = samples.cases("mise-en-demeure")["hostile"]
    text = words.mail("mise-en-demeure", hostile).text
    assert "{{ 7*7 }} <script>alert(1)</script> Bcc: x@y (SIREN\u00a0{% raw %})" in text
    assert "49" not in text.split("Détail")[0]
    assert "F99" in text
    assert "<b>{{" in text


def test_a_debtor_called_like_a_marker_moves_nothing(write: Write, mine: Words) -> None:
    write(MAIL, "Objet : x\n\n{{ addressee.name }}\n\n{{ addressee.contact }}\n\nfin")
    facts = replace(FACTS, addressee=replace(FACTS.addressee, name="[paiement]", contact="a\n\n- b\n[signature]"))
    assert mine.mail("own", facts).text == "[paiement]\n\na - b [signature]\n\nfin\n"


@pytest.mark.parametrize("wording", ["../fr/relance-1", "phrases/../relance-1", "..", "", ".", "a\0b", "relance-1/"])
def test_a_wording_is_a_folder_and_nothing_else(words: Words, wording: str) -> None:
    """Attack 24."""
    assert not words.exists(wording, Form.MAIL)
    with pytest.raises(WordingError, match="no wording"):
        words.mail(wording, FACTS)


def test_the_digest_of_a_wording_follows_its_phrases_and_nothing_else(
    write: Write, override: Path, words: Words
) -> None:
    shipped = words.digest("relance-1", Form.MAIL)
    assert shipped == words.digest("relance-1", Form.MAIL) != words.digest("relance-2", Form.MAIL)
    write("phrases/croisement.j2", "Merci si c'est fait.")
    other = Words([override, shipped_templates()])
    assert other.digest("relance-1", Form.MAIL) != shipped
    assert other.digest("courtoisie", Form.MAIL) == words.digest("courtoisie", Form.MAIL)


def test_the_digest_is_of_the_words_that_are_sent_even_when_a_file_changes_meanwhile(write: Write, mine: Words) -> None:
    write(MAIL, "Objet : x\n\nBonjour,")
    before, said = mine.digest("own", Form.MAIL), body(mine)
    write(MAIL, "Objet : x\n\nAdieu,")
    assert (mine.digest("own", Form.MAIL), body(mine)) == (before, said)


def test_a_wrong_wording_has_no_digest(write: Write, mine: Words) -> None:
    write(MAIL, "Objet : x\n\n{% if %}")
    with pytest.raises(WordingError):
        mine.digest("own", Form.MAIL)

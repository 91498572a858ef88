"""How a mail is laid out, in text and in HTML."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from msgspec.structs import replace

from relanced.words import samples
from relanced.words.engine import Words
from relanced.words.facts import ReminderFacts
from relanced.words.layout_text import WIDTH, as_text, wrapped
from relanced.words.tables import Row, Table

EVERY = [
    pytest.param(wording, facts, id=f"{wording}-{name}")
    for wording in samples.USUAL_DAYS
    for name, facts in samples.cases(wording).items()
]
VOID = {"meta", "br"}


class Document(HTMLParser):
    """Reads a document and checks on the way that every element is closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for seen, attrs in self.seen if seen == tag]


@pytest.mark.parametrize(("wording", "facts"), EVERY)
def test_no_line_of_a_text_is_wider_than_76_columns(words: Words, wording: str, facts: ReminderFacts) -> None:
    assert max(map(len, words.mail(wording, facts).text.split("\n"))) <= WIDTH


def test_figures_that_leave_no_room_keep_twelve_columns_for_the_words() -> None:
    sum_ = "123 456 789 012 345,00 €"
    table = Table(
        "Décompte", ("Poste", "Dû", "Payé", "Reste"), 1, 3, (Row(("Intérêts de retard", *[sum_] * 3)),), ("", sum_)
    )
    rows = as_text((table,)).split("\n")
    assert [row[:12].rstrip() for row in rows[4:6]] == ["Intérêts de", "retard"]


@pytest.mark.parametrize(("wording", "facts"), EVERY)
def test_the_subject_is_one_clean_line(words: Words, wording: str, facts: ReminderFacts) -> None:
    """Attack 1."""
    subject = words.mail(wording, facts).subject
    assert subject == subject.strip()
    assert not any(ord(c) < 32 or c in "\u2028\u2029\u202e" for c in subject)


@pytest.mark.parametrize(("wording", "facts"), EVERY)
def test_the_html_is_accessible_and_fetches_nothing(words: Words, wording: str, facts: ReminderFacts) -> None:
    document = Document(words.mail(wording, facts).html)
    assert not document.open
    assert document.all("html") == [{"lang": "fr"}]
    assert {tag for tag, _ in document.seen} <= {
        *("html", "head", "meta", "title", "body", "div", "p", "br", "ul", "li", "a", "span"),
        *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
    }
    assert all(th.get("scope") in ("col", "row") for th in document.all("th"))
    assert len(document.all("table")) == len(document.all("caption"))
    assert [a["href"] for a in document.all("a")] == ["mailto:compta@atelier-dubois.example"]
    assert not any(key in ("src", "onclick", "background") for _, attrs in document.seen for key in attrs)


def test_everything_typed_is_escaped(words: Words) -> None:
    """Attack 8."""
    html = words.mail("mise-en-demeure", samples.cases("mise-en-demeure")["hostile"]).html
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<b>" not in html


def test_the_text_and_the_html_say_the_same(words: Words) -> None:
    mail = words.mail("relance-2", samples.cases("relance-2")["three"])
    for said in ("F-2026-0151", "750,25\u00a0€", "2\u00a0984,75\u00a0€", "10\u00a0j", "4500123987", "R-2026-0314"):
        assert said in mail.text
        assert said in mail.html


def test_a_mail_knows_only_the_no_break_space_that_every_reader_has(words: Words) -> None:
    mail = words.mail("mise-en-demeure", samples.cases("mise-en-demeure")["three"])
    assert "\u202f" not in mail.subject + mail.text + mail.html


def test_the_payment_names_iban_amount_and_reference(words: Words) -> None:
    text = words.mail("relance-1", samples.cases("relance-1")["three"]).text
    payment = text.split("Règlement par virement")[1]
    assert "FR76 3000 6000 0112 3456 7890 189" in payment
    assert "2\u00a0984,75\u00a0€" in payment
    assert "Référence à rappeler\u00a0: R-2026-0314" in payment


def test_bank_details_are_called_unchanged_only_when_they_are(words: Words) -> None:
    facts = samples.cases("relance-1")["one"]
    assert "n’ont pas changé" in words.mail("relance-1", facts).text
    changed = replace(facts, bank_details_unchanged=False)
    assert "n’ont pas changé" not in words.mail("relance-1", changed).text


def test_a_creditor_without_iban_asks_for_the_agreed_means(words: Words) -> None:
    facts = samples.cases("relance-1")["one"]
    cash = replace(facts, letterhead=replace(facts.letterhead, iban="", bic=""))
    mail = words.mail("relance-1", cash)
    assert "IBAN" not in mail.text + mail.html
    assert "par le moyen convenu, en rappelant la référence R-2026-0314" in mail.html


def test_another_currency_is_named_by_its_code(words: Words) -> None:
    facts = samples.cases("relance-1")["one"]
    swiss = replace(facts, lines=tuple(replace(line, currency="CHF") for line in facts.lines))
    assert "1\u00a0234,50\u00a0CHF" in words.mail("relance-1", swiss).text


def test_a_reminder_speaks_of_one_currency_and_of_something() -> None:
    facts = samples.cases("relance-1")["three"]
    with pytest.raises(ValueError, match="one currency"):
        replace(facts, lines=(facts.lines[0], replace(facts.lines[1], currency="CHF")))
    with pytest.raises(ValueError, match="at least one line"):
        replace(facts, lines=())


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("un deux trois", ["un deux", "trois"]),
        ("undeuxtroisquatre", ["undeuxtroi", "squatre"]),
        ("un deuxtroisquatre", ["un", "deuxtroisq", "uatre"]),
        ("un\u00a0deux\u00a0x trois", ["un\u00a0deux\u00a0x", "trois"]),
    ],
)
def test_lines_break_at_plain_spaces(text: str, lines: list[str]) -> None:
    assert list(wrapped(text, 10)) == lines

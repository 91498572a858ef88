"""The door of `words`: a wording's name and the facts in, finished texts and pages out, or a `WordingError`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from itertools import product
from pathlib import Path

from msgspec import Struct

from relanced.channel import Form, forbidden_in_text, gsm_text
from relanced.words import samples
from relanced.words.blocks import Marker, Paragraph, Sheet, paragraphs, sheet
from relanced.words.dialect import Dialect, find
from relanced.words.errors import WordingError
from relanced.words.facts import ReminderFacts
from relanced.words.labels import Labels
from relanced.words.layout import contents
from relanced.words.layout_html import as_html
from relanced.words.layout_text import as_text
from relanced.words.pages import DL, Press, Window
from relanced.words.postal import postal_lines
from relanced.words.typography import NARROW, NBSP, clean

LABELS = "layout/labels.toml"
LAYOUT = "layout/letter.typ"
_BLANK_LINE = re.compile(r"\n(?:[ \t]*\n)+")
_FILES = {Form.MAIL: ("mail",), Form.PAPER: ("letter", "mail"), Form.TEXT: ("text",), Form.CALL: ("call",)}


class MailWords(Struct, frozen=True):
    """An e-mail: one line of subject, plain text with LF, an HTML document."""

    subject: str
    text: str
    html: str


class LetterWords(Struct, frozen=True):
    """A letter: its subject, the address as printed (NF Z10-011), the PDF and its number of pages.

    `missing_glyphs` are characters that no font has and that the page shows as « ? »: such a letter is held.
    """

    title: str
    address: tuple[str, ...]
    pdf: bytes
    pages: int
    missing_glyphs: tuple[str, ...] = ()


def shipped_templates() -> Path:
    """The wordings that come with relanced: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    return next(folder for folder in (package / "templates", package.parent / "templates") if folder.is_dir())


class Words:
    """Words reminders from folders of templates (``<folder>/<language>/<wording>/<form>.j2``, first folder first).

    Files are read and compiled once. Safe to use from several threads.
    """

    def __init__(self, folders: Sequence[Path], language: str = "fr", window: Window = DL) -> None:
        spoken = self._folders = tuple(folder / language for folder in folders)
        self._labels = Labels.read(_file(spoken, LABELS).read_text("utf-8"))
        self._dialect = Dialect(spoken, self._labels)
        self._found: dict[tuple[str, Form], str | None] = {}
        self._press = Press(_file(spoken, LAYOUT), self._labels, window)

    def exists(self, wording: str, form: Form) -> bool:
        """Whether this wording can be said in this form; a letter may borrow the words of the mail."""
        return self._find(wording, form) is not None

    def digest(self, wording: str, form: Form) -> str:
        """A short name for the words of a wording in a form: an approval binds it. Raises WordingError."""
        return self._dialect.digest(self._name(wording, form))

    def fingerprint(self) -> str:
        """A short name for every file these words may use: it changes when one of them is edited, made or removed.

        Raises WordingError for a file that cannot be read.
        """
        told = hashlib.sha256()
        for place, folder in enumerate(self._folders):
            for path in sorted(p for p in folder.rglob("*") if p.is_file()):
                told.update(f"{place}\0{path.relative_to(folder)}\0".encode())
                told.update(hashlib.sha256(_content(path)).digest())
        return told.hexdigest()

    def mail(self, wording: str, facts: ReminderFacts, subject: str = "") -> MailWords:
        """An e-mail, under a subject of its own or that of its wording. Raises WordingError."""
        name = self._name(wording, Form.MAIL)
        with _blaming(name):
            page = self._sheet(name, Form.MAIL, facts)
            below = contents(page, facts, self._labels)
        title = clean(subject) or page.subject
        return MailWords(title.replace(NARROW, NBSP), as_text(below), as_html(title, below))

    def reply(self, subject: str, body: str, facts: ReminderFacts) -> MailWords:
        """A person's own words as an e-mail, line by line as they typed them, signed as the creditor signs."""
        parts = (map(clean, part.strip("\n").split("\n")) for part in _BLANK_LINE.split(body) if part.strip())
        said = [Paragraph("\n".join(lines)) for lines in parts]
        with _blaming("reponse"):
            below = contents(Sheet(subject, (*said, Marker("signature"))), facts, self._labels)
        return MailWords(clean(subject), as_text(below), as_html(clean(subject), below))

    def letter(self, wording: str, facts: ReminderFacts) -> LetterWords:
        """A letter, without its enclosures. Raises WordingError, also for an address that fits no envelope."""
        name, to = self._name(wording, Form.PAPER), facts.addressee
        with _blaming(name):
            page = self._sheet(name, Form.PAPER, facts)
            address = postal_lines(clean(to.name), clean(to.contact), tuple(map(clean, to.address)))
            pdf, missing = self._press.render_letter(page, facts, address)
        return LetterWords(page.subject, address, pdf, _pages(pdf), missing)

    def text(self, wording: str, facts: ReminderFacts) -> str:
        """A short text in the GSM alphabet where French allows. Raises WordingError, also for an IBAN or a link."""
        name = self._name(wording, Form.TEXT)
        said = gsm_text(paragraphs(self._filled(name, Form.TEXT, facts)))
        if not said:
            raise WordingError(name, 0, "the text is empty")
        if forbidden_in_text(said):
            raise WordingError(name, 0, "a short text carries no IBAN and no link")
        return said

    def call(self, wording: str, facts: ReminderFacts) -> str:
        """What a person who phones reads: a title, a blank line, the script with its facts. Raises WordingError."""
        name = self._name(wording, Form.CALL)
        with _blaming(name):
            page = self._sheet(name, Form.CALL, facts)
            below = contents(page, facts, self._labels)
        return f"{page.subject}\n\n{as_text(below)}"

    def problems(self, wording: str, forms: Iterable[Form]) -> list[str]:
        """What is wrong with a wording: every form is said over every sample, each fault told once."""
        say: dict[Form, Callable[[str, ReminderFacts], object]] = {
            Form.MAIL: self.mail,
            Form.PAPER: self.letter,
            Form.TEXT: self.text,
            Form.CALL: self.call,
        }
        found: dict[str, None] = {}
        for form, facts in product(forms, samples.cases(wording).values()):
            try:
                say[form](wording, facts)
            except WordingError as error:
                found[str(error)] = None
        return list(found)

    def _sheet(self, name: str, form: Form, facts: ReminderFacts) -> Sheet:
        """The blocks of a file that is filled in; never an empty subject or a body without a sentence."""
        page = sheet(self._filled(name, form, facts))
        if not any(isinstance(block, Paragraph) for block in page.blocks):
            raise WordingError(name, 0, "there is no sentence below the subject")
        return page

    def _filled(self, name: str, form: Form, facts: ReminderFacts) -> str:
        known = {"facts": facts, "letterhead": facts.letterhead, "addressee": facts.addressee, "form": form.value}
        return self._dialect.fill(name, known)

    def _name(self, wording: str, form: Form) -> str:
        name = self._find(wording, form)
        if name is None:
            raise WordingError(f"{wording}/{form.value}", 0, "there is no wording for this form")
        return name

    def _find(self, wording: str, form: Form) -> str | None:
        """The file of a wording, looked for once."""
        if (wording, form) not in self._found:
            names = (f"{wording}/{stem}.j2" for stem in _FILES.get(form, ()))
            known = (name for name in names if "/" not in wording and self._dialect.has(name))
            self._found[wording, form] = next(known, None)
        return self._found[wording, form]


def _pages(pdf: bytes) -> int:
    from pypdf import PdfReader  # a tenth of a second, which nobody needs to start

    return len(PdfReader(BytesIO(pdf)).pages)


def _file(folders: Sequence[Path], name: str) -> Path:
    """A file every set of templates needs."""
    found = find(folders, name)
    if found is None:
        raise WordingError(name, 0, "no folder of templates has this file")
    return found


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WordingError(str(path), 0, str(error.strerror)) from error


@contextmanager
def _blaming(name: str) -> Iterator[None]:
    """A value the layout cannot show is the fault of this wording and these facts."""
    try:
        yield
    except ValueError as error:
        raise WordingError(name, 0, str(error)) from error

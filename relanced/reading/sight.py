"""What a reader of a message sees, in plain text, and the person's own words in it."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from relanced.reading.message import Part
from relanced.reading.pages import text_of_page
from relanced.reading.words import Words, own_words

_MOST_READ = 512 * 1024  # characters of all texts of a message together
_MOST_TEXTS = 20
_LETTERS = ("message/rfc822", "message/global")
_ONE_OF = ("multipart/related", "multipart/signed", "multipart/report", "multipart/encrypted")  # the first part counts
_NO_PROSE = ("text/calendar", "text/csv", "text/css", "text/x-amp-html", "text/vcard", "text/x-vcard", "text/directory")


class Sight(Struct, frozen=True):
    """All the text, and the person's own words in it."""

    text: str
    words: Words


def sight_of(message: Part) -> Sight:
    """The texts of a message one after the other, then the letters attached to it: somebody passes those on."""
    return _Eyes().look(message)


def letters_in(message: Part) -> list[Part]:
    """The messages that somebody attached to a letter; what a machine returns is none."""
    if message.type == "multipart/report":
        return []
    return [part.parts[0] for part in message.walk() if part.type in _LETTERS and part.parts][:_MOST_TEXTS]


class _Eyes(Struct):
    """Read until they are tired: `room` characters more."""

    room: int = _MOST_READ

    def look(self, message: Part) -> Sight:
        subject = message.headers.text("subject")
        seen = [self._seen(plain, page, subject) for plain, page in _texts(message)[:_MOST_TEXTS]]
        seen += [self._passed_on(letter) for letter in letters_in(message)]
        return Sight("\n\n".join(sight.text for sight in seen), _together([sight.words for sight in seen]))

    def _seen(self, plain: str, page: str, subject: str) -> Sight:
        """The plain text, unless the page alone holds words of the person's."""
        plain = plain[: max(0, self.room)]
        self.room -= len(plain)
        words = own_words(plain, subject)
        if not page or words.text or self.room <= 0:
            return Sight(plain, words)
        text = text_of_page(page, self.room)
        self.room -= len(page)
        return Sight(text, own_words(text, subject))

    def _passed_on(self, letter: Part) -> Sight:
        sight = self.look(letter)
        return replace(sight, words=replace(sight.words, forwarded_from=letter.headers.address("from")))


def _together(words: list[Words]) -> Words:
    return Words(
        "\n\n".join(filter(None, (w.text for w in words))),
        "\n\n".join(filter(None, (w.said for w in words))),
        next(filter(None, (w.forwarded_from for w in words)), ""),
        any(w.unsure for w in words),
    )


def _texts(part: Part) -> list[tuple[str, str]]:
    """What a reader sees, in order: each a plain text and the page that says the same, one of them may be empty."""
    if part.attached or part.type in _NO_PROSE:
        return []
    if part.type == "text/html":
        return [("", part.text())]
    if part.type == "text/plain" or (part.type.startswith("text/") and not part.name):
        return [(part.text(), "")]
    if not part.type.startswith("multipart/"):
        return []
    if not part.parts:  # its boundary is lost: better all of it than nothing
        return [(part.text(), "")]
    if part.type in _ONE_OF:
        return _texts(part.parts[0])
    pairs = [pair for child in part.parts for pair in _texts(child)]
    if part.type != "multipart/alternative":
        return pairs
    return [("\n\n".join(plain for plain, _ in pairs if plain), "\n".join(page for _, page in pairs if page))]

"""A person's own words, cut out of quotations and signatures, line by line in linear time.

Losing a word of the person is worse than keeping a footer: where it is not clear whose words they are, they stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from relanced.reading.breaks import Break, break_at, is_forward, plain
from relanced.reading.flat import any_of
from relanced.reading.marks import mentions

_QUOTED = re.compile(r" {0,2}>")
_SIGNATURE = "-- "  # RFC 3676 §4.3; a line of dashes without the space may part two paragraphs
_MOST_SIGNED = 12  # lines that a signature may have
_MOST_READ = 2000  # lines in which an intent is looked for
_DEVICE = (
    r"(?:iphone|ipad|mobile|smartphone|telephone|phone|portable|tablette|appareil|android|samsung|galaxy|huawei|xiaomi"
    r"|blackberry|outlook|windows|courrier|apple|yahoo|gmail|proton|mail|orange|sfr|bouygues|free|bluemail)"
)
_PROGRAM = re.compile(
    r"(?:envoye (?:de|depuis|avec|via|a partir de?)|sent (?:from|with|via)|(?:get|obtenir|obtenez|telecharge[rz])"
    r"|provenance ?:)[ ']?(?:mon |ma |my |l'|la |le |the |un |an )?(?:application |appli |messagerie |app )?"
    rf"{_DEVICE}\w*(?: [\w()/-]+){{0,6}}\.?(?: ?<?https?://\S+>?)?|<?https?://aka\.ms/\w+>?"
)
_LEGAL = any_of(
    r"(?:ce|le present) (?:message|courriel|mail|e-mail)\b.{0,200}confidenti",
    r"(?:this (?:e-?mail|message)|the information (?:contained|in this))\b.{0,200}(?:confidential|privileged)",
    r"(?:pensez|avant d'imprimer|merci de penser).{0,60}(?:environnement|imprim)|please consider the environment",
)
_BELOW = any_of(
    r"ci-?dessous|plus bas|dans (?:le|votre) (?:texte|mail|message|corps)",
    r"en (?:rouge|bleu|vert|gras|couleur)|in (?:red|blue|the text)",
    r"below|inline",
)
_FAREWELL = re.compile(
    r"(?:(?:bien |tres )?(?:cordialement|cdlt|cdt)|amicalement|respectueusement|bien a (?:vous|toi)"
    r"|(?:sinceres? |meilleures )?salutations?|(?:best |kind |warm )?regards|sincerely|yours (?:sincerely|truly)"
    r"|(?:bonne|excellente|belle) (?:journee|soiree|reception|fin de \w+|semaine))(?: a (?:vous|tous))?\W*"
)
_POSTSCRIPT = re.compile(r"\s*p\.? ?s\b", re.IGNORECASE)


class Words(Struct, frozen=True):
    """What a person wrote, what of it an intent may rest on (`said`), whose mail they pass on."""

    text: str = ""
    said: str = ""
    forwarded_from: str = ""
    unsure: bool = False  # own words and quoted ones cannot be told apart


def own_words(text: str, subject: str = "") -> Words:
    """Cut a plain text, lines ending in a line feed. Of a forward, what is passed on stays."""
    return _Reader(text.split("\n"), forward=is_forward(subject)).read()


class _Reader:
    """Goes through the lines once. `own`: what is kept, `quoted`: what is left out."""

    def __init__(self, lines: Sequence[str], *, forward: bool) -> None:
        self._lines, self._forward = lines, forward
        self._own: list[str] = []
        self._quoted: list[str] = []
        self._above = 0  # how many of the kept lines stand above what is passed on
        self._origin = ""
        self._passed, self._unsure, self._worded = False, False, False

    def read(self) -> Words:
        at = 0
        while at < len(self._lines):
            line = self._lines[at]
            if _QUOTED.match(line):
                self._quoted.append(line)
                at += 1
            elif found := break_at(self._lines, at):
                at = self._beyond(found)
            elif line == _SIGNATURE and self._worded:
                at = self._after_signature(at)
            else:
                self._keep(line.rstrip())
                at += 1
        if self._forward and not self._passed:  # passed on as a quotation
            self._passed, self._above = True, len(self._own)
            self._own += self._quoted
        return self._words()

    def _keep(self, line: str) -> None:
        self._own.append(line)
        self._worded = self._worded or any(c.isalnum() for c in line)

    def _beyond(self, found: Break) -> int:
        """Where to go on behind a break: at its end, or behind everything."""
        if (found.passed_on or self._forward) and not self._passed:
            self._passed, self._above, self._origin = True, len(self._own), found.writer
            return found.end
        following = next((line for line in self._lines[found.end : found.end + 6] if line.strip()), "")
        if _QUOTED.match(following):
            return found.end
        if not self._worded or _BELOW.search(plain(" ".join(line[:200] for line in self._own[-40:])[-500:])):
            self._unsure, self._above = True, self._above if self._passed else len(self._own)
            self._passed = True
            return found.end
        self._quoted += self._lines[found.end :]
        return len(self._lines)

    def _after_signature(self, at: int) -> int:
        """Where the signature ends: at the next quotation or with the text; what is too long for one is kept."""
        for n in range(at + 1, min(at + 2 + _MOST_SIGNED, len(self._lines))):
            if _QUOTED.match(self._lines[n]) or break_at(self._lines, n):
                return n
        return len(self._lines) if len(self._lines) <= at + 2 + _MOST_SIGNED else at + 1

    def _words(self) -> Words:
        split = self._above if self._passed else len(self._own)
        above, below = _without_footers(self._own[:split]), _without_footers(self._own[split:])
        said = _before_farewell(above)
        if not self._unsure and mentions("\n".join(below)) < 2:
            said = f"{said}\n{_before_farewell(below)}"
        text = "\n".join([*above, *below])
        return Words(_tidy(text), _tidy(said), self._origin, self._unsure)


def _without_footers(lines: Sequence[str]) -> list[str]:
    """Without « Envoyé de mon iPhone » and without the paragraph about confidentiality."""
    kept: list[str] = []
    legal = False
    for line in lines:
        bare = plain(line)
        legal = bool(bare) and (legal or bool(_LEGAL.match(bare)))
        if not legal and not _PROGRAM.fullmatch(bare):
            kept.append(line)
    return kept


def _before_farewell(lines: Sequence[str]) -> str:
    """What stands above « Cordialement », and the postscript: names and titles below it mean nothing."""
    lines = lines[:_MOST_READ]
    for at, line in enumerate(lines):
        if len(line) < 80 and _FAREWELL.fullmatch(plain(line)) and any(above.strip() for above in lines[:at]):
            script = next((n for n in range(at, min(at + 40, len(lines))) if _POSTSCRIPT.match(lines[n])), len(lines))
            return "\n".join([*lines[:at], *lines[script:]])
    return "\n".join(lines)


def _tidy(text: str) -> str:
    """Without blank lines at the ends, and never two in a row."""
    return re.sub(r"\n{3,}", "\n\n", text.replace("\u00a0", " ")).strip()

"""Where somebody else's words begin in a text: « Le … a écrit : », « De : / Envoyé : / À : », « ----- Original … »."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from relanced.reading.flat import flat
from relanced.reading.headers import bare_address

_LONGEST_LINE = 500  # characters of a line that are looked at
_MOST_WRAPPED = 4  # lines over which an attribution is folded
_MOST_FIELDS = 14  # lines of a block of headers
_WROTE = ("a ecrit :", "a ecrit:", "a ecrit", "wrote:", "wrote :", "ecrivait :", "escribio:", "ha scritto:", "schrieb:")
_OPENS = ("le ", "on ", "en date", "am ", "el ", "il ")
_WROTE_ON = re.compile(r".{3,200}@.{3,200} a ecrit (?:sur|le) [\d/:. ]{8,30} ?:")  # Lotus Notes
_SENDER = "from"
_ORIGIN = frozenset({"de", "from", "expediteur", "von"})
_ADDRESSEES = frozenset({"a", "to", "pour", "destinataire", "cc", "copie", "copie a", "cci", "repondre a", "reply-to"})
_DATES = frozenset({"envoye", "envoye le", "date", "sent", "message du", "gesendet"})
_FIELDS = _ORIGIN | _ADDRESSEES | _DATES | {"objet", "subject", "sujet", "betreff", "an", "importance"}
_FIELDS |= {"pieces jointes", "attachments"}
_DASHED = re.compile(
    r"[->_*=\s]{0,40}(?P<what>(?:debut du |begin )?(?:message d'origine|message original|mail original|original message"
    r"|message initial|courriel original|e-?mail d'origine|original (?:mail|appointment)|rendez-vous d'origine"
    r"|(?P<passed>(?:e-?mail |message |courriel )?(?:transfere|transmis|reexpedie|forwarded message|fwd message)))"
    r"(?: (?:de|du|from|envoye)\b.{0,80})?)\s*:?[-_*=\s]{0,40}"
)
_UNSEEN = re.compile("[*\u200e\u200f\ufeff]")
_MAYBE = re.compile(r"\s*[-_=>*\u2500]|\s*(?:le|on|en|am|el|il)\s|[^\n]*[:@]", re.IGNORECASE)
_RULE = re.compile(r"\s*[_\u2500-]{10,}\s*")
_FORWARD = re.compile(r"\s*(?:tr|fw|fwd|wg|i|transf(?:ert)?)\s*:", re.IGNORECASE)


class Break(Struct, frozen=True):
    """Lines that announce somebody else's words, up to `end`. `writer` is their address, if it is told."""

    end: int
    passed_on: bool = False  # forwarded, rather than answered
    writer: str = ""


def is_forward(subject: str) -> bool:
    """Whether a subject says that the message passes another one on."""
    return bool(_FORWARD.match(subject[:100]))


def break_at(lines: Sequence[str], at: int) -> Break | None:
    """The break that begins on that line; None if none does."""
    if not _MAYBE.match(lines[at][:_LONGEST_LINE]):
        return None
    line = plain(lines[at])
    return (
        _dashed(lines, at, line) or _rule(lines, at, line) or _block(lines, at, line) or _attribution(lines, at, line)
    )


def plain(line: str) -> str:
    """The line as it is compared: lower case, no accents, no marks of bold or quotation, ordinary spaces."""
    return " ".join(_UNSEEN.sub("", flat(line[:_LONGEST_LINE])).split())


def _dashed(lines: Sequence[str], at: int, line: str) -> Break | None:
    """« -----Message d'origine----- », with the block of headers that follows it."""
    found = _DASHED.fullmatch(line) if len(line) < 160 and ("-" in line or ":" in line) else None
    if not found:
        return None
    following = _next(lines, at + 1)
    block = _block(lines, following, plain(lines[following])) if following < len(lines) else None
    return Break(block.end if block else at + 1, bool(found["passed"]), block.writer if block else "")


def _rule(lines: Sequence[str], at: int, line: str) -> Break | None:
    """The rule that Outlook draws over the headers of what is answered."""
    following = _next(lines, at + 1) if _RULE.fullmatch(line) else len(lines)
    return _block(lines, following, plain(lines[following])) if following < len(lines) else None


def _next(lines: Sequence[str], at: int) -> int:
    """The next line that is not blank, within three."""
    return next((n for n in range(at, min(at + 3, len(lines))) if lines[n].strip()), len(lines))


def _block(lines: Sequence[str], at: int, line: str) -> Break | None:
    """« De : … », « Envoyé : … », « À : … »: at least three fields, one of them the sender."""
    first = _field(line)
    if first not in _FIELDS:
        return None
    seen: dict[str, str] = {}
    end = at
    for n in range(at, min(at + _MOST_FIELDS, len(lines))):
        name = _field(plain(lines[n]))
        if name in seen:
            break
        if name in _FIELDS:
            seen[name], end = lines[n], n + 1
        elif not _between(lines[n], first, len(seen), n - end):
            break
    return _told(seen, end)


def _between(line: str, first: str, fields: int, since: int) -> bool:
    """What may stand among the fields: blank lines where « De » is the first, one line of a long list of recipients."""
    return first == _SENDER if not line.strip() else fields > 1 and since == 0


def _told(seen: Mapping[str, str], end: int) -> Break | None:
    origin = seen.get(_SENDER)
    return Break(end, writer=bare_address(origin[:_LONGEST_LINE])) if origin is not None and len(seen) >= 3 else None


def _field(line: str) -> str:
    """The name of a field, one name for all that mean the sender; empty if the line is none."""
    name, colon, _ = line.partition(":")
    name = name.strip(" >-_") if colon and len(name) < 25 else ""
    return _SENDER if name in _ORIGIN else name


def _attribution(lines: Sequence[str], at: int, line: str) -> Break | None:
    """« Le mar. 3 mars 2026 à 10:12, Claire Dubois <…> a écrit : », folded or not."""
    opens = _begins(line)
    if not (opens or "@" in line or line.endswith(_WROTE)):
        return None
    reach = range(at, min(at + _MOST_WRAPPED, len(lines)))
    last = next((n for n in reach if lines[n].rstrip().endswith((":", "crit"))), None)
    if last is None:
        return None
    whole = _unfolded([plain(folded) for folded in lines[at : last + 1]])
    if whole.endswith(_WROTE) or _WROTE_ON.fullmatch(whole):
        return Break(last + 1, writer=bare_address(whole)) if opens or "@" in whole else None
    return None


def _unfolded(lines: Sequence[str]) -> str:
    """The lines of an attribution as one; empty where another sentence or another attribution begins between them."""
    between = any(not line or line.endswith((".", "!", "?")) for line in lines[:-1])
    return "" if between or any(map(_begins, lines[1:])) else " ".join(lines)


def _begins(line: str) -> bool:
    """Whether an attribution may begin there: « Le 3 mars »."""
    return line.startswith(_OPENS) and any(c.isdigit() for c in line)

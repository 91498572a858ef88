"""Until when somebody is away, in French and in English: the last day of the absence, when it is said beyond doubt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from relanced.reading.flat import flat

_LONGEST = 8 * 1024  # characters of an automatic answer that are read
_FARTHEST = timedelta(days=190)  # an absence that names no year is no longer
_FARTHEST_NAMED = timedelta(days=550)
_MONTHS = {
    "janvier": 1, "fevrier": 2, "mars": 3, "avril": 4, "mai": 5, "juin": 6, "juillet": 7, "aout": 8,
    "septembre": 9, "octobre": 10, "novembre": 11, "decembre": 12, "january": 1, "february": 2, "march": 3,
    "april": 4, "may": 5, "june": 6, "july": 7, "august": 8, "september": 9, "october": 10, "november": 11,
    "december": 12, "janv": 1, "fevr": 2, "fev": 2, "avr": 4, "juil": 7, "sept": 9, "oct": 10, "nov": 11, "dec": 12,
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9,
}  # fmt: skip
_WEEKDAYS = {
    "lundi": 0, "mardi": 1, "mercredi": 2, "jeudi": 3, "vendredi": 4, "samedi": 5, "dimanche": 6, "monday": 0,
    "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5, "sunday": 6,
}  # fmt: skip
_MONTH, _WEEKDAY = "|".join(sorted(_MONTHS, key=len, reverse=True)), "|".join(_WEEKDAYS)
_DAY = (
    rf"(?:(?P<weekday>{_WEEKDAY})\b[ ,]{{0,2}})?(?:the )?"
    rf"(?:(?P<iso>\d{{4}}-\d\d-\d\d)|(?P<numbers>\d{{1,2}}[/.-]\d{{1,2}}(?:[/.-]\d{{2,4}})?)"
    rf"|(?P<day>\d{{1,2}})(?:er|st|nd|rd|th)?(?: (?:of )?(?P<month>{_MONTH})\b\.?)?(?:,? (?P<year>20\d\d))?"
    rf"|(?P<month2>{_MONTH})\b\.? (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year2>20\d\d))?)?"
)
_BACK = (
    r"(?:de retour|mon retour|retour|reprise|je (?:serai|suis) (?:de|a) nouveau (?:joignable|disponible|presente?)"
    r"|(?:be |am )?back(?: in (?:the )?office)?|returning(?: to (?:the )?office)?|return)"
    r"(?: (?:est )?prevue?| au bureau| a mon poste| parmi vous| dans nos bureaux)?"
    r" ?:? ?(?:le|a partir du|des le|ce|on|from)? ?"
)
_UNTIL = r"(?:jusqu'(?:au|a|en) ?|(?:until|till|through|thru) )(?:le |and including )?"
_SPAN = r"\b(?:du|from|entre le) (?P<first>[^\n.;]{1,40}?) (?:au|to|until|through|et le|jusqu'au) "
_CLUES = (
    (re.compile(_BACK + _DAY), 1),  # days between the last day away and the day that is named
    (re.compile(_UNTIL + _DAY), 0),
    (re.compile(_SPAN + _DAY), 0),
)


def absent_until(text: str, sent: date | None) -> date | None:
    """The last day of an absence told in `text`, which was written on `sent`.

    A day of return names the day after it. None where no day is told, where it is past, or where it is too far off to
    be meant without its year.
    """
    if sent is None:
        return None
    said = flat(text[:_LONGEST])
    for clue, less in _CLUES:
        for found in clue.finditer(said):
            for day in _days(found, sent):
                if sent <= day <= sent + (_FARTHEST_NAMED if _named_year(found) else _FARTHEST):
                    return max(sent, day - timedelta(days=less))
    return None


def _named_year(found: re.Match[str]) -> bool:
    return bool(found["iso"] or found["year"] or found["year2"] or len(found["numbers"] or "") > 5)


def _days(found: re.Match[str], sent: date) -> Iterator[date]:
    """What the words may mean, likeliest first."""
    if found["iso"]:
        yield from _made(*(int(part) for part in found["iso"].split("-")))
    elif found["numbers"]:
        yield from _of_numbers(found["numbers"], sent)
    elif day := found["day"] or found["day2"]:
        month, year = found["month"] or found["month2"], found["year"] or found["year2"]
        yield from _of_words(int(day), _MONTHS.get(month or ""), int(year) if year else None, sent)
    elif found["weekday"]:
        ahead = (_WEEKDAYS[found["weekday"]] - sent.weekday() - 1) % 7 + 1
        yield sent + timedelta(days=ahead)


def _of_numbers(numbers: str, sent: date) -> Iterator[date]:
    """The day first, as the French write it; the month first only where it cannot be otherwise."""
    parts = [int(part) for part in re.split(r"[/.-]", numbers)]
    if parts[1] > 12:
        parts[:2] = parts[1], parts[0]
    year = None if len(parts) < 3 else parts[2] + 2000 * (parts[2] < 100)
    yield from _of_words(parts[0], parts[1], year, sent)


def _of_words(day: int, month: int | None, year: int | None, sent: date) -> Iterator[date]:
    """The first such day from `sent` on; without a month this one or the next."""
    if year:
        yield from _made(year, month or 0, day)
    elif month:
        yield from (d for y in (sent.year, sent.year + 1) for d in _made(y, month, day) if d >= sent)
    else:
        following = sent.replace(day=1) + timedelta(days=32)
        yield from (d for m in (sent, following) for d in _made(m.year, m.month, day) if d >= sent)


def _made(year: int, month: int, day: int) -> Iterator[date]:
    try:
        yield date(year, month, day)
    except ValueError:
        return

"""Until when somebody is away: the last day of the absence, told on a Tuesday, the 3rd of March 2026."""

from __future__ import annotations

from datetime import date

import pytest

from relanced.reading.absence import absent_until

TOLD_ON = date(2026, 3, 3)


@pytest.mark.parametrize(
    ("said", "last"),
    [
        ("Je suis absent jusqu'au 15 mars.", date(2026, 3, 15)),
        ("Je suis absente jusqu’au 1er avril inclus.", date(2026, 4, 1)),
        ("Absent jusqu'au vendredi 13 mars 2026", date(2026, 3, 13)),
        ("absent jusqu'au 13/03", date(2026, 3, 13)),
        ("absent jusqu'au 13/03/26", date(2026, 3, 13)),
        ("absent jusqu'au 13.03.2026", date(2026, 3, 13)),
        ("Absence du 2 au 20 mars 2026", date(2026, 3, 20)),
        ("En congés du 28 février au 8 mars.", date(2026, 3, 8)),
        ("Nous sommes fermés du lundi 2 mars au vendredi 6 mars inclus", date(2026, 3, 6)),
        ("Je serai de retour le 16 mars.", date(2026, 3, 15)),
        ("De retour le lundi 16.", date(2026, 3, 15)),
        ("retour le 2", date(2026, 4, 1)),  # the next 2nd of a month
        ("Retour prévu jeudi", date(2026, 3, 4)),
        ("de retour mardi", date(2026, 3, 9)),
        ("de retour au bureau le 4 mars", date(2026, 3, 3)),
        ("Je serai de nouveau joignable à partir du 9 mars", date(2026, 3, 8)),
        ("absent jusqu'au 2 janvier 2027", date(2027, 1, 2)),
        ("I am out of the office until March 13th.", date(2026, 3, 13)),
        ("I will be back on Monday, March 16, 2026", date(2026, 3, 15)),
        ("Back in the office on 16 March", date(2026, 3, 15)),
        ("Returning to the office on 2026-03-16", date(2026, 3, 15)),
        ("out from March 2 to March 6", date(2026, 3, 6)),
        ("away until 03/25/2026", date(2026, 3, 25)),
    ],
)
def test_an_absence_ends(said: str, last: date) -> None:
    assert absent_until(said, TOLD_ON) == last


@pytest.mark.parametrize(
    "said",
    [
        "Je suis absent.",
        "Je suis absent jusqu'au 2 mars.",  # past, and the next one is a year away
        "absent jusqu'au 3 janvier",  # ten months, without its year
        "absent jusqu'au 31 février",
        "jusqu'au 99 mars 2026",
        "absent jusqu'au 15 mars 2031",
        "Pour toute urgence, appelez le 02 99 00 00 00.",
        "de retour bientôt",
        "",
    ],
)
def test_where_no_day_is_told_beyond_doubt_there_is_none(said: str) -> None:
    assert absent_until(said, TOLD_ON) is None


def test_who_does_not_say_when_they_wrote_names_no_day() -> None:
    assert absent_until("absent jusqu'au 15 mars", None) is None


def test_at_the_turn_of_the_year() -> None:
    assert absent_until("de retour le 4 janvier", date(2026, 12, 23)) == date(2027, 1, 3)
    assert absent_until("de retour le 4", date(2026, 12, 23)) == date(2027, 1, 3)
    assert absent_until("absent jusqu'au 31", date(2026, 12, 31)) == date(2026, 12, 31)

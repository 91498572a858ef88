"""The number on the label of a registered letter, as people type it and as the post knows it."""

from __future__ import annotations

import re

_SPACES = re.compile(r"[\s.-]+")
_NUMBER = re.compile(r"(?=.*[0-9])[0-9A-Z]{11,15}")
_INTERNATIONAL = re.compile(r"[A-Z]{2}([0-9]{8})([0-9])[A-Z]{2}")  # UPU S10
_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


def registered_number(typed: str) -> str:
    """The number without the spaces of its label. Raises ValueError for what is none."""
    number = _SPACES.sub("", typed).upper()
    if not _NUMBER.fullmatch(number):
        raise ValueError("expected the 11 to 15 digits and letters of the label, such as 1A 123 456 7890 1")
    abroad = _INTERNATIONAL.fullmatch(number)
    if abroad and int(abroad[2]) != _check_digit(abroad[1]):
        raise ValueError(f"{number} has a wrong digit: look at the label again")
    return number


def _check_digit(serial: str) -> int:
    """The ninth digit of an international number. That of a letter within France is not to be found in any source."""
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(serial, _WEIGHTS, strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest)

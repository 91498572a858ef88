"""What can go wrong on a way out; the message is for the person who mends it."""

from __future__ import annotations


class Closed(OSError):
    """The way out cannot be used; nothing left through it."""


class InDoubt(Exception):
    """Something is there, or may be there, that a person must look at."""

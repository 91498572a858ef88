"""What goes wrong while wording: the message is held, and a person reads the line to mend."""

from __future__ import annotations


class WordingError(Exception):
    """A wording cannot be finished: which file, which line (0 when none is to blame), and what is wrong with it."""

    def __init__(self, template: str, line: int, what: str) -> None:
        super().__init__(f"{template}:{line}: {what}" if line else f"{template}: {what}")
        self.template = template
        self.line = line
        self.what = what

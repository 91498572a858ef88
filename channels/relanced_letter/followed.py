"""A letter door whose registered letters are followed by the post's own tracking, once somebody typed their numbers."""

from __future__ import annotations

from relanced.channel import Surroundings
from relanced_letter.channel import LetterChannel
from relanced_letter.following import Following
from relanced_letter.settings import LetterSettings


class Followed(LetterChannel, out=()):
    """Stands before a way out in the list of bases."""

    def __init__(self, settings: LetterSettings, surroundings: Surroundings) -> None:
        super().__init__(settings, surroundings)
        assert settings.tracking is not None
        self._post = Following(settings.tracking, surroundings.now)

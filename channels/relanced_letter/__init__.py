"""The letter door: finished PDFs are laid in a folder, where a person, a printer or a mail house takes them."""

from relanced_letter.channel import LetterChannel
from relanced_letter.settings import LetterSettings

__all__ = ["LetterChannel", "LetterSettings"]

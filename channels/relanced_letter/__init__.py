"""The letter door: finished PDFs lie in a folder or come out of a printer, until a person takes them to the post."""

from relanced_letter.channel import LetterChannel
from relanced_letter.folder import FolderDoor
from relanced_letter.settings import LetterSettings

__all__ = ["FolderDoor", "LetterChannel", "LetterSettings"]

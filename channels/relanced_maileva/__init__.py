"""The Maileva door: letters and registered letters printed and posted by La Poste's mail house, by API."""

from relanced_maileva.channel import MailevaChannel
from relanced_maileva.settings import MailevaSettings

__all__ = ["MailevaChannel", "MailevaSettings"]

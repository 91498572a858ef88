"""The e-mail door: drafts become RFC 5322 bytes, bytes become an SMTP transaction, and the answer tells the truth."""

from relanced_email.channel import EmailChannel
from relanced_email.settings import EmailSettings

__all__ = ["EmailChannel", "EmailSettings"]

"""The door of short texts: drafts become GSM text, a provider's API carries it, and the answer tells the truth."""

from relanced_sms.channel import SmsChannel
from relanced_sms.settings import SmsSettings

__all__ = ["SmsChannel", "SmsSettings"]

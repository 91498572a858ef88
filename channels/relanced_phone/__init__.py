"""The phone door: a call is a task for a person. A script and facts wait in the house's own tray; nothing leaves."""

from relanced_phone.channel import PhoneChannel
from relanced_phone.settings import PhoneSettings

__all__ = ["PhoneChannel", "PhoneSettings"]

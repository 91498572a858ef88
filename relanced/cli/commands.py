"""Every command, registered on the root by importing the file it lives in."""

from relanced.cli import (
    case_commands,
    daemon_commands,
    intake_commands,
    letter_commands,
    looking_commands,
    message_commands,
    upkeep_commands,
)
from relanced.cli.root import relanced

__all__ = [
    "case_commands",
    "daemon_commands",
    "intake_commands",
    "letter_commands",
    "looking_commands",
    "message_commands",
    "relanced",
    "upkeep_commands",
]

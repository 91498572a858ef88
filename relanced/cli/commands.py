"""Every command, registered on the root by importing the file it lives in."""

from relanced.cli import (
    call_commands,
    case_commands,
    daemon_commands,
    debtor_commands,
    desk_commands,
    filing_commands,
    intake_commands,
    letter_commands,
    looking_commands,
    mail_commands,
    message_commands,
    policy_commands,
    read_commands,
    trial_commands,
    upkeep_commands,
)
from relanced.cli.root import relanced

__all__ = [
    "call_commands",
    "case_commands",
    "daemon_commands",
    "debtor_commands",
    "desk_commands",
    "filing_commands",
    "intake_commands",
    "letter_commands",
    "looking_commands",
    "mail_commands",
    "message_commands",
    "policy_commands",
    "read_commands",
    "relanced",
    "trial_commands",
    "upkeep_commands",
]

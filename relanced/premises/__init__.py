"""The premises: what the configuration and the database together say of a creditor and a case. Reads, never writes."""

from relanced.premises.brief import OVERTAKEN, brief, gist
from relanced.premises.names import (
    approval_difference,
    approval_words,
    is_test,
    new_attempt,
    new_mail_id,
    new_reference,
    new_test,
)
from relanced.premises.premises import Conditions, Premises

__all__ = [
    "OVERTAKEN",
    "Conditions",
    "Premises",
    "approval_difference",
    "approval_words",
    "brief",
    "gist",
    "is_test",
    "new_attempt",
    "new_mail_id",
    "new_reference",
    "new_test",
]

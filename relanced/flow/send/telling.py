"""What the log says of every answer: one line each."""

from __future__ import annotations

import structlog

from relanced.channel import Refused, Scope, Sent, Tray, Unavailable, Unknown
from relanced.store.outcomes import Outcome

log = structlog.get_logger("relanced.send")


def tell(outcome: Outcome) -> None:
    """Sent, refused or in doubt."""
    answer = outcome.answer
    about = {"message": outcome.message_id, "case": outcome.case_id, "channel": outcome.channel}
    if isinstance(answer, Sent):
        log.info("message sent", **about, words=answer.words)
    elif isinstance(answer, Tray):
        log.info("message in tray", **about, job=answer.job)
    elif isinstance(answer, Refused):
        log.warning("message refused", **about, why=answer.why.value, words=answer.words)
    elif isinstance(answer, Unavailable):
        level = log.warning if answer.scope is Scope.CHANNEL else log.info
        level("message not taken", **about, scope=answer.scope.value, words=answer.words)
    elif isinstance(answer, Unknown):
        log.warning("message uncertain", **about, words=answer.words)
    else:
        log.info("message not begun", **about, words=answer.words)

"""The verb that keeps a debtor's promise."""

from __future__ import annotations

import secrets

from relanced.counter import Asked, Desk, Misasked, Told, Verb, amount
from relanced.flow.desk.working import hands_on
from relanced.premises.desk_words import new_word
from relanced.premises.unsaid import unsaid
from relanced.rules.given import WordKind
from relanced.rules.model import PaymentMode
from relanced.store.promises import Said
from relanced.store.saying import NewWord
from relanced.store.tasks import Task


async def promise(desk: Desk, asked: Asked) -> Told:
    """A debtor has promised so much for a day, by some means: that stands still until its grace is over."""
    hands = await hands_on(desk, asked)
    said = Said(
        asked.day("date"),
        asked.cents("amount"),
        means_named(asked),
        asked.maybe("said_by") or "",
        numbers(asked),
        asked.maybe("note") or "",
    )
    confirm = None if asked.flag("unconfirmed") else await confirmation(desk, hands.case_id, WordKind.PROMISE)
    given = await desk.store.promises.give(hands, said, desk.now, confirm)
    about = ", ".join(given.invoices)
    head = f"case {hands.case_id}: {amount(given.cents, given.currency)} promised for {said.on} ({about})"
    then = f"quiet until {given.until}; if the bank has seen nothing of it by then, the next step follows at once"
    lines = (head, then, *written(confirm))
    return Told(lines, record={"promise": given.id, "cents": given.cents, "until": given.until})


async def confirmation(desk: Desk, case_id: int, kind: WordKind) -> NewWord | Task:
    """What tells the debtor in writing what was agreed, in the thread of what they wrote; without a mail address what
    asks a person to."""
    (case,) = await desk.store.planning.load([case_id], desk.now.date())
    wrote = await desk.store.casework.answering(case_id)
    to, about = (wrote.sender, {"answers": list(wrote.mail_ids)}) if wrote else ("", {})
    key = f"{kind.value}:{secrets.token_hex(8)}"
    word = new_word(desk.premises, case, kind, key, desk.now, to=to, about=about)
    return word or unsaid(desk.premises, case, kind, key)


def written(confirm: NewWord | Task | None, done: str = "confirmed") -> tuple[str, ...]:
    """Whether the debtor is told, in one line."""
    if confirm is None:
        return ()
    if isinstance(confirm, NewWord):
        return (f"{done} by mail to {confirm.place}",)
    return (f"not {done} in writing: {confirm.words}",)


def means_named(asked: Asked) -> PaymentMode:
    """How it is to be paid, a transfer by default. Raises Misasked."""
    said = (asked.maybe("means") or PaymentMode.TRANSFER.value).replace("-", "_")
    try:
        return PaymentMode(said)
    except ValueError:
        raise Misasked(f"means: {said!r} is none of {', '.join(PaymentMode)}") from None


def numbers(asked: Asked) -> tuple[str, ...]:
    """The invoices that were named."""
    return tuple(n for n in (asked.maybe("invoices") or "").split(",") if n)


VERBS: dict[str, Verb] = {"promise": promise}

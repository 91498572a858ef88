"""The verb that keeps a debtor's promise."""

from __future__ import annotations

import secrets

from relanced.counter import Asked, Desk, Misasked, Told, Verb, amount
from relanced.flow.desk.working import hands_on
from relanced.premises.desk_words import new_word
from relanced.rules.given import WordKind
from relanced.rules.model import PaymentMode
from relanced.store.promises import Said
from relanced.store.saying import NewWord


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
    lines = (head, then, *written(asked, confirm))
    return Told(lines, record={"promise": given.id, "cents": given.cents, "until": given.until})


async def confirmation(desk: Desk, case_id: int, kind: WordKind) -> NewWord | None:
    """What tells the debtor in writing what was agreed; None without a mail address."""
    (case,) = await desk.store.planning.load([case_id], desk.now.date())
    return new_word(desk.premises, case, kind, f"{kind.value}:{secrets.token_hex(8)}", desk.now)


def written(asked: Asked, confirm: NewWord | None) -> tuple[str, ...]:
    """Whether the debtor is told."""
    if asked.flag("unconfirmed"):
        return ()
    return (f"confirmed by mail to {confirm.place}" if confirm else "not confirmed in writing: no usable mail address",)


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

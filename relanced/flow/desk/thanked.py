"""The verb that lets cases go on: after an answer, or with short thanks where a reply wants no other answer."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from relanced.counter import Asked, Desk, Told, Verb
from relanced.flow.desk import working
from relanced.flow.desk.working import answer_to, hands_on
from relanced.premises.desk_words import new_word
from relanced.rules.given import WordKind
from relanced.store.asked import Unfitting
from relanced.store.hands import Hands
from relanced.store.unanswered import Reply

THANKS = "thanks"
ONLY = "thanks_only"  # what a reply seems to say that is polite words and nothing else


async def release(desk: Desk, asked: Asked) -> Told:
    """A case goes on: its replies count as answered, or its holds of a kind end. With thanks a short word tells the
    debtor; without a case, to every reply that only thanks and is nobody else's."""
    if asked.maybe("kind") != THANKS:
        return await working.release(desk, asked)
    if not asked.maybe("case"):
        return await _all(desk, asked)
    hands = await hands_on(desk, asked)
    return Told((await _thank(desk, hands, asked.maybe("reason") or ""),))


async def _all(desk: Desk, asked: Asked) -> Told:
    """One line for each case; one that cannot go on, or got another reply meanwhile, does not keep the others."""
    found = [one for one in await desk.store.casework.waiting() if _only_thanks(one)]
    mine = [one for one in found if one.owner in ("", asked.by)]
    told = [
        await _tried(desk, Hands(one.case_id, asked.by, read=one.last), one, asked.maybe("reason") or "")
        for one in mine
    ]
    told += [f"case {one.case_id} ({one.debtor}) is left: it is {one.owner}'s" for one in found if one not in mine]
    return Told(tuple(told) or ("no reply waits that only thanks",), record=[one.case_id for one in mine])


def _only_thanks(one: Reply) -> bool:
    """Every reply that waits is polite words and nothing else, as far as they were understood."""
    return bool(one.seems) and all(seems.partition(",")[0] == ONLY for seems in one.seems)


async def _tried(desk: Desk, hands: Hands, one: Reply, why: str) -> str:
    try:
        return await _thank(desk, hands, why)
    except Unfitting as refused:
        return f"case {one.case_id} ({one.debtor}) is left: {refused}"


async def _thank(desk: Desk, hands: Hands, why: str) -> str:
    """Thank the debtor, in the thread, and let the case go on. Returns what was done."""
    (case,) = await desk.store.planning.load([hands.case_id], desk.now.date())
    wrote = await desk.store.casework.answering(hands.case_id)
    to, subject, ids = (wrote.sender, answer_to(wrote.subject), wrote.mail_ids) if wrote else ("", "", ())
    about, key = {"answers": list(ids)}, f"thanks:{secrets.token_hex(8)}"
    word = new_word(desk.premises, case, WordKind.THANKS, key, desk.now, to=to, subject=subject, about=about)
    await desk.store.casework.thank(hands, word, why, desk.now)
    done = f"thanked by mail at {word.place}" if word else "not thanked in writing: no usable mail address"
    return f"case {hands.case_id} ({case.facts.debtor.name}) is released, {done}{_still(await _kinds(desk, hands))}"


async def _kinds(desk: Desk, hands: Hands) -> Sequence[str]:
    (case,) = await desk.store.planning.load([hands.case_id], desk.now.date())
    return list(dict.fromkeys(h.kind.value for h in case.facts.holds))


def _still(kinds: Sequence[str]) -> str:
    return f"; still on hold: {', '.join(kinds)}" if kinds else ""


VERBS: dict[str, Verb] = {"release": release}

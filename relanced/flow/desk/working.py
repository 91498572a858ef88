"""Verbs of whoever works on a case: a note, taking it in hand, letting it go, why it is not paid, writing no more."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from relanced.counter import Asked, Desk, Misasked, Told, Verb
from relanced.premises.desk_words import new_word
from relanced.rules.given import Cause, WordKind
from relanced.rules.model import Address, HoldKind, Road
from relanced.store.hands import Hands

LONGEST_REPLY = 20_000  # characters
WRITTEN = (Road.EMAIL, Road.SMS)  # the roads a person may opt out of


async def hands_on(desk: Desk, asked: Asked) -> Hands:
    """Whose hands on which case; `seen` is the version of the case that was shown to them. Raises Misasked."""
    case_id = await desk.store.views.find_case(asked.text("case"), asked.maybe("creditor"))
    seen = asked.number("seen") if asked.maybe("seen") else None
    return Hands(case_id, asked.by, seen)


async def note(desk: Desk, asked: Asked) -> Told:
    """Something worth knowing stands in the journal of a case."""
    hands = await hands_on(desk, asked)
    await desk.store.casework.note(hands, asked.text("words"), desk.now)
    return Told((f"noted in case {hands.case_id}",))


async def take(desk: Desk, asked: Asked) -> Told:
    """A case is in this person's hands: nobody else changes it until it is released."""
    hands = await hands_on(desk, asked)
    absent = {key for key, person in desk.premises.config.people.items() if person.backup == asked.by}
    before = await desk.store.casework.take(hands, asked.flag("anyway"), absent, desk.now)
    whose = f", {before} had it" if before not in ("", asked.by) else ""
    return Told((f"case {hands.case_id} is in your hands{whose}: relanced release {hands.case_id}",))


async def release(desk: Desk, asked: Asked) -> Told:
    """A case goes on: its replies count as answered, or its holds of a kind end; `unanswered` ends nothing."""
    hands, kinds = await hands_on(desk, asked), _kinds(asked)
    ended = await desk.store.casework.release(hands, kinds, asked.maybe("reason") or "", desk.now)
    (case,) = await desk.store.planning.load([hands.case_id], desk.now.date())
    still = ", ".join(dict.fromkeys(h.kind.value for h in case.facts.holds))
    holds = f"{ended} {'hold' if ended == 1 else 'holds'} ended"
    return Told((f"case {hands.case_id} is released, {holds}" + (f"; still on hold: {still}" if still else ""),))


def _kinds(asked: Asked) -> Sequence[HoldKind]:
    if asked.flag("unanswered"):
        return ()
    said = (asked.maybe("kind") or HoldKind.REPLY.value).replace("-", "_")
    if said not in list(HoldKind):
        raise Misasked(f"kind: {said!r} is none of {', '.join(HoldKind)}")
    return (HoldKind(said),)


async def reply(desk: Desk, asked: Asked) -> Told:
    """Answer a debtor in one's own words, in the thread; `release` lets the case go on besides."""
    hands, body = await hands_on(desk, asked), _body(asked)
    (case,) = await desk.store.planning.load([hands.case_id], desk.now.date())
    answered = await desk.store.casework.answering(hands.case_id)
    about = {"answers": list(answered.mail_ids)} if answered else {}
    subject = asked.maybe("subject") or _re(answered.subject if answered else "")
    if not subject:
        raise Misasked("subject is missing: nobody wrote whose subject could be taken")
    to = answered.sender if answered else ""
    key = f"reply:{secrets.token_hex(8)}"
    word = new_word(desk.premises, case, WordKind.REPLY, key, desk.now, to=to, subject=subject, body=body, about=about)
    if word is None:
        raise Misasked(f"{case.facts.debtor.name} has no usable mail address: relanced contact add")
    await desk.store.casework.reply(hands, word, desk.now)
    told = [f"case {hands.case_id}: the reply leaves for {word.place}: {subject}"]
    if asked.flag("release"):
        return Told((*told, *(await release(desk, Asked({**asked.words, "kind": "reply"}, asked.by))).lines))
    return Told((*told, f"its holds stay: relanced release {hands.case_id} when it may go on"))


def _body(asked: Asked) -> str:
    """The words of the one file that came along, UTF-8. Raises Misasked."""
    if len(asked.files) != 1:
        raise Misasked("one file with the words of the reply, please")
    ((name, content),) = asked.files.items()
    try:
        body = content.decode("utf-8-sig").replace("\r\n", "\n").strip()
    except UnicodeDecodeError:
        raise Misasked(f"{name} is not UTF-8") from None
    if not body or len(body) > LONGEST_REPLY:
        raise Misasked(f"{name} has {len(body)} characters: more than none, at most {LONGEST_REPLY}")
    return body


def _re(subject: str) -> str:
    bare = " ".join(subject.split())
    return bare if not bare or bare.lower().startswith(("re:", "re :")) else f"Re: {bare}"


async def cause(desk: Desk, asked: Asked) -> Told:
    """Why a debtor does not pay, as somebody understands it."""
    hands, said = await hands_on(desk, asked), asked.text("cause")
    found = None if said == "none" else cause_named(said)
    await desk.store.casework.cause(hands, found, asked.maybe("note") or "", desk.now)
    return Told((f"case {hands.case_id} is not paid for this cause: {found.value if found else 'not known'}",))


def cause_named(said: str) -> Cause:
    """The cause of that name. Raises Misasked."""
    try:
        return Cause(said.strip().lower().replace("_", "-").replace(" ", "-"))
    except ValueError:
        raise Misasked(f"cause: {said!r} is none of {', '.join(Cause)}") from None


async def optout(desk: Desk, asked: Asked) -> Told:
    """Somebody wants no more mail or short texts: at one address, or at all of the case."""
    hands, where = await hands_on(desk, asked), asked.maybe("where")
    (case,) = await desk.store.planning.load([hands.case_id], desk.now.date())
    known = [a for a in case.facts.addresses if a.road in WRITTEN]
    wanted = [a for a in known if where is None or _same(a, where)]
    if not wanted:
        listed = ", ".join(a.where for a in known) or "none"
        raise Misasked(f"{case.facts.debtor.name} is not written to at {where or 'any address'} (known: {listed})")
    why = asked.maybe("reason") or "opted out, a person says"
    done = await desk.store.casework.opt_out(hands, {(a.road, a.where) for a in wanted}, why, desk.now)
    left = f"nothing is sent any more to {', '.join(a.where for a in wanted)}"
    return Told((left + ("" if done else " (as before)"),))


def _same(address: Address, said: str) -> bool:
    bare = "".join(said.split()).lower()
    return address.where.lower() == bare or (bare[:1] == "0" and address.where.endswith(bare[1:]))


VERBS: dict[str, Verb] = {
    "note": note,
    "take": take,
    "release": release,
    "reply": reply,
    "cause": cause,
    "optout": optout,
}

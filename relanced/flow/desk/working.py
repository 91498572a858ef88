"""Verbs of whoever works on a case: a note, taking it in hand, letting it go, why it is not paid, writing no more."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from relanced.counter import Asked, Desk, Misasked, Told, Verb
from relanced.premises.desk_words import new_word
from relanced.premises.unsaid import roads_left
from relanced.rules.given import Cause, WordKind
from relanced.rules.model import Address, HoldKind, Road
from relanced.store.hands import Hands

LONGEST_REPLY = 20_000  # characters
WRITTEN = (Road.EMAIL, Road.SMS)  # the roads a person may opt out of


async def hands_on(desk: Desk, asked: Asked) -> Hands:
    """Whose hands on which case; `seen` is the version of the case that was shown to them, or the last reply that they
    have read (h12). Raises Misasked."""
    case_id = await desk.store.views.find_case(asked.text("case"), asked.maybe("creditor"))
    said = (asked.maybe("seen") or "").strip().lower()
    if said.startswith("h") and said[1:].isdecimal() and len(said) < 10:
        return Hands(case_id, asked.by, read=int(said[1:]))
    return Hands(case_id, asked.by, asked.number("seen") if said else None)


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
    """A case goes on: its replies count as answered, as far as they were read, or its holds of a kind end; with
    `unanswered` it is only given back."""
    hands, invoices = await hands_on(desk, asked), _invoices(asked)
    kind = None if asked.flag("unanswered") else _kind(asked, hands.case_id)
    if invoices and kind is not HoldKind.DISPUTE:
        raise Misasked("invoices are named to end a dispute: --kind dispute")
    ended = await desk.store.casework.release(hands, kind, asked.maybe("reason") or "", desk.now, invoices)
    return Told((await _released(desk, hands.case_id, ended),))


async def _released(desk: Desk, case_id: int, ended: int) -> str:
    (case,) = await desk.store.planning.load([case_id], desk.now.date())
    still = ", ".join(dict.fromkeys(h.kind.value for h in case.facts.holds))
    holds = f"{ended} {'hold' if ended == 1 else 'holds'} ended"
    return f"case {case_id} is released, {holds}" + (f"; still on hold: {still}" if still else "")


_OWN_END = {  # what was agreed ends with the agreement, never beside it
    HoldKind.INSTALMENTS: "instalments {case} --revoke --reason …",
    HoldKind.OFFER: "offer {case} --withdraw --reason …",
}


def _kind(asked: Asked, case_id: int) -> HoldKind:
    said = (asked.maybe("kind") or HoldKind.REPLY.value).replace("-", "_")
    if said not in list(HoldKind):
        raise Misasked(f"kind: {said!r} is none of {', '.join(HoldKind)}")
    if HoldKind(said) in _OWN_END:
        raise Misasked(f"{said} of case {case_id} end otherwise: {how_it_ends(HoldKind(said), case_id)}")
    return HoldKind(said)


def how_it_ends(kind: HoldKind, case_id: int) -> str:
    """What a person types to end holds of that kind."""
    if kind is HoldKind.REPLY:
        return f"relanced release {case_id} --seen …"
    otherwise = f"release {{case}} --kind {kind.value.replace('_', '-')}"
    return f"relanced {_OWN_END.get(kind, otherwise).format(case=case_id)}"


def _invoices(asked: Asked) -> Sequence[str]:
    return [number for part in (asked.maybe("invoices") or "").split(",") if (number := part.strip())]


async def reply(desk: Desk, asked: Asked) -> Told:
    """Answer a debtor in one's own words, in the thread; with `release` that answers what was read, and the case goes
    on."""
    hands, body = await hands_on(desk, asked), _body(asked)
    (case,) = await desk.store.planning.load([hands.case_id], desk.now.date())
    answered = await desk.store.casework.answering(hands.case_id)
    about = {"answers": list(answered.mail_ids)} if answered else {}
    subject = asked.maybe("subject") or answer_to(answered.subject if answered else "")
    if not subject:
        raise Misasked("subject is missing: nobody wrote whose subject could be taken")
    to = answered.sender if answered else ""
    key = f"reply:{hands.case_id}:{asked.request_id or secrets.token_hex(8)}"
    word = new_word(desk.premises, case, WordKind.REPLY, key, desk.now, to=to, subject=subject, body=body, about=about)
    if word is None:
        left = roads_left(desk.premises, case)
        raise Misasked(f"{case.facts.debtor.name} has no usable mail address (relanced contact add); {left}")
    ended = await desk.store.casework.reply(hands, word, desk.now, asked.flag("release"))
    told = [f"case {hands.case_id}: the reply leaves for {word.place}: {subject}"]
    if "@" in to and to.lower() != word.place.lower():
        told.append(f"{to} wrote, and is no usable address of the case: relanced contact add {hands.case_id} {to}")
    if asked.flag("release"):
        return Told((*told, await _released(desk, hands.case_id, ended)))
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


def answer_to(subject: str) -> str:
    """The subject of an answer."""
    bare = " ".join(subject.split())
    return bare if not bare or bare.lower().startswith(("re:", "re :")) else f"Re: {bare}"


async def done(desk: Desk, asked: Asked) -> Told:
    """A person has dealt with what a task asked."""
    number = asked.number("task")
    words = await desk.store.casework.done(number, asked.by, asked.maybe("reason") or "", desk.now)
    return Told((f"task {number} is done: {words}",))


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
    "reply": reply,
    "cause": cause,
    "done": done,
    "optout": optout,
}

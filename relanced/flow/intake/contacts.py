"""The verbs of a person about the ways to reach a debtor: what they say stays, whatever a later import says."""

from __future__ import annotations

from collections.abc import Callable

from relanced.counter import Asked, Desk, Misasked, Told, Verb
from relanced.flow.intake import reach
from relanced.flow.intake.by_hand import CONTACT, case_of, freed, given_back, one, plain, postal, read, told
from relanced.flow.intake.faults import printable
from relanced.rules.model import Consent, Road
from relanced.store.intake.kept import shown


async def contact_add(desk: Desk, asked: Asked) -> Told:
    """One more way to reach a debtor."""
    case, said = await case_of(desk, asked), read(asked, CONTACT)
    road, place = _where(asked, asked.text("where"))
    if road is None:
        raise Misasked(f"{place}: say --road sms or --road phone")
    if road in (Road.LETTER, Road.REGISTERED):
        raise Misasked(f"a postal address is the debtor's own: relanced debtor {case.facts.debtor.key} --address …")
    done = await desk.store.edits.add_contact(case.facts.id, road, place, said, asked.by, desk.now, desk.now.date())
    lines = [f"{case.facts.debtor.key}: {road.value} {place} is added, kept against later imports", *freed(done)]
    if road in desk.premises.consent and said.get("consent") != Consent.GIVEN:
        lines.append(f"nothing leaves by {road.value} without consent: relanced contact edit … --consent yes")
    return Told(tuple(lines), record={"case": case.facts.id, "road": road.value, "place": place})


async def contact_edit(desk: Desk, asked: Asked) -> Told:
    """Set the name, rank or consent of a contact; or write to another address instead."""
    case, said, back = await case_of(desk, asked), read(asked, CONTACT), given_back(asked, CONTACT)
    road, place = _where(asked, asked.text("where"))
    instead = asked.maybe("to")
    if not said and not back and not instead:
        raise Misasked("say what to set: --name, --rank, --consent, --to or --give-back")
    about = (asked.by, desk.now, desk.now.date())
    if instead is None:
        done = await desk.store.edits.edit_contact(case.facts.id, road, place, said, back, *about)
        return Told(tuple(told(case, CONTACT, done, said, back)), record=plain(done))
    if said or back:
        raise Misasked("--to stands alone: the new address keeps name and rank, and consent is asked for anew")
    new_road, new = _where(asked, instead)
    if (new_road is Road.EMAIL) is not (road is Road.EMAIL):
        raise Misasked(f"{new} is not of the same kind as {place}")
    done = await desk.store.edits.remove_contact(case.facts.id, road, place, new, *about)
    return Told((f"{case.facts.debtor.key}: {new} instead of {place}", *freed(done)), record=plain(done))


async def contact_remove(desk: Desk, asked: Asked) -> Told:
    """Nobody writes there any more, and no import brings it back."""
    case = await case_of(desk, asked)
    road, place = _where(asked, asked.text("where"))
    await desk.store.edits.remove_contact(case.facts.id, road, place, "", asked.by, desk.now, desk.now.date())
    words = f"{case.facts.debtor.key}: {shown(place)} is removed, and stays so whatever an import says"
    return Told((f"{words}: relanced contact add brings it back",))


async def contact_dead(desk: Desk, asked: Asked) -> Told:
    """Nothing arrives there."""
    return await _mark(desk, asked, dead=True)


async def contact_alive(desk: Desk, asked: Asked) -> Told:
    """It can be written to after all."""
    return await _mark(desk, asked, dead=False)


async def _mark(desk: Desk, asked: Asked, dead: bool) -> Told:
    case, today = await case_of(desk, asked), desk.now.date()
    road, place = _where(asked, asked.text("where"))
    said = {"dead_since": today if dead else None}
    done = await desk.store.edits.edit_contact(case.facts.id, road, place, said, (), asked.by, desk.now, today)
    state = "dead: nothing is sent there" if dead else "in use again"
    return Told((f"{case.facts.debtor.key}: {shown(place)} is {state}", *freed(done)))


def _where(asked: Asked, said: str) -> tuple[Road | None, str]:
    """The road, if it is said or can be told, and the place as an import would write it. Raises Misasked."""
    named = asked.maybe("road")
    if named and named not in [road.value for road in Road]:
        raise Misasked(f"road: {named} is none of email, sms, phone, letter")
    road = Road(named) if named else _guessed(said)
    if road is Road.EMAIL:
        return road, _only(said, reach.mails)
    if road is Road.LETTER:
        return road, "\n".join(one("where", said, postal))
    return road, _only(said, reach.phones)


def _guessed(said: str) -> Road | None:
    """A number alone does not tell whether it is for calls or for texts."""
    if "@" in said:
        return Road.EMAIL
    return Road.LETTER if "," in said else None


def _only(said: str, read: Callable[[str], tuple[str, ...]]) -> str:
    found = one("where", said, read)
    if len(found) != 1:
        raise Misasked(f'where: "{printable(said)}" is not one address')
    return str(found[0])


VERBS: dict[str, Verb] = {
    "contact add": contact_add,
    "contact edit": contact_edit,
    "contact remove": contact_remove,
    "contact dead": contact_dead,
    "contact alive": contact_alive,
}

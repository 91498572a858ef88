"""Names that point at other names: people, channels, policies, columns. What is named must exist and must fit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import takewhile

from msgspec import Struct

from relanced.channel import Form, Inbox
from relanced.config.channels import FORMS, Door
from relanced.config.creditors import Creditor, Person
from relanced.config.faults import Loc, did_you_mean
from relanced.config.imports import IMPORT_FIELDS
from relanced.config.reading import Reading
from relanced.config.schema import House, Mode
from relanced.rules.model import Road
from relanced.rules.policy import Policy

Problem = tuple[Loc, str]


class DroppedRoad(Struct, frozen=True):
    """A road that a step wants and that leads through no door of this creditor: it drops out of the step.

    `passed_over`: it was the last road of `via`, so the step is passed over for this creditor.
    """

    creditor: str
    policy: str
    step: str
    road: Road
    passed_over: bool = False

    def __str__(self) -> str:
        end = ": the step is passed over" if self.passed_over else ""
        return f"{self.creditor}: no channel for {self.road} ({self.policy}, {self.step}){end}"


def check_people(reading: Reading, people: Mapping[str, Person]) -> None:
    """A backup is somebody else of the house; a Unix account speaks for one person."""
    seen: dict[str, str] = {}
    for name, person in people.items():
        for key, text in _person_problems(person, reading, seen):
            reading.fault(("people", name, *key), text)


def _person_problems(person: Person, reading: Reading, seen: dict[str, str]) -> Iterator[Problem]:
    if person.backup == person.key:
        yield ("backup",), "nobody stands in for themselves"
    elif person.backup:
        yield from _named(person.backup, reading.names("people"), "person", ("backup",))
    if person.user and seen.setdefault(person.user, person.key) != person.key:
        yield ("user",), f"{person.user} already speaks for {seen[person.user]}"


def check_creditors(reading: Reading, creditors: Mapping[str, Creditor], doors: Mapping[str, Door]) -> None:
    """The people, channels, policies and columns of each creditor."""
    for name, creditor in creditors.items():
        problems = (
            *_readers(creditor, reading.names("people"), doors),
            *_roads(creditor, reading.names("channels"), doors),
            *_policies(creditor, reading.names("policies")),
            *_columns(creditor),
        )
        for key, text in problems:
            reading.fault(("creditors", name, *key), text)


def check_redirection(reading: Reading, house: House, creditors: Mapping[str, Creditor]) -> None:
    """While everything is redirected, no debtor's own address may be reached."""
    if house.mode is not Mode.REDIRECT:
        return
    roads = {road for creditor in creditors.values() for road in creditor.roads}
    for road in sorted(roads & {Road.EMAIL, Road.SMS} - set(house.redirect_to)):
        reading.fault(("redirect_to",), f"has no address for {road}, which creditors use")


def check_own_mail(reading: Reading, house: House, doors: Mapping[str, Door]) -> None:
    """What the house writes to its own people leaves by an e-mail channel."""
    named = house.alerts.by if house.alerts else None
    if named:
        for loc, text in _named(named, reading.names("channels"), "channel", ("alerts", "by")):
            reading.fault(loc, text)
    if named and named in doors and doors[named].form is not Form.MAIL:
        reading.fault(("alerts", "by"), f"{named} is of kind {doors[named].kind}: it carries no mail")
    wanted = ("alerts", "mail") if house.alerts and house.alerts.mail else ("digest",) if house.digest else None
    if (
        wanted
        and not any(door.form is Form.MAIL for door in doors.values())
        and len(doors) == len(reading.names("channels"))
    ):
        reading.fault(wanted, "needs an e-mail channel, and there is none")


def check_daily_mail(reading: Reading, doors: Mapping[str, Door]) -> None:
    """Letters that are mailed to whoever prints them leave by an e-mail channel."""
    for name, door in doors.items():
        if door.daily is None:
            continue
        loc, by = ("channels", name, "by"), door.daily.by
        for _, text in _named(by, reading.names("channels"), "channel", loc):
            reading.fault(loc, text)
        if by in doors and doors[by].form is not Form.MAIL:
            reading.fault(loc, f"{by} is of kind {doors[by].kind}: it carries no mail")


def check_hooks(reading: Reading, public_url: str | None, doors: Mapping[str, Door]) -> None:
    """A provider that is told to call us finds an open door, and calls at the address where it is."""
    for name, door in doors.items():
        if door.hook is None:
            continue
        loc, here = ("channels", name, door.hook.key), f"{public_url}/hook/{name}"
        if public_url is None:
            reading.fault(loc, "needs desk.public_url: without it no provider is let in")
        elif door.hook.url not in ("", here):
            reading.fault(loc, f"expected {here}: nobody would answer at {door.hook.url}")


def _named(name: str, known: Collection[str], what: str, loc: Loc) -> Iterator[Problem]:
    if name not in known:
        yield loc, f"no {what} is named {name}{did_you_mean(name, known)}"


def _readers(creditor: Creditor, people: Collection[str], doors: Mapping[str, Door]) -> Iterator[Problem]:
    if Road.EMAIL in creditor.roads and not creditor.read_by and not inboxes_of(creditor, doors):
        yield ("read_by",), f"is missing: who reads the answers to {creditor.send_as.address}?"
    for i, name in enumerate(creditor.read_by):
        yield from _named(name, people, "person", ("read_by", i))


def inboxes_of(creditor: Creditor, doors: Mapping[str, Door]) -> tuple[tuple[Door, Inbox], ...]:
    """The inboxes in which the answers to a creditor arrive, each with its channel."""
    return tuple((door, one) for door in doors.values() for one in door.inboxes if _arrives(creditor, door, one))


def _arrives(creditor: Creditor, door: Door, inbox: Inbox) -> bool:
    if not inbox.reads:
        return creditor.roads.get(Road.EMAIL) == door.name
    return creditor.send_as.address.lower() in {address.lower() for address in inbox.reads}


def _roads(creditor: Creditor, channels: Collection[str], doors: Mapping[str, Door]) -> Iterator[Problem]:
    for road, name in creditor.roads.items():
        yield from _named(name, channels, "channel", ("roads", road.value))
        if name in doors and not doors[name].serves(road):
            yield ("roads", road.value), _unfit(road, doors[name])


def _unfit(road: Road, door: Door) -> str:
    if door.form is not FORMS[road]:
        return f"{door.name} is of kind {door.kind}: it does not carry {road}"
    if road is Road.REGISTERED:
        return f"{door.name} posts plain letters: a registered one needs a channel with registered: true"
    return f"{door.name} posts registered letters: {road} needs a channel without registered: true"


def _policies(creditor: Creditor, policies: Collection[str]) -> Iterator[Problem]:
    for i, name in enumerate(creditor.policies):
        yield from _named(name, policies, "policy", ("policies", i))


def _columns(creditor: Creditor) -> Iterator[Problem]:
    for kind, mapping in creditor.mapping.by_kind().items():
        for name in mapping.columns:
            if name not in IMPORT_FIELDS[kind]:
                yield ("mapping", kind, "columns", name), f"no such field{did_you_mean(name, IMPORT_FIELDS[kind])}"


def check_ladders(reading: Reading, creditors: Mapping[str, Creditor], policies: Mapping[str, Policy]) -> None:
    """Every policy takes at least one step for each of its creditors, and is reached for one of them."""
    tried = {name: policies_of(creditor, policies) for name, creditor in creditors.items()}
    for name, mine in tried.items():
        for policy in mine:
            if not any(step.via for step in policy.with_doors(frozenset(creditors[name].roads)).steps):
                reading.fault(("creditors", name, "roads"), f"no step of policy {policy.name} can leave on these roads")
    for name, policy in policies.items():
        shadows = [_shadow(policy, mine) for mine in tried.values() if policy in mine]
        if shadows and all(shadows):
            text = f"is never used: {shadows[0]} is tried before it for the same debtors"
            reading.fault(("policies", name), text, key=True)


def _shadow(policy: Policy, tried: Iterable[Policy]) -> str:
    """The names of the policies that take every debtor this one is for, or nothing."""
    before = takewhile(lambda one: one != policy, tried)
    taking = [one for one in before if not one.tags and one.segments & policy.segments]
    left = policy.segments.difference(*(one.segments for one in taking))
    return "" if left else ", ".join(one.name for one in taking)


def policies_of(creditor: Creditor, policies: Mapping[str, Policy]) -> tuple[Policy, ...]:
    """The policies of one creditor, in the order they are tried."""
    return tuple(policies[name] for name in creditor.policies or policies if name in policies)


def dropped(creditors: Mapping[str, Creditor], policies: Mapping[str, Policy]) -> Iterator[DroppedRoad]:
    """The roads that lead nowhere, step by step."""
    for name, creditor in creditors.items():
        for policy in policies_of(creditor, policies):
            for step in policy.steps:
                nowhere = not any(road in creditor.roads for road in step.via)
                for road in dict.fromkeys(step.via + step.also):
                    if road not in creditor.roads:
                        yield DroppedRoad(name, policy.name, step.name, road, nowhere and road == step.via[-1])

"""The configuration as the house uses it: frozen, every name checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import Struct

from relanced.channel import Form, Inbox
from relanced.config.channels import Door
from relanced.config.creditors import Creditor, Person
from relanced.config.digest import digest
from relanced.config.references import DroppedRoad, inboxes_of, policies_of
from relanced.config.schema import Alerts, Desk, LogFormat, Mode
from relanced.config.store import Store
from relanced.config.words import Mailbox
from relanced.rules.calendar import ContactRules
from relanced.rules.model import Road
from relanced.rules.policy import Policy
from relanced.rules.rates import Published


class Config(Struct, frozen=True, dict=True):
    """What the operator decided. Mappings keep the order of the file."""

    path: Path
    store: Store
    state: Path
    mode: Mode
    redirect_to: Mapping[Road, str]
    timezone: ZoneInfo
    desk: Desk
    log_format: LogFormat
    alerts: Alerts | None
    morning: time | None
    templates: tuple[Path, ...]
    people: Mapping[str, Person]
    creditors: Mapping[str, Creditor]
    channels: Mapping[str, Door]
    contact_rules: ContactRules
    policies: tuple[Policy, ...]
    rates: tuple[Published, ...]
    dropped_roads: tuple[DroppedRoad, ...]
    unread_secrets: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Config({self.path}, {self.digest})"

    def creditor(self, key: str) -> Creditor:
        """The creditor of that key. Raises KeyError."""
        return self.creditors[key]

    def policy(self, name: str) -> Policy:
        """The policy of that name, all its roads in it. Raises KeyError."""
        return {policy.name: policy for policy in self.policies}[name]

    def policies_of(self, creditor: str) -> tuple[Policy, ...]:
        """The policies of one creditor in the order they are tried, roads without a door left out. Raises KeyError."""
        one = self.creditors[creditor]
        mine = policies_of(one, {policy.name: policy for policy in self.policies})
        return tuple(policy.with_doors(frozenset(one.roads)) for policy in mine)

    def contact_rules_of(self, creditor: str) -> ContactRules:
        """The house's rules with what this creditor says differently. Raises KeyError."""
        said = self.creditors[creditor].contact_rules
        return said.over(self.contact_rules) if said else self.contact_rules

    def door(self, creditor: str, road: Road) -> Door | None:
        """The channel behind a road of a creditor. Raises KeyError for a creditor nobody knows."""
        name = self.creditors[creditor].roads.get(road)
        return self.channels[name] if name else None

    def redirected_to(self, channel: str) -> str | None:
        """Which address of ours takes all that leaves through a channel in mode redirect; None: nothing does."""
        roads = {road for c in self.creditors.values() for road, name in c.roads.items() if name == channel}
        return next((self.redirect_to[r] for r in (Road.EMAIL, Road.SMS) if r in roads and r in self.redirect_to), None)

    def inboxes_of(self, creditor: str) -> tuple[tuple[Door, Inbox], ...]:
        """The inboxes in which the answers to a creditor arrive, each with its channel. Raises KeyError."""
        return inboxes_of(self.creditors[creditor], self.channels)

    @property
    def own_mail(self) -> tuple[Door, Mailbox] | None:
        """By which channel, and in whose name, the house writes to its own people; None without an e-mail channel."""
        doors = [door for door in self.channels.values() if door.form is Form.MAIL]
        named = self.alerts.by if self.alerts else None
        door = next((d for d in doors if named in (None, d.name)), None)
        if door is None:
            return None
        said = self.alerts.send_as if self.alerts else None
        mine = [c.send_as for c in self.creditors.values() if c.roads.get(Road.EMAIL) == door.name]
        return door, said or [*mine, *(c.send_as for c in self.creditors.values())][0]

    def person_of(self, user: str) -> Person | None:
        """The person for whom a Unix account speaks at the desk."""
        return next((person for person in self.people.values() if person.user == user), None)

    @cached_property
    def digest(self) -> str:
        """A short name for exactly this configuration, secrets left out."""
        apart = ("path", "dropped_roads", "unread_secrets")
        keys = (name for name in self.__struct_fields__ if name not in apart)
        return digest(self.policies_digest, {key: getattr(self, key) for key in keys})

    @cached_property
    def policies_digest(self) -> str:
        """A short name for the policies and their order: two daemons of one database must agree on it."""
        return digest([policy.digest for policy in self.policies])

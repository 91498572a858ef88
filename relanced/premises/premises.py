"""Everything around a case: its policy, its creditor's doors and rules, and the surface the gate looks at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from hashlib import sha256

from msgspec import Struct, field

from relanced.channel import Form, Reads
from relanced.config import Config, Creditor, Door, Mode
from relanced.config.digest import digest as short_name
from relanced.premises.brief import claim_of, letterhead
from relanced.premises.room import short_of_room
from relanced.rules.audit import DEAF, ear
from relanced.rules.calendar import add_working_days
from relanced.rules.decide import Decision, Named, decide
from relanced.rules.gate import Moment, Surface
from relanced.rules.model import CaseFacts, Road, Segment
from relanced.rules.policy import Policy, Step
from relanced.rules.rates import RATES, RateTable
from relanced.store.facts import Loaded
from relanced.store.opening import Store
from relanced.words.engine import Words
from relanced.words.errors import WordingError

CALLS_PER_DAY = 12  # where a channel does not say


class Conditions(Struct, frozen=True):
    """How the house stands at this moment: its epoch, why it is stopped, which doors are closed until when and why, and
    how many messages may be in flight through one that is tried again. `heard`: by channel and name, until when each
    inbox was heard; None where nobody asks. `unread`: something came back that was not read yet: it may be a reply."""

    epoch: int = 1
    stopped: str = ""
    closed: Mapping[str, tuple[datetime, str]] = field(default_factory=dict)
    rooms: Mapping[str, int] = field(default_factory=dict)
    heard: Mapping[tuple[str, str], datetime] | None = None
    unread: bool = False


class Premises:
    """One configuration, with the policies that cases keep as snapshots and the wordings of every creditor."""

    def __init__(self, config: Config, words: Mapping[str, Words]) -> None:
        self.config = config
        self.words = words
        self.rates: RateTable = RATES.with_overrides(config.rates)
        self.consent = frozenset(
            road for c in config.creditors for road in Road if (door := config.door(c, road)) and door.consent_required
        )
        self.letterheads = {key: letterhead(creditor, _logo(creditor)) for key, creditor in config.creditors.items()}
        said = {key: mine.fingerprint() for key, mine in words.items()}
        shown = {key: sha256(head.logo).hexdigest() for key, head in self.letterheads.items()}
        self.digest = short_name(config.digest, said, shown)
        """A short name for all that words a message: configuration, templates, logos."""
        self._snapshots: dict[str, Policy] = {}
        self._current = {key: config.policies_of(key) for key in config.creditors}
        self._rules = {key: config.contact_rules_of(key) for key in config.creditors}
        self._digests = {key: {p.digest: p for p in policies} for key, policies in self._current.items()}
        self._climbed: dict[tuple[str, str], Policy] = {}
        self._inboxes = {key: [(d.name, i.name) for d, i in config.inboxes_of(key)] for key in config.creditors}
        kinds = {name: door.channel for name, door in config.channels.items()}
        self._readable = [n for n, kind in kinds.items() if kind.form is Form.MAIL or issubclass(kind, Reads)]
        self._listens = config.mode is not Mode.SHADOW and any(self._inboxes.values())

    def local(self, now: datetime) -> datetime:
        """The moment in the house's time zone: rules know no other."""
        return now.astimezone(self.config.timezone)

    def creditor(self, key: str) -> Creditor | None:
        """The creditor as configured; None when the configuration does not name it any more."""
        return self.config.creditors.get(key)

    def door(self, creditor: str, road: Road) -> Door | None:
        """The channel behind a road."""
        return self.config.door(creditor, road) if creditor in self.config.creditors else None

    def calls_per_day(self, channel: str) -> int:
        """How many calls a person is given in a day through a channel."""
        door = self.config.channels.get(channel)
        return int(getattr(door.settings, "per_day", CALLS_PER_DAY)) if door else CALLS_PER_DAY

    async def conditions(self, store: Store) -> Conditions:
        """How the house stands now. A database that another configuration took over is no place to send from."""
        now = await store.clerk.stance(self._readable)
        stopped = now.stopped
        if not stopped and now.settled not in ("", self.digest):
            stopped = "another configuration works on this database: make them equal and restart"
        stopped = stopped or short_of_room(self.config)
        return Conditions(now.epoch, stopped, now.closed, now.rooms, now.heard if self._listens else None, now.unread)

    # -- policies -------------------------------------------------------------------------------------------------

    async def known(self, store: Store, cases: Iterable[Loaded]) -> None:
        """Read the policies these cases started under, where they are not known yet: `policy` needs them."""
        for case in cases:
            digest = case.policy_digest
            if digest and digest not in self._snapshots and not self._by_digest(case.facts.creditor, digest):
                self._snapshots[digest] = Policy.from_json(await store.planning.policy(digest) or "")

    def policy(self, case: Loaded) -> Policy | None:
        """The policy the case climbs: its snapshot (`known`), else the first that fits. Roads without a door are left
        out."""
        if case.policy_digest:
            kept = self._kept(case.facts.creditor, case.policy_digest)
            if kept is not None:
                return kept
        return self.chosen(case)

    def _kept(self, creditor: str, digest: str) -> Policy | None:
        """The policy of that digest with the doors of a creditor: worked out once."""
        if (creditor, digest) not in self._climbed:
            known = self._by_digest(creditor, digest) or self._snapshots.get(digest)
            if known is None:
                return None
            self._climbed[creditor, digest] = self._with_doors(creditor, known)
        return self._climbed[creditor, digest]

    def chosen(self, case: Loaded) -> Policy | None:
        """The policy a case would start under today: the one asked for by name, else the first that fits."""
        policies = self._current.get(case.facts.creditor, ())
        if case.policy_wanted:
            return next((p for p in policies if p.name == case.policy_wanted), None)
        return next((p for p in policies if fits(p, case.facts)), None)

    def _by_digest(self, creditor: str, digest: str) -> Policy | None:
        return self._digests.get(creditor, {}).get(digest)

    def _with_doors(self, creditor: str, policy: Policy) -> Policy:
        configured = self.config.creditors.get(creditor)
        return policy.with_doors(frozenset(configured.roads)) if configured else policy

    # -- the gate -------------------------------------------------------------------------------------------------

    def decide(self, case: Loaded, policy: Policy, now: datetime) -> Decision:
        """The step that is due; `now` is local."""
        return decide(case.facts, policy, now, case.creditor.covers)

    def surface(
        self, case: Loaded, step: Step, lines: tuple[Named, ...], channel: str, now: datetime, c: Conditions
    ) -> Surface:
        """What surrounds one message."""
        key = case.facts.creditor
        creditor = self.config.creditors[key]
        until, why = c.closed.get(channel, (None, ""))
        deaf, heard_until = self._ears(key, now, c)
        return Surface(
            rules=self._rules[key],
            creditor_postcode=creditor.postcode,
            creditor_closed=creditor.closed,
            covers=case.creditor.covers,
            at_most=creditor.bank_data.at_most,
            deaf=deaf,
            heard_until=heard_until,
            iban_doubt=self._iban_doubt(case, creditor, lines),
            opened=case.creditor.opened_on is not None,
            stopped=c.stopped,
            channel_closed=f"{channel} is closed: {why}" if until and until > now else "",
            channel_until=until,
            consent=self.consent,
            rates_missing=self._rates_missing(case, step, lines, now.date()),
        )

    def moment(
        self,
        case: Loaded,
        step: Step,
        lines: tuple[Named, ...],
        decision: Decision,
        road: Road,
        address_id: int | None,
        now: datetime,
        conditions: Conditions,
        follows: bool = False,
        approved: bool = True,
    ) -> Moment:
        """The question put to the gate about one message; `now` is local."""
        door = self.door(case.facts.creditor, road)
        surface = self.surface(case, step, lines, door.name if door else "", now, conditions)
        return Moment(case.facts, step, lines, decision, surface, road, address_id, now, follows, approved)

    def _ears(self, key: str, now: datetime, c: Conditions) -> tuple[str, datetime | None]:
        """Why nobody would hear the answers, empty when somebody does; and until when that is sure."""
        inboxes = self._inboxes[key]
        if not inboxes:
            read = self.config.creditors[key].read_by
            return "" if read else f"nobody reads the answers to {key}: set read_by or imap", None
        if c.heard is None:
            return "", None
        unheard = [name for name in inboxes if name not in c.heard]
        if unheard:
            return f"{ear(*unheard[0])} was never heard: nothing leaves before it is", None
        first = min(inboxes, key=c.heard.__getitem__)
        heard = self.local(c.heard[first])
        if now - heard >= DEAF:
            return f"{ear(*first)} is deaf since {heard:%Y-%m-%d %H:%M}: nothing leaves before it hears again", None
        return "", heard + DEAF

    def _iban_doubt(self, case: Loaded, creditor: Creditor, lines: tuple[Named, ...]) -> str:
        """Bank details that differ from the known ones, or from those on an invoice, wait for people."""
        if case.creditor.iban and case.creditor.iban != creditor.iban:
            return "the bank account in the configuration is new: relanced iban confirm"
        named = {n.term_id for n in lines}
        other = [t.invoice for t in case.facts.terms if t.id in named and t.payee_iban not in ("", creditor.iban)]
        return f"invoice {other[0]} shows another bank account than the configuration" if other else ""

    def _rates_missing(self, case: Loaded, step: Step, lines: tuple[Named, ...], today: date) -> tuple[str, ...]:
        if step.deadline is None:
            return ()
        return claim_of(case.facts, lines, self.config.creditors[case.facts.creditor], self.rates, today).missing

    # -- words ----------------------------------------------------------------------------------------------------

    def wording_digest(self, creditor: str, step: Step, form: Form) -> str:
        """A short name for the words of a step in a form; empty when there are none, which wording will tell."""
        try:
            return self.words[creditor].digest(step.words, form)
        except WordingError:
            return ""

    def lapse_at(self, step: Step, now: datetime, creditor: str) -> datetime:
        """Until when a wait on a person may last: `within` working days, to the end of the last one."""
        last = add_working_days(now.date(), step.within, self.config.creditors[creditor].postcode)
        return now.replace(year=last.year, month=last.month, day=last.day, hour=23, minute=59, second=0, microsecond=0)


def _logo(creditor: Creditor) -> bytes:
    """The bytes of the logo; a file that cannot be read leaves the letterhead without one, and `check` says so."""
    try:
        return creditor.logo.read_bytes() if creditor.logo else b""
    except OSError:
        return b""


def fits(policy: Policy, facts: CaseFacts) -> bool:
    """Whether a policy is meant for this debtor; an unknown segment fits only a policy that says so."""
    segments = policy.segments
    known = facts.debtor.segment in segments
    protective = facts.debtor.segment is Segment.UNKNOWN and Segment.CONSUMER in segments
    return (known or protective) and (not policy.tags or bool(policy.tags & set(facts.debtor.tags)))

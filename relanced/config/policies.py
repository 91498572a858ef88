"""Policies as written become policies as `rules` knows them, once every step is seen to fit the one before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from relanced.config.faults import Loc, did_you_mean
from relanced.config.ladder import PolicyHead, StepWords
from relanced.config.reading import Reading
from relanced.config.yaml_marks import parse
from relanced.rules.policy import Policy, Step, Tone

DEFAULT = "default"
SHIPPED = Path(__file__).with_name("default_policies.yaml")

Problem = tuple[str, str]  # a key of the step, and what is wrong there
Steps = Sequence[StepWords | None]


def with_defaults(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with ``policies: default``, ``NAME: default`` and absent policies replaced by those that ship."""
    said = values.get("policies", DEFAULT)
    if said == DEFAULT:
        said = dict.fromkeys(shipped(), DEFAULT)
    if isinstance(said, dict) and DEFAULT in said.values():
        said = {name: shipped().get(name, one) if one == DEFAULT else one for name, one in said.items()}
    return {**values, "policies": said}


@cache
def shipped() -> dict[str, Any]:
    """The policies that come with relanced, as written."""
    root = parse(SHIPPED.read_bytes()).root
    return root if isinstance(root, dict) else {}


def read_policies(reading: Reading) -> dict[str, Policy]:
    """The policies without a fault, by name, in file order."""
    found = {name: _policy(reading, raw, ("policies", name)) for name, raw in reading.entries("policies").items()}
    return {name: policy for name, policy in found.items() if policy}


def _policy(reading: Reading, raw: object, loc: Loc) -> Policy | None:
    if not isinstance(raw, dict):
        names = ", ".join(shipped())
        reading.fault(loc, f"expected for: and steps:, or the word {DEFAULT} for one of those that ship: {names}")
        return None
    rest = {key: value for key, value in raw.items() if key != "steps"}
    head = reading.section(PolicyHead, rest, loc, also=("steps",))
    steps = _steps(reading, raw.get("steps"), (*loc, "steps"))
    if head is None or not steps or None in steps:
        return None
    return Policy(
        name=head.key,
        segments=frozenset(head.for_.debtor),
        steps=tuple(_step(words) for words in steps if words),
        min_amount=head.min_amount,
        gather=head.gather,
        large=head.large,
        tags=frozenset(head.for_.tags),
        during_offer=head.during_offer,
    )


def _steps(reading: Reading, raw: object, loc: Loc) -> Steps:
    if not isinstance(raw, list) or not raw:
        reading.fault(loc, "expected a list of steps" if raw is not None else "is missing")
        return ()
    steps = [reading.section(StepWords, one, (*loc, i)) for i, one in enumerate(raw)]
    names = [str(one.get("name")) if isinstance(one, dict) else "" for one in raw]
    for i, step in enumerate(steps):
        problems = [*_alone(step), *_after(step, steps[:i], names[:i])] if step else []
        for key, text in problems:
            reading.fault((*loc, i, key), text)
    return steps


def _alone(step: StepWords) -> Iterator[Problem]:
    """What does not fit within one step."""
    twice = {road for road in step.via + step.also if (step.via + step.also).count(road) > 1}
    if twice:
        yield "also" if step.also else "via", f"{', '.join(sorted(twice))}: a road is taken once in a step"
    if step.deadline is not None and step.tone is not Tone.FORMAL:
        yield "deadline", "only a formal step sets a deadline"
    if step.when.days < 0 and step.tone is not Tone.COURTEOUS:
        yield "tone", "before the due date only a courteous step may be taken"
    yield from _hand_over(step) if step.hand_over else _message(step)


def _hand_over(step: StepWords) -> Iterator[Problem]:
    if step.via or step.also:
        yield "via" if step.via else "also", "a hand-over sends nothing: leave via and also out"
    if step.approval != "required":
        yield "approval", "a hand-over needs a person: say approval: required"
    if step.tone is not Tone.FORMAL:
        yield "tone", "a hand-over is formal"


def _message(step: StepWords) -> Iterator[Problem]:
    if not step.via:
        yield "via", "a step needs a road, or hand_over: dossier"


def _after(step: StepWords, before: Steps, names: Sequence[str]) -> Iterator[Problem]:
    """What does not fit the steps before it; those with a fault of their own are left out."""
    earlier = [one for one in before if one]
    if step.name in names:
        yield "name", f"{step.name} is the name of an earlier step"
    if any(one.tone > step.tone for one in earlier):
        yield "tone", "a step may not speak more softly than the one before it"
    if step.when.deadline_of:
        yield from _passed(step.when.deadline_of, earlier, names)
    elif any(not one.when.deadline_of and one.when.days >= step.when.days for one in earlier):
        yield "when", "must be later than the step before it"


def _passed(name: str, earlier: Sequence[StepWords], names: Sequence[str]) -> Iterator[Problem]:
    if name not in names:
        yield "when", f"no earlier step is named {name}{did_you_mean(name, filter(None, names))}"
    elif any(one.name == name and one.deadline is None for one in earlier):
        yield "when", f'{name} sets no deadline: give it one, like "15 days after presentation"'


def _step(words: StepWords) -> Step:
    return Step(
        name=words.name,
        tone=words.tone,
        when=words.when,
        via=words.via,
        also=words.also,
        only=frozenset(words.only),
        at_most=words.at_most,
        min_amount=words.min_amount,
        approval=words.approval == "required",
        within=words.within,
        max_lateness=words.max_lateness,
        enclose=words.enclose,
        deadline=words.deadline,
        hand_over=words.hand_over is not None,
        wording=words.wording or "",
    )

"""What an operator may write about policies and their steps."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from relanced.config.fields import (
    Cents,
    Days,
    Deadline,
    Moment,
    Name,
    Roads,
    Texts,
    Times,
    ToneWord,
    WorkingDays,
    one_or_more,
)
from relanced.config.section import Keyed, Section
from relanced.rules.model import Segment
from relanced.rules.policy import DuringOffer, Enclose, Only


class Whom(Section):
    """Whom a policy is for. An unknown debtor fits only a policy that says so."""

    debtor: Annotated[tuple[Segment, ...], one_or_more(Segment)] = Field(min_length=1)
    tags: Texts = Field((), description="only debtors with one of these tags")


class StepWords(Section):
    """One step of the ladder, as written."""

    name: Name
    tone: ToneWord
    when: Moment
    via: Roads = Field((), description="the roads, in the order they are tried")
    also: Roads = Field((), description="copies, once the first has left")
    only: Annotated[tuple[Only, ...], one_or_more(Only)] = Field((), description="any of these; default everybody")
    at_most: Times | None = None
    min_amount: Cents = Field(0, description="the least that its lines must add up to")
    approval: Literal["required", "none"] = "none"
    within: WorkingDays = Field(10, description="how long it may wait for a person")
    max_lateness: Days | None = Field(None, description="passed over when later than this")
    enclose: Enclose = Enclose.NOTHING
    deadline: Deadline | None = Field(None, description="what a formal notice leaves the debtor")
    hand_over: Literal["dossier"] | None = None
    wording: Name | None = Field(None, description="the folder of its wording; by default its name")


class PolicyHead(Keyed):
    """A policy without its steps."""

    for_: Whom = Field(alias="for")
    min_amount: Cents = Field(0, description="cases that owe less are left alone")
    gather: Days = Field(0, description="terms due within these days are named along")
    large: Cents = Field(100_000, description="from which amount a line counts as large")
    during_offer: DuringOffer = Field(DuringOffer.REMIND, description="whether reminders go on while an offer runs")


class PolicyWords(PolicyHead):
    """A policy as written."""

    steps: list[StepWords] = Field(min_length=1)

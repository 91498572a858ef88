"""Worlds drawn at random: invoices, payments of every kind, outages, holds, closing periods, imports late or early."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st

from relanced.rules.model import Money, Term
from tests.rules.build import BUSINESS, CONSUMER, PUBLIC
from tests.rules.simulator import Silence, World

START = date(2026, 1, 5)
SPAN = 160  # days walked: one ladder and a half


def on(n: int) -> date:
    return START + timedelta(days=n)


@st.composite
def terms(draw: st.DrawFn, id: int) -> Term:
    issued, delay = draw(st.integers(-60, 90)), draw(st.sampled_from([0, 15, 30, 45]))
    cents = draw(st.sampled_from([4_00, 40_00, 400_00, 3_000_00]))
    currency = draw(st.sampled_from(["EUR", "EUR", "EUR", "USD"]))
    return Term(id, f"FA-{id}", id, on(issued), on(issued + delay), cents, currency, invoice_cents=cents)


@st.composite
def payments(draw: st.DrawFn, term: Term, id: int) -> list[Money]:
    """Never, whole, in two parts, too much, by credit, taken back."""
    shares = draw(st.sampled_from([[], [], [100], [30, 70], [30], [130], [100, -100], [100, -100, 100]]))
    day, made = term.due_on + timedelta(days=draw(st.integers(-10, 70))), []
    named = term.id if draw(st.integers(0, 3)) else None
    for i, share in enumerate(shares):
        cents = term.cents * share // 100
        made.append(Money(id * 10 + i, day, cents, term.currency, named, credit=share == 30))
        day += timedelta(days=draw(st.integers(0, 20)))
    return made


def silences(longest: int, term_ids: st.SearchStrategy[int | None]) -> st.SearchStrategy[Silence]:
    spans = st.tuples(st.integers(0, SPAN), st.integers(0, longest), term_ids)
    return spans.map(lambda span: Silence(on(span[0]), on(span[0] + span[1]), span[2]))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    owed = tuple(draw(terms(id)) for id in range(1, draw(st.integers(1, 5)) + 1))
    return World(
        policy=draw(st.sampled_from([BUSINESS, CONSUMER, PUBLIC])),
        terms=owed,
        start=START,
        days=SPAN,
        money=tuple(m for t in owed for m in draw(payments(t, t.id))),
        down=tuple(draw(st.lists(silences(15, st.none()), max_size=2))),
        holds=tuple(draw(st.lists(silences(40, st.sampled_from([None, 1, 2])), max_size=2))),
        closed=tuple((s.first, s.last) for s in draw(st.lists(silences(21, st.none()), max_size=1))),
        every=draw(st.integers(1, 4)),
        lag=draw(st.integers(0, 2)),
    )

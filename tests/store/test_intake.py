"""An import is written whole or not at all, and the same file twice changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from relanced.rules.model import Consent, PaymentMode, Road, Segment
from relanced.rules.owed import balances
from relanced.rules.rows import CreditRow, DebtorRow, InvoiceRow, PaymentRow, TermRow
from relanced.store.intake import Refused
from relanced.store.opening import Store
from relanced.store.tables import addresses, cases, imports, money
from tests.store.books import CREDITOR, IBAN, TODAY, Books
from tests.store.post import Post
from tests.store.rows import every, run

DAY = timedelta(days=1)


async def _owed(books: Books, debtor: str = "garage") -> list[int]:
    return list(balances((await books.facts(debtor)).facts).values())


# -- whole or not at all ------------------------------------------------------------------------------------------


async def test_a_refused_import_changes_nothing_and_tells_every_contradiction(store: Store, books: Books) -> None:
    await books.debtor()
    await books.invoice()
    rows = (books.row("F-2"), InvoiceRow(7, "bakery", "F-1", TODAY, 1, (TermRow(TODAY, 1),)))
    credits = (CreditRow(9, "nobody", "A-1", TODAY, 5_00), CreditRow(8, "garage", "A-2", TODAY, 5_00, invoice="F-9"))
    before = [await every(store, table) for table in (cases, money, imports)]
    with pytest.raises(Refused) as refused:
        await books.apply("invoices", invoices=rows, credits=credits, file="march.csv")
    assert refused.value.faults == [
        "march.csv:7: invoice F-1 belongs to another debtor already",
        "march.csv:8: invoice F-9 is unknown: import invoices first",
        "march.csv:9: credit note A-1: debtor 'nobody' is unknown",
    ]
    assert [await every(store, table) for table in (cases, money, imports)] == before


async def test_fault_56_the_same_file_twice_changes_nothing(store: Store, books: Books) -> None:
    await books.debtor()
    report = await books.apply("invoices", invoices=(books.row(),), file="f.csv", digest="d")
    assert (report.repeated, report.added) == (False, {"invoices": 1, "terms": 1})
    before = await books.version()
    report = await books.apply("invoices", invoices=(books.row(),), file="f.csv", digest="d")
    assert (report.repeated, report.added) == (True, {})
    assert await books.version() == before
    assert len(await every(store, imports, kind="invoices")) == 1


async def test_the_same_rows_in_another_file_change_nothing_either(books: Books) -> None:
    await books.debtor()
    await books.invoice()
    before = await books.version()
    report = await books.invoice()
    assert (report.added, report.changed, report.same) == ({}, {}, {"invoices": 1, "terms": 1})
    assert await books.version() == before


async def test_a_dry_run_tells_what_would_happen_and_does_nothing(store: Store, books: Books) -> None:
    tick = store.bumps.now
    report = await books.apply("debtors", debtors=(DebtorRow(1, "garage"),), dry_run=True)
    assert (report.dry_run, report.added) == (True, {"debtors": 1})
    assert await every(store, cases) == []
    assert store.bumps.now == tick


async def test_two_creditors_keep_books_of_their_own(store: Store, books: Books) -> None:
    await store.house.settle_config("config-2", {CREDITOR: IBAN, "martin": IBAN}, books.now)
    other = Books(store, "martin")
    for ours in (books, other):
        await ours.debtor()
        await ours.invoice()
        await ours.payment(100_00, key="the same key", invoice="F-1")
    assert await _owed(books) == await _owed(other) == [20_00]
    assert books.cases != other.cases


# -- debtors and addresses ----------------------------------------------------------------------------------------


async def test_a_debtor_is_what_the_last_file_says_and_keeps_what_it_does_not_say(books: Books) -> None:
    await books.debtor(siren="732829320", language="de", tags=("vip",), owner="jean", policy="standard")
    await books.apply("debtors", debtors=(DebtorRow(2, "garage", name="Garage SA", segment=Segment.PUBLIC),))
    loaded = await books.facts()
    debtor = loaded.facts.debtor
    assert (debtor.name, debtor.segment, debtor.siren, debtor.language) == (
        "Garage SA",
        Segment.PUBLIC,
        "732829320",
        "de",
    )
    assert (debtor.tags, debtor.postcode, loaded.owner, loaded.policy_wanted) == (("vip",), "35000", "jean", "standard")
    events = [e["event"] for e in await books.store.views.journal_of(books.cases["garage"])]
    assert events == ["debtor met", "debtors changed"]


async def test_a_debtor_known_only_by_an_invoice_is_met(books: Books) -> None:
    await books.invoice(debtor="stranger")
    books.cases["stranger"] = 1
    assert (await books.facts("stranger")).facts.debtor.name == "stranger"


async def test_a_debtor_who_moves_is_written_to_at_the_new_address_and_at_the_old_one_once_back(books: Books) -> None:
    await books.debtor(mail=None)
    old, new = ("12 RUE DES FORGES", "35000 RENNES"), ("1 QUAI", "56100 LORIENT", "FRANCE")
    for address, alive in ((old, old), (new, new), (new, new), (old, old)):
        await books.debtor(mail=None, address=address)
        ways = (await books.facts()).facts.addresses
        assert [a.where for a in ways if a.dead_since is None] == ["\n".join(alive)]
    assert (await books.facts()).facts.debtor.postcode == "35000"


async def test_a_letter_that_came_back_is_not_forgotten_by_the_next_import(store: Store, books: Books) -> None:
    """The same address once more is no news: who does not live there still does not."""
    await books.debtor(mail=None)
    await run(store, update(addresses).values(dead_since=TODAY))
    await books.debtor(mail=None, name="Garage Neuf")
    assert [a.dead_since for a in (await books.facts()).facts.addresses] == [TODAY]


async def test_only_a_person_gives_a_refusal_back(books: Books) -> None:
    await books.debtor(mail=None)
    said = (Consent.NONE, Consent.GIVEN, Consent.WITHDRAWN, Consent.NONE, Consent.GIVEN)
    kept = (Consent.NONE, Consent.GIVEN, Consent.WITHDRAWN, Consent.WITHDRAWN, Consent.WITHDRAWN)
    for consent, then in zip(said, kept, strict=True):
        await books.contact("garage", "+33612345678", Road.SMS, consent=consent)
        assert next(a for a in (await books.facts()).facts.addresses if a.road is Road.SMS).consent is then


async def test_a_contact_of_nobody_is_refused(books: Books) -> None:
    with pytest.raises(Refused, match="contact: debtor 'nobody' is unknown: import debtors first"):
        await books.contact("nobody", "x@y.example")


# -- invoices and due dates ---------------------------------------------------------------------------------------


async def test_an_invoice_keeps_what_the_file_says(books: Books) -> None:
    await books.debtor()
    await books.invoice(
        parts={TODAY: 40_00, TODAY + DAY: 80_00},
        order_number="PO-7",
        payment_mode=PaymentMode.DIRECT_DEBIT,
        payer="HQ",
        payee_iban=IBAN,
        open_cents=100_00,
        excluded=True,
    )
    one, two = (await books.facts()).facts.terms
    assert [(t.n, t.due_on, t.cents) for t in (one, two)] == [(1, TODAY, 40_00), (2, TODAY + DAY, 80_00)]
    assert (one.order_number, one.payment_mode, one.payer, one.payee_iban) == (
        "PO-7",
        PaymentMode.DIRECT_DEBIT,
        "HQ",
        IBAN,
    )
    assert (one.invoice_cents, one.stated_open, one.stated_on, one.excluded) == (120_00, 100_00, TODAY - DAY, True)


async def test_a_statement_of_an_earlier_day_says_nothing_new(books: Books) -> None:
    await books.debtor()
    await books.apply("snapshot", invoices=(books.row(open_cents=50_00),), covers=TODAY)
    await books.apply("invoices", invoices=(books.row(open_cents=120_00),), covers=TODAY - DAY)
    assert await _owed(books) == [50_00]


async def test_books_that_have_not_allocated_a_payment_yet_do_not_swallow_it(books: Books) -> None:
    """The bank told of it and covers a later day; the accounting program exports the invoice as it was."""
    await books.debtor()
    await books.apply("invoices", invoices=(books.row(open_cents=120_00),))
    await books.payment(120_00, key="bank-1", on=TODAY, invoice="F-1")
    await books.apply("payments", covers=TODAY)
    books.now += 2 * DAY
    await books.apply("invoices", invoices=(books.row(open_cents=120_00), books.row("F-2", open_cents=120_00)))
    assert await _owed(books) == [0, 120_00]


@pytest.mark.parametrize(
    ("said", "owed"), [(120_00, 50_00), (80_00, 50_00), (50_00, 50_00), (60_00, 0), (0, 0)], ids=str
)
async def test_a_later_amount_is_only_believed_where_it_cannot_hide_money(books: Books, said: int, owed: int) -> None:
    """What was open once tells nothing new; another amount has the money since deducted from it."""
    await books.debtor()
    await books.apply("invoices", invoices=(books.row(open_cents=120_00),))
    await books.payment(40_00, key="bank-1", on=TODAY, invoice="F-1")
    await books.payment(30_00, key="bank-2", on=TODAY + DAY, invoice="F-1")
    books.now += 3 * DAY
    await books.apply("invoices", invoices=(books.row(open_cents=said),))
    assert await _owed(books) == [owed]


async def test_a_day_somebody_names_is_believed(books: Books) -> None:
    await books.debtor()
    await books.apply("invoices", invoices=(books.row(open_cents=120_00),))
    await books.payment(40_00, key="bank-1", on=TODAY, invoice="F-1")
    await books.apply("invoices", invoices=(books.row(open_cents=90_00),), covers=TODAY)
    assert await _owed(books) == [90_00]


@pytest.mark.parametrize(
    ("open_cents", "paid", "owed"),
    [
        (120_00, (120_00,), 0),
        (120_00, (40_00,), 80_00),
        (80_00, (40_00,), 80_00),
        (80_00, (40_00, 80_00), 0),
        (120_00, (40_00, -40_00), 120_00),
    ],
    ids=str,
)
async def test_money_that_the_books_cannot_know_of_is_deducted_although_they_speak_of_a_later_day(
    books: Books, open_cents: int, paid: tuple[int, ...], owed: int
) -> None:
    """The open amounts come first, the bank data after them: whoever paid by name is not reminded."""
    await books.debtor()
    await books.apply("invoices", invoices=(books.row(open_cents=open_cents),))
    for n, cents in enumerate(paid):
        await books.payment(cents, key=f"bank-{n}", on=TODAY - (5 - n) * DAY, invoice="F-1")
    assert await _owed(books) == [owed]
    await books.apply("payments", covers=TODAY)
    books.now += 2 * DAY
    await books.apply("invoices", invoices=(books.row(open_cents=open_cents),))
    assert await _owed(books) == [owed]


async def test_a_credit_note_that_the_books_cannot_know_of_is_deducted_too(books: Books) -> None:
    await books.debtor()
    await books.apply("invoices", invoices=(books.row(open_cents=120_00),))
    await books.credit(20_00, invoice="F-1", on=TODAY - 5 * DAY)
    assert await _owed(books) == [100_00]


async def test_due_dates_may_be_dropped_until_one_was_reminded_of(store: Store, books: Books) -> None:
    await books.debtor()
    three = {TODAY: 40_00, TODAY + DAY: 40_00, TODAY + 2 * DAY: 40_00}
    await books.invoice(parts=three)
    await books.invoice(parts={TODAY: 60_00, TODAY + DAY: 60_00})
    assert await _owed(books) == [60_00, 60_00, 0]
    await Post(books).plan()
    with pytest.raises(Refused, match="invoice F-1 had 3 due dates, some already reminded of"):
        await books.invoice(parts={TODAY: 120_00})


# -- money --------------------------------------------------------------------------------------------------------


async def test_fault_56_a_payment_counts_once_and_a_reversal_takes_it_back(books: Books) -> None:
    await books.debtor()
    await books.invoice()
    for _ in range(2):
        await books.payment(50_00, key="bank-7", invoice="F-1")
        assert await _owed(books) == [70_00]
    await books.payment(-50_00, key="bank-7-back", invoice="F-1")
    assert await _owed(books) == [120_00]
    await books.credit(20_00, invoice="F-1")
    await books.credit(20_00, invoice="F-1")
    assert await _owed(books) == [100_00]


async def test_a_payment_nobody_can_attribute_waits_and_is_never_dropped(store: Store, books: Books) -> None:
    await books.debtor()
    await books.invoice()
    report = await books.payment(50_00, key="bank-7", label="VIR MARTIN", debtor="who")
    assert report.unmatched == 1
    (kept,) = await every(store, money)
    assert (kept["case_id"], kept["cents"], kept["label"]) == (None, 50_00, "VIR MARTIN")
    (task,) = await store.views.tasks()
    assert task["words"] == f"payment of 50.00 on {TODAY} (VIR MARTIN) names no debtor"
    report = await books.payment(50_00, key="bank-7", label="VIR MARTIN")
    assert (report.unmatched, len(await store.views.tasks())) == (0, 1)
    await books.payment(50_00, key="bank-7", label="VIR MARTIN", invoice="F-1")
    assert await _owed(books) == [70_00]
    assert await store.views.tasks() == []


async def test_a_payment_that_was_somebody_else_s_touches_both(books: Books) -> None:
    await books.debtor("bakery")
    await books.debtor()
    await books.invoice()
    await books.invoice("F-2", debtor="bakery")
    await books.payment(50_00, key="k", invoice="F-1")
    before = await books.version(), await books.version("bakery")
    await books.payment(50_00, key="k", debtor="bakery")
    assert (await _owed(books), await _owed(books, "bakery")) == ([120_00], [70_00])
    assert (await books.version(), await books.version("bakery")) == (before[0] + 1, before[1] + 1)


async def test_coverage_only_moves_forward_and_makes_the_planner_look(store: Store, books: Books) -> None:
    await books.debtor()
    await books.invoice()
    await Post(books).plan_case(look_at=books.now + 9 * DAY)
    for covers, known in ((TODAY - 3 * DAY, TODAY - 3 * DAY), (TODAY, TODAY), (TODAY - DAY, TODAY)):
        assert (await books.apply("payments", covers=covers)).covers == known
        assert (await store.house.standings())[CREDITOR].covers == known
    assert await store.planning.due(books.now, 9) == [books.cases["garage"]]


async def test_an_invoice_list_says_nothing_of_the_bank(store: Store, books: Books) -> None:
    """Its day is that of its open amounts: whoever thought the bank known would wait for reminders in vain."""
    await books.debtor()
    report = await books.apply("invoices", invoices=(books.row(open_cents=90_00),), covers=TODAY)
    assert (report.covers, (await store.house.standings())[CREDITOR].covers) == (None, None)


async def test_an_import_of_many_rows_fits_any_statement(books: Books) -> None:
    payments = tuple(PaymentRow(n, f"k{n}", TODAY, 1_00) for n in range(1500))
    report = await books.apply("payments", payments=payments, covers=TODAY)
    assert (report.added, report.unmatched) == ({"payments": 1500}, 1500)

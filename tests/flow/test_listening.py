"""What providers and people say, from the wire to the next step: asked for or brought, in any order, however often."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations

import pytest

from relanced.channel import Heard, Keep, Said, Unknown
from relanced.store.tables import addresses, heard, messages
from tests.flow import paper
from tests.flow.company import Company
from tests.flow.company import Said as Refused
from tests.flow.conftest import Found
from tests.flow.pigeons import CHANNELS, POLICIES, ROADS, Hearing, Loft, word
from tests.store.rows import every

DUE, DAY = date(2026, 3, 2), date(2026, 3, 5)
MOBILE = "+33612345678"


@pytest.fixture
def loft() -> Loft:
    """The provider."""
    return Loft()


@pytest.fixture
async def company(found: Found, loft: Loft) -> Company:
    """A company that texts, and writes letters when it cannot."""
    made = await found(kinds=loft.kinds, roads=ROADS, channels=CHANNELS, policies=POLICIES)
    await made.bills(paper.invoice("F-1", DUE))
    await made.imports("contacts", b"code client;mobile pour sms\nC1;06 12 34 56 78\n")
    return made


async def _heard(company: Company) -> list[str]:
    return [row["waits"] for row in await every(company.house.store, heard)]


def _keep(company: Company) -> Keep:
    """How a webhook keeps what it brings."""
    return company.house.keeper("pigeons")


# -- receipts -----------------------------------------------------------------------------------------------------


async def test_what_left_is_asked_about_until_its_end_is_told(company: Company, loft: Loft) -> None:
    await company.morning(DAY)
    assert await company.told() == ["relance-1 sms sent"]
    company.clock.later(minutes=11)
    await company.works()
    awaited, _ = loft.asked[-1]
    assert [(a.attempt, a.provider_id, a.address) for a in awaited] == [(loft.taken[0].attempt, "P1", MOBILE)]
    loft.says(Said.DELIVERED)
    company.clock.later(minutes=11)
    await company.works()
    assert await company.told() == ["relance-1 sms delivered"]
    company.clock.later(minutes=11)
    await company.works()
    assert loft.asked[-1][0] == ()


@pytest.mark.parametrize(
    "order", list(permutations((Said.TAKEN, Said.DELAYED, Said.DELIVERED, Said.BOUNCED, Said.READ)))[::24]
)
async def test_fault_42_in_whatever_order_it_is_told_the_end_is_the_same(
    company: Company, loft: Loft, order: tuple[Said, ...]
) -> None:
    """Fault 42. All 120 orders: tests/store/test_receipts.py."""
    loft.answer = Unknown("the line broke")
    await company.morning(DAY)
    for said in (*order, *order):
        loft.says(said)
    company.clock.later(minutes=11)
    await company.works()
    assert await company.told() == ["relance-1 sms failed"]
    assert await company.tasks() == ["not delivered"]


async def test_fault_42_the_same_webhook_five_times_is_one_receipt(company: Company, loft: Loft) -> None:
    await company.morning(DAY)
    brought = Heard("P1:delivered", word(Said.DELIVERED, loft.taken[0].attempt))
    for _ in range(5):
        await _keep(company)(brought)
        await company.works()
    assert await company.told() == ["relance-1 sms delivered"]
    assert await _heard(company) == [""]
    assert (await company.events()).count("receipt delivered") == 1


async def test_fault_38_a_text_taken_in_spite_of_an_error_is_settled_by_asking(company: Company, loft: Loft) -> None:
    loft.answer = Unknown("500 Internal Server Error")
    await company.morning(DAY)
    assert await company.told() == ["relance-1 sms uncertain"]
    loft.says(Said.TAKEN, provider_id="P7")
    company.clock.later(minutes=11)
    await company.works()
    assert await company.told() == ["relance-1 sms sent"]
    assert len(loft.taken) == 1
    assert await company.tasks() == []


async def test_fault_39_a_number_that_is_dead_is_followed_by_a_letter(company: Company, loft: Loft) -> None:
    await company.morning(DAY)
    loft.says(Said.BOUNCED, address_dead=True, code="30005")
    company.clock.later(minutes=11)
    await company.works()
    assert await company.told() == ["relance-1 sms failed", "relance-1 letter in_tray"]


async def test_fault_39_who_said_stop_to_the_provider_gets_a_letter(company: Company, loft: Loft) -> None:
    await company.morning(DAY)
    loft.says(Said.BOUNCED, opted_out=True, code="21610")
    company.clock.later(minutes=11)
    await company.works()
    assert await company.told() == ["relance-1 sms failed", "relance-1 letter in_tray"]
    assert [a["consent"] for a in await every(company.house.store, addresses, road="sms")] == ["withdrawn"]


async def test_what_failed_at_a_living_number_is_followed_by_nothing_but_the_next_step(
    company: Company, loft: Loft
) -> None:
    """A full mailbox, a handset that is off: the next reminder goes there again."""
    await company.morning(DAY)
    loft.says(Said.BOUNCED)
    await company.morning(date(2026, 3, 6))
    assert await company.told() == ["relance-1 sms failed"]
    await company.morning(date(2026, 3, 12))
    assert await company.told() == ["relance-1 sms failed", "relance-2 sms sent"]


# -- a provider that does not answer ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        OSError("Temporary failure in name resolution"),
        TimeoutError("429 Too Many Requests"),
        PermissionError("401 account suspended"),
        RuntimeError("a mistake of ours"),
    ],
)
async def test_faults_35_37_40_a_provider_that_does_not_answer_is_asked_more_slowly_and_costs_nobody_anything(
    company: Company, loft: Loft, fault: Exception
) -> None:
    """Faults 35, 37 and 40."""
    await company.morning(DAY)
    loft.fails, before = fault, len(loft.asked)
    (asking,) = company.house.askings()
    company.clock.later(minutes=11)
    now, waits = company.clock.now(), []
    for _ in range(4):
        assert not await asking.turn(now)
        assert not await asking.turn(now)
        again = await asking.next_moment()
        assert again is not None
        waits.append((again - now) / timedelta(minutes=1))
        now = again
    assert waits == [15, 15, 15, 15]
    assert len(loft.asked) == before + 4
    assert await company.told() == ["relance-1 sms sent"]
    assert [a["dead_since"] for a in await every(company.house.store, addresses, road="sms")] == [None]
    loft.fails = None
    await asking.turn(now)
    assert await asking.next_moment() == now + timedelta(minutes=10)


async def test_a_provider_that_is_asked_often_is_asked_half_as_often_each_time_it_fails(
    company: Company, loft: Loft
) -> None:
    (asking,) = company.house.askings()
    loft.every = timedelta(minutes=1)
    now, waits, loft.fails = company.clock.now(), [], OSError("no")
    for _ in range(6):
        await asking.turn(now)
        again = await asking.next_moment()
        assert again is not None
        waits.append((again - now) / timedelta(minutes=1))
        now = again
    assert waits == [2, 4, 8, 15, 15, 15]


async def test_what_people_wrote_is_asked_for_since_the_last_round_that_was_answered(
    company: Company, loft: Loft
) -> None:
    start = company.clock.now()
    await company.works()
    assert loft.asked[-1][1] == start - timedelta(days=60)
    loft.fails = OSError("away")
    company.clock.later(days=2)
    await company.works()
    await company.reopen()
    loft.fails = None
    await company.works()
    assert loft.asked[-1][1] == start - timedelta(hours=1)


async def test_after_a_restart_and_by_another_daemon_a_provider_is_asked_no_more_often(
    company: Company, loft: Loft
) -> None:
    await company.works()
    await company.reopen()
    company.clock.later(minutes=9)
    await company.works()
    assert len(loft.asked) == 1
    company.clock.later(minutes=1)
    await company.works()
    assert len(loft.asked) == 2


async def test_fault_25_a_clock_that_went_back_keeps_no_ear_shut(company: Company, loft: Loft) -> None:
    company.clock.later(days=365)
    await company.works()
    company.clock.later(days=-365)
    await company.reopen()
    await company.works()
    assert len(loft.asked) == 2


async def test_in_shadow_nobody_is_asked(found: Found, loft: Loft) -> None:
    company = await found(kinds=loft.kinds, roads=ROADS, channels=CHANNELS, policies=POLICIES, mode="shadow")
    await company.works()
    assert loft.asked == []
    assert company.house.askings() == []


# -- what nobody understands --------------------------------------------------------------------------------------


async def test_what_cannot_be_read_waits_for_a_person_and_keeps_nothing_else_waiting(
    company: Company, loft: Loft
) -> None:
    await company.morning(DAY)
    for key, raw in (("1", b"<html>"), ("2", b"{}"), ("3", word(Said.DELIVERED, loft.taken[0].attempt))):
        await _keep(company)(Heard(key, raw))
    await company.works()
    assert await company.told() == ["relance-1 sms delivered"]
    assert await _heard(company) == ["unreadable", "unreadable", ""]
    assert await company.tasks() == ["unreadable"]
    assert [row["raw"] for row in await every(company.house.store, heard)][:2] == [b"<html>", b"{}"]


async def test_fault_48_what_speaks_of_nothing_of_ours_waits_for_a_person(company: Company, loft: Loft) -> None:
    await company.morning(DAY)
    await _keep(company)(Heard("x", word(Said.BOUNCED, "0" * 24, address_dead=True)))
    await company.works()
    assert await company.tasks() == []
    company.clock.later(hours=2)
    await company.works()
    assert await company.tasks() == ["not ours"]
    assert await company.told() == ["relance-1 sms sent"]


async def test_what_came_through_a_channel_that_is_gone_is_read_when_it_comes_back(
    company: Company, loft: Loft
) -> None:
    await company.morning(DAY)
    await _keep(company)(Heard("1", word(Said.DELIVERED, loft.taken[0].attempt)))
    await company.reopen(roads="", channels="")
    for _ in range(2):
        await company.works()
        assert await company.tasks() == ["unread"]
    await company.reopen(roads=ROADS, channels=CHANNELS)
    await company.works()
    assert await company.told() == ["relance-1 sms delivered"]


# -- what people write --------------------------------------------------------------------------------------------


async def test_who_writes_is_not_reminded_until_a_person_has_answered(company: Company, loft: Loft) -> None:
    await company.morning(DAY)
    loft.news["in-1"] = word("wrote", sender=MOBILE, text="Facture contestée, appelez-moi")
    company.clock.later(minutes=11)
    await company.works()
    assert await company.holds() == ["reply"]
    assert await company.tasks() == ["reply"]
    await company.morning(date(2026, 3, 12))
    await company.morning(date(2026, 4, 2))  # no deadline ends it: only a person does
    assert await company.told() == ["relance-1 sms sent"]
    await company.answered(reason="rappelé")
    await company.works()
    assert "reply" not in await company.tasks()
    assert (await company.told())[-1] == "relance-2 sms sent"


async def test_a_text_that_says_stop_is_the_last_one(company: Company, loft: Loft) -> None:
    await company.morning(DAY)
    loft.news["in-1"] = word("wrote", sender=MOBILE, text="STOP", stop=True)
    company.clock.later(minutes=11)
    await company.works()
    await company.answered(reason="lu")
    await company.morning(date(2026, 3, 12))
    assert await company.told() == ["relance-1 sms sent", "relance-2 letter in_tray"]


# -- registered letters, and their papers -------------------------------------------------------------------------


async def _notice(found: Found, loft: Loft) -> Company:
    """A notice that lies in the tray of registered letters, whose door is told what becomes of them."""
    company = await found(kinds=loft.kinds)
    company.house.bare["tray"] = Hearing(company.house.bare["tray"], loft)
    await company.bills(paper.invoice("F-1", DUE))
    for day in (DAY, date(2026, 3, 12), date(2026, 3, 23), date(2026, 4, 1)):
        await company.morning(day)
        for letter in await company.messages():
            if letter["state"] == "in_tray":
                await company.desk("letters posted", references=letter["reference"])
    await company.desk("approve", step="mise-en-demeure", all=True)
    await company.works()
    assert (await company.told())[-1] == "mise-en-demeure registered in_tray"
    return company


async def _news(company: Company, loft: Loft, said: Said, day: date, **more: object) -> None:
    """The post says something of the notice on that day."""
    (notice,) = await every(company.house.store, messages, road="registered")
    company.clock.set(day)
    loft.says((notice["attempt_id"], said), **more)
    await company.works()


async def test_a_notice_that_nobody_fetches_is_a_notice_all_the_same(found: Found, loft: Loft) -> None:
    """Posted, presented and returned are told by machines alone; the deadline runs from the first presentation."""
    company = await _notice(found, loft)
    await _news(company, loft, Said.POSTED, date(2026, 4, 2), on="2026-04-02", number="1A 1", proof="depot.pdf")
    await _news(company, loft, Said.PRESENTED, date(2026, 4, 4), on="2026-04-04")
    await _news(company, loft, Said.RETURNED, date(2026, 4, 21), proof="retour.pdf")
    told = await company.told()
    assert [t for t in told if t.startswith("mise")] == [
        "mise-en-demeure registered failed",
        "mise-en-demeure email sent",
    ]
    assert await company.holds() == []
    await company.morning(date(2026, 4, 22))
    assert "hand-over" in await company.tasks()
    shown = "\n".join((await company.desk("show", case="C1"))["lines"])
    assert "proof-of-posting of" in shown
    assert "retour.pdf" in shown


async def test_a_scan_is_kept_with_its_letter_and_shown(company: Company, loft: Loft) -> None:
    loft.answer = Unknown("x")
    await company.bills(paper.invoice("F-2", DUE, "C2"))
    await company.morning(DAY)
    reference = (await company.last("C2"))["reference"]
    scan = {"preuve.pdf": b"%PDF a stamp"}
    await company.desk("letters posted", references=reference, number="1A 123 456 7890 2", files=scan)
    again = await company.desk("attach", reference=reference.lower(), files=scan, **{"as": "receipt"})
    assert again["lines"] == [f"preuve.pdf was kept before with letter {reference} as receipt"]
    await company.desk("attach", reference=reference, files={"avis.png": b"png"}, on="2026-03-05", **{"as": "receipt"})
    for verb in ("show", "why"):
        said = "\n".join((await company.desk(verb, case="C2"))["lines"])
        assert f"proof-of-posting of {reference}, 2026-03-05: preuve.pdf" in said
        assert f"receipt of {reference}, 2026-03-05: avis.png" in said


@pytest.mark.parametrize(
    ("files", "words", "why"),
    [
        ({}, {"as": "receipt"}, "one file, please"),
        ({"a.pdf": b"1", "b.pdf": b"2"}, {"as": "receipt"}, "one file, please"),
        ({"virus.exe": b"MZ"}, {"as": "receipt"}, "virus.exe is no scan"),
        ({"a.pdf": b""}, {"as": "receipt"}, "a.pdf has 0 bytes"),
        ({"a.pdf": b"1"}, {"as": "invoice"}, "'invoice' is none of proof-of-posting, receipt, other"),
        ({"a.pdf": b"1"}, {"as": "other", "on": "2031-01-01"}, "2031-01-01 has not come yet"),
        ({"a.pdf": b"1"}, {"as": "other", "reference": "NOSUCH"}, "there is no letter NOSUCH"),
    ],
)
async def test_what_is_no_scan_is_refused(
    company: Company, files: dict[str, bytes], words: dict[str, str], why: str
) -> None:
    await company.bills(paper.invoice("F-2", DUE, "C2"))
    await company.morning(DAY)
    asked = {"reference": (await company.last("C2"))["reference"], **words}
    with pytest.raises(Refused, match=why):
        await company.desk("attach", files=files, **asked)

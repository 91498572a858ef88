"""What comes back, and what it means: statuses of the mail house, and events of the post in any order."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from relanced.channel import Heard, Receipt, Said
from relanced_maileva.codes import CATEGORIES, CODES, meaning
from tests.maileva.letters import DEADLINE, NOW, channel, distributed, event, office, proved

POSTED = event("LP01", "2027-03-02T15:00:00.000Z", "Pris en charge")
SORTED = event("LP03", "2027-03-02T22:00:00.000Z", "Tri départ")
ABSENT = event("LP09", "2027-03-04T23:30:00.000Z", "Destinataire absent avisé")
FIRST = event("LP09", "2027-03-04T23:30:00.000Z", "Première présentation", "FIRST_PRESENTATION")
AGAIN = event("LP09", "2027-03-06T09:30:00.000Z", "Destinataire absent avisé")
DELIVERED = event("LP15", "2027-03-08T10:00:00.000Z", "Distribué", "DELIVERED")
REFUSED = event("LP22", "2027-03-08T10:00:00.000Z", "Pli refusé", "UNDELIVERED")
UNCLAIMED = event("LP19", "2027-03-19T10:00:00.000Z", "Délai d'instance expiré", "UNDELIVERED")
STRANGER = event("LP21", "2027-03-08T10:00:00.000Z", "Destinataire inconnu à l'adresse", "UNDELIVERED")
BACK_HOME = event("LP17", "2027-03-25T10:00:00.000Z", "Distribué à l'expéditeur", "DELIVERED")
A_MONTH_LATER = NOW + timedelta(days=30)

# -- what it means ------------------------------------------------------------------------------------------------

CAME: list[tuple[str, list[dict[str, str]], set[Said], date | None, bool]] = [
    ("posted", [POSTED], {Said.POSTED}, None, False),
    ("sorted", [SORTED], {Said.NOTED}, None, False),
    ("absent", [ABSENT], {Said.PRESENTED}, date(2027, 3, 5), False),
    ("absent twice", [AGAIN, ABSENT], {Said.PRESENTED}, date(2027, 3, 5), False),
    ("first presented", [FIRST, AGAIN], {Said.PRESENTED}, date(2027, 3, 5), False),
    ("handed over at once", [DELIVERED], {Said.PRESENTED, Said.DELIVERED}, date(2027, 3, 8), False),
    ("handed over later", [FIRST, DELIVERED], {Said.PRESENTED, Said.DELIVERED}, date(2027, 3, 5), False),
    ("refused", [REFUSED], {Said.PRESENTED, Said.RETURNED}, date(2027, 3, 8), False),
    ("never fetched", [ABSENT, UNCLAIMED], {Said.PRESENTED, Said.RETURNED}, date(2027, 3, 5), False),
    ("nobody of that name", [STRANGER], {Said.RETURNED}, None, True),
    ("back at the sender", [STRANGER, BACK_HOME], {Said.RETURNED}, None, True),
    ("back is not delivered", [BACK_HOME], {Said.RETURNED}, None, False),
]


@pytest.mark.parametrize(("events", "said", "on", "dead"), [row[1:] for row in CAME], ids=[row[0] for row in CAME])
async def test_what_the_post_says_means(
    events: list[dict[str, str]], said: set[Said], on: date | None, dead: bool
) -> None:
    """The day of first presentation is a day of Paris, and always the first."""
    async with office(now=A_MONTH_LATER) as here:
        distributed(await here.send(), *events)
        await here.ask()
        told = [r for r in here.kept.receipts(here.door) if r.code.startswith("LP")]
    assert {r.said for r in told} == said
    assert {r.on for r in told if r.said is Said.PRESENTED} == ({on} if on else set())
    assert any(r.address_dead for r in told) is dead
    assert {(r.attempt, r.number) for r in told} == {("a1", "1E00232062142")}


async def test_faults_42_the_same_in_whatever_order_it_is_told() -> None:
    """Whole rounds repeated, events shuffled, one more at a time: the same facts once, and the same day."""
    seen = set()
    for order_of in permutations([POSTED, FIRST, AGAIN, DELIVERED]):
        async with office(now=A_MONTH_LATER) as here:
            order = await here.send()
            for n in (1, 2, 3, 4, 4):
                distributed(order, *order_of[:n])
                await here.ask()
            told = here.kept.receipts(here.door)
            days = sorted({r.on for r in told if r.said is Said.PRESENTED and r.on})
            seen.add((days[0], frozenset(here.kept.rows), frozenset(r.said for r in told)))
    assert len({(day, said) for day, _, said in seen}) == 1
    assert len({keys for _, keys, _ in seen}) == 1


async def test_what_was_kept_once_is_not_kept_again_and_a_new_process_keeps_nothing_new() -> None:
    async with office() as here:
        order = await here.send()
        proved(here.house, order, "deposit_proof", "2027-03-02T16:00:00.000Z")
        distributed(order, POSTED, FIRST)
        await here.ask()
        calls, rows = here.kept.calls, dict(here.kept.rows)
        await here.ask()
        assert here.kept.calls == calls == len(rows)
        another = channel(here.house.url)
        await another.ask(here.awaited, DEADLINE, here.kept)
        await another.close()
        assert here.kept.rows.keys() == rows.keys()


async def test_a_sending_is_taken_then_processed() -> None:
    async with office() as here:
        order = await here.send()
        assert await here.ask() == {Said.TAKEN, Said.NOTED}
        for status in ("ACCEPTED", "PREPARING", "PROCESSED"):
            order.status = status
            assert await here.ask() == {Said.TAKEN, Said.NOTED}
        assert here.receipt(Said.TAKEN) == Receipt(
            Said.TAKEN, datetime(2027, 3, 1, 9, 0, 1, tzinfo=UTC), "PENDING", "a1", order.id, code="PENDING"
        )


async def test_a_plain_letter_is_posted_when_it_was_produced_and_nothing_more_is_said() -> None:
    async with office("mail/v2") as here:
        distributed(await here.send())
        assert await here.ask() >= {Said.TAKEN, Said.POSTED}
        assert here.receipt(Said.POSTED).at == datetime(2027, 3, 2, 5, 0, tzinfo=UTC)


async def test_a_plain_letter_that_came_back_tells_that_nobody_lives_there() -> None:
    async with office("mail/v2") as here:
        recipient = distributed(await here.send())
        came_back = "2027-03-10T08:00:00.000Z"
        recipient |= {"undelivered_mail_date": came_back, "last_delivery_status": "N10"}
        await here.ask()
        assert here.receipt(Said.RETURNED).address_dead


REJECTED: list[tuple[str, str, str, bool]] = [
    ("PROCESSED_WITH_ERRORS", "REJECTED", "", True),
    ("REJECTED", "REJECTED", "document illisible", False),
    ("REJECTED", "REJECTED", "Adresse invalide", True),
    ("REJECTED", "SENDING_REJECTED", "", False),
    ("CANCELED", "CANCELED", "", False),
]


@pytest.mark.parametrize(("sending", "recipient", "detail", "dead"), REJECTED)
async def test_what_the_mail_house_rejects_was_never_printed(
    sending: str, recipient: str, detail: str, dead: bool
) -> None:
    """Only where the recipient alone is at fault does nobody live there."""
    async with office() as here:
        order = await here.send()
        order.status = sending
        order.recipients[0] |= {"status": recipient, "status_detail": detail}
        await here.ask()
        bounced = [r for r in here.kept.receipts(here.door) if r.said is Said.BOUNCED]
        assert bounced
        assert any(r.address_dead for r in bounced) is dead
        assert detail in " ".join(r.words for r in bounced)


async def test_a_sending_that_waits_for_money_is_delayed() -> None:
    async with office() as here:
        (await here.send()).status = "BLOCKED"
        assert Said.DELAYED in await here.ask()


def test_every_code_has_a_meaning_and_an_unknown_one_is_noted() -> None:
    assert set(CODES) == {f"LP{n:02}" for n in range(30)} | {"N02", "N03", "N05", "N07", "N10"}
    assert meaning("LP99").said is Said.NOTED
    assert meaning("LP99", "UNDELIVERED").said is Said.RETURNED
    assert meaning("LP17", "DELIVERED").said is Said.RETURNED
    assert set(CATEGORIES) == {"DELIVERING", "FIRST_PRESENTATION", "DELIVERED", "UNDELIVERED"}


# -- reading ------------------------------------------------------------------------------------------------------

BROKEN: list[Heard] = [
    Heard("k", b"", {}),
    Heard("k", b"{}", {"what": "sending", "code": "PENDING", "recipient": ""}),
    Heard("k", b"[]", {"what": "event", "code": "LP01", "recipient": "r"}),
    Heard("k", b"\xff\xfe", {"what": "notification"}),
    Heard("k", b"<html>", {"what": "proof", "code": "deposit_proof", "date": "", "fetched": NOW.isoformat()}),
    Heard("k", b"{}", {"what": "elsewhere"}),
]


@pytest.mark.parametrize("heard", BROKEN)
def test_what_cannot_be_understood_is_said_so(heard: Heard) -> None:
    with pytest.raises(ValueError, match=r"."):
        channel().read(heard)


async def test_an_event_without_a_day_is_for_a_person() -> None:
    async with office() as here:
        distributed(await here.send(), event("LP15", "hier", "Distribué", "DELIVERED"))
        await here.door.ask(here.awaited, DEADLINE, here.kept)
        undated = [h for h in here.kept.rows.values() if h.about.get("code") == "LP15"]
        with pytest.raises(ValueError, match="no date"):
            here.door.read(undated[0])


async def test_attack_32_what_they_say_stays_on_one_line() -> None:
    async with office() as here:
        order = await here.send()
        order.status = "REJECTED"
        order.told["status_detail"] = "a\nb\x1b[2J" + "x" * 1000
        await here.ask()
        assert all(r.words.isprintable() and len(r.words) < 400 for r in here.kept.receipts(here.door))

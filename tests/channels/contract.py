"""The promises every door keeps, whoever wrote it: a test class inherits them, and says what its world received.

class TestMyDoor(ChannelContract):
    @pytest.fixture
    async def world(self, tmp_path): yield World(MyChannel(settings, surroundings), received)
    def draft(self, attempt): return TextDraft(...)
    def hostile(self): return TextDraft(..., to="+33\\r\\n…")
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import Struct, field
from pydantic import BaseModel

from relanced.channel import Absent, Answer, Channel, Draft, Form, Found, Parcel, Scope, Sent, Tray, Unavailable, Unfit
from relanced.channel import Unknown as Doubt

DEADLINE = datetime(2027, 3, 1, 18, 0, tzinfo=UTC)
BEFORE = datetime.now(UTC) - timedelta(hours=1)


class World(Struct, frozen=True):
    """A door, and the eyes of whoever is on the other side of it: the bytes of each thing received, in any order."""

    channel: Channel
    received: Callable[[], Sequence[bytes]]


class Go(Struct):
    """The house's last word before the byte that cannot be taken back; it notes what had already arrived."""

    world: World
    answer: bool = True
    seen: list[Sequence[bytes]] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self) -> bool:
        self.seen.append(list(self.world.received()))
        self.asked.set()
        return self.answer

    async def never(self) -> bool:
        """Ask, and hear nothing."""
        await self()
        await asyncio.Event().wait()
        return True

    async def breaks(self) -> bool:
        """The store is gone just now."""
        await self()
        raise LookupError("the house fell down")


class ChannelContract:
    """Inherit, supply `world`, `draft` and `hostile`; the rest is optional."""

    secrets: Sequence[str] = ()  # what the door knows and must never say

    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[World]:
        """A fresh door on a fresh world."""
        raise NotImplementedError
        yield

    def draft(self, attempt: str) -> Draft:
        """A good draft; different attempts have different bytes."""
        raise NotImplementedError

    def hostile(self) -> Draft:
        """A draft whose address carries a CR LF and a header of the attacker's."""
        raise NotImplementedError

    def arriving(self, parcel: Parcel) -> bytes:
        """What the world holds once this parcel is there."""
        return parcel.wire

    # -- what it is -----------------------------------------------------------------------------------------------

    async def test_it_is_a_channel(self, world: World) -> None:
        channel = world.channel
        assert isinstance(channel, Channel)
        assert isinstance(channel.form, Form)
        assert issubclass(channel.Settings, BaseModel)
        assert channel.Settings.model_json_schema()["type"] == "object"
        assert channel.connections >= 1
        assert channel.settle >= timedelta(0)

    async def test_it_may_be_closed_twice(self, world: World) -> None:
        await world.channel.close()
        await world.channel.close()

    async def test_it_may_be_closed_twice_after_work(self, world: World) -> None:
        await self.send(world, "a1")
        await world.channel.close()
        await world.channel.close()
        assert len(world.received()) == 1

    # -- compose --------------------------------------------------------------------------------------------------

    async def test_the_same_draft_makes_the_same_parcel(self, world: World) -> None:
        first, second = (world.channel.compose(self.draft("a1")) for _ in range(2))
        assert first == second
        assert first.sha256 == second.sha256
        assert first.wire

    async def test_composing_moves_nothing(self, world: World) -> None:
        world.channel.compose(self.draft("a1"))
        assert not world.received()

    async def test_the_parcel_keeps_attempt_and_deadline(self, world: World) -> None:
        draft = self.draft("a1")
        parcel = world.channel.compose(draft)
        assert (parcel.attempt, parcel.deadline) == (draft.attempt, draft.deadline)
        assert parcel.address

    async def test_different_drafts_make_different_parcels(self, world: World) -> None:
        first, second = (world.channel.compose(self.draft(attempt)) for attempt in ("a1", "a2"))
        assert first.sha256 != second.sha256

    async def test_a_hostile_address_is_unfit_and_the_reason_is_one_clean_line(self, world: World) -> None:
        """Attacks 2 and 31."""
        with pytest.raises(Unfit) as unfit:
            world.channel.compose(self.hostile())
        reason = str(unfit.value)
        assert reason.isprintable()
        assert reason
        self.tells_no_secret(reason)

    # -- submit ---------------------------------------------------------------------------------------------------

    async def test_what_is_submitted_arrives_exactly_once(self, world: World) -> None:
        parcel, answer = await self.send(world, "a1")
        assert isinstance(answer, Sent | Tray), answer
        assert list(world.received()) == [self.arriving(parcel)]
        self.tells_no_secret(repr(answer))

    async def test_go_is_asked_once_and_before_anything_arrives(self, world: World) -> None:
        go = Go(world)
        await world.channel.submit(world.channel.compose(self.draft("a1")), go)
        assert go.seen == [[]]

    async def test_without_go_nothing_leaves(self, world: World) -> None:
        """Fault 55: a payment that arrives while sending stops the message."""
        go = Go(world, answer=False)
        answer = await world.channel.submit(world.channel.compose(self.draft("a1")), go)
        assert isinstance(answer, Unavailable), answer
        assert answer.scope is Scope.MESSAGE
        await world.channel.close()
        assert go.seen == [[]]
        assert not world.received()

    async def test_what_was_stopped_once_may_leave_later(self, world: World) -> None:
        parcel = world.channel.compose(self.draft("a1"))
        await world.channel.submit(parcel, Go(world, answer=False))
        answer = await world.channel.submit(parcel, Go(world))
        assert isinstance(answer, Sent | Tray), answer
        assert list(world.received()) == [self.arriving(parcel)]

    async def test_when_the_house_breaks_nothing_leaves(self, world: World) -> None:
        go, parcel = Go(world), world.channel.compose(self.draft("a1"))
        try:
            answer = await world.channel.submit(parcel, go.breaks)
        except LookupError:
            pass
        else:
            assert not isinstance(answer, Sent | Tray), answer
        await world.channel.close()
        assert not world.received()

    async def test_a_parcel_rebuilt_after_a_crash_submits_the_same(self, world: World) -> None:
        """Faults 2 to 5: only stored fields survive, the pieces as plain bytes and the moment in another zone."""
        parcel = world.channel.compose(self.draft("a1"))
        again = rebuilt(parcel)
        assert (again.wire, again.sha256) == (parcel.wire, parcel.sha256)
        answer = await world.channel.submit(again, Go(world))
        assert isinstance(answer, Sent | Tray), answer
        assert list(world.received()) == [self.arriving(parcel)]
        assert not isinstance(await world.channel.find(parcel, BEFORE), Absent)

    async def test_parcels_submitted_together_stay_whole(self, world: World) -> None:
        parcels = [world.channel.compose(self.draft(f"a{n}")) for n in range(6)]
        answers = await asyncio.gather(*(world.channel.submit(parcel, Go(world)) for parcel in parcels))
        assert all(isinstance(answer, Sent | Tray) for answer in answers), answers
        assert Counter(world.received()) == Counter(map(self.arriving, parcels))

    async def test_one_that_is_stopped_does_not_touch_its_neighbours(self, world: World) -> None:
        parcels = [world.channel.compose(self.draft(f"a{n}")) for n in range(6)]
        gos = [Go(world, answer=n % 2 == 0) for n in range(6)]
        answers = await asyncio.gather(*map(world.channel.submit, parcels, gos))
        assert [isinstance(answer, Sent | Tray) for answer in answers] == [go.answer for go in gos], answers
        assert Counter(world.received()) == Counter(map(self.arriving, parcels[::2]))

    async def test_a_submission_cancelled_while_it_asks_leaves_nothing(self, world: World) -> None:
        """Fault 7: a stop of the daemon finds it between two breaths."""
        go = Go(world)
        submission = asyncio.create_task(world.channel.submit(world.channel.compose(self.draft("a1")), go.never))
        await asyncio.wait_for(go.asked.wait(), 30)
        await cancelled(submission)
        await self.is_untouched(world)

    @pytest.mark.parametrize("breaths", range(6))
    async def test_a_submission_cancelled_before_it_asks_leaves_nothing(self, world: World, breaths: int) -> None:
        go = Go(world)
        submission = asyncio.create_task(world.channel.submit(world.channel.compose(self.draft("a1")), go.never))
        for _ in range(breaths):
            await asyncio.sleep(0)
        await cancelled(submission)
        await self.is_untouched(world)

    # -- find -----------------------------------------------------------------------------------------------------

    async def test_what_arrived_is_found_with_the_answer_it_had(self, world: World) -> None:
        """Faults 4 and 5: the answer was lost, the parcel was not."""
        parcel, answer = await self.send(world, "a1")
        found = await world.channel.find(parcel, BEFORE)
        if world.channel.can_prove_absence:
            assert isinstance(found, Found), found
        if isinstance(found, Found):
            assert type(found.answer) is type(answer)
        assert isinstance(found, Found | Doubt), found

    async def test_what_was_never_submitted_is_absent_or_unknown(self, world: World) -> None:
        """Faults 2 and 3: nothing left, and a door that can prove it says so."""
        await self.send(world, "a1")
        found = await self.settled(world, world.channel.compose(self.draft("a2")))
        assert isinstance(found, Absent if world.channel.can_prove_absence else Doubt), found

    async def test_what_was_stopped_is_not_found(self, world: World) -> None:
        parcel = world.channel.compose(self.draft("a1"))
        await world.channel.submit(parcel, Go(world, answer=False))
        found = await self.settled(world, parcel)
        assert isinstance(found, Absent if world.channel.can_prove_absence else Doubt), found

    async def test_looking_moves_nothing(self, world: World) -> None:
        await world.channel.find(world.channel.compose(self.draft("a1")), BEFORE)
        assert not world.received()

    # -- the words of these tests ---------------------------------------------------------------------------------

    async def send(self, world: World, attempt: str) -> tuple[Parcel, Answer]:
        """Compose and submit one good parcel."""
        parcel = world.channel.compose(self.draft(attempt))
        return parcel, await world.channel.submit(parcel, Go(world))

    async def settled(self, world: World, parcel: Parcel) -> Found | Absent | Doubt:
        """What `find` says in the end: a door may have to look twice before it is sure."""
        for _ in range(3):
            found = await world.channel.find(parcel, BEFORE)
            if not isinstance(found, Doubt):
                break
        return found

    async def is_untouched(self, world: World) -> None:
        """Nothing arrived, and the door still works."""
        assert not world.received()
        parcel, answer = await self.send(world, "b1")
        assert isinstance(answer, Sent | Tray), answer
        assert list(world.received()) == [self.arriving(parcel)]

    def tells_no_secret(self, text: str) -> None:
        """Passwords stay inside."""
        assert not [secret for secret in self.secrets if secret in text]


def rebuilt(parcel: Parcel) -> Parcel:
    """The parcel as the store gives it back: its fields went through columns and JSON."""
    return Parcel(
        parcel.attempt,
        parcel.address,
        parcel.deadline.astimezone(UTC),
        tuple(piece if isinstance(piece, bytes) else piece.content for piece in parcel.pieces),
        json.loads(json.dumps(dict(parcel.envelope))),
    )


async def cancelled(task: asyncio.Task[Answer]) -> None:
    """Cancel and wait for the end."""
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 30)

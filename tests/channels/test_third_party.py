"""A door written by somebody else, in a few lines: a folder of text files. It keeps the same promises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel

from relanced.channel import Absent, Answer, Draft, Form, Found, Go, Parcel, Scope, Sent, TextDraft, Unavailable, Unfit
from tests.channels.contract import DEADLINE, ChannelContract, World


class TextFolder(BaseModel):
    folder: Path


class TextFolderChannel:
    """The smallest honest door."""

    form = Form.TEXT
    Settings: type[BaseModel] = TextFolder
    can_prove_absence, connections, settle = True, 1, timedelta(0)

    def __init__(self, settings: TextFolder) -> None:
        self.folder = settings.folder

    def compose(self, draft: Draft) -> Parcel:
        if not isinstance(draft, TextDraft) or not draft.to.isprintable():
            raise Unfit("a text to one number, please")
        return Parcel(draft.attempt, draft.to, draft.deadline, (draft.text.encode(),))

    async def submit(self, parcel: Parcel, go: Go) -> Answer:
        if not await go():
            return Unavailable(Scope.MESSAGE, "stopped")
        (self.folder / f"{parcel.attempt}.txt").write_bytes(parcel.wire)
        return Sent(parcel.attempt, "written")

    async def find(self, parcel: Parcel, since: datetime) -> Found | Absent:
        there = (self.folder / f"{parcel.attempt}.txt").exists()
        return Found(Sent(parcel.attempt, "written")) if there else Absent("no such file")

    async def close(self) -> None:
        """Nothing is open."""


class TestTextFolder(ChannelContract):
    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[World]:
        yield World(
            TextFolderChannel(TextFolder(folder=tmp_path)),
            lambda: [path.read_bytes() for path in tmp_path.glob("*.txt")],
        )

    def draft(self, attempt: str) -> TextDraft:
        return TextDraft(attempt, "R-1", DEADLINE, "+33612345678", f"Facture FA-{attempt} : merci de votre règlement.")

    def hostile(self) -> TextDraft:
        return TextDraft("a1", "R-1", DEADLINE, "+33612345678\r\nBcc: evil@example.org", "Bonjour")


# -- a contract is worth what it refuses --------------------------------------------------------------------------


class AsksTooLate(TextFolderChannel):
    async def submit(self, parcel: Parcel, go: Go) -> Answer:
        (self.folder / f"{parcel.attempt}.txt").write_bytes(parcel.wire)
        return Sent(parcel.attempt, "written") if await go() else Unavailable(Scope.MESSAGE, "stopped")


class NeverAsks(TextFolderChannel):
    async def submit(self, parcel: Parcel, go: Go) -> Answer:
        (self.folder / f"{parcel.attempt}.txt").write_bytes(parcel.wire)
        return Sent(parcel.attempt, "written")


class SaysSentOfNothing(TextFolderChannel):
    async def submit(self, parcel: Parcel, go: Go) -> Answer:
        await go()
        return Sent(parcel.attempt, "written")


class SendsTwice(TextFolderChannel):
    async def submit(self, parcel: Parcel, go: Go) -> Answer:
        (self.folder / f"{parcel.attempt}-2.txt").write_bytes(parcel.wire)
        return await super().submit(parcel, go)


class ForgetsWhatItSent(TextFolderChannel):
    async def find(self, parcel: Parcel, since: datetime) -> Absent:
        return Absent("no such file")


class FindsEverything(TextFolderChannel):
    async def find(self, parcel: Parcel, since: datetime) -> Found:
        return Found(Sent(parcel.attempt, "written"))


LIARS: list[tuple[type[TextFolderChannel], str]] = [
    (AsksTooLate, "go_is_asked_once_and_before_anything_arrives"),
    (AsksTooLate, "without_go_nothing_leaves"),
    (AsksTooLate, "a_submission_cancelled_while_it_asks_leaves_nothing"),
    (NeverAsks, "go_is_asked_once_and_before_anything_arrives"),
    (SaysSentOfNothing, "what_is_submitted_arrives_exactly_once"),
    (SaysSentOfNothing, "without_go_nothing_leaves"),
    (SendsTwice, "what_is_submitted_arrives_exactly_once"),
    (SendsTwice, "parcels_submitted_together_stay_whole"),
    (ForgetsWhatItSent, "what_arrived_is_found_with_the_answer_it_had"),
    (ForgetsWhatItSent, "a_parcel_rebuilt_after_a_crash_submits_the_same"),
    (FindsEverything, "what_was_never_submitted_is_absent_or_unknown"),
    (FindsEverything, "what_was_stopped_is_not_found"),
]


@pytest.mark.parametrize(("liar", "promise"), LIARS)
async def test_a_door_that_lies_breaks_the_contract(
    tmp_path: Path, liar: type[TextFolderChannel], promise: str
) -> None:
    world = World(liar(TextFolder(folder=tmp_path)), lambda: [path.read_bytes() for path in tmp_path.glob("*.txt")])
    with pytest.raises(AssertionError):
        await getattr(TestTextFolder(), f"test_{promise}")(world)

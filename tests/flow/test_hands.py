"""Two hands on one case: while somebody has it, everybody else gets one clear refusal and nothing is changed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from relanced.console.desk import LOOKING, VERBS
from relanced.store.tables import addresses, cases, heard, holds, messages, promises, tasks, terms
from tests.flow import answers, paper
from tests.flow.company import Company, Said
from tests.store.rows import every, run

DUE, DAY = date(2026, 3, 2), date(2026, 3, 5)
WORDS = {"reply.txt": b"Bonjour Madame, voici."}
SCAN = {"bon.pdf": b"%PDF-1.7 signed"}
C1: dict[str, Any] = {"case": "C1"}
MAIL: dict[str, Any] = {**C1, "where": "c1@client.example"}

# What a person decides about a case is refused to everybody but who has it in hand. {message}: one that is planned.
DECIDED: list[tuple[str, dict[str, Any]]] = [
    ("park", {"message": "{message}"}),
    ("cancel", {"message": "{message}"}),
    ("approve", {"message": "{message}"}),
    ("approve", {"message": "r{reminder}"}),
    ("resend", {"message": "{message}", "reason": "lost"}),
    ("settle", {"message": "{message}", "sent": True, "reason": "seen"}),
    ("note", {**C1, "words": "rentre lundi"}),
    ("take", C1),
    ("release", C1),
    ("release", {**C1, "kind": "dispute"}),
    ("reply", {**C1, "subject": "Votre question", "files": WORDS}),
    ("promise", {**C1, "date": "2026-03-16"}),
    ("instalments", {**C1, "count": 2, "first": "2026-03-16"}),
    ("instalments", {**C1, "revoke": True, "reason": "rien"}),
    ("dispute", {**C1, "reason": "une porte manque"}),
    ("insolvency", {**C1, "what": "liquidation", "on": "2026-03-01"}),
    ("offer", {**C1, "off": "10", "until": "2026-03-20"}),
    ("offer", {**C1, "withdraw": True, "reason": "refus"}),
    ("cause", {**C1, "cause": "cash"}),
    ("optout", C1),
    ("pause", {**C1, "until": "2026-03-20", "reason": "un salon"}),
    ("resume", C1),
    ("close", {**C1, "reason": "perdu"}),
    ("close", {**C1, "reason": "retrouvé", "reopen": True}),
    ("undo", {"invoice": "F-1"}),
    ("debtor", {**C1, "name": "Garage Martin"}),
    ("contact add", {**C1, "where": "patron@client.example"}),
    ("contact edit", {**MAIL, "name": "Mme Petit"}),
    ("contact dead", MAIL),
    ("contact alive", MAIL),
    ("contact remove", MAIL),
    ("attach", {"reference": "C1", "as": "order", "files": SCAN}),
    ("match", {**C1, "heard": "h1"}),
    ("done", {"task": "{task}"}),
]
# What has happened is written down, whoever has the case: it must not be lost.
HAPPENED = {"paid", "call", "import", "ingest", "file"}
HAPPENED |= {f"letters {what}" for what in ("posted", "number", "presented", "spoiled", "take", "mail")}
# What is of no single case.
OF_THE_HOUSE = {"open", "adopt", "iban confirm", "start", "stop", "preview", "send-test"}


def test_every_verb_that_changes_something_is_in_one_of_the_lists() -> None:
    decided = {verb for verb, _ in DECIDED}
    assert set(VERBS) - LOOKING == decided | HAPPENED | OF_THE_HOUSE
    assert not decided & HAPPENED and not (decided | HAPPENED) & OF_THE_HOUSE


@pytest.fixture
async def planned(company: Company) -> Company:
    """A message of the case has not left yet, and a mail waits that nobody could place."""
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(date(2026, 3, 4))
    await company.desk("ingest", files={"message": answers.letter(company, "Bonjour", "x@elsewhere.example")})
    await company.morning(DAY, "08:00")
    assert await company.told() == ["relance-1 email planned"]
    asked = {"kind": "challenge", "key": "challenge:1", "words": "look", "case_id": 1, "opened_at": company.clock.now()}
    await run(company.house.store, tasks.insert().values(**asked))
    return company


async def _everything(company: Company) -> list[list[dict[str, Any]]]:
    tables = (cases, terms, addresses, holds, promises, messages, tasks, heard)
    return [await every(company.house.store, table) for table in tables]


async def test_what_is_decided_is_refused_while_somebody_else_has_the_case(planned: Company) -> None:
    message = await planned.last()
    (task,) = await every(planned.house.store, tasks, case_id=1)
    await planned.desk("take", by="jean", case="C1")
    before = await _everything(planned)
    for verb, said in DECIDED:
        named = {"message": message["id"], "reminder": 1, "task": task["id"]}
        words: dict[str, Any] = {
            name: word.format(**named) if isinstance(word, str) else word for name, word in said.items()
        }
        with pytest.raises(Said) as refused:
            await planned.desk(verb, **words)
        assert "jean has case 1 in hand since 2026-03-05" in str(refused.value), verb
        assert "--anyway" in str(refused.value) and "\n" not in str(refused.value), verb
        assert await _everything(planned) == before, verb


async def test_what_has_happened_is_written_down_whoever_has_the_case(planned: Company) -> None:
    await planned.desk("take", by="jean", case="C1")
    await planned.desk("call", which="C1", result="reached", incoming=True, note="rappelle demain")
    await planned.desk("paid", invoice="F-1")
    assert {"call received", "invoice said paid"} <= set(await planned.events())
    assert await planned.works() == []


async def test_whoever_has_the_case_is_refused_nothing_and_so_is_nobody_after_its_release(planned: Company) -> None:
    await planned.desk("take", case="C1")
    await planned.desk("park", message=(await planned.last())["id"])
    await planned.desk("release", case="C1")
    await planned.desk("approve", by="jean", message=(await planned.last())["id"])
    assert len(await planned.morning(DAY)) == 1


async def test_approving_a_whole_step_leaves_what_lies_in_other_hands(company: Company) -> None:
    policies = "{only: {for: {debtor: business}, steps: [{name: relance-1, tone: courteous, when: 3 days after due, "
    await company.reopen(policies=policies + "via: [email], approval: required}]}}")
    await company.bills(paper.invoice("F-1", DUE), paper.invoice("F-2", DUE, "C2"))
    assert await company.morning(DAY) == []
    await company.desk("take", by="jean", case="C1")
    said = await company.desk("approve", step="relance-1", all=True)
    assert said["lines"] == ["1 of step relance-1 approved; 1 left to whoever has the case in hand"]
    assert [mail.to for mail in await company.works()] == ["c2@client.example"]


async def test_who_looked_at_an_older_version_is_told_what_changed_and_by_whom(planned: Company) -> None:
    version = (await planned.desk("show", case="C1"))["record"]["version"]
    await planned.desk("pause", by="jean", case="C1", until="2026-03-20", reason="un salon")
    seen = {**C1, "seen": version}
    asked: list[tuple[str, dict[str, Any]]] = [
        ("promise", {"date": "2026-03-16"}),
        ("match", {"heard": "h1"}),
        ("dispute", {"reason": "une porte manque"}),
        ("cause", {"cause": "cash"}),
    ]
    for verb, words in asked:
        with pytest.raises(
            Said, match=r"case 1 has changed since you looked \(jean: hold begun\), nothing was changed"
        ):
            await planned.desk(verb, **seen, **words)

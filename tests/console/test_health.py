"""/health and /metrics: what a monitor is told, and when it is alarmed."""

from __future__ import annotations

from datetime import timedelta

from prometheus_client.parser import text_string_to_metric_families

from relanced.channel import Scope, Unavailable
from relanced.rules.audit import Finding
from relanced.store.opening import Store
from tests.console.conftest import Port, opened
from tests.console.test_hooks import call
from tests.store.books import NOW, Books
from tests.store.post import Post


async def health(port: Port) -> tuple[int, dict[str, object]]:
    """The status and what it says."""
    answer = await port.client.get("/health")
    said: dict[str, object] = await answer.json()
    return answer.status, said


async def figures(port: Port) -> dict[str, float]:
    """The page as a monitor reads it."""
    answer = await port.client.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(await answer.text())
    samples = [sample for family in families for sample in family.samples]
    return {" ".join([s.name, *(f"{k}={v}" for k, v in sorted(s.labels.items()))]): s.value for s in samples}


async def test_all_is_well(port: Port) -> None:
    assert await health(port) == (200, {"ok": True, "troubles": [], "stopped": "", "wheels": {"plan": 0}})


async def test_a_stop_is_told_and_is_no_trouble(port: Port) -> None:
    await port.store.house.stop("lunch", "claire", NOW)
    status, said = await health(port)
    assert (status, said["stopped"]) == (200, "lunch")


async def test_fault_58_a_wheel_that_stands_still_is_a_trouble(port: Port) -> None:
    await health(port)
    port.real[0] = 601
    status, said = await health(port)
    assert (status, said["ok"]) == (503, False)
    assert "the wheel plan has not come round for 10 minutes" in str(said["troubles"])
    port.plan.turned += 1
    assert (await health(port))[0] == 200


async def test_a_dead_clerk_is_a_trouble(port: Port) -> None:
    port.clerk[0] = False
    assert (await health(port))[1]["troubles"] == ["the clerk is not at work"]


async def test_a_door_that_fails_again_and_again_is_a_trouble(port: Port) -> None:
    books = Books(port.store)
    post = Post(books)
    (message,) = await post.plan_many(await books.many(1))
    for _ in range(3):
        await post.seal(message)
        await post.answer(message, Unavailable(Scope.CHANNEL, "535 no"))
        books.now += timedelta(hours=1)
    status, said = await health(port)
    assert status == 503
    assert said["troubles"] == ["compta is closed: 535 no; relanced start tries it at once"]


async def test_a_database_that_does_not_answer_is_a_trouble() -> None:
    nowhere = Store("postgresql://relanced@127.0.0.1:9/nothing")
    async with opened(nowhere) as port:
        status, said = await health(port)
        assert status == 503
        assert "the database does not answer" in str(said["troubles"])
        assert (await figures(port))["relanced_up"] == 0


async def test_figures_of_what_is_alive_and_of_what_was_answered(port: Port) -> None:
    books = Books(port.store)
    post = Post(books)
    first, second, _ = await post.plan_many(await books.many(3))
    await post.seal(first)
    await port.store.people.park(second, "let me see", "claire", NOW)
    await call(port, {"id": "SM1"})
    await call(port, {"id": "SM1"}, **{"X-Signature": "no"})
    for channel, inbox, ago in (("compta", "", 1), ("compta", "a@x.example", 3), ("twilio", "", 9)):
        await port.store.hearing.heard_all(channel, NOW - timedelta(minutes=ago), inbox)
    port.auditor.ears = dict.fromkeys(("compta", "compta (a@x.example)"), timedelta(hours=1))
    told = await figures(port)
    assert told["relanced_up"] == 1
    assert told["relanced_messages channel=compta state=planned"] == 1
    assert told["relanced_messages channel=compta state=submitting"] == 1
    assert told["relanced_messages channel=compta state=parked"] == 1
    assert told["relanced_queue_age_seconds channel=office"] == 0
    assert told["relanced_import_age_seconds creditor=dubois kind=invoices"] == 0
    assert told["relanced_hooks_total channel=twilio status=204"] == 1
    assert told["relanced_hooks_total channel=twilio status=403"] == 1
    assert told["relanced_wheel_age_seconds wheel=plan"] == 0
    assert {n: age for n, age in told.items() if "ear_age" in n} == {"relanced_ear_age_seconds channel=compta": 180}
    assert told["relanced_stopped"] == 0


async def test_findings_are_counted_by_kind_and_one_that_is_over_counts_nought(port: Port) -> None:
    port.auditor.findings = (Finding("closed:compta", "x"), Finding("closed:office", "y"), Finding("forgotten", "z"))
    told = await figures(port)
    assert (told["relanced_findings kind=closed"], told["relanced_findings kind=forgotten"]) == (2, 1)
    port.auditor.findings = (Finding("stale:dubois", "x"),)
    told = await figures(port)
    assert {name: n for name, n in told.items() if "findings" in name} == {
        "relanced_findings kind=closed": 0,
        "relanced_findings kind=forgotten": 0,
        "relanced_findings kind=stale": 1,
    }


async def test_figures_are_kept_for_some_seconds(port: Port) -> None:
    await figures(port)
    await port.store.house.stop("lunch", "claire", NOW)
    assert (await figures(port))["relanced_stopped"] == 0


async def test_attack_31_no_figure_tells_an_address_or_a_name(port: Port) -> None:
    """Attack 31."""
    books = Books(port.store)
    await Post(books).plan_many(await books.many(2))
    page = await (await port.client.get("/metrics")).text()
    assert "@" not in page
    assert "d1" not in page

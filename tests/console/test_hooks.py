"""Webhooks: what is genuine is committed before it is acknowledged; nothing else leaves a trace."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest
from aiohttp import ClientResponse

from relanced.console import hooks
from relanced.console.web import HEADERS, LARGEST_BODY
from relanced.store.engine import StoreError, StoreFull
from relanced.store.opening import Store
from relanced.store.tables import heard
from tests.config.samples import TextDoor
from tests.console.conftest import Port, opened
from tests.console.provider import PUBLIC, CallingDoor, signed
from tests.store.rows import every

PATH = "/hook/twilio"


async def call(port: Port, said: object, path: str = PATH, url: str = "", **headers: str) -> ClientResponse:
    """As the provider calls, signing the public address."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    signature = {"X-Signature": signed(url or PUBLIC + path, body), **headers}
    return await port.client.post(path, data=body, headers=signature)


async def kept(port: Port) -> list[tuple[str, str]]:
    """What is in the table, oldest first."""
    return [(row["channel"], row["key"]) for row in await every(port.store, heard)]


async def test_a_genuine_call_is_committed_and_acknowledged(port: Port) -> None:
    answer = await call(port, {"id": "SM1"})
    assert (answer.status, await answer.read()) == (204, b"")
    (row,) = await every(port.store, heard)
    assert (row["key"], row["raw"], row["about"]) == ("SM1", b'{"id": "SM1"}', {"url": PUBLIC + PATH})


@pytest.mark.parametrize("signature", ["", "0" * 64, signed(PUBLIC + "/hook/other", b'{"id": "SM1"}')])
async def test_attack_12_a_forged_call_is_refused_and_leaves_nothing(port: Port, signature: str) -> None:
    """Attack 12."""
    answer = await call(port, {"id": "SM1"}, **{"X-Signature": signature})
    assert answer.status == 403
    assert await kept(port) == []


async def test_attack_12_a_changed_body_is_refused(port: Port) -> None:
    """Attack 12."""
    answer = await call(port, {"id": "SM2"}, **{"X-Signature": signed(PUBLIC + PATH, b'{"id": "SM1"}')})
    assert answer.status == 403


async def test_attack_13_replays_and_disorder_are_one_thing_each(port: Port) -> None:
    """Attack 13."""
    for key in ("SM2", "SM1", "SM2", "SM2", "SM1"):
        assert (await call(port, {"id": key})).status == 204
    assert await kept(port) == [("twilio", "SM2"), ("twilio", "SM1")]


async def test_attack_14_the_address_is_ours_and_not_what_headers_claim(port: Port) -> None:
    """Attack 14."""
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    assert (await call(port, {"id": "SM1"}, **forged)).status == 204
    assert (await call(port, {"id": "SM2"}, url=f"http://evil.example{PATH}", **forged)).status == 403


async def test_the_query_is_part_of_the_address(port: Port) -> None:
    assert (await call(port, {"id": "SM1"}, path=f"{PATH}?attempt=a1&x=%20y")).status == 204
    assert (await call(port, {"id": "SM1"}, path=f"{PATH}?attempt=a1", url=PUBLIC + PATH)).status == 403


async def test_attack_15_a_body_that_is_too_large_is_not_read(port: Port) -> None:
    """Attack 15."""
    assert (await call(port, b"x" * (LARGEST_BODY + 1))).status == 413
    assert await kept(port) == []


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/hook/compta", "POST", 404),
        ("/hook/nobody", "POST", 404),
        ("/hook/", "POST", 404),
        ("/hook/twilio/more", "POST", 404),
        ("/hook/%2e%2e%2fhealth", "POST", 404),
        ("/", "GET", 404),
        ("/desk", "POST", 404),
        (PATH, "GET", 405),
        (PATH, "PUT", 405),
        ("/metrics", "POST", 405),
    ],
)
async def test_there_is_nothing_else(port: Port, path: str, method: str, status: int) -> None:
    answer = await port.client.request(method, path)
    assert answer.status == status
    assert "aiohttp" not in await answer.text()


async def test_a_genuine_call_that_makes_no_sense_is_told_so(port: Port) -> None:
    assert (await call(port, {"sid": "SM1"})).status == 400
    assert (await call(port, b"not json")).status == 400


@pytest.mark.parametrize("trouble", [StoreError("locked"), StoreFull("no room"), OSError("gone"), TimeoutError()])
async def test_fault_43_what_cannot_be_kept_is_not_acknowledged(port: Port, trouble: Exception) -> None:
    port.trouble.append(trouble)
    answer = await call(port, {"id": "SM1"})
    assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
    port.trouble.clear()
    assert (await call(port, {"id": "SM1"})).status == 204


async def test_fault_43_a_database_that_is_locked_is_not_waited_for(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "PATIENCE", 0.2)
    store = Store(sqlite_url)
    with closing(sqlite3.connect(str(store.file), isolation_level=None)) as other:
        async with opened(store) as port:
            other.execute("BEGIN IMMEDIATE")
            assert (await call(port, {"id": "SM1"})).status == 503
            other.execute("ROLLBACK")
            assert (await call(port, {"id": "SM1"})).status == 204
            assert await kept(port) == [("twilio", "SM1")]
    await store.close()


async def test_every_answer_wears_the_same_headers(port: Port) -> None:
    answers = [await call(port, {"id": "SM1"}), await port.client.get("/"), await port.client.get("/health")]
    for answer in answers:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert answer.headers["Server"] == "relanced"


def test_without_a_public_address_or_an_ear_there_is_no_hook() -> None:
    async def keep(_channel: str, _heard: object) -> None:
        raise AssertionError("nothing is kept")

    assert hooks.Hooks({"twilio": CallingDoor()}, PUBLIC, keep).names == {"twilio"}
    assert hooks.Hooks({"twilio": TextDoor()}, PUBLIC, keep).names == set()
    assert hooks.Hooks({"twilio": CallingDoor()}, None, keep).names == set()

"""`relanced read`, as a person types it: no configuration, no database."""

from __future__ import annotations

import json
import mailbox
import subprocess
import sys
from pathlib import Path

import pytest

CORPUS = Path(__file__).parent / "corpus"
STOP, BOUNCE = CORPUS / "people/stop.eml", CORPUS / "bounces/qmail-no-mailbox.eml"


def relanced(*words: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", "from relanced.cli import main; main()", "-c", "/nonexistent", *map(str, words)]
    return subprocess.run(command, input=given, capture_output=True, check=False)


def lines(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, object]]:
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_one_line_of_json_for_each_message() -> None:
    said = lines(relanced("read", BOUNCE, STOP, "--format", "json"))
    assert [one["file"] for one in said] == [str(BOUNCE), str(STOP)]
    assert list(said[0])[:7] == ["file", "kind", "recipients", "reference", "text", "intent", "reason"]
    assert said[0]["recipients"] == [
        {
            "address": "jean.martin@menuiserie-martin.example",
            "status": "5.1.1",
            "permanent": True,
            "address_dead": True,
            "said": "Sorry, no mailbox here by that name. (#5.1.1)",
        }
    ]
    assert (said[1]["kind"], said[1]["intent"], said[1]["text"]) == ("person", "stop", "STOP")


FIELDS = ["file", "kind", "recipients", "reference", "text", "intent", "reason"]
KINDS = {"bounce", "delayed", "delivered", "auto_reply", "challenge", "complaint", "read_receipt", "automatic"}
KINDS |= {"person", "unreadable"}


def test_every_kind_of_message_has_the_same_fields() -> None:
    """The whole corpus, as one folder with folders in it."""
    said = lines(relanced("read", CORPUS, "--format", "json"))
    assert [one["file"] for one in said] == [str(path) for path in sorted(CORPUS.rglob("*.eml"))]
    assert {one["kind"] for one in said} == KINDS
    for one in said:
        assert list(one)[:7] == FIELDS
        assert [type(one[name]) for name in ("file", "kind", "reference", "text", "reason")] == [str] * 5
        assert one["intent"] is None or isinstance(one["intent"], str)
        assert (one["kind"] == "person") or one["intent"] is None
        for told in one["recipients"]:  # type: ignore[attr-defined]
            assert list(told)[:4] == ["address", "status", "permanent", "address_dead"]
            assert [type(told[name]) for name in list(told)[:4]] == [str, str, bool, bool]


def test_folders_mboxes_and_maildirs(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "inbox", create=True)
    maildir = mailbox.Maildir(tmp_path / "maildir", create=True)
    for raw in (STOP.read_bytes(), BOUNCE.read_bytes()):
        box.add(raw)
        maildir.add(raw)
    box.close()
    (tmp_path / "maildir/tmp/half").write_bytes(b"From: not yet there")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/a.eml").write_bytes(STOP.read_bytes())
    said = lines(relanced("-f", "json", "read", tmp_path / "inbox", tmp_path / "maildir", tmp_path / "folder"))
    assert [one["file"] for one in said[:2]] == [f"{tmp_path}/inbox:1", f"{tmp_path}/inbox:2"]
    assert [one["kind"] for one in said[:2]] == ["person", "bounce"]
    assert sorted(str(one["kind"]) for one in said[2:4]) == ["bounce", "person"]
    assert [one["file"] for one in said[4:]] == [f"{tmp_path}/folder/a.eml"]


def test_standard_input_and_a_table_of_tabs() -> None:
    done = relanced("read", "-", given=BOUNCE.read_bytes())
    head, row = done.stdout.decode().splitlines()
    assert head.split("\t") == ["file", "kind", "recipients", "reference", "intent", "reason", "text"]
    assert row.split("\t")[:4] == ["-", "bounce", "jean.martin@menuiserie-martin.example 5.1.1 dead", "7K2QD-M4X9T"]


def test_what_cannot_be_opened_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "gone.eml").symlink_to(tmp_path / "nowhere")
    done = relanced("read", tmp_path, STOP, "--format", "json")
    assert [json.loads(line)["file"] for line in done.stdout.splitlines()] == [str(STOP)]
    assert relanced("read", tmp_path / "nowhere").returncode == 2


@pytest.mark.parametrize("style", ["table", "tsv"])
def test_attack_32_what_a_message_says_cannot_drive_a_terminal(style: str) -> None:
    raw = b"From: a@b.example\nSubject: x\n\nStop.\x1b]0;owned\x07\n"
    done = relanced("read", "-", "--format", style, given=raw)
    assert b"\x1b]0" not in done.stdout and b"owned" in done.stdout


def test_thousands_of_messages_take_seconds(tmp_path: Path) -> None:
    for n in range(1000):
        (tmp_path / f"{n}.eml").write_bytes(STOP.read_bytes())
    assert len(lines(relanced("read", tmp_path, "--format", "json"))) == 1000

"""`relanced check` says what each short text costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.atelier import Atelier, found_atelier

POLICY = """
policies:
  standard:
    for: {debtor: business}
    steps: [{name: relance-2, tone: firm, when: 10 days after due, via: [email], also: [sms]}]
"""
KEYS = f'account: {"AC" + "0" * 32}, token: "${{cred:twilio}}", from: DUBOIS'


@pytest.fixture
def silent(tmp_path: Path) -> Atelier:
    """A company whose one reminder would also be a text."""
    made = found_atelier(tmp_path, tmp_path / "desk.sock")
    made.write("config.yaml", made.config.read_text("utf-8").replace("policies: default\n", POLICY))
    return made


@pytest.fixture
def atelier(silent: Atelier) -> Atelier:
    """The same with a door for texts."""
    text = silent.config.read_text("utf-8").replace("registered: tray}", "registered: tray, sms: texts}")
    silent.write("config.yaml", text.replace("  tray:", f"  texts: {{kind: sms, {KEYS}}}\n  tray:"))
    return silent


def test_check_shows_the_segments_of_every_wording_of_a_short_text(atelier: Atelier) -> None:
    done = atelier.relanced("check")
    assert done.status == 0, done.out
    assert "short text relance-2 of atelier: 2 segments (1" in done.out
    assert ", GSM-7)" in done.out
    assert "note  channels.texts.token" in done.out


def test_check_says_that_a_creditors_name_is_a_link(atelier: Atelier) -> None:
    text = atelier.config.read_text("utf-8").replace("name: Atelier Dubois SARL", "name: Dubois.fr")
    atelier.write("config.yaml", text)
    done = atelier.relanced("check")
    assert done.status == 1
    fault = "relance-2/text.j2: a short text carries no IBAN and no link"
    assert f"FAULT short text relance-2 of atelier: {fault}" in done.out


def test_check_says_that_a_text_is_longer_than_the_channel_allows(atelier: Atelier) -> None:
    text = atelier.config.read_text("utf-8").replace("from: DUBOIS", "from: DUBOIS, segments: 1")
    atelier.write("config.yaml", text)
    done = atelier.relanced("check")
    assert "FAULT short text relance-2 of atelier: 2 segments, and the channel allows 1" in done.out


def test_without_a_door_for_them_no_short_text_is_shown(silent: Atelier) -> None:
    assert "short text" not in silent.relanced("check").out

"""What an operator may write, and what is said when it does not fit."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from relanced.config.secrets import Secret
from relanced_sms import SmsSettings
from tests.sms.doors import ACCOUNT

TWILIO: dict[str, Any] = {"account": ACCOUNT, "token": "t", "from": "DUBOIS"}
OVH: dict[str, Any] = {
    "provider": "ovh",
    "account": "sms-ab12345-1",
    "application_key": "k",
    "application_secret": "s",
    "consumer_key": "c",
}


def told(said: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as fault:
        SmsSettings.model_validate(said)
    return str(fault.value)


def test_the_shortest_configurations_are_enough() -> None:
    assert SmsSettings.model_validate(TWILIO).base == "https://api.twilio.com"
    assert SmsSettings.model_validate(OVH).base == "https://eu.api.ovh.com/1.0"


@pytest.mark.parametrize(
    ("said", "answerable"),
    [
        (TWILIO, False),
        (TWILIO | {"from": 38123}, True),
        (TWILIO | {"from": "+33974590012"}, True),
        (TWILIO | {"from": "MG" + "0" * 32}, True),
        (OVH, True),
        (OVH | {"from": "DUBOIS"}, False),
    ],
)
def test_a_name_cannot_be_answered_a_number_can(said: dict[str, Any], answerable: bool) -> None:
    assert SmsSettings.model_validate(said).answerable is answerable


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (TWILIO | {"account": "sms-ab12345-1"}, "account: expected the Account SID"),
        (OVH | {"account": ACCOUNT}, "account: expected the name of the SMS service"),
        ({k: v for k, v in TWILIO.items() if k != "token"}, "token is missing"),
        ({k: v for k, v in TWILIO.items() if k != "from"}, "from is missing"),
        (TWILIO | {"consumer_key": "c"}, "consumer_key is not for twilio"),
        (OVH | {"token": "t"}, "token is not for ovh"),
        ({k: v for k, v in OVH.items() if k != "application_key"}, "application_key is missing"),
        (TWILIO | {"from": "ATELIER DUBOIS"}, "a name of at most 11 letters"),
        (TWILIO | {"from": "+33612345678"}, "ARCEP"),
        (TWILIO | {"callback_url": "http://relances.example.fr/x"}, "callback_url: expected an address"),
        (TWILIO | {"callback_url": "https://relances.example.fr/x?y=1"}, "callback_url: expected an address"),
        (TWILIO | {"api": "http://api.twilio.com"}, "api: expected an address"),
        (OVH | {"callback_url": "https://relances.example.fr/x"}, "OVHcloud does not sign its calls"),
        (TWILIO | {"provider": "smsmode"}, "'twilio' or 'ovh'"),
        (TWILIO | {"ask_every": 1}, "ask_every"),
        (TWILIO | {"sender": "DUBOIS"}, "Extra inputs"),
    ],
)
def test_what_does_not_fit_is_said(said: dict[str, Any], words: str) -> None:
    assert words in told(said)


def test_no_secret_is_in_what_is_said() -> None:
    """Attack 31."""
    assert "hunter2" not in told(TWILIO | {"token": "hunter2", "from": "much too long a name"})
    assert "hunter2" not in repr(SmsSettings.model_validate(TWILIO | {"token": "hunter2"}))


def test_secrets_are_named_when_the_file_is_read_and_looked_at_when_needed() -> None:
    """A credential that only the daemon has must not trouble a check at the command line."""
    later = Secret("${cred:twilio}", {})
    assert SmsSettings.model_validate(TWILIO | {"token": later}).token is later

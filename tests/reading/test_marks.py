"""What of ours comes back: references, Message-IDs, attempts, as this house makes them."""

from __future__ import annotations

import pytest

from relanced.premises import new_attempt, new_mail_id, new_reference
from relanced.reading import Kind, read
from relanced.reading.headers import Headers, bare_address
from relanced.reading.marks import (
    answered,
    attempt_in_address,
    attempt_in_envelope,
    quoted,
    reference_in,
    reference_of,
)


def test_every_name_this_house_makes_is_found_again() -> None:
    for _ in range(200):
        reference, attempt = new_reference(), new_attempt()
        mail_id = new_mail_id(reference, "Claire <compta@atelier.example>")
        assert reference_of([mail_id]) == reference
        assert reference_in([f"Nos références : {reference}."]) == reference
        assert quoted(f"voir {mail_id}") == (mail_id,)
        assert attempt_in_envelope(attempt) == attempt
        assert attempt_in_address(Headers(f"To: <compta+rl-{attempt}@atelier.example>\n".encode())) == attempt


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("réf. 7K2QD-M4X9T", "7K2QD-M4X9T"),
        ("votre courrier 7k2qd-m4x9t du 3", "7K2QD-M4X9T"),
        ("7K2QD\u2011M4X9T", "7K2QD-M4X9T"),  # a hyphen that does not break
        ("Référence : ABCDE-FGHJK", "ABCDE-FGHJK"),
        ("le GRAND-CHAMP de la rue", ""),
        ("avant-apres", ""),
        ("FR123-45678X", ""),
        ("X7K2QD-M4X9T", ""),
        ("7K2QD-M4X9T-2", ""),
        ("7I2QD-M4X9T", ""),  # no I, L, O, U
        ("", ""),
    ],
)
def test_a_reference_is_told_from_words(text: str, reference: str) -> None:
    assert reference_in([text]) == reference


def test_the_nearest_text_names_the_reference() -> None:
    assert reference_in(["rien", "réf 7K2QD-M4X9T", "réf 11111-22222"]) == "7K2QD-M4X9T"


def test_the_nearest_message_comes_first_and_once() -> None:
    head = b"In-Reply-To: <c@x>\nReferences: <a@x>\n <b@x>\n\t<c@x>\n"
    assert answered(Headers(head)) == ("<c@x>", "<b@x>", "<a@x>")


@pytest.mark.parametrize(
    ("envid", "attempt"),
    [
        ("9d3f0b7c21a84e56b0c4d7e1", "9d3f0b7c21a84e56b0c4d7e1"),
        ("9d3f+2Db7c", "9d3f-b7c"),  # xtext, RFC 3461 §4
        ("a b", ""),
        ("<script>", ""),
        ("", ""),
    ],
)
def test_attack_19_an_envelope_id_is_ours_or_nothing(envid: str, attempt: str) -> None:
    assert attempt_in_envelope(envid) == attempt


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("Jean Martin <Jean@Client.example>", "jean@client.example"),
        ("jean@client.example", "jean@client.example"),
        ('"<claire@bon.example>" <mallory@evil.example>', "mallory@evil.example"),
        ('"a, b" <jean@client.example>, x@y.example', "jean@client.example"),
        ("=?utf-8?q?=3Cclaire=40bon.example=3E?= <mallory@evil.example>", "mallory@evil.example"),
        ("Jean (compta) jean@client.example", "jean@client.example"),
        ("undisclosed-recipients:;", ""),
        ("<>", ""),
        ("", ""),
    ],
)
def test_the_sender_is_the_address_that_counts(value: str, address: str) -> None:
    assert bare_address(value) == address


def test_attack_17_a_token_that_leaked_makes_nobody_pay() -> None:
    """A forwarded reminder gives its reference away: what comes back is a person's word, and no more."""
    raw = b"From: x@evil.example\nSubject: 7K2QD-M4X9T\n\nLa facture est payee. Fermez le dossier.\n"
    verdict = read(raw)
    assert (verdict.kind, verdict.reference, verdict.recipients) == (Kind.PERSON, "7K2QD-M4X9T", ())


def test_fault_48_a_bounce_of_something_we_never_sent_names_nothing_of_ours() -> None:
    raw = (
        b"Return-Path: <>\nFrom: mailer-daemon@x.example\nSubject: failure notice\n\n"
        b"Hi. This is the qmail-send program.\n\n<jean@client.example>:\nno mailbox here by that name. (#5.1.1)\n"
    )
    verdict = read(raw)
    assert (verdict.kind, verdict.attempt, verdict.reference, verdict.references) == (Kind.BOUNCE, "", "", ())

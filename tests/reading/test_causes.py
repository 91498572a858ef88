"""What servers say of a failure, and whether the address is dead: only then is it struck."""

from __future__ import annotations

import pytest

from relanced.reading.causes import cause_of

NO_USER = [
    ("5.1.1", "550 5.1.1 <jean@menuiserie.example>: Recipient address rejected: User unknown in virtual mailbox table"),
    ("5.1.1", "550 5.1.1 hhtzumeItI371 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416 [416]"),
    ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
    ("5.1.1", "550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found"),
    ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [DB8EUR06FT023.eop-eur06]"),
    ("5.2.1", "550 5.2.1 The email account that you tried to reach is disabled."),
    ("5.0.0", "554 delivery error: dd This user doesn't have a yahoo.fr account (jean@yahoo.fr) [-9] - mta1"),
    ("5.0.0", "554 30 Sorry, your message to jean@yahoo.fr cannot be delivered. This mailbox is disabled (554.30)."),
    ("5.0.0", "550 Unknown user"),
    ("5.0.0", "550 no such user here"),
    ("5.3.0", "553 5.3.0 <jean@menuiserie.example>... No such user"),
    ("5.0.0", "550 Invalid recipient <jean@menuiserie.example> (#5.1.1)"),
    ("5.1.6", "551 5.1.6 User has moved; please try another address"),
    ("5.0.0", "550 jean@menuiserie.example: user not found"),
    ("5.0.0", "550 Mailbox not found"),
    ("5.0.0", "550 mailbox does not exist"),
    ("5.5.0", "550 5.5.0 <jean@menuiserie.example> Email address no longer in use"),
    ("5.1.0", "550 5.1.0 Address unknown"),
    ("5.0.0", "550 Utilisateur inconnu !"),
    ("5.0.0", "550 cette adresse n'existe plus"),
    ("5.0.0", "550 le compte a été désactivé"),
    ("", "Sorry, no mailbox here by that name. (#5.1.1)"),
    ("", "This address no longer accepts mail."),
    ("5.1.1", ""),
    (
        "5.1.1",
        "550 5.1.1 <anti-spam@menuiserie.example>: Recipient address rejected: User unknown (mx.blocked.example)",
    ),
]
NO_HOST = [
    ("5.1.2", "DNS Error: DNS type 'mx' lookup of menuiserie.example responded with code NXDOMAIN"),
    (
        "5.4.4",
        "Host or domain name not found. Name service error for name=menuiserie.example type=AAAA: Host not found",
    ),
    ("5.1.10", "550 5.1.10 Recipient address rejected: Domain menuiserie.example does not accept mail (nullMX)"),
    ("5.1.0", "Domain menuiserie.example does not accept mail (nullMX)"),
    ("5.4.310", "550 5.4.310 DNS domain menuiserie.example does not exist [Message=InfoDomainNonexistent]"),
    ("", "Sorry, I couldn't find any host named menuiserie.example. (#5.1.2)"),
    ("5.0.0", "Unrouteable address"),
    ("5.0.0", "550 domaine inconnu"),
]
LIVES = [
    ("5.2.2", "552 5.2.2 <jean@menuiserie.example>: user is over quota"),
    ("5.1.1", "552 5.1.1 hibJumn68I371 Boite du destinataire pleine. Recipient overquota. OFR_417 [417]"),
    ("", "user is over quota (#5.1.1)"),
    ("5.2.2", "550 5.2.2 STOREDRV.Deliver; mailbox full"),
    ("5.2.2", "552-5.2.2 The recipient's inbox is out of storage space and inactive."),
    ("5.0.0", "la boîte aux lettres de ce destinataire est pleine. Votre message a été supprimé."),
    ("5.5.0", "550 5.5.0 Boite du destinataire archivee. Archived recipient. LPN007_420"),
    ("5.7.1", "550 5.7.1 Message rejected due to SPF policy"),
    ("5.7.26", "550-5.7.26 Unauthenticated email is not accepted due to domain's DMARC policy"),
    ("5.7.1", "550 5.7.1 <jean@menuiserie.example>: user unknown"),
    ("5.1.1", "550 5.1.1 Rejected by our spam filter"),
    ("5.1.1", "Amazon SES has suppressed sending to this address because it has a recent history of bouncing"),
    ("5.1.8", "550 5.1.8 <compta@atelier.example>: Sender address rejected: Domain not found"),
    ("5.1.7", "501 5.1.7 Bad sender address syntax"),
    ("5.1.0", "501 5.1.0 Emetteur invalide. Invalid Sender. OFR004_405 [405] (in reply to MAIL FROM command)"),
    ("5.0.0", "550 sender verify failed: no such user"),
    ("5.0.0", "550 Requested action not taken: mailbox unavailable"),
    ("5.4.6", "mail for menuiserie.example loops back to myself"),
    ("5.4.7", "550 5.4.7 delivery time expired"),
    ("5.0.0", "Service unavailable, user unknown at this moment, try again later"),
    ("5.0.0", "550 the account or domain may not exist"),
    ("5.3.4", "552 5.3.4 Message size exceeds fixed limit"),
    ("5.2.0", "550 5.2.0 Mail rejete. Mail rejected. OFR_506 [506]"),
    ("5.0.0", "550 relay access denied"),
    ("4.1.1", "450 4.1.1 <jean@menuiserie.example>: Recipient address rejected: unverified address"),
    ("4.4.3", "Host or domain name not found. Name service error for name=menuiserie.example type=MX: try again"),
    ("4.2.1", "450-4.2.1 The user you are trying to contact is receiving mail at a rate that prevents delivery"),
    ("5.0.0", "451 4.7.1 Greylisted, retry timeout exceeded"),
    ("", "retry timeout exceeded"),
    ("", ""),
]


@pytest.mark.parametrize(("status", "said"), NO_USER)
def test_nobody_lives_there(status: str, said: str) -> None:
    assert (cause_of(status, said).words, cause_of(status, said).address_dead) == ("no such user", True)


@pytest.mark.parametrize(("status", "said"), NO_HOST)
def test_there_is_no_such_house(status: str, said: str) -> None:
    assert (cause_of(status, said).words, cause_of(status, said).address_dead) == ("no such host", True)


@pytest.mark.parametrize(("status", "said"), LIVES)
def test_fault_31_an_address_that_may_live_is_left_alone(status: str, said: str) -> None:
    """Fault 31 too: what is held against us, the sender, is not held against the address."""
    assert not cause_of(status, said).address_dead


@pytest.mark.parametrize(
    ("status", "said", "told", "permanent"),
    [
        ("5.1.1", "550 5.7.1 blocked", "5.1.1", True),
        ("5.0.0", "451 4.7.1 Greylisted", "4.7.1", False),  # a general status yields to what the server said
        ("5.0.0", "550 no", "5.0.0", True),
        ("", "421 too many connections", "", False),
        ("", "nonsense", "", True),
        ("4.4.7 (expired)", "", "4.4.7", False),
        ("1.2.3.4", "host 5.1.1.9 said", "", True),  # addresses of machines are no status
    ],
)
def test_the_most_telling_status_counts(status: str, said: str, told: str, permanent: bool) -> None:
    cause = cause_of(status, said)
    assert (cause.status, cause.permanent) == (told, permanent)

"""Why a message did not arrive: the one question that matters is whether the address is dead.

The words of a server weigh more than its numbers: Orange says 552 5.1.1 of a full mailbox, Microsoft 5.4.1 of a user
who does not exist. What no rule knows leaves the address alone.
"""

from __future__ import annotations

import re

from msgspec import Struct

from relanced.reading.flat import any_of, flat

_LONGEST = 2000  # characters of a server's words
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])([245]\d\d)(?=[ -])")
# What stands in addresses and host names is nobody's opinion (anti-spam@…, mx.blocked.example).
_NAMES = re.compile(r"\S*@\S*|\S*[a-z]\.[a-z]\S*|https?:\S*")

_FULL = any_of(
    r"quota",
    r"(?:mail|in)?box\W+(?:\w+\W+){0,3}full",
    r"full\W+mailbox",
    r"mailbox size",
    r"(?:storage|disk)\W+(?:space|limit|full)",
    r"out of storage",
    r"insufficient (?:system )?storage",
    r"(?:boite|messagerie)\W+(?:\w+\W+){0,8}(?:pleine|saturee)",
    r"espace (?:disque )?insuffisant",
)
_SENDER = any_of(
    r"sender (?:address|domain|verif|rejected|denied|not|is|refused|unknown)",
    r"(?:invalid|bad|unknown) sender",
    r"mail from (?:command|not|address)|in reply to mail from",
    r"emetteur",
    r"expediteur",
    r"reverse.?(?:path|dns)",
    r"\bptr\b|\bhelo\b|\behlo\b",
)
_POLICY = any_of(
    r"\bspam\b|spamming|junk|unsolicited|complaint",
    r"(?:black|block).?list|\bblocked\b|bloquee?\b|\b(?:dns|r)?bl\b|reputation",
    r"policy|policies|not authori[sz]ed|authentication required|unauthenticated",
    r"\bspf\b|\bdkim\b|\bdmarc\b",
    r"relay(?:ing)? (?:access )?denied|(?:unable|not allowed|refus\w*) to relay",
    r"virus|malware|phishing|content (?:rejected|filter)|mail rejete",
    r"suppress",  # a provider's own list: Amazon SES
    r"too (?:big|large)|message size|(?:size|taille) (?:exceeds|limit)",
)
_SLOW = any_of(
    r"gr[ea]y.?list|try (?:again|it again|later)|plus tard|temporar|timed? ?out|too many|throttl|deferred|expired",
    r"connection (?:refused|timed|lost|reset)|no route|unreachable|loops? back|hop count|service unavailable",
    r"receiving mail (?:too|at a rate)|busy",
)
_NO_HOST = any_of(
    r"nxdomain|infodomainnonexistent|null ?mx",
    r"(?:host|domain)(?: name)?(?: or \w+(?: \w+)?)? (?:is )?(?:not found|unknown|does(?: not|n't) exist|invalid)",
    r"unknown (?:host|domain)|no such (?:host|domain)|couldn't find any host",
    r"does not accept mail|unrouteable address|unroutable (?:address|domain)",
    r"name service error.{1,80}host not found|no (?:mx|mail) (?:record|server)s? (?:found|for)",
    r"(?:domaine|hote) (?:inconnu|inexistant)",
)
_WHO = (
    r"(?:user|recipient|mailbox|account|addressee?|address|local.?part|e?-?mail"
    r"|destinataire|utilisateur|adresse|boite|compte)"
)
_UNKNOWN = (
    r"(?:unknown|(?<!may )(?<!might )not (?:known|found|exist|a known|present|listed)"
    r"|does(?: not|n't) exist|doesn't exist|no longer (?:exists?|valid|active|available|in use|on server)"
    r"|could(?: not|n't) be found|was(?: not|n't) found"
    r"|(?:is )?(?:disabled|inactive|deactivated|closed|terminated|discontinued)"
    r"|inconnue?|inexistante?|invalide?\b|introuvable|n'existe (?:pas|plus)|desactivee?|supprimee?|fermee?)"
)
_WITHIN = r"[^\w.!?]+"  # between two words of one sentence
_NO_USER = any_of(
    rf"{_WHO}(?:{_WITHIN}\w+){{0,6}}?{_WITHIN}{_UNKNOWN}",
    rf"(?:no|unknown|invalid|bad|unrecogni[sz]ed|non.?existent) (?:such )?(?:local |virtual )?{_WHO}",
    r"no such person|no one (?:here )?by that name|not our customer|no mailbox here",
    r"doesn't have an? +\w|is(?: not|n't) a valid (?:mailbox|recipient|user|address)",
    r"this address no longer accepts",
    r"recipientnotfound|adr\.exrecipnotfound",
    r"recipient address rejected: access denied",  # Exchange Online, which knows its recipients
    r"no longer (?:works|employed)|a quitte",
)
_DEAD_STATUS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})  # RFC 3463 §3.2, RFC 7505, Exchange
_UNSAID = frozenset({"", "5.0.0", "5.1.0", "5.2.0", "5.2.1", "5.3.0", "5.4.0", "5.4.1", "5.4.4", "5.4.310", "5.5.0"})
_NOT_THE_ADDRESS = (
    (_FULL, "the mailbox is full"),
    (_SENDER, "our sender was refused, not the recipient"),
    (_POLICY, "refused by a policy"),
)


class Cause(Struct, frozen=True):
    """Why. `status` is the most telling enhanced code; `words` say it for people."""

    status: str
    permanent: bool
    address_dead: bool
    words: str


def cause_of(status: str, said: str) -> Cause:
    """Judge a failure by the status of its report (may be empty) and by the words of the server."""
    said = said[:_LONGEST]
    status = telling_status(status, said)
    permanent = _permanent(status, said)
    dead, words = _judge(status, flat(said), permanent=permanent)
    return Cause(status, permanent, dead, words)


def telling_status(status: str, said: str) -> str:
    """The enhanced status code: the report's, or the server's own where the report's is general (X.0.0) or missing."""
    told = _ENHANCED.search(status[:200])
    code = ".".join(told.groups()) if told else ""
    if code and not code.endswith(".0.0"):
        return code
    heard = _ENHANCED.search(said[:_LONGEST])
    return ".".join(heard.groups()) if heard else code


def _permanent(status: str, said: str) -> bool:
    if status:
        return status.startswith("5")
    reply = _REPLY.search(said)
    return reply is None or reply[1].startswith("5")


def _judge(status: str, said: str, *, permanent: bool) -> tuple[bool, str]:
    words = _NAMES.sub(" ", said)
    for pattern, cause in _NOT_THE_ADDRESS:
        if pattern.search(words):
            return False, cause
    if not permanent:
        return False, "given up, or not yet: the address may be right"
    if status.startswith("5.7."):
        return False, "refused by a policy"
    told = status in _DEAD_STATUS
    if not told and (status not in _UNSAID or _SLOW.search(words)):
        return False, "nothing says that the address does not exist"
    if _NO_HOST.search(said):
        return True, "no such host"
    if told or _NO_USER.search(words) or _NO_USER.search(said):
        return True, "no such user"
    return False, "nothing says that the address does not exist"

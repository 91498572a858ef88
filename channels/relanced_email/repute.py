"""Why others may doubt our mail: SPF, DKIM and DMARC of a domain that stands in From, and where its answers go.

Since 2024 the large providers of mailboxes refuse what no record vouches for. Each fault is one line that says what to
write into the DNS, or where.
"""

from __future__ import annotations

import asyncio
import re
from base64 import b64decode
from collections.abc import Awaitable, Sequence

from relanced_email.names import Mute, Names

USUAL_SELECTORS = (
    *("default", "mail", "dkim", "smtp", "key1", "s1", "s2", "k1", "k2", "k3"),
    *("selector1", "selector2", "google", "gm1", "gm2", "gm3"),  # Microsoft 365, Google, Gandi
    *("ovhmo-selector-1", "ovhmo-selector-2", "brevo", "brevo1", "brevo2", "mailjet", "pm", "mandrill"),
)

_INCLUDES = {
    r"smtp\.office365\.com": "spf.protection.outlook.com",
    r"smtp(-relay)?\.gmail\.com": "_spf.google.com",
    r"(ssl0|smtp\.mail|pro\d*\.mail|ex\d*\.mail)\.ovh\.net": "mx.ovh.com",
    r"mail\.gandi\.net": "_mailcust.gandi.net",
    r"mail\.infomaniak\.com": "spf.infomaniak.ch",
    r"smtp\.ionos\.fr": "_spf-eu.ionos.com",
    r"in-v3\.mailjet\.com": "spf.mailjet.com",
    r"smtp-relay\.brevo\.com": "spf.brevo.com",
}
"""What the SPF record has to include when mail leaves through this relay."""

_MOST_LOOKUPS = 10  # RFC 7208 §4.6.4
_ASKS = re.compile(r"[+?~-]?(?:(?P<follow>include:|redirect=)(?P<name>[^ ]+)|(?:a|mx|ptr|exists)(?:[:/].*)?$)", re.I)
_SHORTEST_KEY = 150  # octets of a public RSA key of 1,024 bits, about


async def faults_of_domain(domain: str, relay: str, selectors: Sequence[str], names: Names) -> list[str]:
    """What is wrong with a domain whose mail leaves through the host `relay`. `selectors`: its DKIM keys, if known."""
    looks = (
        _answers(domain, names),
        _spf(domain, relay, names),
        _dkim(domain, selectors, names),
        _dmarc(domain, names),
    )
    return [line for told in await asyncio.gather(*(_heard(domain, look) for look in looks)) for line in told]


async def _heard(domain: str, look: Awaitable[list[str]]) -> list[str]:
    try:
        return await look
    except Mute as mute:
        return [f"{domain}: {mute}"]


async def _answers(domain: str, names: Names) -> list[str]:
    return [] if await names.takes_mail(domain) else [f"{domain} takes no mail: answers would be lost; publish an MX"]


# -- who may send for the domain --------------------------------------------------------------------------------------


async def _spf(domain: str, relay: str, names: Names) -> list[str]:
    """RFC 7208. The envelope sender is of the domain in From, so that what passes is aligned too."""
    wanted = next((include for host, include in _INCLUDES.items() if re.fullmatch(host, relay.lower())), "")
    records = await _records(domain, "v=spf1", names)
    if len(records) != 1:
        hint = f"v=spf1 include:{wanted} ~all" if wanted else "v=spf1 include:(what your provider names) ~all"
        many = f"{domain} has {len(records)} SPF records, which counts as none: join them into one"
        return [many if records else f"{domain} has no SPF record: publish TXT “{hint}”"]
    terms = records[0].lower().split()[1:]
    asked = await _followed(domain, records[0], names, {})
    found = (
        [f"{domain}: SPF says +all, anybody may send: end it with ~all or -all"] if {"all", "+all"} & {*terms} else []
    )
    if not any(t.lstrip("+-~?") == "all" or t.startswith("redirect=") for t in terms):
        found.append(f"{domain}: SPF does not say what holds for all others: end it with ~all or -all")
    if wanted and wanted not in asked:
        found.append(f"{domain}: SPF does not name the relay {relay}: add include:{wanted}")
    if (lookups := sum(asked.values())) > _MOST_LOOKUPS:
        found.append(f"{domain}: SPF asks the DNS {lookups} times, more than {_MOST_LOOKUPS}: leave includes out")
    return found


async def _followed(name: str, record: str, names: Names, asked: dict[str, int]) -> dict[str, int]:
    """How many questions each record costs that is read on the way, by its name."""
    asked[name] = 0
    for term in record.lower().split()[1:]:
        match = _ASKS.fullmatch(term)
        if match is None or sum(asked.values()) > 2 * _MOST_LOOKUPS:
            continue
        asked[name] += 1
        follow = match["name"]
        if follow and follow not in asked and "%" not in follow:
            for inner in (await _records(follow, "v=spf1", names))[:1]:
                await _followed(follow, inner, names, asked)
    return asked


# -- who signs for it -------------------------------------------------------------------------------------------------


async def _dkim(domain: str, selectors: Sequence[str], names: Names) -> list[str]:
    """RFC 6376. A key under the domain of From is aligned with it."""
    tried = tuple(selectors) or USUAL_SELECTORS
    keys = await asyncio.gather(*(names.texts(f"{selector}._domainkey.{domain}") for selector in tried))
    there = {selector: _tags("".join(texts)) for selector, texts in zip(tried, keys, strict=True) if texts}
    found = [f"{domain}: there is no DKIM key {s}._domainkey.{domain}: publish it" for s in selectors if s not in there]
    if not there and not selectors:
        hint = "switch DKIM on at your provider, or name its key in dkim_selectors"
        found.append(f"{domain} has no DKIM key under any usual selector: {hint}")
    for selector, tags in there.items():
        found += [f"{domain}: the DKIM key {selector} {wrong}" for wrong in _key_faults(tags)]
    return found


def _key_faults(tags: dict[str, str]) -> list[str]:
    try:
        key = b64decode(tags.get("p", ""), validate=True)
    except ValueError:
        return ["cannot be read: publish it again, in one piece"]
    if not key:
        return ["is revoked (p= is empty): sign with another"]
    short = tags.get("k", "rsa") == "rsa" and len(key) < _SHORTEST_KEY
    return ["has fewer than 1,024 bits, which nobody accepts: make a new one of 2,048"] if short else []


# -- what the domain wants done with the others ------------------------------------------------------------------------


async def _dmarc(domain: str, names: Names) -> list[str]:
    """RFC 7489: the domain's own record, else that of a domain above it."""
    labels = domain.split(".")
    for above in range(len(labels) - 1):
        place = f"_dmarc.{'.'.join(labels[above:])}"
        records = await _records(place, "v=dmarc1", names)
        if len(records) > 1:
            return [f"{place} has {len(records)} records, which counts as none: leave one"]
        if records:
            return _policy_faults(place, _tags(records[0]))
    hint = f"TXT _dmarc.{domain} “v=DMARC1; p=none; rua=mailto:…”"
    return [f"{domain} has no DMARC record: publish {hint}"]


def _policy_faults(place: str, tags: dict[str, str]) -> list[str]:
    if tags.get("p", "").lower() not in ("none", "quarantine", "reject"):
        return [f"{place}: p={tags.get('p', '')} is no policy: say p=none, p=quarantine or p=reject"]
    return []


async def _records(name: str, version: str, names: Names) -> list[str]:
    """The texts of a name that begin with a version."""
    return [t for t in await names.texts(name) if re.match(rf"{re.escape(version)}(?:[ ;]|$)", t, re.IGNORECASE)]


def _tags(record: str) -> dict[str, str]:
    """`a=b; c=d`, as DKIM and DMARC write it; spaces inside a value mean nothing (RFC 6376 §3.2)."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): re.sub(r"\s", "", value) for name, _, value in pairs}

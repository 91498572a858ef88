"""Asking the DNS for what mail needs: texts, and whether a domain takes mail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import dns.asyncresolver
import dns.exception
import dns.name
import dns.resolver

_LIFETIME = 5.0


class Mute(Exception):
    """The DNS did not answer: nothing is known."""


class Names:
    """A resolver. `server` is an address, with a port if it is not 53; empty asks those of the system. `lifetime`:
    seconds for one question, all servers and tries together."""

    def __init__(self, server: str = "", lifetime: float = _LIFETIME) -> None:
        self._server, self._lifetime = server, lifetime
        self._resolver: dns.asyncresolver.Resolver | None = None

    async def texts(self, name: str) -> list[str]:
        """The TXT records of a name, each in one piece; none if it has none. Raises Mute."""
        return [b"".join(row.strings).decode("utf-8", "replace") for row in await self._ask(name, "TXT")]

    async def takes_mail(self, name: str) -> bool:
        """Whether mail to a domain has somewhere to go: an MX that is not null (RFC 7505), else an address."""
        rows = await self._ask(name, "MX")
        if rows:
            return any(row.exchange != dns.name.root for row in rows)
        return bool(await self._ask(name, "A") or await self._ask(name, "AAAA"))

    async def _ask(self, name: str, kind: str) -> list[Any]:
        try:
            self._resolver = self._resolver or _resolver(self._server)
            answer: Callable[..., Awaitable[Any]] = self._resolver.resolve
            return list(await answer(name, kind, lifetime=self._lifetime, search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.DNSException as error:
            raise Mute(f"the DNS does not tell {kind} of {name} ({type(error).__name__})") from None


def _resolver(server: str) -> dns.asyncresolver.Resolver:
    if not server:
        return dns.asyncresolver.Resolver()
    resolver = dns.asyncresolver.Resolver(configure=False)
    # Brackets may be left out around an IPv6 address that has no port.
    parts = urlsplit(f"//{server}" if server.count(":") < 2 or "[" in server else f"//[{server}]")
    resolver.nameservers, resolver.port = [parts.hostname or server], parts.port or 53
    return resolver

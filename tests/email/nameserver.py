"""A name server on this machine: it answers from a table, in real DNS packets over UDP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = Mapping[str, Sequence[str]]
"""`"TXT example.fr": ["v=spf1 -all"]`; an entry without rows is a server failure."""


class _Server(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone) -> None:
        self.zone = {key.lower(): rows for key, rows in zone.items()}
        self.asked: list[str] = []

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        question = dns.message.from_wire(data)
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA | dns.flags.AA
        asked = question.question[0]
        key = f"{dns.rdatatype.to_text(asked.rdtype)} {asked.name.to_text(omit_final_dot=True)}".lower()
        self.asked.append(key)
        rows = self.zone.get(key)
        if rows is None:
            known = any(k.endswith(f" {key.partition(' ')[2]}") for k in self.zone)
            answer.set_rcode(dns.rcode.NOERROR if known else dns.rcode.NXDOMAIN)
        elif not rows:
            answer.set_rcode(dns.rcode.SERVFAIL)
        else:
            said = [_quoted(row) if asked.rdtype == dns.rdatatype.TXT else row for row in rows]
            answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", asked.rdtype, *said))
        self._transport.sendto(answer.to_wire(), addr)


def _quoted(text: str) -> str:
    """A TXT in strings of at most 255 octets, as long keys are published."""
    return " ".join(f'"{text[i : i + 255]}"' for i in range(0, len(text), 255))


@asynccontextmanager
async def nameserver(zone: Zone) -> AsyncIterator[str]:
    """Where it listens: address and port."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Server(zone), local_addr=("127.0.0.1", 0))
    try:
        yield f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"
    finally:
        transport.close()

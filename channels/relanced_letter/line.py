"""One line to a print server: a question in IPP over HTTP, and its answer (RFC 8010, RFC 8011).

pyipp encodes and decodes; the line is our own, because only who writes a document knows whether anything left.
"""

from __future__ import annotations

import base64
import os
import ssl
from collections.abc import Mapping
from functools import cached_property
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aiohttp
from pyipp.enums import IppOperation, IppStatus
from pyipp.parser import parse
from pyipp.serializer import encode_dict

from relanced_letter.faults import Closed
from relanced_letter.settings import LetterSettings

US = "relanced"  # a print server shows the names of jobs to their owner only
_PATIENCE = aiohttp.ClientTimeout(total=120, sock_connect=10, sock_read=60)
_CODES = frozenset(IppStatus)


class Declined(Closed):
    """The printer answered and did not do what was asked; `code` is its status (RFC 8011 §B), 0 without one."""

    def __init__(self, words: str, code: int = 0) -> None:
        super().__init__(words)
        self.code = code


class Silent(Closed):
    """The printer was reached and gave no answer that can be understood: what it did is not known."""


class Line:
    """A new connection for every question, so that nothing is ever asked twice by itself."""

    def __init__(self, settings: LetterSettings) -> None:
        assert settings.uri is not None
        self.uri = settings.uri
        self._settings = settings
        self._url = _http(settings.uri)

    async def ask(
        self, operation: IppOperation, said: Mapping[str, Any], group: bytes = b"", document: bytes = b""
    ) -> dict[str, Any]:
        """One question. Raises Closed: never reached; Silent; Declined."""
        words = {"operation-attributes-tag": {**_first(self.uri), **_ordered(said)}}
        asked = encode_dict({"version": (2, 0), "operation": operation, **words})
        body = asked[:-1] + group + asked[-1:] + document
        try:
            answer = parse(await self._post(body))
        except Closed:
            raise
        except Exception as error:  # whatever the decoder trips over
            raise Silent(f"the printer {self.uri} answered what is no IPP") from error
        if answer["status-code"] not in range(0x200):
            raise Declined(f"the printer {self.uri} {_declined(answer)}", answer["status-code"])
        return answer

    async def _post(self, body: bytes) -> bytes:
        tls, headers = self._prepared()
        connector = aiohttp.TCPConnector(force_close=True, ssl=tls or True)
        async with aiohttp.ClientSession(connector=connector, timeout=_PATIENCE, headers=headers) as session:
            try:
                async with session.post(self._url, data=BytesIO(body), allow_redirects=False) as response:
                    answer = await response.read()
            except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
                raise Closed(f"the printer {self.uri} cannot be reached: {_reason(error)}") from error
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                raise Silent(f"the printer {self.uri} fell silent: {_reason(error)}") from error
        if response.status != 200:
            words = f"the printer {self.uri} answered HTTP {response.status}"
            raise Declined(words) if response.status < 500 else Silent(words)
        return answer

    def _prepared(self) -> tuple[ssl.SSLContext | None, dict[str, str]]:
        """What the operator's files say: certificates, a password. Raises Closed when they cannot be read."""
        try:
            return self._tls, self._headers()
        except OSError as error:
            raise Closed(f"the printer {self.uri} is not asked: {error}") from error

    @cached_property
    def _tls(self) -> ssl.SSLContext | None:
        """What is known of certificates: read once, and only where it is needed."""
        safe = self._url.startswith("https://")
        return ssl.create_default_context(cafile=self._settings.ca_file) if safe else None

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/ipp", "Accept": "application/ipp", "User-Agent": US}
        if self._settings.password is not None:
            login = f"{self._settings.user}:{self._settings.password.get_secret_value()}"
            headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
        return headers


def _http(uri: str) -> str:
    """Where a queue is asked: IPP travels over HTTP, on its own port (RFC 8010 §4.3, RFC 7472)."""
    address = urlsplit(uri)
    where = address.netloc if address.port else f"{address.netloc}:631"
    return urlunsplit(address._replace(scheme="https" if address.scheme == "ipps" else "http", netloc=where))


def _first(uri: str) -> dict[str, str]:
    """What every question begins with, in this order (RFC 8011 §4.1.4)."""
    return {"attributes-charset": "utf-8", "attributes-natural-language": "en", "printer-uri": uri}


def _ordered(said: Mapping[str, Any]) -> dict[str, Any]:
    """The number of a job stands right behind the printer's address (RFC 8011 §4.1.5), then who asks."""
    target = {"job-id": said["job-id"]} if "job-id" in said else {}
    return {**target, "requesting-user-name": US, **said}


def _declined(answer: Mapping[str, Any]) -> str:
    said = answer["operation-attributes"]
    words = plain(said.get("status-message")) if isinstance(said, dict) else ""
    code = answer["status-code"]
    name = IppStatus(code).name.removeprefix("ERROR_").replace("_", " ").lower() if code in _CODES else hex(code)
    return f"said no: {name}{f' ({words})' if words else ''}"


def plain(said: object) -> str:
    """The words of a printer on one line, without what a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in str(said or ""))[:300].strip()


def _reason(error: BaseException) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return plain(error.certificate_error)
    if isinstance(error, aiohttp.ClientConnectorError) and (error.os_error.errno or 0) > 0:
        return os.strerror(error.os_error.errno or 0)
    return plain(error) or type(error).__name__

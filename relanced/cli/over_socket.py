"""One request to the daemon: HTTP over its Unix socket."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Mapping
from typing import Any

from relanced.cli.printing import Failed


class _Unix(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("desk", timeout=600)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket instead of a host."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def over_socket(path: str, request: Mapping[str, Any]) -> dict[str, Any] | None:
    """The daemon's answer; None when no daemon listens. Raises Failed."""
    connection = _Unix(path)
    try:
        connection.request("POST", "/desk", json.dumps(request), {"Content-Type": "application/json"})
        said: dict[str, Any] = json.loads(connection.getresponse().read())
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    except PermissionError:
        raise Failed(
            f"{path}: not permitted: join the group of desk.group, or run as the daemon's account", 1
        ) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Failed(f"the daemon at {path} did not answer: {error}", 1) from None
    finally:
        connection.close()
    return said

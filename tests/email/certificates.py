"""Certificates for relays on this machine, made by the openssl command: good, expired, and for another name."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path
from typing import NamedTuple

_CONFIG = """
[ca]
default_ca = house
[house]
database = index.txt
serial = serial
new_certs_dir = .
policy = any
default_md = sha256
x509_extensions = extensions
[any]
commonName = supplied
[extensions]
subjectAltName = {names}
basicConstraints = CA:TRUE
"""


class Certificate(NamedTuple):
    """A self-signed certificate (its own authority) and its key."""

    chain: Path
    key: Path

    def server(self) -> ssl.SSLContext:
        """What a relay shows."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        return context


def certificate(
    folder: Path, names: str = "IP:127.0.0.1", start: str = "20200101", end: str = "20490101"
) -> Certificate:
    """Make one in an empty folder, valid between two days."""
    folder.mkdir()
    (folder / "openssl.cnf").write_text(_CONFIG.format(names=names))
    (folder / "index.txt").touch()
    (folder / "serial").write_text("01\n")
    key = (
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out request.pem -subj /CN=r"
    )
    sign = "ca -batch -selfsign -config openssl.cnf -keyfile key.pem -in request.pem -out chain.pem -notext"
    for command in (key, f"{sign} -startdate {start}000000Z -enddate {end}000000Z"):
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)
    return Certificate(folder / "chain.pem", folder / "key.pem")

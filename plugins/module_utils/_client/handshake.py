# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Examine a host without a request: its addresses, a connection, and its TLS certificate."""

from __future__ import annotations

import base64
import os
import socket
import ssl
import time
from http.client import HTTPException, HTTPSConnection
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
UNREADABLE = (OSError, HTTPException)
"""The errors of certificate()."""


class Certificate(NamedTuple):
    """TLS of a host: version, names in the certificate, and its end in Unix time."""

    version: str
    names: tuple[str, ...] = ()
    ends_at: float | None = None


def split(url: str) -> tuple[str, int]:
    """Return host and port of a URL."""
    parts = parse(url)
    return parts.hostname or "", parts.port or DEFAULT_PORTS.get(parts.scheme, 80)


def parse(url: str) -> SplitResult:
    """Return the parts of the URL of a host or proxy, which may lack its scheme."""
    return urlsplit(url if "://" in url else f"http://{url}")


def addresses(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host; raises OSError."""
    return list(dict.fromkeys(str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


def connect_seconds(host: str, port: int, timeout: float) -> float:
    """Connect to a host, and return the seconds that it took; raises OSError."""
    began = time.monotonic()
    with socket.create_connection((host, port), timeout):
        return time.monotonic() - began


def certificate(url: str, proxy: str | None, bundle: str | None, timeout: float) -> Certificate:
    """Return the TLS of a host; bundle: CA certificates, without which nothing is verified.

    Raises OSError (ssl.SSLCertVerificationError for an untrusted certificate) and HTTPException.
    """
    host, port = split(url)
    through = split(proxy) if proxy else (host, port)
    connection = HTTPSConnection(*through, timeout=timeout, context=_context(bundle))
    if proxy:
        connection.set_tunnel(host, port, _proxy_headers(parse(proxy)))
    try:
        connection.connect()
        tls = connection.sock
        found = tls.getpeercert() or {}
        names = tuple(str(pair[1]) for pair in found.get("subjectAltName", ()))
        end = found.get("notAfter")
        return Certificate(tls.version() or "", names, ssl.cert_time_to_seconds(str(end)) if end else None)
    finally:
        connection.close()


def _context(bundle: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if bundle:
        # The trusted certificates of requests, and not those of the system.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(**{"capath" if os.path.isdir(bundle) else "cafile": bundle})
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _proxy_headers(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

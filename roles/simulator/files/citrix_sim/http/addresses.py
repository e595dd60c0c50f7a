# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Split a path of the API into its base path and the segments below it."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple
from urllib.parse import quote, urlsplit

WITHOUT_SITE = ("me", "Sites")
TOKENS = (["Tokens"], ["tokens"])

_GATEWAY = ["cvad", "manage"]
_DIRECT = ["citrix", "orchestration", "api"]
_GATEWAY_BASE = "/" + "/".join(_GATEWAY)
_DIRECT_BASE = "/" + "/".join(_DIRECT)


class Address(NamedTuple):
    """A path in its parts. On the direct base, customer and site are in the path."""

    rest: list[str]
    customer: str | None = None
    site: str | None = None
    direct: bool = False

    @property
    def base(self) -> str:
        """Return the part before the segments, quoted for a URL and without a slash at its end."""
        if not self.direct:
            return _GATEWAY_BASE
        return "/".join([_DIRECT_BASE, *(quote(part, safe="") for part in (self.customer, self.site) if part)])


def locate(segments: list[str]) -> Address | None:
    """Return the parts of an API path; None if it is under neither base."""
    if segments[:2] == _GATEWAY:
        return Address(segments[2:])
    if segments[:3] != _DIRECT:
        return None
    rest = segments[3:]
    if rest == ["me"] or rest in TOKENS:
        return Address(rest, direct=True)
    if len(rest) in (2, 3) and rest[1] == "Sites":
        return Address(rest[1:], customer=rest[0], direct=True)
    if len(rest) < 3 or rest[2] in WITHOUT_SITE:
        return None
    return Address(rest[2:], customer=rest[0], site=rest[1], direct=True)


def host_name(header: str) -> str:
    """Return the name in a Host header without its port; empty for an invalid header."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Return whether a host is localhost or a loopback address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_sign_in(path: str) -> bool:
    """Return whether the path is one of those that issue tokens."""
    return path.endswith(("/tokens/clients", "/Tokens", "/tokens"))

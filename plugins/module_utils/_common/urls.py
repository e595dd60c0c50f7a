# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parse URLs of a task, and reject those that would send credentials to another host."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from .deployments import DEPLOYMENTS, DIRECT_BASE, ON_PREMISES, base_path, citrix_domain
from .errors import OptionError

LABEL = "[A-Za-z0-9_-]{1,63}"
HOST = rf"(?![_-]){LABEL}(\.{LABEL})*(?<![_-])\.?|[0-9A-Fa-f.]*:[0-9A-Fa-f.:]*"
"""A name or an IPv4 address, or else an IPv6 address."""


class Url(NamedTuple):
    """A checked URL in two parts, and its host."""

    origin: str
    path: str
    host: str


class Endpoints(NamedTuple):
    """Addresses for requests."""

    base_url: str
    token_origin: str
    """Scheme and host of the sign-in; on premises, those of the API."""
    token_url: str | None
    """The complete URL of the sign-in if the task sets one."""

    @property
    def ids_in_path(self) -> bool:
        """Whether customer and site are in the path, or only in headers."""
        return self.base_url.endswith(DIRECT_BASE)


def endpoints(params: dict, customer: str) -> Endpoints:
    """Return the addresses for requests with these options; raises OptionError.

    The deployment decides about the sign-in: another host in api_url is for calls only. A regional host of Citrix Cloud
    and a loopback host serve both.
    """
    name = params["deployment"]
    deployment = DEPLOYMENTS[name]
    token = _parse("token_url", params["token_url"]) if params["token_url"] else None
    api = _parse("api_url", params["api_url"] or deployment.api_origin.format(customer=customer))
    serves_sign_in = name == ON_PREMISES or is_loopback(api.host)
    if not (serves_sign_in or token or citrix_domain(api.host)):
        raise OptionError(
            "api_url",
            f"{api.host} is not a host of Citrix Cloud; check the spelling, or set token_url too for a private gateway",
        )
    serves_sign_in = serves_sign_in or (api.host in deployment.regional_hosts and api.origin == f"https://{api.host}")
    return Endpoints(
        base_url=api.origin + base_path(deployment, api.host, api.path),
        token_origin=api.origin if serves_sign_in else deployment.token_origin,
        token_url=token and token.origin + token.path,
    )


def is_loopback(host: str) -> bool:
    """Return whether a host is a loopback address or the reserved name localhost."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _parse(option: str, url: str) -> Url:
    if not url:
        raise OptionError(option, "is required on premises; set it to https:// and the name of the Delivery Controller")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    if "@" in parts.netloc or {"?", "#"} & set(url):
        raise OptionError(option, "may contain only https://host, port and path; set credentials in their own options")
    # urlsplit() removes line ends and tabs, and some letters of other alphabets look like ASCII.
    written = re.fullmatch(r"[!-~]+", url) and "\\" not in url
    if not written or not re.fullmatch(HOST, host) or parts.scheme not in ("https", "http"):
        raise OptionError(option, "is not a URL; use https://host, in ASCII, with :port or a path if required")
    if parts.scheme == "http" and not is_loopback(host):
        raise OptionError(option, f"http:// would send credentials to {host} unencrypted; use https://")
    return Url(f"{parts.scheme}://{parts.netloc.lower()}", parts.path, host)

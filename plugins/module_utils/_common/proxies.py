# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the proxies of the environment before any request."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from urllib.parse import urlsplit

from .errors import OptionError
from .urls import HOST, is_loopback

VARIABLES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


def usable_proxies(url: str, proxies: dict[str, str]) -> dict[str, str]:
    """Return the environment's proxies for an address; OptionError for an unusable one.

    The message names the variable without its value, which may contain a password.
    """
    parts = urlsplit(url)
    if is_loopback(parts.hostname or ""):
        # Loopback addresses do not use a proxy.
        return {}
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if proxy:
        _check(next((name for name in VARIABLES if os.environ.get(name) == proxy), VARIABLES[0]), proxy)
    return proxies


def _check(variable: str, proxy: str) -> None:
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    strange = {"?", "#"} & set(proxy) or parts.path.strip("/") or port == 0
    if strange or not re.fullmatch(HOST, parts.hostname or ""):
        raise OptionError(
            variable,
            "is not the URL of a proxy; write http://HOST:PORT, and percent-encode special characters of its password, "
            "such as %23 for #",
        )
    if parts.scheme not in ("http", "https") and not (parts.scheme.startswith("socks") and find_spec("socks")):
        raise OptionError(
            variable,
            "is not an HTTP proxy; write http://HOST:PORT, or install the Python library PySocks for a SOCKS proxy",
        )

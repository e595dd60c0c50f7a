# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Handle redirects; none is followed, because the token would be sent to another host."""

from __future__ import annotations

from typing import Callable
from urllib.parse import urljoin, urlsplit

from .._common.text import clean, nested, objects, reach, read_json
from .transport import Reply

REGIONS = ("us", "eu", "ap-s")
"""Regions of Citrix Cloud with their own host, as in deployments."""


def redirect_remedy(url: str, reply: Reply, mask: Callable[[str], str]) -> str | None:
    """Return the remedy for a redirect of this URL; None without a redirect or target.

    mask: applied to all text of the response.
    """
    if not 300 <= reply.status < 400:
        return None
    target = clean(mask(_target(url, reply.headers.get("Location") or "")))
    if reply.status == 303:
        return f"the API stores this result elsewhere ({target or 'no address given'}), and redirects are not followed"
    if target.startswith("/"):
        return f"the API redirects to {target} on the same host; check the path of api_url"
    if target:
        return f"the API redirects to {target}; if this is your region, set api_url to it"
    region = clean(mask(_customer_region(reply.text) or "")).lower()
    if region in REGIONS:
        return f"the customer's region is {region}; set api_url to https://api-{region}.cloud.com"
    return f"the customer's region is {region}; set api_url to the host of that region" if region else None


def _target(url: str, location: str) -> str:
    """Return the origin of a Location, the path on the same host, or text that is not a URL."""
    try:
        here, there = urlsplit(url), urlsplit(urljoin(url, location))
        host, port = there.hostname or "", f":{there.port}" if there.port else ""
    except ValueError:
        return location.lstrip("/")
    if not location or (here.scheme, here.netloc) == (there.scheme, there.netloc):
        return there.path if location else ""
    # Without the part before an @.
    return f"{there.scheme}://{host}{port}"


def _customer_region(text: str) -> str | None:
    """Return the region in the parameters of the body of a redirect."""
    parameters = reach(read_json(text), "parameters")
    if isinstance(parameters, dict):
        return nested(parameters, "customerDataRegion")
    named = (nested(each, "value") for each in objects(parameters) if each.get("name") == "customerDataRegion")
    return next(named, None)

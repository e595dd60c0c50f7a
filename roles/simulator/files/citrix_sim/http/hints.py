# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuse throttled requests, with each published form of the retry hint."""

from __future__ import annotations

import math
import time
from email.utils import formatdate
from typing import Any, Callable

from .message import Headers, Refusal, Reply, json_reply

# The Retry-After header of each form that has one; "gateway" is the body of Azure API Management.
_RETRY_AFTER: dict[str, Callable[[float], str]] = {
    "seconds": lambda seconds: f"{seconds:g}",
    "gateway": lambda seconds: f"{seconds:g}",
    "http_date": lambda seconds: formatdate(_whole(seconds), usegmt=True),
    "rfc3339": lambda seconds: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(_whole(seconds))),
}
HINTS = ("retry_delay_list", "retry_delay_dict", *_RETRY_AFTER, "none")
_KINDS = {429: "rateLimitExceeded", 503: "serviceUnavailable"}


def _whole(seconds: float) -> int:
    return math.ceil(time.time() + seconds)


def throttled(hint: str, seconds: float, status: int = 429) -> Reply:
    """Return a refusal with a hint in seconds: an ErrorResponse, or the body of the form."""
    wait = f"{seconds:g}"
    headers: Headers = (("Retry-After", _RETRY_AFTER[hint](seconds)),) if hint in _RETRY_AFTER else ()
    if hint == "gateway":
        message = f"Rate limit is exceeded. Try again in {wait} seconds."  # codespell:ignore
        return json_reply({"statusCode": status, "message": message}, status, headers)
    parameters: Any = []
    detail = "Too many requests."
    if hint in ("retry_delay_list", "retry_delay_dict"):
        parameters = [{"name": "retryDelay", "value": wait}] if hint.endswith("list") else {"retryDelay": wait}
        detail = f"Too many requests; retry in {wait} seconds."
    refusal = Refusal(status, _KINDS[status], detail, parameters)
    refusal.headers = headers
    return refusal

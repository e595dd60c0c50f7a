# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals for too many requests, with each published form of the hint when to come back."""

from __future__ import annotations

import math
import time
from email.utils import formatdate
from typing import Any

from .message import Reply, error_body, json_reply

HINTS = ("seconds", "http_date", "rfc3339", "retry_delay_list", "retry_delay_dict", "none")


def throttled(hint: str, seconds: float, status: int = 429) -> Reply:
    """A refusal that asks to come back in so many seconds."""
    wait = f"{seconds:g}"
    if hint in ("retry_delay_list", "retry_delay_dict"):
        parameters: Any = [{"name": "retryDelay", "value": wait}]
        if hint == "retry_delay_dict":
            parameters = {"retryDelay": wait}
        detail = f"Too many requests; come back in {wait} seconds."
        return json_reply(error_body("rateLimitExceeded", detail, parameters), status)
    message = f"Too many requests. Come back in {wait} seconds." if hint == "seconds" else "Too many requests."
    reply = json_reply({"statusCode": status, "message": message}, status)
    then = math.ceil(time.time() + seconds)
    if hint == "seconds":
        reply.headers = (("Retry-After", wait),)
    elif hint == "http_date":
        reply.headers = (("Retry-After", formatdate(then, usegmt=True)),)
    elif hint == "rfc3339":
        reply.headers = (("Retry-After", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(then))),)
    return reply

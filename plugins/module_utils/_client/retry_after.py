# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long an answer asks to wait: the hints of a 429 or 503, in every form that is met."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from .._common.text import objects, read_json
from .._common.times import timestamp


def retry_delay(headers: Mapping[str, str], text: str, now: float) -> float | None:
    """Return the seconds that an answer asks to wait, or None where it does not say; may be negative or huge.

    Forms met (API error pages, gateway, sister services): Retry-After in seconds, as HTTP date or as RFC 3339 date;
    the parameter retryDelay in the body, as a list of name and value or as an object; "try again in N seconds".
    """
    for hint in (headers.get("Retry-After"), _body_hint(text)):
        if hint is None:
            continue
        seconds = _number(hint)
        if seconds is None:
            moment = timestamp(str(hint))
            seconds = None if moment is None else moment - now
        if seconds is not None:
            return seconds
    return None


def _body_hint(text: str) -> object:
    body = read_json(text)
    parameters = body.get("parameters") if isinstance(body, dict) else None
    named = [item.get("value") for item in objects(parameters) if item.get("name") == "retryDelay"]
    if isinstance(parameters, dict):
        named = [parameters.get("retryDelay")]
    if named and named[0] is not None:
        return named[0]
    told = re.search(r"again in (\d+(?:\.\d+)?) second", text)
    return told.group(1) if told else None


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None

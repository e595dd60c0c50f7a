# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read hints to wait in every known form: of a 429 or 503, and in headers about the quota."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

from .._common.text import objects, read_json
from .._common.times import timestamp

EPOCH = 1e9
"""Minimum of a number that is a point in Unix time, and not a number of seconds."""
PREFIXES = ("RateLimit", "X-RateLimit")
LONGEST_ANNOUNCED = 120.0
"""Seconds; a longer wait requires a refusal, because the unit of an announced one may be another."""


def retry_delay(headers: Mapping[str, str], text: str, now: float) -> float | None:
    """Return the seconds in the hint of a refusal; None without one; may be negative or huge.

    Known forms: Retry-After in seconds, as HTTP date or RFC 3339 date; the parameter retryDelay in the body, as a list
    of name and value or as an object; `try again in N seconds`; the reset of a RateLimit header. now: Unix time, for
    dates in a response without a Date.
    https://developer-docs.citrix.com/en-us/citrix-cloud/citrix-cloud-api-overview/common-citrix-cloud-api-error-codes
    """
    now = timestamp(headers.get("Date") or "") or now
    for hint in (headers.get("Retry-After"), _body_hint(text), *(reset for _left, reset in _quotas(headers))):
        seconds = _seconds(hint, now)
        if seconds is not None:
            return seconds
    return None


def announced_delay(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds to wait if a response announces that the quota is used up, else None.

    Reads RateLimit ("name";r=0;t=30) and (X-)RateLimit-Remaining with (X-)RateLimit-Reset (IETF drafts).
    """
    for left, reset in _quotas(headers):
        if left is not None and _number(left) == 0:
            delay = _seconds(reset, timestamp(headers.get("Date") or "") or now)
            return delay if delay is not None and delay <= LONGEST_ANNOUNCED else None
    return None


def _quotas(headers: Mapping[str, str]) -> Iterator[tuple[str | None, str | None]]:
    """Yield the remainder of each quota in the headers, and when it is full again."""
    for quota in (headers.get("RateLimit") or "").split(","):
        fields = dict(re.findall(r";\s*([rt])=(\d+)", quota))
        if fields:
            yield fields.get("r"), fields.get("t")
    for prefix in PREFIXES:
        reset = headers.get(f"{prefix}-Reset")
        if reset:
            yield headers.get(f"{prefix}-Remaining"), reset


def _seconds(hint: object, now: float) -> float | None:
    number = _number(hint)
    if number is None:
        moment = None if hint is None else timestamp(str(hint))
        return None if moment is None else moment - now
    return number - now if number > EPOCH else number


def _body_hint(text: str) -> object:
    body = read_json(text)
    parameters = body.get("parameters") if isinstance(body, dict) else None
    named = [item.get("value") for item in objects(parameters) if item.get("name") == "retryDelay"]
    if isinstance(parameters, dict):
        named = [parameters.get("retryDelay")]
    if named and named[0] is not None:
        return named[0]
    found = re.search(r"again in (\d+(?:\.\d+)?) second", text)
    return found.group(1) if found else None


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None

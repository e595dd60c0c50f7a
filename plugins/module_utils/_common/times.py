# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read and write times of the API."""

from __future__ import annotations

import re
import time
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
YEAR_10000 = 253402300800
DAY = 86400
"""Seconds."""


def now() -> float:
    """Return the Unix time of this host, which decides about the ends of recordings and rules."""
    return time.time()


def instant(text: str) -> float | None:
    """Return the Unix time of an RFC 3339 text with a zone, 1970 to 9999; None for other text."""
    return timestamp(text) if RFC3339.fullmatch(text.strip()) else None


def timestamp(text: str) -> float | None:
    """Return the Unix time of an RFC 3339 or HTTP date, 1970 to 9999; None for any other text.

    Both occur: RFC 3339 in bodies and in some Retry-After headers, HTTP dates in the others.
    https://developer-docs.citrix.com/en-us/citrix-cloud/citrix-cloud-api-overview/common-citrix-cloud-api-error-codes
    """
    for parse in (_read_rfc3339, parsedate_to_datetime):
        try:
            moment = parse(text.strip())
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=timezone.utc)
            return valid(moment.timestamp())
        except (TypeError, ValueError, IndexError, OverflowError):
            continue
    return None


def valid(moment: float) -> float | None:
    """Return a Unix time from 1970 to 9999, as rfc3339() requires; None for any other."""
    return float(moment) if 0 <= moment < YEAR_10000 else None


def rfc3339(moment: float) -> str:
    """Return a Unix time as RFC 3339 text, in UTC and whole seconds."""
    return datetime.fromtimestamp(int(moment), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read_rfc3339(text: str) -> datetime:
    # datetime.fromisoformat() does not support Z or seven digits of a second before Python 3.11.
    head, dot, tail = text.replace("Z", "+00:00").replace("z", "+00:00").partition(".")
    digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
    return datetime.fromisoformat(f"{head}.{digits[:6]:0<6}{tail[len(digits) :]}" if dot else head)

# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The quota of requests: 429 and a hint for what is beyond it, before any work."""

from __future__ import annotations

import json
import math
import time
from typing import Any

from ..http.addresses import is_sign_in
from ..http.hints import throttled
from ..http.message import Reply, Request
from .meters import make_meter
from .settings import Settings

# Hints that tell whole seconds; those in a body are as exact as a clock is read.
_WHOLE = "seconds"
_BATCH = "/$batch"


class Quota:
    """Counts all requests but sign-ins, which have a count of their own and no quota."""

    def __init__(self, settings: Settings) -> None:
        self._meter = make_meter(settings.quota, settings.quota_rate, settings.quota_seconds)
        self._hint = settings.quota_hint
        self._counts_items = settings.quota_batch == "items"
        self._sign_ins = 0
        self._accepted = 0
        self._used = 0
        self._used_since = 0
        self._refused = 0
        self._first_refused: float | None = None

    def refuse(self, request: Request) -> Reply | None:
        """The refusal of a request that is beyond the quota. It uses nothing up."""
        if is_sign_in(request.path):
            self._sign_ins += 1
            return None
        cost = _items(request) if self._counts_items and request.path.endswith(_BATCH) else 1
        wait = self._meter.take(time.monotonic(), cost)
        if wait <= 0:
            self._accepted += 1
            self._used += cost
            if self._refused:
                self._used_since += cost
            return None
        self._refused += 1
        if self._first_refused is None:
            self._first_refused = time.time()
        return throttled(self._hint, math.ceil(wait) if self._hint == _WHOLE else math.ceil(wait * 1000) / 1000)

    def to_json(self) -> dict[str, Any]:
        """The counts since the reset, as ``GET /_control/quota`` shows them."""
        return {
            "accepted": self._accepted,
            "refused": self._refused,
            "first_refused": self._first_refused,
            "used": self._used,
            "used_since": self._used_since,
            "sign_ins": self._sign_ins,
        }


def _items(batch: Request) -> int:
    """What a batch counts as: at least one, also where it makes no sense."""
    try:
        return max(1, len(json.loads(batch.body)["Items"]))
    except (ValueError, LookupError, TypeError):
        return 1

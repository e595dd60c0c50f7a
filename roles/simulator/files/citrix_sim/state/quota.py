# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Limit the rate of requests: refuse excess requests with 429 and a hint before any work."""

from __future__ import annotations

import json
import math
import time
import zlib
from typing import Any, Callable

from ..http.addresses import is_sign_in
from ..http.hints import throttled
from ..http.message import Reply, Request
from .meters import METERS, Meter
from .settings import Settings

_BATCH = "/$batch"

# How the hint differs from the actual wait time.
_VALUES: dict[str, Callable[[float], float]] = {
    "exact": lambda wait: math.ceil(wait * 1000) / 1000,
    "rounded_up": math.ceil,
    "too_short": lambda wait: math.floor(wait * 500) / 1000,
    "too_long": lambda wait: math.ceil(wait * 2000) / 1000,
}


class Quota:
    """Count all requests; sign-ins are counted separately and have no limit.

    There may be a second rate limit, a limit on concurrent requests, several nodes with limits of their own, and other
    traffic that uses the same limits.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        limits = (
            (settings.quota, settings.quota_rate, settings.quota_seconds),
            (settings.quota_also, settings.quota_also_rate, settings.quota_also_seconds),
        )
        nodes = settings.quota_nodes
        self._nodes: list[list[Meter]] = [
            [METERS[kind](rate / nodes, seconds) for kind, rate, seconds in limits if kind != "none"]
            for _node in range(nodes)
        ]
        self._choices = 0
        self._others_at: float | None = None
        self._in_progress = 0
        self._sign_ins = 0
        self._accepted = 0
        self._used = 0
        self._used_since = 0
        self._refused = 0
        self._first_refused: float | None = None

    def refuse(self, request: Request) -> Reply | None:
        """Return the refusal of an excess request, which uses no quota; else it is in progress."""
        if is_sign_in(request.path):
            self._sign_ins += 1
            self._in_progress += 1
            return None
        settings, now = self._settings, time.monotonic()
        cost = _items(request) if settings.quota_batch == "items" and request.path.endswith(_BATCH) else 1
        wait = self._take(now, cost)
        if wait <= 0:
            self._accepted += 1
            self._used += cost
            self._in_progress += 1
            if self._refused:
                self._used_since += cost
            return None
        self._refused += 1
        if self._first_refused is None:
            self._first_refused = time.time()
        value = settings.quota_hint_value
        hint = settings.quota_hint_seconds if value == "constant" else _VALUES[value](wait)
        return throttled(settings.quota_hint, hint)

    def leave(self) -> None:
        """End a request in progress."""
        self._in_progress -= 1

    def _take(self, now: float, cost: int) -> float:
        """Spend the cost and return 0; if it is not available, return the seconds until it is."""
        if self._settings.quota_concurrency and self._in_progress >= self._settings.quota_concurrency:
            # The wait depends on the requests in progress; a server can only guess it.
            return 1.0
        self._use_by_others(now)
        meters = self._node()
        wait = max((meter.wait(now, cost) for meter in meters), default=0.0)
        if wait <= 0:
            for meter in meters:
                meter.spend(now, cost)
        return wait

    def _node(self) -> list[Meter]:
        """Return the limits of the node of a request: any node, in the same order in each run."""
        self._choices += 1
        return self._nodes[zlib.crc32(b"%d" % self._choices) % len(self._nodes)]

    def _use_by_others(self, now: float) -> None:
        """Use the quota that other traffic has used until now, at its constant rate."""
        rate = self._settings.quota_shared
        if not rate:
            return
        longest = max(self._settings.quota_seconds, self._settings.quota_also_seconds)
        at = now if self._others_at is None else max(self._others_at, now - 2 * longest)
        while at <= now:
            meters = self._node()
            if all(meter.wait(at, 1) <= 0 for meter in meters):
                for meter in meters:
                    meter.spend(at, 1)
            at += 1 / rate
        self._others_at = at

    def to_json(self) -> dict[str, Any]:
        """Return the counts since the reset in the form of ``GET /_control/quota``."""
        return {
            "accepted": self._accepted,
            "refused": self._refused,
            "first_refused": self._first_refused,
            "used": self._used,
            "used_since": self._used_since,
            "sign_ins": self._sign_ins,
        }


def _items(batch: Request) -> int:
    """Return the cost of a batch that counts by its items: at least one, also if it is invalid."""
    try:
        return max(1, len(json.loads(batch.body)["Items"]))
    except (ValueError, LookupError, TypeError):
        return 1

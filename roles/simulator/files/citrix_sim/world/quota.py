# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rate limits of requests: 429 and a hint for what is beyond them, before any work."""

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

# What a hint says of the true wait.
_VALUES: dict[str, Callable[[float], float]] = {
    "exact": lambda wait: math.ceil(wait * 1000) / 1000,
    "rounded_up": math.ceil,
    "too_short": lambda wait: math.floor(wait * 500) / 1000,
    "too_long": lambda wait: math.ceil(wait * 2000) / 1000,
}


class Quota:
    """Counts all requests but sign-ins, which have a count of their own and no limit.

    There may be two rate limits at once, a limit of requests under way, several nodes with limits of their own, and
    other traffic that uses the same limits up.
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
        self._under_way = 0
        self._sign_ins = 0
        self._accepted = 0
        self._used = 0
        self._used_since = 0
        self._refused = 0
        self._first_refused: float | None = None

    def refuse(self, request: Request) -> Reply | None:
        """Return the refusal of a request that is beyond a limit, which uses nothing up; else it is under way."""
        if is_sign_in(request.path):
            self._sign_ins += 1
            self._under_way += 1
            return None
        settings, now = self._settings, time.monotonic()
        cost = _items(request) if settings.quota_batch == "items" and request.path.endswith(_BATCH) else 1
        wait = self._take(now, cost)
        if wait <= 0:
            self._accepted += 1
            self._used += cost
            self._under_way += 1
            if self._refused:
                self._used_since += cost
            return None
        self._refused += 1
        if self._first_refused is None:
            self._first_refused = time.time()
        value = settings.quota_hint_value
        told = settings.quota_hint_seconds if value == "constant" else _VALUES[value](wait)
        return throttled(settings.quota_hint, told)

    def leave(self) -> None:
        """Note that a request is no longer under way."""
        self._under_way -= 1

    def _take(self, now: float, cost: int) -> float:
        """Use the cost up and return 0; if there is not enough, return the seconds until there is."""
        if self._settings.quota_concurrency and self._under_way >= self._settings.quota_concurrency:
            # It depends on the requests under way; a server can only guess.
            return 1.0
        self._let_others_in(now)
        meters = self._node()
        wait = max((meter.wait(now, cost) for meter in meters), default=0.0)
        if wait <= 0:
            for meter in meters:
                meter.spend(now, cost)
        return wait

    def _node(self) -> list[Meter]:
        """Return the limits of the node that a request meets: any of them, in the same order in each run."""
        self._choices += 1
        return self._nodes[zlib.crc32(b"%d" % self._choices) % len(self._nodes)]

    def _let_others_in(self, now: float) -> None:
        """Use up what other traffic has taken until now, at its steady rate."""
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

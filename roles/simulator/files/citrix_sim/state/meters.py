# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the remainder of a rate limit. Times are in seconds of one monotonic clock.

A cost larger than the capacity waits for the full capacity; the excess is subtracted later.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Callable, Protocol

# Smaller amounts are rounding errors of floats.
_NOTHING = 1e-9


class Meter(Protocol):
    """One rate limit. Call ``wait`` before ``spend``, with times that never decrease."""

    def wait(self, now: float, cost: int) -> float:
        """Return 0 if the cost is available, else the seconds until it is; does not use it."""

    def spend(self, now: float, cost: int) -> None:
        """Spend the cost."""


class TokenBucket:
    """Has ``size`` when full, and fills by ``rate`` per second."""

    def __init__(self, rate: float, seconds: float) -> None:
        self._rate = rate
        self._size = max(1.0, rate * seconds)
        self._available = self._size
        self._at: float | None = None

    def wait(self, now: float, cost: int) -> float:
        """See Meter."""
        gained = 0.0 if self._at is None else (now - self._at) * self._rate
        self._available, self._at = min(self._size, self._available + gained), now
        missing = min(cost, self._size) - self._available
        return missing / self._rate if missing > _NOTHING else 0.0

    def spend(self, now: float, cost: int) -> None:
        """See Meter."""
        self._available -= cost


def _limit(rate: float, seconds: float) -> int:
    """Return how many requests a window accepts, at least one."""
    return max(1, math.floor(rate * seconds + _NOTHING))


class Window:
    """Accept a number of requests in each window; the first starts with the first request."""

    def __init__(self, rate: float, seconds: float) -> None:
        self._limit = _limit(rate, seconds)
        self._seconds = seconds
        self._began: float | None = None
        self._used = 0

    def wait(self, now: float, cost: int) -> float:
        """See Meter."""
        if self._began is None:
            self._began = now
        over = math.floor((now - self._began) / self._seconds)
        self._began += over * self._seconds
        self._used = max(0, self._used - over * self._limit)
        windows = math.ceil((self._used + min(cost, self._limit)) / self._limit) - 1
        return self._began + windows * self._seconds - now if windows > 0 else 0.0

    def spend(self, now: float, cost: int) -> None:
        """See Meter."""
        self._used += cost


class SlidingLog:
    """Accept a number of requests in any period of that length."""

    def __init__(self, rate: float, seconds: float) -> None:
        self._limit = _limit(rate, seconds)
        self._seconds = seconds
        self._times: deque[float] = deque()

    def wait(self, now: float, cost: int) -> float:
        """See Meter."""
        while self._times and self._times[0] <= now - self._seconds + _NOTHING:
            self._times.popleft()
        over = len(self._times) + min(cost, self._limit) - self._limit
        return self._times[over - 1] + self._seconds - now if over > 0 else 0.0

    def spend(self, now: float, cost: int) -> None:
        """See Meter."""
        self._times.extend([now] * cost)


class SlidingCounter:
    """Count the requests of the previous window as if they were evenly distributed over it."""

    def __init__(self, rate: float, seconds: float) -> None:
        self._limit = _limit(rate, seconds)
        self._seconds = seconds
        self._began: float | None = None
        self._before = 0
        self._used = 0

    def wait(self, now: float, cost: int) -> float:
        """See Meter."""
        if self._began is None:
            self._began = now
        over = math.floor((now - self._began) / self._seconds)
        if over:
            self._began += over * self._seconds
            # The excess of one window is carried into the next one.
            self._before = self._used if over == 1 else max(0, self._used - (over - 1) * self._limit)
            self._used = 0
        room = self._limit - min(cost, self._limit)
        passed = now - self._began
        if self._used <= room:
            wait = self._share_below(self._before, room - self._used) - passed
        else:
            wait = self._seconds + self._share_below(self._used, room) - passed
        return wait if wait > _NOTHING else 0.0

    def _share_below(self, before: int, room: int) -> float:
        """Return how far into a window the share of the previous window has sunk to that number."""
        return self._seconds * (1 - room / before) if before > room else 0.0

    def spend(self, now: float, cost: int) -> None:
        """See Meter."""
        self._used += cost


METERS: dict[str, Callable[[float, float], Meter]] = {
    "token_bucket": TokenBucket,
    "window": Window,
    "sliding_log": SlidingLog,
    "sliding_counter": SlidingCounter,
}

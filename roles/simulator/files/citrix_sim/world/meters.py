# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much a rate limit leaves. Times are in seconds of one steady clock.

What costs more than a meter ever holds is let in when all of it is there, and what is over is paid later.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Callable, Protocol

# Less than this is lost in the arithmetic of floats.
_NOTHING = 1e-9


class Meter(Protocol):
    """One way to measure. ``wait`` comes before ``spend``, with times that never go back."""

    def wait(self, now: float, cost: int) -> float:
        """Return 0 if there is enough, else the seconds until there is. Nothing is used up."""

    def spend(self, now: float, cost: int) -> None:
        """Use it up."""


class TokenBucket:
    """Holds ``size`` when it is full, and fills by ``rate`` a second."""

    def __init__(self, rate: float, seconds: float) -> None:
        self._rate = rate
        self._size = max(1.0, rate * seconds)
        self._held = self._size
        self._at: float | None = None

    def wait(self, now: float, cost: int) -> float:
        """See Meter."""
        gained = 0.0 if self._at is None else (now - self._at) * self._rate
        self._held, self._at = min(self._size, self._held + gained), now
        missing = min(cost, self._size) - self._held
        return missing / self._rate if missing > _NOTHING else 0.0

    def spend(self, now: float, cost: int) -> None:
        """See Meter."""
        self._held -= cost


def _limit(rate: float, seconds: float) -> int:
    """Return how many a window lets in, at least one."""
    return max(1, math.floor(rate * seconds + _NOTHING))


class Window:
    """Lets in a number in each window; the first begins with the first request, the others one after the other."""

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
    """Lets in a number in any stretch of time of that length: each request counts until it is so old."""

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
    """Counts the window before as if its requests had been spread evenly over it: a cheap sliding window."""

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
            # What one window could not hold is carried into the next one.
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
        """Return how far into a window the share of the window before has sunk to so many."""
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

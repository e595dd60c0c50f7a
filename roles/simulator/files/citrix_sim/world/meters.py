# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much a quota leaves: a token bucket, or windows of a fixed length. Times are in seconds of one steady clock.

What costs more than either ever holds is let in when all of it is there, and what is over is paid later.
"""

from __future__ import annotations

import math
from typing import Protocol

# Less than this is lost in the arithmetic of floats.
_NOTHING = 1e-9


class Meter(Protocol):
    """One way to measure."""

    def take(self, now: float, cost: int) -> float:
        """Take what it costs and return 0; where there is not enough, seconds until there is, and take nothing."""


class TokenBucket:
    """Holds ``size`` when it is full, and fills by ``rate`` a second."""

    def __init__(self, rate: float, size: float) -> None:
        self._rate = rate
        self._size = max(1.0, size)
        self._held = self._size
        self._at: float | None = None

    def take(self, now: float, cost: int) -> float:
        """See Meter."""
        gained = 0.0 if self._at is None else (now - self._at) * self._rate
        self._held, self._at = min(self._size, self._held + gained), now
        missing = min(cost, self._size) - self._held
        if missing > _NOTHING:
            return missing / self._rate
        self._held -= cost
        return 0.0


class Window:
    """Lets in ``limit`` in each window; the first begins with the first request, the others one after the other."""

    def __init__(self, limit: float, seconds: float) -> None:
        self._limit = max(1, math.floor(limit + _NOTHING))
        self._seconds = seconds
        self._began: float | None = None
        self._used = 0

    def take(self, now: float, cost: int) -> float:
        """See Meter."""
        if self._began is None:
            self._began = now
        over = math.floor((now - self._began) / self._seconds)
        self._began += over * self._seconds
        self._used = max(0, self._used - over * self._limit)
        windows = math.ceil((self._used + min(cost, self._limit)) / self._limit) - 1
        if windows > 0:
            return self._began + windows * self._seconds - now
        self._used += cost
        return 0.0


class Unlimited:
    """Lets all in."""

    def take(self, now: float, cost: int) -> float:
        """See Meter."""
        return 0.0


def make_meter(kind: str, rate: float, seconds: float) -> Meter:
    """The meter of a quota of so many a second, with that window, or that many seconds of the rate in the bucket."""
    if kind == "token_bucket":
        return TokenBucket(rate, rate * seconds)
    if kind == "window":
        return Window(rate * seconds, seconds)
    return Unlimited()

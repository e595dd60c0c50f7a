# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Models of the rate limiters of web APIs. Times are in seconds of one monotonic clock."""

from __future__ import annotations

import random
from collections import deque
from itertools import cycle
from typing import Protocol

NOTHING = 1e-9


class Limiter(Protocol):
    """A limiter: take() accepts a request and returns 0, or returns the seconds to wait."""

    def take(self, now: float) -> float: ...

    def done(self, now: float) -> None: ...


class Unlimited:
    """Accept all requests."""

    def take(self, now: float) -> float:
        return 0.0

    def done(self, now: float) -> None:
        """End an accepted request."""


class Bucket(Unlimited):
    """Token bucket of this size, initially full; GCRA is equal with its burst tolerance as size."""

    def __init__(self, rate: float, size: float) -> None:
        self.rate, self._size, self._available, self._at = rate, size, size, 0.0

    def take(self, now: float) -> float:
        self.charge(now, 0)
        if self._available < 1 - NOTHING:
            return (1 - self._available) / self.rate
        self._available -= 1
        return 0.0

    def charge(self, now: float, cost: int = 1) -> None:
        """Count requests of another client."""
        self._available, self._at = min(self._size, self._available + (now - self._at) * self.rate) - cost, now


class Window(Unlimited):
    """Accept a number in each window of the server's clock, which is `phase` seconds ahead."""

    def __init__(self, count: int, seconds: float, phase: float = 0.0) -> None:
        self._count, self._seconds, self._phase = count, seconds, phase
        self._window, self._used = 0, 0

    def take(self, now: float) -> float:
        into = self.charge(now, 0)
        if self._used >= self._count:
            return self._seconds - into + NOTHING
        self._used += 1
        return 0.0

    def charge(self, now: float, cost: int = 1) -> float:
        """Count requests of another client; return the seconds since the start of the window."""
        window, into = divmod(now + self._phase + NOTHING, self._seconds)
        if window != self._window:
            self._window, self._used = window, 0
        self._used += cost
        return into


class SlidingLog(Unlimited):
    """Accept a number in any period of that length, as Azure API Management counts."""

    def __init__(self, count: int, seconds: float) -> None:
        self._seconds, self._log = seconds, deque([-seconds] * count, count)

    def take(self, now: float) -> float:
        wait = self._log[0] + self._seconds - now
        if wait > NOTHING:
            return wait
        self._log.append(now)
        return 0.0


class SlidingCounter(Unlimited):
    """Count this window, and the previous one for the part of it that is still in range."""

    def __init__(self, count: int, seconds: float) -> None:
        self._count, self._seconds = count, seconds
        self._window, self._used, self._before = 0.0, 0, 0

    def take(self, now: float) -> float:
        window, into = divmod(now + NOTHING, self._seconds)
        if window != self._window:
            self._before = self._used if window == self._window + 1 else 0
            self._window, self._used = window, 0
        room = self._count - 1 - self._used
        if self._before * (1 - into / self._seconds) > room + NOTHING:
            if room >= 0:
                return (1 - room / self._before) * self._seconds - into + NOTHING
            # In the next window, when enough of this one is out of range.
            return self._seconds - into + (1 - (self._count - 1) / self._used) * self._seconds + NOTHING
        self._used += 1
        return 0.0


class Concurrency(Unlimited):
    """Accept a number of concurrent requests; the time of the next free place is unknown."""

    def __init__(self, most: int) -> None:
        self._most, self._in_progress = most, 0

    def take(self, now: float) -> float:
        if self._in_progress >= self._most:
            return 0.05
        self._in_progress += 1
        return 0.0

    def done(self, now: float) -> None:
        self._in_progress -= 1


class Both(Unlimited):
    """Combine limiters of a gateway and its service: the first counts refusals of the second."""

    def __init__(self, first: Limiter, second: Limiter) -> None:
        self._first, self._second = first, second

    def take(self, now: float) -> float:
        return self._first.take(now) or self._second.take(now)


class Nodes(Unlimited):
    """Split the limit over nodes; a load balancer distributes the requests in turn."""

    def __init__(self, *nodes: Limiter) -> None:
        self._nodes = cycle(nodes)

    def take(self, now: float) -> float:
        return next(self._nodes).take(now)


class Shared(Unlimited):
    """Share the quota with another client, which sends random requests at a rate."""

    def __init__(self, limiter: Bucket | Window, rate: float, chance: random.Random) -> None:
        self._limiter, self._rate, self._chance = limiter, rate, chance
        self._next = chance.expovariate(rate)

    def take(self, now: float) -> float:
        while self._next <= now:
            self._limiter.charge(self._next)
            self._next += self._chance.expovariate(self._rate)
        return self._limiter.take(now)


class Changing(Unlimited):
    """Change the rate of a bucket after some seconds, and back after as many more."""

    def __init__(self, rate: float, size: float, factor: float, seconds: float) -> None:
        self._bucket = Bucket(rate, size)
        self._rates, self._seconds = (rate, rate * factor), seconds

    def take(self, now: float) -> float:
        rate = self._rates[int(now / self._seconds) % 2]
        if rate != self._bucket.rate:
            self._bucket.take(now)
            self._bucket.rate = rate
        return self._bucket.take(now)

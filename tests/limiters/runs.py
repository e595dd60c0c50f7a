# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run: a client makes its calls against a limiter, and the results are counted."""

from __future__ import annotations

import heapq
import math
import random
from dataclasses import dataclass
from email.utils import formatdate
from typing import Callable, NamedTuple

from ansible_collections.sessionops.citrix.plugins.module_utils._client import retries, throttle
from ansible_collections.sessionops.citrix.plugins.module_utils._client.transport import Reply, Request

from limiters.models import Limiter
from limiters.virtual import EPOCH, VirtualTime

HINTS: dict[str, Callable[[float], float | None]] = {
    "exact": lambda wait: wait,
    "rounded up": math.ceil,
    "date": math.ceil,
    "none": lambda wait: None,
    "constant": lambda wait: 1.0,
    "too short": lambda wait: 0.5 * wait,
    "too long": lambda wait: 1.5 * wait,
}
"""Seconds in the hints of a refusal; a date is that of the next full second."""
RATE = 10.0
"""Requests per second of every limiter, on average over the run."""
LEAST_USED, MOST_REFUSED = 0.90, 0.05
"""Targets of a good run: the used part of the quota, and the accepted part of the requests."""
JITTER = 0.2
"""Variation of the latency as a part of it."""


class Setting(NamedTuple):
    """Calls of a client: latency in seconds, concurrent calls, total calls."""

    latency: float
    concurrency: int
    calls: int


class Server:
    """Respond after a latency; half of it passes before the limiter."""

    rate = RATE

    def __init__(self, time: VirtualTime, limiter: Limiter, hint: str, latency: float, chance: random.Random) -> None:
        self.passed = self.refused = 0
        self._time, self._limiter, self._hint = time, limiter, hint
        self._latency, self._chance = latency, chance

    def send(self, _request: Request | None = None) -> Reply:
        half = self._latency / 2 * self._chance.uniform(1 - JITTER, 1 + JITTER)
        self._time.sleep(half)
        wait = self._limiter.take(self._time.now)
        if wait:
            self.refused += 1
            hint = HINTS[self._hint](wait)
            headers = {} if hint is None else {"Retry-After": self._header(hint)}
            self._time.sleep(half)
            return Reply(429, headers, "")
        self.passed += 1
        self._time.sleep(half)
        self._limiter.done(self._time.now)
        return Reply(200, {}, "")

    def _header(self, seconds: float) -> str:
        if self._hint == "date":
            return formatdate(math.ceil(EPOCH + self._time.now + seconds), usegmt=True)
        return f"{seconds:.3f}"


Client = Callable[[VirtualTime, Server, Setting], Callable[[], bool]]
"""Return a function that makes one call and returns whether it succeeded."""


@dataclass(frozen=True)
class Outcome:
    """Result; used: the known minimum time for the accepted requests over the actual time."""

    used: float
    refused: float
    failed: int

    @property
    def good(self) -> bool:
        return self.used >= LEAST_USED and self.refused <= MOST_REFUSED and not self.failed


def play(make: Callable[[random.Random], Limiter], hint: str, setting: Setting, client: Client, seed: str) -> Outcome:
    """Run a client; the same seed gives the same run."""
    time = VirtualTime()
    server = Server(time, make(random.Random(seed)), hint, setting.latency, random.Random(seed))
    with time.inside(retries, throttle):
        call = client(time, server, setting)
        todo = iter(range(setting.calls))
        failed = []

        def work() -> None:
            for number in todo:
                if not call():
                    failed.append(number)

        time.run(*[work] * setting.concurrency)
    least = least_seconds(make(random.Random(seed)), setting)
    return Outcome(min(1.0, least / time.now), server.refused / (server.passed + server.refused), len(failed))


def least_seconds(limiter: Limiter, setting: Setting) -> float:
    """Return the minimum seconds of a client that never sends a refused request."""
    free = [0.0] * setting.concurrency
    way = setting.latency / 2
    now = last = 0.0
    answered: list[float] = []
    for _number in range(setting.calls):
        now = max(now, heapq.heappop(free) + way)
        while True:
            while answered and answered[0] <= now:
                limiter.done(heapq.heappop(answered))
            wait = limiter.take(now)
            if not wait:
                break
            now += wait
        last = now + way
        heapq.heappush(answered, last)
        heapq.heappush(free, last)
    return last

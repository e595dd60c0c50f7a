# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Learn the rate that a server accepts from its refusals: a model of its quota.

All times are seconds of one clock, which is not read here. Not thread-safe: the owner has a lock.
"""

from __future__ import annotations

import math
from collections import deque

LONG = 3.0
"""Minimum seconds of a pause that is the rest of a window; shorter ones require a lower pace."""
MEMORY = 50_000
"""Number of requests whose times are stored."""

REST = 30.0
"""Pauses between two increases, so that trying costs a thirtieth of the time."""
BELOW = 0.98
"""Part of a refused rate up to which the pace returns."""
CONFIRMED, STEADY = 0.05, 0.99
"""Relative difference of two refused rates that confirm each other, and the part of that rate to continue with."""
RISE = 1.3
"""Maximum factor of the measured rate to continue with."""
UNSURE = 4.0
"""Maximum factor of the first measured rate that the quota may have."""
ENOUGH = 10
"""Requests for a good measurement of a rate; measured with fewer, a higher rate is tried sooner.

The first refusal of all is trusted only after that many, or if the next one comes equally soon.
"""
TEN = 10
"""Requests for measuring the current rate."""
LOWEST = 0.01
"""Requests per second; limits invalid measurements."""


class Pace:
    """A distance of requests, for limiters with short refusals: buckets, GCRA, short windows.

    The quota is between two rates: `low`, the accepted requests between two refusals divided by that time, and `high`,
    the refused pace. The pace continues with their geometric mean and soon approaches 98 % of `high`. After half a rest
    it exceeds that, slowly at first and then faster, until it is refused again. A rest is 30 pauses long, twice as long
    after two refusals that agree. Only time with requests counts, so that a quota does not age without them.
    """

    def __init__(self) -> None:
        self._low = 0.0
        self._high = self._from = math.inf
        self._rest = self._age = 0.0
        self._cycles = 0
        self._sure = 1.0

    def at(self) -> float:
        """Return the current rate in requests per second; infinite before the first refusal."""
        if not self._cycles:
            return math.inf
        part = self._age / self._rest
        near = BELOW * self._high * (self._from / (BELOW * self._high)) ** math.exp(-4 * part)
        above = max(0.0, part - 0.5)
        return near * math.exp(min(0.1 * above + above**3, 5.0))

    def take(self, gap: float) -> None:
        """Count a request that is sent that many seconds after the previous one."""
        if self._cycles:
            self._age += min(gap, 2 / self.at())

    def learn(self, measured: float, passed: int, pause: float, last_ten: float) -> None:
        """Learn from a refusal: the rate of passed requests, the pause, the rate of the last ten."""
        refused = min(self.at(), last_ten)
        confirmed = 2 * self._age > self._rest and abs(refused / self._high - 1) < CONFIRMED
        self._cycles += 1
        # The first cycles may have begun with a burst.
        if self._cycles <= 2 or refused <= (1 + CONFIRMED) * self._low or measured > self._low:
            self._low, self._sure = max(measured, LOWEST), min(1.0, passed / ENOUGH)
        self._high = max(refused, self._low)
        self._from = min(math.sqrt(self._low * BELOW * self._high), RISE * self._low)
        if confirmed:
            self._from = max(self._from, STEADY * BELOW * self._high)
        self._rest = REST * (pause + 3 / self._from) * (2 if confirmed else 1) * self._sure
        self._age = 0.0


class Window:
    """A number of requests in a number of seconds, for limiters that refuse until a window ends.

    All requests accepted between the first one after a long pause and the first one after the next may be repeated in
    the same time, at the same intervals. That suits fixed and sliding windows. If a probe was refused in the pause, the
    window ends between that and the next probe: halve the difference. Then each such period without a refusal increases
    the number, if requests had to wait for it.
    """

    def __init__(self) -> None:
        self.count = 0
        self.period = 0.0
        self._opened = self._opened_before = (0, 0.0)
        """Requests before this period, and its start."""
        self._failed = self._raise_at = 0.0
        self._quiet = 0

    def wait(self, sent: deque[float], now: float) -> float:
        """Return the seconds until one more may be sent."""
        return sent[-self.count] + self.period - now if 0 < self.count <= len(sent) else 0.0

    def take(self, sent: deque[float], total: int, now: float) -> None:
        """Count a request that is sent now, after a number of accepted ones."""
        if not total:
            self._opened = 0, now
        if not self.count:
            return
        waited = self.wait(sent, sent[-1])
        if waited > LONG:
            self._opened_before, self._opened = self._opened, (total, now)
            if self._failed < 0.95 * self.period:
                self.period = (self._failed + self.period) / 2
                self._raise_at = max(self._raise_at, now + self.period)
        if waited > 0 and now > self._raise_at:
            self._quiet += 1
            self._raise_at = now + self.period
            self.count = min(self.count + max(1, self.count * self._quiet // 100), MEMORY)

    def learn(self, total: int, pause: float, failed: float | None, now: float) -> bool:
        """Learn from a refusal that has ended; return whether this limit was too high.

        failed: when a probe was refused last.
        """
        if total == self._opened[0] and self.count:
            # The first one of a period was refused: it was too early.
            self._opened = self._opened_before
        elif pause <= LONG:
            return False
        before, began = self._opened
        passed = max(1, total - before)
        self.count = passed if pause > LONG else min(self.count, passed)
        lost, least, most = 0.0, (now if failed is None else failed) - began, now - began
        if least < self.period < most:
            # The period is known, and only the number was too high.
            lost, self._failed = most - self.period, max(self._failed, least)
        else:
            self._failed, self.period = least, most
        self._opened = total, now
        self._quiet, self._raise_at = 0, now + self.period + REST * lost
        return True


class Rate:
    """Time of the next request: no limit before the first refusal, then pace, window or both."""

    def __init__(self) -> None:
        self._pace = Pace()
        self._window = Window()
        self._sent: deque[float] = deque(maxlen=MEMORY)
        self._total = 0
        self._since, self._before = 0.0, 0
        """Time of the last refusal, and number of requests accepted until then."""
        self._refusals = 0
        self._refused_at: float | None = None
        self._failed: float | None = None

    def wait(self, now: float) -> float:
        """Return the seconds until the next request may be sent."""
        if not self._sent:
            return 0.0
        return max(0.0, self._sent[-1] + 1 / self._pace.at() - now, self._window.wait(self._sent, now))

    def take(self, now: float) -> None:
        """Count a request that is sent now."""
        if self._refused_at is None:
            if self._sent:
                gap = now - self._sent[-1]
                # Time in which no request was wanted is no part of a measured rate.
                self._since += max(0.0, gap - max(LONG, 2 * self.wait(self._sent[-1])))
                self._pace.take(gap)
            else:
                self._since = now
            self._window.take(self._sent, self._total, now)
        self._sent.append(now)
        self._total += 1

    def forget(self, sent: float) -> None:
        """Remove a refused request of that time from the count."""
        if sent in self._sent:
            self._sent.remove(sent)
            self._total -= 1

    def refused(self, sent: float, probe: bool) -> None:
        """Handle a refusal; until reopened(), only probes are sent."""
        self.forget(sent)
        if self._refused_at is None:
            self._refused_at = sent
        elif probe:
            self._failed = sent

    def reopened(self, now: float) -> None:
        """Learn from the first accepted request after a refusal; now: when it was sent."""
        if self._refused_at is None:
            return
        refused_at, failed = self._refused_at, self._failed
        self._refused_at = self._failed = None
        total = self._total - 1
        self._refusals += 1
        if self._refusals == 1 and total < ENOUGH:
            self._since = now
        elif self._window.learn(total, now - refused_at, failed, now):
            self._since = now
        else:
            self._learn_pace(max(1, total - self._before), refused_at, now)
            self._since = refused_at
        self._before = total

    def _learn_pace(self, passed: int, refused_at: float, now: float) -> None:
        pause = now - refused_at
        measured = passed / max(refused_at - self._since, 1e-3)
        last_ten = math.inf
        if self._pace.at() == math.inf:
            # Nothing is known, and the pause is the only measurement of the time in which the quota is refilled.
            measured = passed / max(now - self._since, 1e-3)
            if self._window.count:
                measured = max(measured, self._window.count / self._window.period)
            ten = [at for at in list(self._sent)[-TEN - 1 : -1] if at >= max(self._since, refused_at - LONG)]
            if len(ten) > 2:
                last_ten = len(ten) / max(refused_at - ten[0], 1e-3)
            last_ten = min(last_ten, UNSURE * measured)
        self._pace.learn(measured, passed, pause, last_ten)

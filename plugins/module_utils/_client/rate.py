# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rate that a server accepts, learned from what it refused: a model of its quota, without a clock.

All times are seconds of one clock, none of them read here. Not safe for threads: the owner holds a lock.
"""

from __future__ import annotations

import math
from collections import deque

LONG = 3.0
"""Seconds from which on a hold is the rest of a window; shorter ones ask for a lower pace."""
MEMORY = 50_000
"""Requests whose times are kept."""

REST = 30.0
"""Holds from one look upward to the next, so that looking upward costs a thirtieth of the time."""
BELOW = 0.98
"""Part of a refused rate up to which the pace returns."""
CONFIRMED, STEADY = 0.05, 0.99
"""How near two refused rates must be to confirm one another, and the part of that rate to go on with."""
RISE = 1.5
"""Times the measured rate to go on with, at most."""
UNSURE = 4.0
"""Times the first measured rate that the quota may be, at most."""
ENOUGH = 10
"""Requests on which a rate is measured well; measured on fewer, it is looked beyond sooner.

The first refusal of all is believed only after so many, or if the next one comes as soon.
"""
TEN = 10
"""Requests that tell the rate at which the last ones went."""
LOWEST = 0.01
"""Requests a second; a bound against measurements that mean nothing."""


class Pace:
    """A distance between requests, for limiters that refuse for a moment: buckets, GCRA, windows of a second or so.

    The quota is between two rates: `low`, what passed from one refusal to the next over the time that took, and `high`,
    the pace that was refused. The pace goes on from their geometric mean, soon nears 98 % of `high`, and grows beyond
    it with half a rest over, until it is refused again. A rest is 30 holds long, twice as long once two refusals agree.
    Only time in which requests go counts, so that a quota does not age while nothing is sent.
    """

    def __init__(self) -> None:
        self._low = 0.0
        self._high = self._from = math.inf
        self._rest = self._age = 0.0
        self._cycles = 0
        self._sure = 1.0

    def at(self) -> float:
        """Return the requests a second to send now; infinite before the first refusal."""
        if not self._cycles:
            return math.inf
        part = self._age / self._rest
        near = BELOW * self._high * (self._from / (BELOW * self._high)) ** math.exp(-4 * part)
        return near * math.exp(min(max(0.0, 0.2 * part * (part - 0.5)), 5.0))

    def take(self, gap: float) -> None:
        """Note a request that goes so many seconds after the one before."""
        if self._cycles:
            self._age += min(gap, 2 / self.at())

    def learn(self, measured: float, passed: int, hold: float, last_ten: float) -> None:
        """Learn from a refusal: the rate measured on so many requests, the hold, and the rate of the last ten."""
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
        self._rest = REST * (hold + 3 / self._from) * (2 if confirmed else 1) * self._sure
        self._age = 0.0


class Window:
    """At most so many requests in so many seconds, for limiters that refuse until a window is over.

    All that passed from the first request after one long hold to the first after the next may go again in as much time,
    at the same distances. That suits fixed windows and sliding ones. Each such period without a refusal adds to the
    number. Where a probe was refused in the hold, the window ends between that and the next one: halve the difference.
    """

    def __init__(self) -> None:
        self.count = 0
        self.period = 0.0
        self._opened = self._opened_before = (0, 0.0)
        """Requests before this period, and when it began."""
        self._failed = self._learned_at = 0.0
        self._quiet = 0

    def wait(self, sent: deque[float], now: float) -> float:
        """Return the seconds until one more may go."""
        return sent[-self.count] + self.period - now if 0 < self.count <= len(sent) else 0.0

    def take(self, sent: deque[float], total: int, now: float) -> None:
        """Note a request that goes now, after so many that went and were not refused."""
        if not total:
            self._opened = 0, now
        if not self.count:
            return
        if now > self._learned_at + self.period * (self._quiet + 1):
            self._quiet += 1
            self.count = min(self.count + max(1, self.count * self._quiet // 100), MEMORY)
        if self.wait(sent, sent[-1]) > LONG:
            self._opened_before, self._opened = self._opened, (total, now)
            if self._failed < 0.95 * self.period:
                self.period = (self._failed + self.period) / 2

    def learn(self, total: int, hold: float, failed: float | None, now: float) -> bool:
        """Learn from a refusal that is over now, and return whether it was this limit that had been too high.

        failed: when a probe was refused last.
        """
        if total == self._opened[0] and self.count:
            # The first one of a period was refused: it came too early.
            self._opened = self._opened_before
        elif hold <= LONG:
            return False
        before, began = self._opened
        passed = max(1, total - before)
        self.count = passed if hold > LONG else min(self.count, passed)
        self.period = now - began
        self._failed = self.period if failed is None else failed - began
        self._opened = total, now
        self._quiet, self._learned_at = 0, now
        return True


class Rate:
    """When the next request may go: no limit before the first refusal; from then on, a pace, a window, or both."""

    def __init__(self) -> None:
        self._pace = Pace()
        self._window = Window()
        self._sent: deque[float] = deque(maxlen=MEMORY)
        self._total = 0
        self._since, self._before = 0.0, 0
        """When the last refusal was, and how many requests had passed by then."""
        self._refusals = 0
        self._refused_at: float | None = None
        self._failed: float | None = None

    def wait(self, now: float) -> float:
        """Return the seconds until the next request may go."""
        if not self._sent:
            return 0.0
        return max(0.0, self._sent[-1] + 1 / self._pace.at() - now, self._window.wait(self._sent, now))

    def take(self, now: float) -> None:
        """Note a request that goes now."""
        if self._refused_at is None:
            if self._sent:
                self._pace.take(now - self._sent[-1])
            else:
                self._since = now
            self._window.take(self._sent, self._total, now)
        self._sent.append(now)
        self._total += 1

    def forget(self, sent: float) -> None:
        """Note that a request of that moment was refused: it is not one that the server let through."""
        if sent in self._sent:
            self._sent.remove(sent)
            self._total -= 1

    def refused(self, sent: float, probe: bool) -> None:
        """Note a refusal, from which on nothing but probes is sent until reopened()."""
        self.forget(sent)
        if self._refused_at is None:
            self._refused_at = sent
        elif probe:
            self._failed = sent

    def reopened(self, now: float) -> None:
        """Learn from the first request after a refusal that was let through; now: when it was sent."""
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
        hold = now - refused_at
        measured = passed / max(refused_at - self._since, 1e-3)
        last_ten = math.inf
        if self._pace.at() == math.inf:
            # Nothing was known, and the hold is all there is of the time in which the quota filled again.
            measured = passed / max(now - self._since, 1e-3)
            if self._window.count:
                measured = max(measured, self._window.count / self._window.period)
            ten = [at for at in list(self._sent)[-TEN - 1 : -1] if at >= max(self._since, refused_at - LONG)]
            if len(ten) > 2:
                last_ten = len(ten) / max(refused_at - ten[0], 1e-3)
            last_ten = min(last_ten, UNSURE * measured)
        self._pace.learn(measured, passed, hold, last_ten)

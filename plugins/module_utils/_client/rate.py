# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rate that a server lets through, found out from what it refused: a model of its quota, without a clock."""

from __future__ import annotations

import math

SAFETY = 0.98
"""What is used of a rate that was measured."""
STEP_DOWN = 0.95
"""What is left of a rate that was a little too high."""
FAR_OFF = 0.4
"""Below this part of the rate that was kept, a measured one replaces it."""
CUT = 0.25
"""What is left of the burst after a hold when a burst was refused at once."""
LEAST_GROWTH = 0.0001
"""By how much a rate is tried higher: times exp(growth * t * t), t seconds after it was learned (2 % after 14 s)."""
DOUBT = 0.03
"""Growth of a rate measured on one request, n * n times slower on n: what is known less is doubted sooner."""
ENOUGH = 10
"""Requests to measure a rate on; fewer are only believed the second time in a row."""
LOWEST = 0.01
"""Requests a second; a bound against measurements that mean nothing."""


class Rate:
    """How many requests a second the server takes: no limit until it refuses one, near its quota from then on.

    Two kinds of quota are met: a bucket that fills steadily, and a window in which so many are let through. For both,
    what was let through from the beginning of a period until the server lets in the next request after a refusal,
    divided by that time, is the rate. Requests then keep their distance, but what was held back may follow in a burst:
    a bucket has filled meanwhile, and a new window is empty. Where such a burst is refused, it is shorter next time.

    All times are seconds of one clock, none of them read here. Not safe for threads: its owner holds a lock.
    """

    def __init__(self) -> None:
        self.limit = math.inf
        """Requests a second, when it was learned."""
        self._growth = LEAST_GROWTH
        self._learned_at = 0.0
        self._due = 0.0
        self._burst = 0.0
        self._share = 1.0
        self._last_hold = 0.0
        self._since: float | None = None
        self._passed = 0
        self._lean = False
        self._refused_at: float | None = None
        self._active = 0.0

    def at(self, now: float) -> float:
        """Return the rate that is kept at this moment."""
        age = max(0.0, now - self._learned_at)
        return self.limit * math.exp(min(self._growth * age * age, 50.0))

    def wait(self, now: float) -> float:
        """Return the seconds until the next request may go."""
        return max(0.0, self._due - self._burst - now)

    def take(self, now: float) -> None:
        """Note a request that goes now."""
        if self._since is None:
            self._since = now
        self._due = max(self._due, now) + 1 / self.at(now)

    def passed(self) -> None:
        """Note a request that the server let through."""
        self._passed += 1

    def refused(self, sent: float, now: float) -> None:
        """Note that a request of that moment was refused, and that nothing is sent from now until reopened()."""
        if self._refused_at is None:
            self._refused_at = now
            self._active = sent - (self._since or 0.0)

    def reopened(self, sent: float) -> None:
        """Learn from the first request after a refusal that was let through; sent: when it was sent."""
        if self._refused_at is None:
            return
        hold = sent - self._refused_at
        if self._passed >= ENOUGH or self._lean or self._active < self._last_hold:
            self._learn(hold, sent)
        self._lean = self._passed < ENOUGH
        self._since = sent
        self._passed = 0
        self._refused_at = None

    def _learn(self, hold: float, now: float) -> None:
        measured = SAFETY * self._passed / max(self._active + hold, 1e-3)
        kept = self.at(self._refused_at or now)
        after_burst = self._active < self._last_hold and self._burst * kept >= 1
        if after_burst:
            self._share *= CUT
        if kept == math.inf or measured < FAR_OFF * kept:
            limit = measured
        else:
            # What was refused right after a burst tells of the burst, and not of the rate.
            limit = kept if after_burst else STEP_DOWN * kept
        self.limit = max(limit, LOWEST)
        self._growth = max(LEAST_GROWTH, DOUBT / max(self._passed, 1) ** 2)
        self._last_hold = hold
        self._burst = hold * self._share
        self._learned_at = now
        # The request that was let through had its turn.
        self._due = now + 1 / self.limit

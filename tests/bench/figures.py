# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calculate medians, extrapolations from short runs, and the used part of a quota."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

THROTTLED = 429


@dataclass(frozen=True)
class Call:
    """One HTTP request in the simulator's log; at: Unix time of its arrival."""

    at: float
    method: str
    path: str
    status: int

    @classmethod
    def of(cls, entry: dict) -> Call:
        """Return the counted data of a log entry."""
        return cls(entry["at"], entry["method"], entry["path"], entry["status"])

    @property
    def sign_in(self) -> bool:
        """Whether it requests a token; sign-ins do not count for the quota."""
        return self.path.endswith(("/clients", "/tokens", "/Tokens"))


@dataclass(frozen=True)
class Spread:
    """The median, the minimum and the maximum of some runs."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(median(values), min(values), max(values))


def named(calls: Sequence[Call], end: str) -> list[Call]:
    """Return the calls whose path ends with this name."""
    return [call for call in calls if call.path.endswith(end)]


def seconds_per_call(calls: Sequence[Call]) -> float:
    """Return the mean time between two calls; requires two."""
    return (calls[-1].at - calls[0].at) / (len(calls) - 1)


def extrapolate(seconds: float, done: int, wanted: int, per_item: float) -> float:
    """Return the time of a run over more items, at the cost per item of the short run."""
    return seconds + (wanted - done) * per_item


def refused(calls: Sequence[Call]) -> int:
    return sum(call.status == THROTTLED for call in calls)


@dataclass(frozen=True)
class Quota:
    """A quota: a token bucket, windows of `seconds` from the first call, or all such periods."""

    kind: str
    rate: float
    seconds: float

    def least_seconds(self, requests: int, into_window: float) -> float:
        """Return the shortest time in which an exhausted quota accepts that many more requests.

        into_window: seconds since the current window began.
        """
        if not requests:
            return 0.0
        if self.kind == "token_bucket":
            return requests / self.rate
        windows = math.ceil(requests / (self.rate * self.seconds))
        return windows * self.seconds - into_window

    def used(self, calls: Sequence[Call]) -> float | None:
        """Return the used part of the quota between first refusal and last request; 1.0 is all.

        That is the minimum time for the accepted requests after the refusal, divided by the actual time. None without a
        refusal.
        """
        counted = [call for call in calls if not call.sign_in]
        refusals = [call for call in counted if call.status == THROTTLED]
        if not refusals:
            return None
        since = refusals[0].at
        later = [call for call in counted if call.at > since and call.status != THROTTLED]
        if not later:
            return None
        if self.kind == "sliding_log":
            passed = [call.at for call in counted if call.at < since]
            least = self._least_of_sliding(len(later), passed) - since
        else:
            least = self.least_seconds(len(later), (since - counted[0].at) % self.seconds)
        return min(1.0, least / (later[-1].at - since))

    def _least_of_sliding(self, requests: int, passed: Sequence[float]) -> float:
        """Return the earliest time of the last of these requests, each one period after another one."""
        limit = round(self.rate * self.seconds)
        periods, place = divmod(requests - 1, limit)
        return passed[-limit:][place] + (periods + 1) * self.seconds

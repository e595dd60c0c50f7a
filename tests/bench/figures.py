# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arithmetic: medians, what a short run says of a long one, how well a quota was used."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

THROTTLED = 429


@dataclass(frozen=True)
class Call:
    """One HTTP request as the simulator logged it; at: Unix time of its arrival."""

    at: float
    method: str
    path: str
    status: int

    @classmethod
    def of(cls, entry: dict) -> Call:
        """Keep of an entry of the log what is counted."""
        return cls(entry["at"], entry["method"], entry["path"], entry["status"])

    @property
    def sign_in(self) -> bool:
        """Whether it asks for a token; those are not under the quota."""
        return self.path.endswith(("/clients", "/tokens", "/Tokens"))


@dataclass(frozen=True)
class Spread:
    """The median of some runs, the least and the most."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(median(values), min(values), max(values))


def named(calls: Sequence[Call], end: str) -> list[Call]:
    """Return the calls whose path ends so."""
    return [call for call in calls if call.path.endswith(end)]


def seconds_per_call(calls: Sequence[Call]) -> float:
    """Return the mean time from one call to the next; needs two."""
    return (calls[-1].at - calls[0].at) / (len(calls) - 1)


def extrapolate(seconds: float, done: int, wanted: int, per_item: float) -> float:
    """Return what a run over more items would take, each at the cost that the short run showed."""
    return seconds + (wanted - done) * per_item


def refused(calls: Sequence[Call]) -> int:
    return sum(call.status == THROTTLED for call in calls)


@dataclass(frozen=True)
class Quota:
    """What a server lets in: a token bucket of `rate` a second, or windows of `seconds` from the first request on."""

    kind: str
    rate: float
    seconds: float

    def least_seconds(self, requests: int, into_window: float) -> float:
        """Return the shortest time in which so many more requests can be let in, from an exhausted quota on.

        into_window: seconds since the current window began.
        """
        if not requests:
            return 0.0
        if self.kind == "token_bucket":
            return requests / self.rate
        windows = math.ceil(requests / (self.rate * self.seconds))
        return windows * self.seconds - into_window

    def used(self, calls: Sequence[Call]) -> float | None:
        """Return how much of the quota was used from the first refusal to the last request: 1.0 is all of it.

        That is the least time for what was let in after the refusal over the time it took. None without a refusal.
        """
        counted = [call for call in calls if not call.sign_in]
        refusals = [call for call in counted if call.status == THROTTLED]
        if not refusals:
            return None
        since = refusals[0].at
        later = [call for call in counted if call.at > since and call.status != THROTTLED]
        if not later:
            return None
        into_window = (since - counted[0].at) % self.seconds
        return min(1.0, self.least_seconds(len(later), into_window) / (later[-1].at - since))

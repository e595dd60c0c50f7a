# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Process items in parallel: the time at which each is due, and the progress."""

from __future__ import annotations

import asyncio
import heapq
from typing import Callable

from ..http.message import Reply


def due_times(costs: list[float], lanes: int) -> list[float]:
    """Return the seconds until each item ends; the next begins when a parallel one ends."""
    free = [0.0] * lanes
    times = []
    for cost in costs:
        times.append(free[0] + cost)
        heapq.heapreplace(free, times[-1])
    return times


class Run:
    """Items of work and their due times; None for an item that never ends.

    ``replies`` has None for items that are not done; ``seconds`` is the time until all are done.
    """

    def __init__(self, works: list[Callable[[], Reply]], times: list[float | None]) -> None:
        self._works = works
        self._times = times
        self._timers: list[asyncio.TimerHandle] = []
        self.replies: list[Reply | None] = [None] * len(works)
        self.seconds = max((seconds for seconds in times if seconds is not None), default=0.0)

    def start(self) -> None:
        """Do the work that is due now, and schedule the rest."""
        due: dict[float, list[int]] = {}
        for at, seconds in enumerate(self._times):
            if seconds is not None:
                due.setdefault(seconds, []).append(at)
        for seconds in sorted(due):
            if seconds > 0:
                self._timers.append(asyncio.get_running_loop().call_later(seconds, self._do, due[seconds]))
            else:
                self._do(due[seconds])

    def finish(self) -> list[Reply]:
        """Return all replies; first does the work that is due but still waits for its timer."""
        self.stop()
        self._do([at for at, seconds in enumerate(self._times) if seconds is not None])
        return [reply for reply in self.replies if reply is not None]

    def stop(self) -> None:
        """Skip the remaining work."""
        for timer in self._timers:
            timer.cancel()

    def _do(self, places: list[int]) -> None:
        for at in places:
            if self.replies[at] is None:
                self.replies[at] = self._works[at]()

    @property
    def percent(self) -> int:
        """Return the finished part in percent."""
        done = sum(reply is not None for reply in self.replies)
        return 100 * done // len(self.replies) if self.replies else 100

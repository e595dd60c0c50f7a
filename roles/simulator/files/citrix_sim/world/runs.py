# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Items of work that run side by side: when each is due, and how far they are."""

from __future__ import annotations

import asyncio
import heapq
from typing import Callable

from ..http.message import Reply


def due_times(costs: list[float], lanes: int) -> list[float]:
    """Seconds from now at which each is done: so many run at a time, and the next begins where one has ended."""
    free = [0.0] * lanes
    times = []
    for cost in costs:
        times.append(free[0] + cost)
        heapq.heapreplace(free, times[-1])
    return times


class Run:
    """Works and the times they are due, None for what is never done.

    ``replies`` holds None for what is not done; ``seconds`` is when all is.
    """

    def __init__(self, works: list[Callable[[], Reply]], times: list[float | None]) -> None:
        self._works = works
        self._times = times
        self._timers: list[asyncio.TimerHandle] = []
        self.replies: list[Reply | None] = [None] * len(works)
        self.seconds = max((seconds for seconds in times if seconds is not None), default=0.0)

    def start(self) -> None:
        """Do what is due at once, and the rest in its time."""
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
        """All replies: what is due by now but still waits for its timer is done first."""
        self.stop()
        self._do([at for at, seconds in enumerate(self._times) if seconds is not None])
        return [reply for reply in self.replies if reply is not None]

    def stop(self) -> None:
        """Leave undone what is not done."""
        for timer in self._timers:
            timer.cancel()

    def _do(self, places: list[int]) -> None:
        for at in places:
            if self.replies[at] is None:
                self.replies[at] = self._works[at]()

    @property
    def percent(self) -> int:
        """How much of it is done."""
        done = sum(reply is not None for reply in self.replies)
        return 100 * done // len(self.replies) if self.replies else 100

# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log the progress of a long run on the host, because a task prints nothing until it ends."""

from __future__ import annotations

import time
from typing import Callable

INTERVAL = 30.0
"""Seconds between two lines of the log."""


class Progress:
    """Count finished items, and log a line at intervals."""

    def __init__(
        self, log: Callable[[str], None], total: int, what: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Count to a total of what, such as "sessions are processed"."""
        self._log = log
        self._total = total
        self._what = what
        self._clock = clock
        self._done = 0
        self._logged_at = clock()

    def add(self, count: int = 1) -> None:
        """Count finished items."""
        self._done += count
        now = self._clock()
        if now - self._logged_at >= INTERVAL:
            self._logged_at = now
            self._log(f"{self._done} of {self._total} {self._what}")

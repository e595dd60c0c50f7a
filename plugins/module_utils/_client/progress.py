# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a long run has got, told to the log of the host: a task itself is silent until it ends."""

from __future__ import annotations

import time
from typing import Callable

INTERVAL = 30.0
"""Seconds from one line of the log to the next."""


class Progress:
    """Counts what is done of a number of things, and writes a line of it at intervals."""

    def __init__(
        self, log: Callable[[str], None], total: int, what: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """what: as in "sessions read and asked to change"."""
        self._log = log
        self._total = total
        self._what = what
        self._clock = clock
        self._done = 0
        self._told_at = clock()

    def add(self, count: int = 1) -> None:
        """Note that so many more are done."""
        self._done += count
        now = self._clock()
        if now - self._told_at >= INTERVAL:
            self._told_at = now
            self._log(f"{self._done} of {self._total} {self._what}")

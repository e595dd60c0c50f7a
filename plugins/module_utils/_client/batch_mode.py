# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide how calls are sent: alone, or in batches of a size, which may be jobs."""

from __future__ import annotations

import threading
from typing import Callable

from .._common.errors import CitrixError


class BatchMode:
    """Size and kind of the batches of a run; both depend on the server."""

    def __init__(self, size: int, warn: Callable[[str], None]) -> None:
        self.size = size
        """Calls in one batch; 0 sends each call alone."""
        self.as_jobs = False
        """Whether every batch is sent as a job, because one was too slow."""
        self.jobs_end = True
        """Whether all jobs of accepted calls so far have ended in time."""
        self._warn = warn
        self._lock = threading.Lock()

    def give_up(self, error: CitrixError) -> None:
        """Send each call alone from now on, because the server refused a batch, and warn once."""
        with self._lock:
            size, self.size = self.size, 0
        if size:
            self._warn(f"batch_size: every call was sent alone, because the API refused a batch of {size}. {error}")

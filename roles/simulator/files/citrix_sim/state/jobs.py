# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs: work that continues after its call was accepted with 202."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Callable, NamedTuple

from ..http.message import Reply
from .runs import Run

NOT_STARTED = "NotStarted"
IN_PROGRESS = "InProgress"
CANCELED = "Canceled"
FAILED = "Failed"
# Final states of jobs that should have results.
WITH_RESULTS = ("Complete", "CompleteWithWarning")


class Conclusion(NamedTuple):
    """End of a job: its status, its results or None, and an error message for users."""

    status: str
    results: Reply | None
    error: str | None = None


class Job:
    """Run in the background until ``seconds`` after the last item is processed.

    ``touched`` are names and values of the affected objects. ``owner`` is the customer and the site of the job.
    """

    def __init__(
        self,
        kind: str,
        owner: tuple[str, str],
        touched: dict[str, str],
        run: Run,
        seconds: float,
        conclude: Callable[[Run], Conclusion],
    ) -> None:
        self.id = str(uuid.uuid4())
        self.kind = kind
        self.owner = owner
        self.touched = touched
        self.run = run
        self.began = time.time()
        self.ended: float | None = None
        self.conclusion = Conclusion(IN_PROGRESS, None)
        self._conclude = conclude
        run.start()
        left = run.seconds + seconds
        self._timer = asyncio.get_running_loop().call_later(left, self._end) if left > 0 else None
        if self._timer is None:
            self._end()

    @property
    def is_cancellable(self) -> bool:
        """Return whether the job may be canceled: the work of a single call cannot be stopped."""
        return self.ended is None and self.kind == "Batch"

    def cancel(self) -> None:
        """Skip the remaining items."""
        if self._timer:
            self._timer.cancel()
        self.run.stop()
        self.ended, self.conclusion = time.time(), Conclusion(CANCELED, None)

    def _end(self) -> None:
        self.conclusion = self._conclude(self.run)
        self.ended = time.time()


class Jobs:
    """The jobs since the last reset, the oldest first."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}

    def add(self, job: Job) -> None:
        """Add a job."""
        self._jobs[job.id] = job

    def remove(self, job: Job) -> None:
        """Remove a job."""
        del self._jobs[job.id]

    def of(self, owner: tuple[str, str]) -> list[Job]:
        """Return the jobs of this owner."""
        return [job for job in self._jobs.values() if job.owner == owner]

    def find(self, job_id: str, owner: tuple[str, str]) -> Job | None:
        """Return a job by its id; None if it has another owner."""
        job = self._jobs.get(job_id.lower())
        return job if job and job.owner == owner else None

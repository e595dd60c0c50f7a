# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs: what goes on with a call that was only accepted (202), until it has ended."""

from __future__ import annotations

from .._common.errors import CitrixError, JobError
from .._common.text import clean, nested
from .api import Api
from .calls import Answer, Call, segment

DONE = ("Complete", "CompleteWithWarning")
ENDED = (*DONE, "Failed", "Canceled", "NonTerminatingError")
"""States that are final; every other one, also one unknown today, is not."""
FIRST_PAUSE = 0.03
LONGEST_PAUSE = 10.0
"""Seconds between two looks at a job."""
PATIENCE = 300.0
"""Seconds without any progress after which a job is cancelled."""


def ended(api: Api, call: Call, job_id: str) -> dict:
    """Wait until the job that goes on with a call has ended, and return it: {Status, ErrorString, ...}.

    Raises JobError where it does not get on, after it was cancelled.
    """
    look = Call("GET", f"Jobs/{segment(job_id)}", f"look at the job that is to {call.what}")
    pause = FIRST_PAUSE
    progress = None
    since = api.retrier.active_seconds()
    while True:
        job = api.send(look).body
        if job.get("Status") in ENDED:
            return job
        now = api.retrier.active_seconds()
        if progress != (job.get("Status"), job.get("OverallProgressPercent")):
            progress, since = (job.get("Status"), job.get("OverallProgressPercent")), now
        elif now - since > PATIENCE:
            _cancel(api, call, job_id)
            raise JobError(
                f"Could not {call.what}: the job {clean(job_id)} has not got on for {PATIENCE:.0f} seconds and was "
                "cancelled; run again later"
            )
        api.retrier.pause(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def results(api: Api, call: Call, job_id: str) -> Answer:
    """Return what a call would have answered whose job has ended."""
    return api.send(
        Call("GET", f"Jobs/{segment(job_id)}/Results", f"read the results of the job that is to {call.what}")
    )


def finish(api: Api, call: Call, accepted: Answer) -> Answer:
    """Wait for the job of an accepted call, and return what the call would have answered.

    A write has no answer worth a request: that its job is done says it all. Raises JobError where it is not.
    """
    job = ended(api, call, accepted.job_id)
    if job["Status"] not in DONE:
        told = clean(nested(job, "ErrorString") or job["Status"])
        raise JobError(f"Could not {call.what}: the job {clean(accepted.job_id)} failed ({told}); run again")
    return accepted if call.write else results(api, call, accepted.job_id)


def _cancel(api: Api, call: Call, job_id: str) -> None:
    path = f"Jobs/{segment(job_id)}/$cancel"
    try:
        api.send(Call("POST", path, f"cancel the job that is to {call.what}", write=call.write))
    except CitrixError:
        # The job is given up in any case.
        pass

# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follow jobs, which continue an accepted call (202), until they have ended.

https://github.com/citrix/citrix-daas-rest-go/blob/main/citrixorchestration/docs/JobsAPIsDAAS.md
"""

from __future__ import annotations

from .._common.errors import CitrixError, JobError, JobFailed
from .._common.text import nested, objects
from .api import Api
from .calls import Call, Response, segment

DONE = ("complete", "completewithwarning")
FAILED = "failed"
ENDED = (*DONE, FAILED, "canceled", "nonterminatingerror")
"""Final states in lower case; all others, including unknown ones, are not final."""
FIRST_PAUSE = 0.03
LONGEST_PAUSE = 10.0
"""Seconds between two checks of a job."""
LIMIT = 1800.0
"""Seconds until a job is abandoned, as in Citrix's own SDK. It may report no progress before its end."""


def deadline(api: Api) -> float:
    """Return until when to wait for a job that is accepted now, in active seconds of the run.

    After a job that did not end in time, others are looked at once: thousands of them would take days.
    """
    return api.throttle.active_seconds() + (LIMIT if api.batches.jobs_end else 0)


def ended(api: Api, call: Call, job_id: str, until: float) -> dict:
    """Wait for the end of the job of a call, and return it: {Status, ErrorString, ...}.

    Raises JobError if it has not ended by its deadline(); the job continues.
    """
    look = Call("GET", f"Jobs/{segment(job_id)}", f"read the status of the job ({call.what})", proof="Id")
    pause = FIRST_PAUSE
    while True:
        job = api.send(look).body
        if _has_ended(job):
            return job
        if api.throttle.active_seconds() > until:
            api.batches.jobs_end = False
            raise JobError(
                f"Could not {call.what}: the job {api.shown(job_id)} has not ended within {LIMIT / 60:.0f} minutes; "
                "run again later"
            )
        api.throttle.pause(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def results(api: Api, call: Call, job_id: str) -> Response:
    """Return the response to a call whose job has ended."""
    return api.send(Call("GET", f"Jobs/{segment(job_id)}/Results", f"read the results of the job ({call.what})"))


def send(api: Api, call: Call) -> Response:
    """Make one call, wait for its job, if any, and return the response; raises CitrixError."""
    accepted = api.send(call)
    return accepted if accepted.job_id is None else finish(api, call, accepted, deadline(api))


def finish(api: Api, call: Call, accepted: Response, until: float) -> Response:
    """Wait until a deadline for the job of an accepted call, and return the response.

    A write requires only the end of its job. It was accepted: any failure of the job is a JobError.
    """
    try:
        if not accepted.job_id:
            raise JobError(f"Could not {call.what}: it was accepted, but the API named no job; run again to check")
        job = ended(api, call, accepted.job_id, until)
        reason = _failure(job)
        if reason:
            kind = JobFailed if _status(job) == FAILED else JobError
            raise kind(
                f"Could not {call.what}: the job {api.shown(accepted.job_id)} failed ({api.shown(reason)}); run again"
            )
        return accepted if call.write else results(api, call, accepted.job_id)
    except CitrixError as error:
        failure = error if isinstance(error, JobError) else JobError(str(error)) if call.write else error
        failure.transaction_id = accepted.transaction_id
        raise failure from None


def _has_ended(job: dict) -> bool:
    # A published sample of a finished job has no status.
    return _status(job) in ENDED or (job.get("Status") is None and job.get("OverallProgressPercent") == 100)


def _failure(job: dict) -> str | None:
    """Return why a job that has ended failed, in whole or in part; None if it did not."""
    for part in (job, *objects(job.get("SubJobs"))):
        reason = nested(part, "ErrorString") or (
            None if _status(part) in DONE else str(part.get("Status") or "no status")
        )
        if reason:
            return reason
    return None


def _status(job: dict) -> str | None:
    return (nested(job, "Status") or "").lower() or None

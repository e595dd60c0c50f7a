# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations that start, list, read, cancel and delete jobs."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable
from urllib.parse import quote

from ..http.message import Refusal, RefusedError, Reply, json_reply, refuse
from ..shapes.job import job_json
from ..state.jobs import FAILED, Conclusion, Job
from ..state.runs import Run
from .call import Call, Operation, found

# The host in the Locations of a published batch.
_PLACEHOLDER = "https://[Ddc]/cvad/manage"


def accept(call: Call, kind: str, run: Run, conclude: Callable[[Run], Conclusion] | None = None) -> Reply:
    """Begin a job and reply that it was accepted: 202, no body, and the job in ``Location``."""
    touched = {"Id": call.name} if call.name else {}
    job = Job(kind, _owner(call), touched, run, call.state.settings.job_seconds, conclude or _conclude)
    call.state.jobs.add(job)
    host = _PLACEHOLDER if call.state.settings.job_location == "placeholder" else _base(call)
    return Reply(202, headers=(("Location", f"{host}/Jobs/{job.id}"),))


def start_job(call: Call, kind: str, operation: Operation) -> Reply:
    """Run the operation in a job; a refusal makes the job fail."""

    def work() -> Reply:
        try:
            return operation(call)
        except RefusedError as refusal:
            return refusal.reply

    return accept(call, kind, Run([work], [0.0]), partial(_conclude_write, call))


def _conclude(run: Run) -> Conclusion:
    """Return the reply to a single call as the result of its job, also if it is a refusal."""
    reply = run.finish()[0]
    if reply.status < 300:
        return Conclusion("Complete", reply)
    return Conclusion(FAILED, reply, reply.detail if isinstance(reply, Refusal) else "The call failed.")


def _conclude_write(call: Call, run: Run) -> Conclusion:
    """Redirect the result of a write to its session (303), as published for most jobs."""
    conclusion = _conclude(run)
    if conclusion.status != "Complete" or call.state.settings.job_results == "inline":
        return conclusion
    headers = (("Location", f"{_base(call)}/Sessions/{quote(call.name, safe='')}"),)
    return conclusion._replace(results=Reply(303, headers=headers))


def _owner(call: Call) -> tuple[str, str]:
    return call.grant.customer, call.site.id


def _base(call: Call) -> str:
    host = call.request.headers.get("host", "localhost")
    return f"{call.state.scheme}://{host}{call.address.base}"


def _shape(call: Call, job: Job) -> dict[str, Any]:
    return job_json(job, f"{_base(call)}/Jobs/{job.id}", call.state.settings.job_progress)


def _find(call: Call) -> Job:
    """Return the job that the path names; 404 if it is unknown or belongs to another customer."""
    return found(call.state.jobs.find(call.name, _owner(call)), "job", id=call.name)


def list_jobs(call: Call) -> Reply:
    """``GET /Jobs``."""
    jobs = call.state.jobs.of(_owner(call))
    return json_reply({"Items": [_shape(call, job) for job in jobs], "ContinuationToken": None})


def get_job(call: Call) -> Reply:
    """``GET /Jobs/{id}``."""
    job = _find(call)
    return json_reply(_shape(call, job))


def get_results(call: Call) -> Reply:
    """``GET /Jobs/{id}/Results``: the reply to the call; 404 while the job runs, or without one."""
    results = _find(call).conclusion.results
    if results is None:
        raise refuse(404, "notFound", "The job has no results.", id=call.name)
    return Reply(results.status, results.body, results.content_type, results.headers)


def cancel_job(call: Call) -> Reply:
    """``POST /Jobs/{id}/$cancel``: skip the remaining items of a batch; no effect after its end."""
    job = _find(call)
    if job.is_cancellable:
        job.cancel()
    elif job.ended is None:
        raise refuse(409, "conflict", "The job cannot be canceled.", id=job.id)
    return json_reply(_shape(call, job))


def delete_job(call: Call) -> Reply:
    """``DELETE /Jobs/{id}``: only after its end."""
    job = _find(call)
    if job.ended is None:
        raise refuse(409, "conflict", "The job has not ended.", id=job.id)
    call.state.jobs.remove(job)
    return Reply(204)

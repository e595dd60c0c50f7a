# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations that start, list, read, cancel and delete jobs."""

from __future__ import annotations

import json
from typing import Callable

from ..http.message import RefusedError, Reply, json_reply, refuse
from ..shapes.job import job_json
from ..world.jobs import FAILED, Conclusion, Job
from ..world.runs import Run
from .call import Call, Operation, found


def accept(call: Call, kind: str, run: Run, conclude: Callable[[Run], Conclusion] | None = None) -> Reply:
    """Begin a job, and answer that it was accepted: 202, no body, and where the job is to be found."""
    touched = {"Id": call.name} if call.name else {}
    job = Job(kind, _owner(call), touched, run, call.world.settings.job_seconds, conclude or _conclude)
    call.world.jobs.add(job)
    return Reply(202, headers=(("Location", _location(call, job)),))


def start_job(call: Call, kind: str, operation: Operation) -> Reply:
    """Do the operation in a job. What it would have refused makes the job fail."""

    def work() -> Reply:
        try:
            return operation(call)
        except RefusedError as refusal:
            return refusal.reply

    return accept(call, kind, Run([work], [0.0]))


def _conclude(run: Run) -> Conclusion:
    """A single call's answer is its job's results, also where that is a refusal."""
    reply = run.finish()[0]
    if reply.status < 300:
        return Conclusion("Complete", reply)
    return Conclusion(FAILED, reply, json.loads(reply.body)["detail"])


def _owner(call: Call) -> tuple[str, str]:
    return call.grant.customer, call.site.id


def _location(call: Call, job: Job) -> str:
    host = call.request.headers.get("host", "localhost")
    return f"{call.world.scheme}://{host}{call.address.base}/Jobs/{job.id}"


def _find(call: Call) -> Job:
    """The job that the path names; 404 where it is unknown or somebody else's."""
    return found(call.world.jobs.find(call.name, _owner(call)), "job", id=call.name)


def list_jobs(call: Call) -> Reply:
    """``GET /Jobs``."""
    jobs = call.world.jobs.of(_owner(call))
    return json_reply({"Items": [job_json(job, _location(call, job)) for job in jobs], "ContinuationToken": None})


def get_job(call: Call) -> Reply:
    """``GET /Jobs/{id}``."""
    job = _find(call)
    return json_reply(job_json(job, _location(call, job)))


def get_results(call: Call) -> Reply:
    """``GET /Jobs/{id}/Results``: what the call would have answered; 404 while the job runs, or has none."""
    results = _find(call).conclusion.results
    if results is None:
        raise refuse(404, "notFound", "The job has no results.", id=call.name)
    return Reply(results.status, results.body, results.content_type, results.headers)


def cancel_job(call: Call) -> Reply:
    """``POST /Jobs/{id}/$cancel``: of a batch, what is not done is left undone. A job that has ended stays as it is."""
    job = _find(call)
    if job.is_cancellable:
        job.cancel()
    elif job.ended is None:
        raise refuse(409, "conflict", "The job cannot be canceled.", id=job.id)
    return json_reply(job_json(job, _location(call, job)))


def delete_job(call: Call) -> Reply:
    """``DELETE /Jobs/{id}``: only after its end."""
    job = _find(call)
    if job.ended is None:
        raise refuse(409, "conflict", "The job has not ended.", id=job.id)
    call.world.jobs.remove(job)
    return Reply(204)

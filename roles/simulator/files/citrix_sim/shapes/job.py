# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON of a job."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ..http.message import Reply
from ..state.jobs import CANCELED, FAILED, NOT_STARTED, WITH_RESULTS, Job
from ..state.objects import make_id
from .common import rfc3339


def _times(name: str, seconds: float | None) -> dict[str, Any]:
    """Return a time in both forms, as published: the year 1 for no time yet."""
    if seconds is None:
        return {name: "0001-01-01T00:00:00+00:00", f"Formatted{name}": "0001-01-01T00:00:00Z"}
    when = datetime.fromtimestamp(seconds, timezone.utc)
    return {name: when.isoformat(timespec="milliseconds"), f"Formatted{name}": rfc3339(when)}


def _job(job_id: str, kind: str, status: str, percent: int, began: float, ended: float | None) -> dict[str, Any]:
    return {
        "Id": job_id,
        "Type": kind,
        "OverallProgressPercent": percent,
        "IsCancellable": False,
        "Parameters": [],
        "SubJobs": [],
        "Status": status,
        "ResultLocation": None,
        "ErrorString": None,
        "ErrorCode": "Unknown",
        "ErrorParameters": [],
        **_times("CreationTime", began),
        **_times("StartTime", began),
        **_times("EndTime", ended),
    }


def job_json(job: Job, location: str, progress: bool) -> dict[str, Any]:
    """Return a job and its end; without ``progress`` that is null, as the schema allows."""
    status = job.conclusion.status
    whole = _job(job.id, job.kind, status, job.run.percent, job.began, job.ended)
    if not progress:
        whole["OverallProgressPercent"] = None
    whole["IsCancellable"] = job.is_cancellable
    whole["Parameters"] = [{"Name": name, "Value": value} for name, value in job.touched.items()]
    if job.kind == "Batch":
        whole["SubJobs"] = [_sub_job(job, at, reply) for at, reply in enumerate(job.run.replies)]
    if status in WITH_RESULTS:
        whole["ResultLocation"] = f"{location}/Results"
    if status == FAILED:
        whole["ErrorString"] = job.conclusion.error
        whole["ErrorCode"] = "UnknownError"
    return whole


def _sub_job(job: Job, at: int, reply: Reply | None) -> dict[str, Any]:
    """Return the job of an item of a batch."""
    if reply is None:
        status = NOT_STARTED if job.ended is None else CANCELED
    else:
        status = "Complete" if reply.status < 400 else FAILED
    percent = 0 if reply is None else 100
    return _job(make_id("subjob", f"{job.id}/{at}"), "Unknown", status, percent, job.began, job.ended)

# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs: wait until they end or for 30 minutes, and never report an unfinished one as done."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client import jobs
from ansible_collections.sessionops.citrix.plugins.module_utils._client.calls import Call, Response
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import (
    ApiError,
    ConnectionNotMade,
    Interrupted,
    JobError,
    JobFailed,
    NotReady,
    ResponseLost,
)

READ = Call("GET", "Machines", "list the machines")
WRITE = Call("POST", "Sessions/1/$stopRecording", "stop it", write=True)
JOB = "GET Jobs/job1"
RESULTS = "GET Jobs/job1/Results"
ACCEPTED = Response({}, "t1", "job1")


def status(name, percent=None, error=None):
    return {"Status": name, "OverallProgressPercent": percent, "ErrorString": error}


@pytest.mark.parametrize(
    "state", ["Complete", "CompleteWithWarning", "Failed", "Canceled", "NonTerminatingError", "COMPLETE", "failed"]
)
def test_job_final_state_ends_polling(fake_api, clock, state):
    fake_api.on(JOB, status(state))
    assert jobs.ended(fake_api, READ, "job1", jobs.deadline(fake_api))["Status"] == state
    assert (fake_api.sent(), clock.slept) == ([JOB], [])


def test_job_deadline_is_in_30_minutes(fake_api):
    assert jobs.deadline(fake_api) == fake_api.throttle.active_seconds() + 30 * 60


@pytest.mark.parametrize("state", ["Unknown", "NotStarted", "InProgress", "SomethingNew", "", None, 3])
def test_job_other_states_polled(fake_api, clock, state):
    fake_api.on(JOB, status(state), status("Complete"))
    assert jobs.ended(fake_api, READ, "job1", jobs.deadline(fake_api))["Status"] == "Complete"
    assert clock.slept == [0.03]


def test_job_without_retry_hint_polled(fake_api):
    fake_api.on(JOB, {}, status("Failed"))
    assert jobs.ended(fake_api, READ, "job1", jobs.deadline(fake_api))["Status"] == "Failed"


def test_job_poll_pauses_grow_to_ten_seconds(fake_api, clock):
    fake_api.on(JOB, *[status("InProgress", percent) for percent in range(10)], status("Complete"))
    jobs.ended(fake_api, READ, "job1", jobs.deadline(fake_api))
    assert clock.slept == pytest.approx([0.03, 0.06, 0.12, 0.24, 0.48, 0.96, 1.92, 3.84, 7.68, 10.0])


def test_job_poll_is_read_with_quoted_id(fake_api):
    fake_api.on("GET Jobs/a%2Fb", status("Complete"))
    jobs.ended(fake_api, WRITE, "a/b", jobs.deadline(fake_api))
    assert fake_api.writes == []


@pytest.mark.parametrize("call", [READ, WRITE])
@pytest.mark.parametrize("percent", [None, 0, 50])
def test_job_without_progress_polled_for_30_minutes(fake_api, clock, call, percent):
    fake_api.on(JOB, status("InProgress", percent))
    with pytest.raises(JobError, match=r"^Could not .*: the job job1 has not ended within 30 minutes; run again"):
        jobs.ended(fake_api, call, "job1", jobs.deadline(fake_api))
    # Neither canceled nor resent.
    assert set(fake_api.sent()) == {JOB}
    assert 1800 < clock() - 1000.0 <= 1800 + 10


@pytest.mark.parametrize("steps", [[("InProgress", None)] * 150, [("NotStarted", 0)] * 90 + [("InProgress", 0)] * 60])
def test_job_ending_within_30_minutes_succeeds(fake_api, clock, steps):
    fake_api.on(JOB, *[status(*step) for step in steps], status("Complete"))
    assert jobs.ended(fake_api, WRITE, "job1", jobs.deadline(fake_api))["Status"] == "Complete"
    assert clock() - 1000.0 > 1200


def test_job_throttled_time_does_not_count(fake_api, clock):
    fake_api.throttle.active_seconds = lambda: 1000.0
    fake_api.on(JOB, *[status("InProgress")] * 100, status("Complete"))
    assert jobs.ended(fake_api, WRITE, "job1", jobs.deadline(fake_api))["Status"] == "Complete"
    assert clock() - 1000.0 > 600


LOST = ResponseLost("The answer was lost.")
INTERRUPTED = Interrupted("The run was interrupted.")


@pytest.mark.parametrize(
    "error", [303, 400, 401, 403, 404, 409, 500, LOST, INTERRUPTED, ConnectionNotMade("No."), NotReady(LOST)]
)
def test_job_any_failure_write_counts_as_accepted(fake_api, error):
    fake_api.on(JOB, error)
    with pytest.raises(JobError) as failure:
        jobs.finish(fake_api, WRITE, ACCEPTED, jobs.deadline(fake_api))
    assert failure.value.may_have_acted
    assert not isinstance(failure.value, JobFailed)
    assert failure.value.transaction_id == "t1"


@pytest.mark.parametrize("job_id", ["", ".", "..", "\ud800"])
def test_job_any_location_write_counts_as_accepted(fake_api, job_id):
    with pytest.raises(JobError) as failure:
        jobs.finish(fake_api, WRITE, Response({}, "t1", job_id), jobs.deadline(fake_api))
    assert failure.value.may_have_acted
    assert fake_api.sent() == []


@pytest.mark.parametrize("broken", [JOB, RESULTS])
@pytest.mark.parametrize("error", [403, 404, 500])
def test_job_unreadable_fails_read_with_cause(fake_api, broken, error):
    fake_api.on(JOB, status("Complete"))
    fake_api.on(broken, error)
    with pytest.raises(ApiError, match=rf"the job \(list the machines\): HTTP {error}"):
        jobs.finish(fake_api, READ, ACCEPTED, jobs.deadline(fake_api))


def test_send_follows_job_of_accepted_call(fake_api):
    path = "POST Sessions/1/$stopRecording"
    fake_api.on(path, ACCEPTED)
    fake_api.on(JOB, status("InProgress"), status("Complete"))
    assert jobs.send(fake_api, WRITE) is ACCEPTED
    assert fake_api.sent() == [path, JOB, JOB]


def test_send_returns_response_of_call_without_job(fake_api):
    fake_api.on("GET Machines", {"Items": []})
    assert jobs.send(fake_api, READ).body == {"Items": []}
    assert fake_api.sent() == ["GET Machines"]


def test_job_results_are_response_to_call(fake_api):
    fake_api.on(RESULTS, {"Items": [1]})
    answer = jobs.results(fake_api, READ, "job1")
    assert (answer.body, answer.transaction_id) == ({"Items": [1]}, f"transaction-of-{RESULTS}")


@pytest.mark.parametrize("state", ["Complete", "CompleteWithWarning"])
def test_job_finished_read_has_results_write_needs_none(fake_api, state):
    fake_api.on(JOB, status(state))
    fake_api.on(RESULTS, {"Items": []})
    assert jobs.finish(fake_api, WRITE, ACCEPTED, jobs.deadline(fake_api)) is ACCEPTED
    assert fake_api.sent(RESULTS) == []
    assert jobs.finish(fake_api, READ, ACCEPTED, jobs.deadline(fake_api)).body == {"Items": []}


@pytest.mark.parametrize("call", [READ, WRITE])
@pytest.mark.parametrize(
    ("state", "error", "expected"),
    [
        ("Failed", "No\nlicense.", "(No license.)"),
        ("Canceled", None, "(Canceled)"),
        ("NonTerminatingError", "", "(Non"),
    ],
)
def test_job_failed_raises_error_that_may_have_acted(fake_api, call, state, error, expected):
    fake_api.on(JOB, status(state, error=error))
    with pytest.raises(JobError) as failure:
        jobs.finish(fake_api, call, ACCEPTED, jobs.deadline(fake_api))
    assert f"Could not {call.what}: the job job1 failed {expected}" in str(failure.value)
    assert failure.value.may_have_acted
    assert isinstance(failure.value, JobFailed) is (state == "Failed")
    assert fake_api.sent() == [JOB]


@pytest.mark.parametrize("state", ["Complete", "CompleteWithWarning"])
@pytest.mark.parametrize(
    "job",
    [
        {"ErrorString": "No agent."},
        {"SubJobs": [{"Status": "Complete"}, {"Status": "Failed", "ErrorString": "No agent."}]},
        {"SubJobs": [{"Status": "Complete", "ErrorString": "No agent."}]},
        {"SubJobs": [{"Status": "Canceled"}]},
    ],
)
def test_job_complete_with_failed_part_is_uncertain(fake_api, state, job):
    fake_api.on(JOB, {**status(state), **job})
    with pytest.raises(JobError, match=r"failed \((No agent\.|Canceled)\)") as failure:
        jobs.finish(fake_api, WRITE, ACCEPTED, jobs.deadline(fake_api))
    assert failure.type is JobError


@pytest.mark.parametrize("parts", [None, [], "none", [{"Status": "Complete", "ErrorString": None}]])
def test_job_complete_with_complete_parts_succeeds(fake_api, parts):
    fake_api.on(JOB, {**status("Complete"), "SubJobs": parts})
    assert jobs.finish(fake_api, WRITE, ACCEPTED, jobs.deadline(fake_api)) is ACCEPTED


def test_job_after_endless_job_looked_at_once(fake_api, clock):
    """Hundreds of such jobs in turn would last for days."""
    fake_api.on("POST Sessions/1/$stopRecording", ACCEPTED)
    fake_api.on(JOB, status("InProgress"))
    for _call in range(20):
        with pytest.raises(JobError, match="has not ended within"):
            jobs.send(fake_api, WRITE)
    assert 1800 < clock() - 1000.0 < 1900


@pytest.mark.parametrize(("state", "kind"), [("failed", JobFailed), ("CANCELED", JobError)])
def test_job_state_in_any_case_is_final(fake_api, state, kind):
    fake_api.on(JOB, status(state))
    with pytest.raises(JobError) as caught:
        jobs.finish(fake_api, WRITE, ACCEPTED, jobs.deadline(fake_api))
    assert caught.type is kind

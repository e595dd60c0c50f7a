# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs: how calls become jobs, their progress, and their end."""

from __future__ import annotations

import json
import time
from datetime import datetime

import pytest

ASYNC = {"async": "true"}


class Jobs:
    """Calls about jobs, by their URLs."""

    def __init__(self, simulator):
        self._simulator = simulator

    def _send(self, method, url, headers):
        headers = headers or self._simulator.headers()
        return self._simulator.http.request(method, url, headers=headers, timeout=10)

    def begin(self, path, body=None):
        """Begin a job by a POST; return its URL."""
        reply = self._simulator.post(path, body, ASYNC)
        assert (reply.status_code, reply.content) == (202, b"")
        return reply.headers["Location"]

    def begin_batch(self, *items):
        reply = self._simulator.batch(*items, params=ASYNC)
        assert (reply.status_code, reply.content) == (202, b"")
        return reply.headers["Location"]

    def read(self, url, headers=None):
        return self._send("GET", url, headers)

    def results(self, url):
        return self._simulator.http.get(
            f"{url}/Results", headers=self._simulator.headers(), timeout=10, allow_redirects=False
        )

    def cancel(self, url, headers=None):
        return self._send("POST", f"{url}/$cancel", headers)

    def delete(self, url, headers=None):
        return self._send("DELETE", url, headers)

    def ids(self):
        return [job["Id"] for job in self._simulator.get("/Jobs").json()["Items"]]


@pytest.fixture
def jobs(simulator):
    return Jobs(simulator)


def start(reference, session_id):
    return {"Reference": reference, "Method": "POST", "RelativeUrl": f"/Sessions/{session_id}/$startRecording"}


def recorded(simulator):
    return {session_id for session_id, entry in simulator.state().items() if entry["starts"]}


KINDS = {
    "$startRecording": ("StartSessionRecording", None, "starts"),
    "$stopRecording": ("StopSessionRecording", None, "stops"),
    "$sendMessage": ("SendSessionMessage", {"Text": "x"}, "messages"),
}


@pytest.mark.parametrize("name", KINDS)
def test_job_results_of_write_inline(simulator, jobs, name):
    simulator.reset(job_results="inline")
    session_id = simulator.ids()[0]
    results = jobs.results(jobs.begin(f"/Sessions/{session_id}/{name}", KINDS[name][1]))
    assert results.status_code == 200
    assert results.json() == simulator.get(f"/Sessions/{session_id}").json()


@pytest.mark.parametrize("name", KINDS)
def test_job_for_write_without_request(simulator, jobs, name):
    simulator.reset(write_jobs=True)
    _kind, body, count = KINDS[name]
    session_id, other = simulator.ids()[:2]
    path = f"/Sessions/{session_id}/{name}"
    reply = simulator.post(path, body)
    assert (reply.status_code, reply.content) == (202, b"")
    assert jobs.read(reply.headers["Location"]).json()["Status"] == "Complete"
    item = {"Reference": "a", "Method": "POST", "RelativeUrl": path.replace(session_id, other)}
    answer = simulator.answers({**item, "Body": body and json.dumps(body)})["a"]
    assert (answer["Code"], [header["Name"] for header in answer["Headers"]]) == (202, ["Location"])
    assert simulator.get(f"/Sessions/{session_id}").status_code == 200
    state = simulator.state()
    assert state[session_id][count]
    assert state[other][count]


def test_job_location_placeholder(simulator):
    simulator.reset(job_location="placeholder")
    reply = simulator.post(f"/Sessions/{simulator.ids()[0]}/$stopRecording", params=ASYNC)
    assert reply.headers["Location"].startswith("https://[Ddc]/cvad/manage/Jobs/")
    job_id = reply.headers["Location"].rpartition("/")[2]
    assert simulator.get(f"/Jobs/{job_id}").json()["Status"] == "Complete"


def test_job_without_progress(simulator, jobs):
    simulator.reset(job_progress=False, job_seconds=30)
    job = jobs.read(jobs.begin(f"/Sessions/{simulator.ids()[0]}/$stopRecording")).json()
    assert (job["Status"], job["OverallProgressPercent"]) == ("InProgress", None)


@pytest.mark.parametrize("name", KINDS)
def test_job_for_call(simulator, jobs, name):
    kind, body, count = KINDS[name]
    session_id = simulator.ids()[0]
    before = time.time()
    url = jobs.begin(f"/Sessions/{session_id}/{name}", body)
    job = jobs.read(url).json()
    assert url == f"{simulator.url}/cvad/manage/Jobs/{job['Id']}"
    assert (job["Type"], job["Status"], job["OverallProgressPercent"]) == (kind, "Complete", 100)
    assert job["Parameters"] == [{"Name": "Id", "Value": session_id}]
    assert (job["ResultLocation"], job["ErrorString"], job["SubJobs"]) == (f"{url}/Results", None, [])
    assert simulator.state()[session_id][count]
    results = jobs.results(url)
    assert (results.status_code, results.content) == (303, b"")
    assert results.headers["Location"] == f"{simulator.url}/cvad/manage/Sessions/{session_id}"
    for time_name in ("CreationTime", "StartTime", "EndTime"):
        shown = datetime.fromisoformat(job[f"Formatted{time_name}"].replace("Z", "+00:00"))
        assert int(before) <= shown.timestamp() <= time.time()
        assert datetime.fromisoformat(job[time_name]).replace(microsecond=0) == shown


def test_job_of_refused_call_fails(simulator, jobs):
    url = jobs.begin("/Sessions/unknown/$startRecording")
    job = jobs.read(url).json()
    assert (job["Status"], job["ErrorString"], job["ErrorCode"]) == ("Failed", "No such session.", "UnknownError")
    assert job["ResultLocation"] is None
    assert jobs.results(url).status_code == 404
    assert jobs.results(url).json()["detail"] == "No such session."
    assert simulator.post("/Sessions/unknown/$startRecording", params={"async": "1"}).status_code == 400
    # An invalid call is refused immediately.
    assert simulator.post("/Sessions/x/$stopRecording", params=ASYNC, Accept="text/html").status_code == 406


def test_job_has_duration(simulator, jobs, timed):
    session_id = simulator.ids()[0]

    def begin():
        simulator.reset(job_seconds=0.4)
        url = jobs.begin(f"/Sessions/{session_id}/$startRecording")
        refused = [act(url).status_code for act in (jobs.results, jobs.delete, jobs.cancel)]
        return url, jobs.read(url).json(), refused

    url, job, refused = timed(0, 0.4, begin)
    assert (job["Status"], job["IsCancellable"], job["ResultLocation"]) == ("InProgress", False, None)
    assert (job["EndTime"], job["FormattedEndTime"]) == ("0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00Z")
    assert refused == [404, 409, 409]
    time.sleep(0.45)
    assert jobs.read(url).json()["Status"] == "Complete"
    assert jobs.cancel(url).json()["Status"] == "Complete"
    assert jobs.results(url).headers["Location"].endswith(f"/Sessions/{session_id}")


def test_job_for_batch(simulator, jobs):
    simulator.reset(mix="recordable")
    ids = simulator.ids()
    url = jobs.begin_batch(start("a", ids[0]), {"Reference": "b", "RelativeUrl": "/Sessions/unknown"})
    job = jobs.read(url).json()
    assert (job["Type"], job["Status"], job["Parameters"]) == ("Batch", "Complete", [])
    assert [part["Status"] for part in job["SubJobs"]] == ["Complete", "Failed"]
    assert len({part["Id"] for part in job["SubJobs"]}) == 2
    answers = {answer["Reference"]: answer for answer in jobs.results(url).json()["Items"]}
    assert {name: answer["Code"] for name, answer in answers.items()} == {"a": 200, "b": 404}
    assert json.loads(answers["a"]["Body"])["Id"] == ids[0]
    # An invalid batch does not become a job.
    assert simulator.batch(start("a", ids[1]), start("a", ids[2]), params=ASYNC).status_code == 400
    assert jobs.ids() == [job["Id"]]


def test_job_of_batch_progress_and_cancel(simulator, jobs):
    simulator.reset(batch_item_seconds=0.4, batch_parallelism=1, mix="recordable")
    ids = simulator.ids()
    url = jobs.begin_batch(*(start(str(at), ids[at]) for at in range(8)))
    job = jobs.read(url).json()
    while job["OverallProgressPercent"] == 0:
        assert (job["Status"], job["IsCancellable"]) == ("InProgress", True)
        assert jobs.results(url).status_code == 404
        job = jobs.read(url).json()
    statuses = [part["Status"] for part in job["SubJobs"]]
    done = statuses.count("Complete")
    assert statuses == ["Complete"] * done + ["NotStarted"] * (8 - done)
    assert job["OverallProgressPercent"] == 100 * done // 8
    job = jobs.cancel(url).json()
    assert (job["Status"], job["IsCancellable"]) == ("Canceled", False)
    statuses = [part["Status"] for part in job["SubJobs"]]
    done = statuses.count("Complete")
    assert statuses == ["Complete"] * done + ["Canceled"] * (8 - done)
    assert done < 8
    assert not job["FormattedEndTime"].startswith("0001")
    time.sleep(0.9)
    assert recorded(simulator) == set(ids[:done])
    assert jobs.read(url).json()["Status"] == "Canceled"
    assert jobs.results(url).status_code == 404


ENDS = {
    "job_failed": ("Failed", 2, False),
    "job_canceled": ("Canceled", 2, False),
    "job_warning": ("CompleteWithWarning", 4, True),
    "results_lost": ("Complete", 4, False),
}


@pytest.mark.parametrize("fault", ENDS)
def test_job_of_batch_final_states(simulator, jobs, fault):
    simulator.reset(mix="recordable")
    status, done, has_results = ENDS[fault]
    ids = simulator.ids()
    simulator.faults({"path": "batch$", "batch": fault})
    url = jobs.begin_batch(*(start(str(at), ids[at]) for at in range(4)))
    job = jobs.read(url).json()
    assert (job["Status"], job["OverallProgressPercent"]) == (status, 25 * done)
    assert bool(job["ErrorString"]) is (status == "Failed")
    assert recorded(simulator) == set(ids[:done])
    assert jobs.results(url).status_code == (200 if has_results else 404)
    assert bool(job["ResultLocation"]) is status.startswith("Complete")


def test_job_for_batch_item(simulator, jobs):
    session_id = simulator.ids()[0]
    item = start("a", session_id)
    item["RelativeUrl"] += "?async=true"
    answer = simulator.answers(item)["a"]
    assert (answer["Code"], answer["Body"]) == (202, None)
    (header,) = answer["Headers"]
    assert header["Name"] == "Location"
    assert jobs.read(header["Value"]).json()["Type"] == "StartSessionRecording"
    assert recorded(simulator) == {session_id}


def test_jobs_listed_and_deleted(simulator, jobs):
    ids = simulator.ids()
    urls = [jobs.begin(f"/Sessions/{session_id}/$stopRecording") for session_id in ids[:3]]
    assert jobs.ids() == [url.rpartition("/")[2] for url in urls]
    reply = jobs.delete(urls[1])
    assert (reply.status_code, reply.content) == (204, b"")
    # A 204 must not have a Content-Length.
    assert "Content-Length" not in reply.headers
    assert jobs.ids() == [url.rpartition("/")[2] for url in (urls[0], urls[2])]
    for reply in (jobs.read(urls[1]), jobs.results(urls[1]), jobs.cancel(urls[1]), jobs.delete(urls[1])):
        assert reply.status_code == 404
    simulator.reset()
    assert jobs.ids() == []


def test_jobs_of_other_users_hidden(simulator, jobs):
    session_id = simulator.ids()[0]
    url = jobs.begin(f"/Sessions/{session_id}/$stopRecording")
    token = simulator.sign_in_on_premises().json()["Token"]
    other = {"Authorization": f"CWSAuth bearer={token}", "Citrix_CustomerId": "CitrixOnPremises"}
    headers = simulator.headers(**other)
    assert simulator.get("/Jobs", **other).json()["Items"] == []
    assert {call(url, headers).status_code for call in (jobs.read, jobs.cancel, jobs.delete)} == {404}
    assert jobs.read(url).status_code == 200


def test_jobs_without_gateway(simulator, jobs):
    session_id = simulator.ids()[0]
    base = f"/citrix/orchestration/api/{simulator.connection['customer_id']}/{simulator.connection['site_id']}"
    reply = simulator.post(f"/Sessions/{session_id}/$startRecording", params=ASYNC, base=base)
    url = reply.headers["Location"]
    assert url.startswith(f"{simulator.url}{base}/Jobs/")
    assert jobs.read(url).json()["ResultLocation"] == f"{url}/Results"
    assert jobs.results(url).headers["Location"] == f"{simulator.url}{base}/Sessions/{session_id}"


def test_status_lag_with_job(simulator, jobs):
    simulator.reset(mix="recordable")
    session_id = simulator.ids()[0]
    simulator.faults({"path": "startRecording", "lag": "never"})
    jobs.begin(f"/Sessions/{session_id}/$startRecording")
    assert recorded(simulator) == {session_id}
    assert simulator.recorded(session_id) is False
